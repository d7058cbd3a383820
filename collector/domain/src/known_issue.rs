//! Matters that are known, documented, and looked at again by a date.
//!
//! A known issue keeps alerts quiet that would tell nobody anything new. A
//! silence is the same with less to say for itself, and so for less long: one
//! mechanism, two kinds.
//!
//! # Invariants
//!
//! - There is always a reason and an end: [`Kind::longest`] from now at most.
//! - It goes on counting what it keeps quiet.
//! - It ends by itself: when its time is over, or when one of the conditions
//!   that were agreed comes true. From then on it suppresses nothing, so what
//!   still matters is told again.
//! - Nobody keeps quiet alone what is not theirs: [`declare`] then says who
//!   must agree, and [`born`] takes the approved change.
//! - [`deadline`] says when to send the next [`Event::Tick`]; a late one is as
//!   good as a punctual one.
//!
//! # Not here
//!
//! What becomes of an alert that is kept quiet: it is evaluated and resolved
//! as if it were not.

mod condition;
mod declare;
mod matcher;
mod step;
mod tally;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{ChangeId, KnownIssueId, Party, Severity, Team, Tenant};

pub use crate::known_issue::{
    condition::{Condition, ConditionError},
    declare::{Extension, Refusal, born, declare, end, extend},
    matcher::Matcher,
    step::{Event, Step, deadline, step},
    tally::{Occurrence, Tally},
};
use crate::{
    alert::{About, Alert},
    change::Signatory,
    suppression::{Suppression, SuppressionKind},
};

/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 200;
/// The longest reason, in bytes.
pub const LONGEST_WHY: usize = 4_000;
/// The most pieces of evidence.
pub const MOST_EVIDENCE: usize = 20;
/// The most conditions.
pub const MOST_CONDITIONS: usize = 8;

/// Something that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIssue {
    /// Its identity.
    pub id: KnownIssueId,
    /// What is known, and until when.
    pub spec: IssueSpec,
    /// Who declared it.
    pub created_by: Signatory,
    /// When.
    pub created_at: Timestamp,
    /// Who agreed, if others had to.
    pub approved_by: Vec<Signatory>,
    /// By which change, if others had to.
    pub change: Option<ChangeId>,
    /// What it has kept quiet.
    pub tally: Tally,
    /// Whether the owner was told that it is time to look at it again.
    pub review_told: bool,
    /// Where it stands.
    pub state: State,
}

/// What is known, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueSpec {
    /// Known, or only not to be heard of.
    pub kind: Kind,
    /// The customer environment.
    pub tenant: Tenant,
    /// In one line.
    pub title: String,
    /// Why it need not be told.
    pub why: String,
    /// Which alerts it is.
    pub matcher: Matcher,
    /// Where more is to be read.
    pub evidence: BTreeSet<String>,
    /// The ticket; may be empty.
    pub ticket: String,
    /// Who looks after it.
    pub owner: Team,
    /// Their side.
    pub party: Party,
    /// When its owner looks at it again.
    pub review_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Alerts that matter more are told all the same.
    pub max_severity: Severity,
    /// What ends it earlier.
    pub breaks_when: BTreeSet<Condition>,
}

/// Known, or only not to be heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// It is known, and documented.
    KnownIssue,
    /// Somebody does not want to hear of it for a while.
    Silence,
}

/// Where a known issue stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It holds.
    Active,
    /// Somebody ended it.
    Ended {
        /// When.
        at: Timestamp,
        /// Who.
        by: Signatory,
        /// Why.
        why: String,
    },
    /// Its time is over.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// It is not any more what was agreed on.
    Broken {
        /// Since when.
        at: Timestamp,
        /// Which condition came true.
        why: String,
    },
}

/// Whether an alert is of this, however much it matters.
pub fn is_about(issue: &KnownIssue, about: &About) -> bool {
    issue.spec.tenant == about.tenant && issue.spec.matcher.matches(about)
}

/// What of an alert counts as an occurrence, as it stands. `value` is what was
/// measured last, if anything is.
pub fn occurrence(issue: &KnownIssue, alert: &Alert, value: Option<i64>) -> Option<Occurrence> {
    let at = alert.raised_at.max(issue.created_at);
    let is_after = alert.is_unresolved() || issue.created_at <= alert.raised_at;
    (is_after && is_about(issue, &alert.about)).then(|| Occurrence {
        alert: alert.id,
        at,
        endpoint: alert.about.endpoint,
        instance: alert.about.instance.to_string(),
        severity: alert.severity,
        value: value.filter(|_| alert.is_unresolved()),
    })
}

/// Whether an alert is of this, at this time.
pub fn matches(issue: &KnownIssue, about: &About, severity: Severity, now: Timestamp) -> bool {
    let IssueSpec { expires_at, max_severity, .. } = &issue.spec;
    issue.state == State::Active
        && now < *expires_at
        && severity <= *max_severity
        && is_about(issue, about)
}

/// Why an alert is quiet, if this makes it so.
pub fn suppressor(
    issue: &KnownIssue,
    about: &About,
    severity: Severity,
    now: Timestamp,
) -> Option<Suppression> {
    let IssueSpec { kind, title, why, expires_at, .. } = &issue.spec;
    matches(issue, about, severity, now).then(|| Suppression {
        kind: kind.suppresses_as(),
        reference: issue.id.to_string(),
        why: format!("{title}: {why}"),
        since: issue.created_at,
        until: Some(*expires_at),
        covers_open: kind.suppresses_as().covers_open(),
    })
}

impl Kind {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KnownIssue => "known_issue",
            Self::Silence => "silence",
        }
    }

    /// How long one may last, from when it is declared or extended.
    pub const fn longest(self) -> SignedDuration {
        match self {
            Self::KnownIssue => SignedDuration::from_hours(90 * 24),
            Self::Silence => SignedDuration::from_hours(30 * 24),
        }
    }

    const fn suppresses_as(self) -> SuppressionKind {
        match self {
            Self::KnownIssue => SuppressionKind::KnownIssue,
            Self::Silence => SuppressionKind::Snooze,
        }
    }
}

impl State {
    /// The one spelling.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended { .. } => "ended",
            Self::Expired { .. } => "expired",
            Self::Broken { .. } => "broken",
        }
    }
}
