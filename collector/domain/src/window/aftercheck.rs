//! The check after a window: what was well before and is not now.
//!
//! It looks at what is bad now, not at what was bad in between: a server that
//! was rebooted and is back is no finding.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use remit_shared::EndpointId;

use crate::window::Bad;

/// The most that is written down of what was bad before.
pub(super) const MOST_CONDITIONS: usize = 5_000;

/// The most findings that are written down.
pub(super) const MOST_FINDINGS: usize = 500;

/// One thing that can be bad.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Condition {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The check.
    pub check: Arc<str>,
    /// Which of several things it watches.
    pub instance: Arc<str>,
}

/// What was bad when a window opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precheck {
    /// When it was looked at.
    pub at: Timestamp,
    /// What was bad; at most 5,000.
    pub bad: Bad,
    /// More was bad than is written down, so that a finding may be nothing new.
    pub is_cut: bool,
}

/// What the check after an end has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftercheck {
    /// When it was made.
    pub at: Timestamp,
    /// What was found; at most 500.
    pub findings: Vec<Finding>,
    /// How many more there are than are written down.
    pub more: usize,
}

/// Something that was well before a window and is not after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub condition: Condition,
    /// When it was well.
    pub well_at: Timestamp,
}

impl Precheck {
    /// Writes down what is bad now.
    pub fn take(bad: &Bad, now: Timestamp) -> Self {
        let kept = bad.iter().take(MOST_CONDITIONS).cloned().collect();
        Self { at: now, bad: kept, is_cut: MOST_CONDITIONS < bad.len() }
    }
}

/// What was well before and is not now.
pub fn after_check(before: &Precheck, bad: &Bad) -> Vec<Finding> {
    let new = bad.difference(&before.bad).cloned();
    new.map(|condition| Finding { condition, well_at: before.at }).collect()
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.endpoint, self.check)?;
        if self.instance.is_empty() { Ok(()) } else { write!(f, " ({})", self.instance) }
    }
}
