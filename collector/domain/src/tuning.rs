//! From alerts that were noise to limits that are not.
//!
//! [`propose`] reads an [`Entry`](crate::noise::Entry) of the noise report and
//! says what could be different, and why. [`replay`] plays recorded readings
//! to the limits that hold and to those that are proposed, by the very code
//! that judges live, and compares. [`decide`] refuses what would have hidden
//! an alert that somebody acted on, unless it is told to go on regardless.
//!
//! # Invariants
//!
//! - Nothing changes by itself: a proposal is a wish for the matrix, and the
//!   matrix has its own approvals.
//! - Alerts that matter become louder by the same way as others become quieter.
//! - What cannot be shown is refused like what is shown to be wrong.
//!
//! # Not here
//!
//! Where recorded readings come from, and how a matrix is changed.

mod decide;
mod propose;
mod replay;
#[cfg(test)]
mod tests;
mod wish;

use std::sync::Arc;

pub use crate::tuning::{
    decide::{Refusal, decide},
    propose::propose,
    replay::{Comparison, Episode, Recording, episodes, replay},
    wish::{Knob, WishError, wish},
};
use crate::{known_issue::Matcher, matrix::CheckOverride};

/// What could be different, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The check.
    pub check: Arc<str>,
    /// What could be different.
    pub wish: Wish,
    /// Why, in one line.
    pub because: String,
    /// What speaks for it.
    pub evidence: Vec<String>,
}

/// What could be different about a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Other limits, or a longer hold time.
    Limits(CheckOverride),
    /// It matters less than it says, or more.
    Severity(CheckOverride),
    /// It is known, and to be documented as such.
    KnownIssue(Matcher),
}

impl Proposal {
    /// The wish as a `[[check]]` of the matrix; `None` if it is none.
    pub fn wanted(&self) -> Option<CheckOverride> {
        match &self.wish {
            Wish::Limits(wanted) | Wish::Severity(wanted) => Some(wanted.clone()),
            Wish::KnownIssue(_) => None,
        }
    }
}
