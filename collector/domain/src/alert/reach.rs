//! How people are reached, as the alert asks it.

use std::fmt;

use jiff::Timestamp;
use remit_shared::Severity;

use crate::people::Target;

/// Knows how people are reached: who is on call, by which channels, and who
/// does not want to be woken for what.
pub trait Reach: fmt::Debug + Sync {
    /// How a target is reached at an instant for a matter of this severity.
    fn reach(&self, target: &Target, severity: Severity, at: Timestamp) -> Reached;
}

/// How somebody is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Their channels, best first; empty if there is nobody to tell.
    pub channels: Vec<String>,
    /// Why these, or why nobody: `kim is on call until 08:00`.
    pub because: String,
}
