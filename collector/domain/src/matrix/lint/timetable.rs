//! The hours of every row, computed once.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    calendar::{Segment, Segments},
    matrix::{Matrix, When},
};

/// When each sort of hours holds, in one interval.
pub(super) struct Timetable<'a> {
    /// The interval.
    pub(super) within: Segment,
    hours: BTreeMap<&'a When, Segments>,
}

impl<'a> Timetable<'a> {
    pub(super) fn new(matrix: &'a Matrix, within: Segment) -> Self {
        let whens: BTreeSet<&When> = matrix.all_rows().map(|it| &it.scope.when).collect();
        let hours = whens.into_iter().map(|it| (it, it.segments(matrix, within)));
        Self { within, hours: hours.collect() }
    }

    /// When one sort of hours holds. Only hours of the matrix's rows are known.
    pub(super) fn of(&self, when: &When) -> &Segments {
        &self.hours[when]
    }

    /// When any of these hold.
    pub(super) fn any(&self, whens: &BTreeSet<&When>) -> Segments {
        whens.iter().flat_map(|it| self.of(it).iter()).copied().collect()
    }

    /// What of a time is left when others have taken theirs.
    pub(super) fn left(&self, time: &Segments, taken: &BTreeSet<&When>) -> Segments {
        // The commonest row by far takes everything.
        if taken.contains(&When::Always) {
            return Segments::default();
        }
        if taken.is_empty() {
            time.clone()
        } else {
            time.and(&self.any(taken).without(self.within))
        }
    }
}
