//! What a report is counted from.

use jiff::{SignedDuration, Timestamp, civil::Date};
use remit_shared::{AlertId, ChangeId, Function, KnownIssueId, Party, Severity, Team, Tenant};

use crate::{
    calendar::{Calendar, Segment},
    matrix::RowReview,
    noise::Past,
    report::{Period, permille},
    shift::Counts,
    sla::{Holder, Judged},
};

/// Everything a report needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The customer environment.
    pub tenant: Tenant,
    /// What people call it.
    pub title: String,
    /// The time it is about.
    pub period: Period,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// How many endpoints there are.
    pub endpoints: usize,
    /// What happened in the period.
    pub facts: Facts,
    /// What happened in the period before, if anything is known of it.
    pub before: Option<Facts>,
    /// Every row of the matrix, as of today.
    pub review: Vec<RowReview>,
    /// What is known and need not be told, as of today.
    pub known_issues: Vec<KnownIssueFact>,
    /// Changes that somebody must still decide, as of today.
    pub changes: Vec<ChangeFact>,
    /// When the office is open; without it, nothing comes at night.
    pub office: Option<Calendar>,
    /// Nothing is known from before: it is forgotten, or nobody listened yet.
    pub known_since: Timestamp,
}

/// What happened in a period, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Alerts that were not over when it began. Those that opened after it, or
    /// were over before it, are left out.
    pub alerts: Vec<AlertFact>,
    /// The same of those that opened in it, as people took them.
    pub past: Vec<Past>,
    /// Promises, judged in the period.
    pub clocks: Vec<Judged>,
    /// Nights that ended in the period.
    pub nights: Vec<NightFact>,
    /// How patches stood, by day; days without an answer are missing.
    pub patches: Vec<PatchDay>,
    /// How backups stood, by day; days without an answer are missing.
    pub backups: Vec<BackupDay>,
    /// For how long somebody was listening, by day; days without are missing.
    pub heard: Vec<HeardDay>,
}

/// For how long of a day the collector was listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardDay {
    /// The day.
    pub day: Date,
    /// How long.
    pub heard: SignedDuration,
}

/// What a report must know of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertFact {
    /// The alert.
    pub id: AlertId,
    /// What it is about: the endpoint's name.
    pub endpoint: String,
    /// What kind of work it is.
    pub function: Function,
    /// How much it matters.
    pub severity: Severity,
    /// Whose it is.
    pub owner: Holder,
    /// When the condition was first told.
    pub opened_at: Timestamp,
    /// When it was over, if it is.
    pub resolved_at: Option<Timestamp>,
    /// When somebody took notice, if anybody did.
    pub acked_at: Option<Timestamp>,
    /// It went away by itself.
    pub by_itself: bool,
    /// How often its owner gave it back.
    pub hand_backs: u32,
    /// It opened while the office was shut.
    pub night: bool,
}

/// What became of one night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightFact {
    /// The business day that ended it.
    pub day: Date,
    /// What became of how many alerts.
    pub counts: Counts,
}

/// How patches stood at the end of a day, in endpoints. Each endpoint is in
/// exactly one of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchDay {
    /// The day.
    pub day: Date,
    /// Nothing is missing.
    pub compliant: usize,
    /// Something is missing, nothing of it for security.
    pub pending: usize,
    /// Something is missing for security.
    pub security_pending: usize,
    /// There is no answer, or it is too old; never counts as compliant.
    pub unknown: usize,
}

/// How backups stood at the end of a day, in what must be backed up. Each thing
/// is in exactly one of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupDay {
    /// The day.
    pub day: Date,
    /// There is a good copy, and it is young enough.
    pub ok: usize,
    /// There is none that is young enough.
    pub breach: usize,
    /// There is no answer, or it is too old; never counts as good.
    pub unknown: usize,
    /// Nothing backs it up.
    pub uncovered: usize,
}

/// What is known and need not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIssueFact {
    /// Its identity.
    pub id: KnownIssueId,
    /// In one line.
    pub title: String,
    /// Who looks after it.
    pub owner: Team,
    /// How many alerts it has kept quiet.
    pub kept_quiet: u64,
    /// When it must be looked at again.
    pub review_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A change that somebody must still decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeFact {
    /// Its identity.
    pub id: ChangeId,
    /// In one line.
    pub title: String,
    /// Whose idea it was.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// Who must still agree.
    pub waits_for: Vec<Party>,
}

impl AlertFact {
    /// Whether it opened in a stretch of time.
    pub fn opened_in(&self, within: Segment) -> bool {
        within.contains(self.opened_at)
    }

    /// Whether it was over in a stretch of time.
    pub fn resolved_in(&self, within: Segment) -> bool {
        self.resolved_at.is_some_and(|it| within.contains(it))
    }

    /// Whether it was not over at an instant.
    pub fn is_open_at(&self, at: Timestamp) -> bool {
        self.opened_at < at && self.resolved_at.is_none_or(|it| it >= at)
    }

    /// Whether it was over before anybody took notice.
    pub fn was_over_first(&self) -> bool {
        self.by_itself && self.resolved_at.is_some() && self.acked_at.is_none()
    }
}

impl PatchDay {
    /// A day on which nothing was counted yet.
    pub fn none(day: Date) -> Self {
        Self { day, compliant: 0, pending: 0, security_pending: 0, unknown: 0 }
    }

    /// How many endpoints there were.
    pub fn total(&self) -> usize {
        self.compliant + self.pending + self.security_pending + self.unknown
    }

    /// How many of a thousand missed nothing.
    pub fn permille(&self) -> Option<u16> {
        permille(self.compliant, self.total())
    }
}

impl BackupDay {
    /// A day on which nothing was counted yet.
    pub fn none(day: Date) -> Self {
        Self { day, ok: 0, breach: 0, unknown: 0, uncovered: 0 }
    }

    /// How many things had to be backed up.
    pub fn total(&self) -> usize {
        self.ok + self.breach + self.unknown + self.uncovered
    }

    /// How many of a thousand had a good copy.
    pub fn permille(&self) -> Option<u16> {
        permille(self.ok, self.total())
    }
}
