//! How much may be compared before a matrix counts as beyond proof.
//!
//! Real matrices need a thousandth of it. One that does not get through was
//! written to be slow, or nobody could read it either.

use crate::matrix::lint::{Finding, Place, Table};

/// So many comparisons take about two seconds.
const ALL: u64 = 60_000_000;

/// What is left of the comparisons.
#[derive(Debug)]
pub(super) struct Budget(u64);

impl Budget {
    pub(super) fn new() -> Self {
        Self(ALL)
    }

    /// Takes so many comparisons; false if there are not so many left.
    pub(super) fn spend(&mut self, comparisons: usize) -> bool {
        let left = self.0.checked_sub(comparisons as u64);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }

    /// Refuses the matrix if there were not enough.
    pub(super) fn exceeded(&self) -> Option<Finding> {
        (self.0 == 0).then(|| {
            let message = format!(
                "its rows overlap in more ways than can be proven: {ALL} comparisons were not enough"
            );
            let place = Place::new(Table::Matrix, 0, "");
            Finding::error("too-tangled", place, message)
                .suggest("say what endpoints have in common by `tags` or `sites` instead of naming each")
        })
    }
}
