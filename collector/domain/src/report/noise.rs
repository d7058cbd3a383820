//! What cried wolf.

use std::cmp::Reverse;

use crate::{
    calendar::Calendar,
    noise::{self, Entry, Past},
    report::Listed,
};

/// So many checks are named.
const CHECKS: usize = 10;

/// What cried wolf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noise {
    /// The checks that told most for nothing, the worst first.
    pub checks: Listed<Entry>,
    /// How many alerts nobody did anything about.
    pub for_nothing: usize,
    /// How many alerts somebody marked as not worth telling.
    pub marked: usize,
}

pub(super) fn noise(past: &[Past], office: Option<&Calendar>) -> Noise {
    let mut checks = noise::report(past, office);
    // A part of a check's alerts is among its own.
    checks.retain(|it| it.narrow.is_none());
    checks.retain(|it| it.for_nothing() + it.marks.len() + it.reopened > 0);
    checks.sort_by_key(|it| Reverse((it.for_nothing() + it.marks.len(), it.reopened, it.alerts)));
    Noise {
        checks: Listed::new(checks, CHECKS),
        for_nothing: past.iter().filter(|it| it.acted_at.is_none()).count(),
        marked: past.iter().filter(|it| !it.marks.is_empty()).count(),
    }
}
