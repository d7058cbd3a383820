//! The messages about an alert, and how far each got.

use std::fmt;

use jiff::Timestamp;
use remit_shared::{AlertId, Team};

/// Names a message; the same on every attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NoticeId {
    /// The alert.
    pub alert: AlertId,
    /// Its place among the alert's messages, counted from 1.
    pub number: u32,
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.alert, self.number)
    }
}

/// One message to one recipient, and how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its place among the alert's messages, counted from 1.
    pub number: u32,
    /// The team it is for.
    pub team: Team,
    /// The way it takes: `webhook:noc`, `email:noc@example.org`.
    pub channel: String,
    /// What it is about.
    pub topic: Topic,
    /// When it was owed.
    pub made_at: Timestamp,
    /// How far it got.
    pub delivery: Delivery,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The alert is the team's to act on.
    Assigned,
    /// The alert exists; the team need not act.
    Informed,
    /// Nobody has acted in time.
    Escalated,
    /// It matters more than before.
    Worse,
    /// It is over.
    Resolved,
}

/// How far a message got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Not tried yet.
    Pending,
    /// It arrived.
    Delivered {
        /// When.
        at: Timestamp,
        /// After how many attempts.
        attempts: u32,
    },
    /// It did not arrive yet.
    Failing {
        /// When it was last tried.
        at: Timestamp,
        /// How often.
        attempts: u32,
        /// Why not.
        error: String,
    },
    /// It was given up.
    Failed {
        /// When.
        at: Timestamp,
        /// After how many attempts.
        attempts: u32,
        /// Why.
        error: String,
    },
}
