//! What a night leaves behind, and whether it is finished.
//!
//! While the office is shut, the provider works alone. Before it opens again,
//! each alert of the night must be over, documented as a known issue, or put
//! down for both teams to look at. Half an hour before the office opens the
//! provider is told what is left; when it opens, [`step`] puts down the rest by
//! itself and finishes the [`Shift`].
//!
//! # Invariants
//!
//! - A business day's shift is finished once, however often and however late
//!   [`step`] is asked; a late one says by how much.
//! - A night lasts from closing time to the next opening, over weekends and
//!   holidays, too. It is derived from the calendar, never kept: a holiday that
//!   is added makes the night longer.
//! - An alert belongs to a night by when it was received, not by when it
//!   happened: nobody can deal with what they have not heard of.
//! - Whoever's disposition it is, no alert is counted twice.
//!
//! # Not here
//!
//! How a human disposes of an alert is the alert's business; so is the flag that
//! an alert carries once a shift has put it down.

mod finish;
mod night;
#[cfg(test)]
mod tests;
mod words;

use jiff::{SignedDuration, Timestamp, civil::Date};
use remit_shared::{AlertId, Severity, Tenant};

pub use crate::shift::{
    finish::{deadline, step},
    night::{members, next_day, night, opening},
};
use crate::{calendar::Segment, effect::AuditEntry, letter::Notice, sla::Holder};

/// So long before the office opens, the provider is told what is left.
pub const NOTICE: SignedDuration = SignedDuration::from_mins(30);
/// So many alerts are listed in a closing; all are counted.
pub const MOST_LISTED: usize = 500;

/// The night before one business day, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The customer environment.
    pub tenant: Tenant,
    /// The business day that ends it.
    pub day: Date,
    /// When the provider was told what is left.
    pub listed_at: Option<Timestamp>,
    /// How it ended.
    pub closing: Option<Closing>,
}

/// How a shift ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The night.
    pub night: Segment,
    /// When it was finished.
    pub at: Timestamp,
    /// How long after the office opened that was.
    pub late_by: SignedDuration,
    /// What became of how many alerts.
    pub counts: Counts,
    /// The alerts, those that nobody dealt with first; bounded.
    pub alerts: Vec<Disposed>,
}

/// What became of how many alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Somebody dealt with it.
    pub resolved: usize,
    /// It is known, and documented.
    pub known_issue: usize,
    /// Somebody put it down for both teams.
    pub joint_review: usize,
    /// Nobody did anything, so it was put down by itself.
    pub joint_review_auto: usize,
    /// It went away by itself.
    pub gone: usize,
}

/// One alert of a night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposed {
    /// The alert.
    pub alert: AlertId,
    /// What became of it.
    pub disposition: NightDisposition,
}

/// What becomes of an alert when the night is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NightDisposition {
    /// Nobody did anything, so it was put down by itself.
    JointReviewAuto,
    /// Somebody put it down for both teams.
    JointReview,
    /// It is known, and documented.
    KnownIssue,
    /// Somebody dealt with it.
    Resolved,
    /// It went away by itself.
    Gone,
}

/// What a shift must know of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NightAlert {
    /// The alert.
    pub alert: AlertId,
    /// What is the matter, in one line.
    pub summary: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whose it is.
    pub holder: Holder,
    /// When the collector heard of it.
    pub received_at: Timestamp,
    /// When it was over, if it is.
    pub over: Option<Over>,
    /// What was said of it, apart from that.
    pub said: Option<Said>,
}

/// An alert is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// When.
    pub at: Timestamp,
    /// Somebody said so; it did not go away by itself.
    pub by_human: bool,
}

/// What was said of an alert that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is known, and documented.
    KnownIssue {
        /// Where.
        link: String,
        /// Until when that will do.
        expires_at: Timestamp,
    },
    /// Both teams must look at it.
    JointReview {
        /// Somebody said so; no shift did by itself.
        by_human: bool,
    },
}

/// A shift's next value, and what it owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The shift.
    pub shift: Shift,
    /// Alerts to be put down for both teams.
    pub flag: Vec<AlertId>,
    /// Who must be told what.
    pub notices: Vec<Notice>,
    /// What the audit trail must carry.
    pub audit: Vec<AuditEntry>,
}

impl Shift {
    /// A shift that nothing is known of yet.
    pub fn new(tenant: Tenant, day: Date) -> Self {
        Self { tenant, day, listed_at: None, closing: None }
    }
}

impl Counts {
    /// How many alerts the night had.
    pub fn total(&self) -> usize {
        self.disposed() + self.joint_review_auto + self.gone
    }

    /// How many a human dealt with.
    pub fn disposed(&self) -> usize {
        self.resolved + self.known_issue + self.joint_review
    }

    /// How many of how many a human dealt with. What went away by itself left
    /// nothing to deal with, and is counted apart.
    pub fn kpi(&self) -> (usize, usize) {
        (self.disposed(), self.disposed() + self.joint_review_auto)
    }
}

impl NightAlert {
    /// What becomes of it, seen at an instant.
    pub fn disposition(&self, now: Timestamp) -> NightDisposition {
        match (&self.over, &self.said) {
            (Some(Over { by_human: true, .. }), _) => NightDisposition::Resolved,
            (_, Some(Said::KnownIssue { expires_at, .. })) if *expires_at > now => {
                NightDisposition::KnownIssue
            }
            (_, Some(Said::JointReview { by_human: true })) => NightDisposition::JointReview,
            (Some(Over { by_human: false, .. }), _) => NightDisposition::Gone,
            (None, Some(Said::KnownIssue { .. } | Said::JointReview { .. }) | None) => {
                NightDisposition::JointReviewAuto
            }
        }
    }
}

impl NightDisposition {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JointReviewAuto => "joint_review_auto",
            Self::JointReview => "joint_review",
            Self::KnownIssue => "known_issue",
            Self::Resolved => "resolved",
            Self::Gone => "gone",
        }
    }
}
