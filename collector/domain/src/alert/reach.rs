//! How people are reached, as the alert asks it.

use std::fmt;

use jiff::Timestamp;
use remit_shared::{Function, Severity, Team};

use crate::{alert::Ladder, people::Target};

/// Knows how people are reached: who is on call, by which channels, and who
/// does not want to be woken for what.
pub trait Reach: fmt::Debug + Sync {
    /// How a target is reached at an instant for a matter of this severity.
    fn reach(&self, target: &Target, severity: Severity, at: Timestamp) -> Reached;

    /// Who is told if a team does not acknowledge work that no row gave it;
    /// `None` if nothing is known of the team.
    fn ladder(&self, team: &Team, function: &Function) -> Option<Ladder>;
}

/// How somebody is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Their channels, best first; empty if there is nobody to tell.
    pub channels: Vec<String>,
    /// Why these, or why nobody: `kim is on call until 08:00`.
    pub because: String,
    /// Somebody does not want to be told of it now, as agreed.
    pub quieted: bool,
}
