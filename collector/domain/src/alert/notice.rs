//! The messages about an alert, and how far each got.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, Severity};

use crate::people::Target;

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
    /// Whom it is for.
    pub to: Target,
    /// The way it takes: `webhook:noc`, `email:noc@example.org`.
    pub channel: String,
    /// Why they get it by this way.
    pub because: String,
    /// What it is about.
    pub topic: Topic,
    /// What they know of the alert from then on.
    pub told: Told,
    /// When it was owed.
    pub made_at: Timestamp,
    /// The climb that it belongs to.
    pub generation: u32,
    /// The step of that climb, if it is one.
    pub step: Option<u32>,
    /// How late that step was, if it was.
    pub late_by: Option<SignedDuration>,
    /// How far it got.
    pub delivery: Delivery,
}

/// What somebody knows of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It matters so much.
    Firing(Severity),
    /// It is over.
    Over,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The alert is the team's to act on.
    Assigned,
    /// The alert came to the team with the change of the hour: to be grouped
    /// with what else came.
    HandOff,
    /// The alert exists; the team need not act.
    Informed,
    /// Nobody has acted in time.
    Escalated,
    /// It matters more than before.
    Worse,
    /// It changes too often to be told each time.
    Flapping,
    /// A promised time is nearly used up.
    AtRisk,
    /// A promised time is over.
    Breached,
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
    /// It was not sent: before its turn came, there was nothing to tell.
    Withdrawn {
        /// When.
        at: Timestamp,
        /// Why not.
        why: String,
    },
}

impl Delivery {
    /// Whether nothing more will come of it.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Delivered { .. } | Self::Failed { .. } | Self::Withdrawn { .. } => true,
            Self::Pending | Self::Failing { .. } => false,
        }
    }

    /// Whether nobody has heard of it, nor will.
    pub fn is_withdrawn(&self) -> bool {
        match self {
            Self::Withdrawn { .. } => true,
            Self::Pending | Self::Delivered { .. } | Self::Failing { .. } | Self::Failed { .. } => {
                false
            }
        }
    }
}
