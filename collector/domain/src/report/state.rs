//! How things stood at the end of each part of a period.

use jiff::civil::Date;

use crate::report::{Bucket, Period};

/// How something stood at the end of a part of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<D> {
    /// The part.
    pub of: Bucket,
    /// The last day of it that anything is known of; `None` if there is none.
    /// It is never an earlier part's.
    pub day: Option<D>,
}

pub(super) fn states<D: Copy>(
    period: &Period,
    days: &[D],
    date: impl Fn(&D) -> Date,
) -> Vec<State<D>> {
    let buckets = period.buckets().into_iter();
    buckets
        .map(|of| {
            let inside = days.iter().filter(|it| of.first <= date(it) && date(it) <= of.last);
            State { of, day: inside.max_by_key(|it| date(it)).copied() }
        })
        .collect()
}
