//! Who does not want to hear of what, and when.
//!
//! Quiet rules are about a recipient, not about a channel or an alert: they
//! keep little things away from somebody's night without hiding them from
//! anybody else.

use std::fmt;

use remit_shared::{PersonName, Severity, Team};

use crate::matrix::When;

/// One recipient's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// Whose.
    pub who: Recipient,
    /// In these hours.
    pub when: When,
    /// What is less severe than this is kept away.
    pub below: Severity,
    /// Critical matters are kept away too.
    pub even_critical: bool,
}

/// Somebody who is told things.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// A team.
    Team(Team),
    /// A person.
    Person(PersonName),
}

impl Quiet {
    /// Whether it keeps away what is this severe, in its hours.
    pub fn covers(&self, severity: Severity) -> bool {
        match severity {
            Severity::Critical => self.even_critical,
            Severity::Info | Severity::Low | Severity::Medium | Severity::High => {
                self.even_critical || severity < self.below
            }
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Team(it) => it.fmt(f),
            Self::Person(it) => write!(f, "person:{it}"),
        }
    }
}
