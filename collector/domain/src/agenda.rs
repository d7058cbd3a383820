//! What the two teams talk about once a week.
//!
//! [`agenda`] picks, out of what there is, what is worth ten people's minutes,
//! and says of each point why. It decides nothing.
//!
//! # Invariants
//!
//! - Every point has a reason, in words that both teams understand.
//! - What waits longest, or ends soonest, comes first.
//! - A section names a bounded number of points and counts the rest.
//! - Equal arguments give equal agendas.
//!
//! # Not here
//!
//! Where the records come from: the shell fetches them for [`gather`].

mod gather;
mod points;
#[cfg(test)]
mod tests;
mod unusual;

use jiff::{SignedDuration, Timestamp, civil::Date};
use remit_shared::{AlertId, ChangeId, EndpointId, KnownIssueId, Party, RowId, Severity, Tenant};

pub use crate::agenda::gather::{Records, gather};
use crate::{
    calendar::Segment,
    sla::{ClockKind, Holder},
};

/// So many points are named in a section; the rest is counted.
pub const MOST_POINTS: usize = 50;

/// What there is to talk about, before anything is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Alerts that are put down for both teams.
    pub joint_reviews: Vec<JointReview>,
    /// Known issues that hold.
    pub known_issues: Vec<KnownIssue>,
    /// Changes that nobody has decided on.
    pub changes: Vec<OpenChange>,
    /// Emergencies that nobody has looked at yet.
    pub emergencies: Vec<Emergency>,
    /// Promises that were not kept.
    pub breaches: Vec<Breach>,
    /// Rows of the matrix.
    pub rows: Vec<ReviewedRow>,
    /// What each check told.
    pub rules: Vec<Rule>,
    /// How much each team had to do.
    pub volumes: Vec<Volume>,
    /// Checks that told something for the first time.
    pub new_checks: Vec<NewCheck>,
    /// Endpoints that are not heard of.
    pub silent: Vec<Silent>,
}

/// An alert that both teams must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JointReview {
    /// The alert.
    pub alert: AlertId,
    /// What is the matter.
    pub summary: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whose it is.
    pub holder: Holder,
    /// Since when it waits.
    pub since: Timestamp,
    /// A shift put it down by itself.
    pub auto: bool,
}

/// A known issue that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIssue {
    /// Which.
    pub id: KnownIssueId,
    /// What is known.
    pub title: String,
    /// Whose it is.
    pub owner: Party,
    /// When it no longer holds.
    pub expires_at: Timestamp,
}

/// A change that nobody has decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenChange {
    /// Which.
    pub id: ChangeId,
    /// What would change.
    pub title: String,
    /// When it was asked for.
    pub proposed_at: Timestamp,
    /// Whose word is missing.
    pub waits_for: Vec<Party>,
}

/// A change that one side made alone, because it could not wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Which.
    pub id: ChangeId,
    /// What changed.
    pub title: String,
    /// Who did it.
    pub by: String,
    /// Their side.
    pub party: Party,
    /// When.
    pub at: Timestamp,
    /// Why it could not wait.
    pub why: String,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The alert.
    pub alert: AlertId,
    /// What is the matter.
    pub summary: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was promised.
    pub clock: ClockKind,
    /// By whom.
    pub holder: Holder,
    /// When it was missed.
    pub at: Timestamp,
}

/// A row of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedRow {
    /// Which.
    pub row: RowId,
    /// When both parties last looked at it; if never, when it came to be.
    pub reviewed: Date,
}

/// What a check told in the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The check.
    pub check: String,
    /// How many alerts it made.
    pub alerts: u32,
    /// How many of them somebody did something about.
    pub acted_on: u32,
}

/// How many alerts a team had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Who.
    pub holder: Holder,
    /// In the week.
    pub week: u32,
    /// In each of the four weeks before.
    pub before: [u32; 4],
}

/// A check that told something for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCheck {
    /// The check.
    pub check: String,
    /// When.
    pub first_at: Timestamp,
    /// On how many endpoints.
    pub endpoints: u32,
}

/// An endpoint that is not heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// Which.
    pub endpoint: EndpointId,
    /// What it is called.
    pub hostname: String,
    /// When it was heard of last.
    pub last_heard: Timestamp,
}

/// What to talk about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agenda {
    /// The customer environment.
    pub tenant: Tenant,
    /// The week that is talked about.
    pub week: Segment,
    /// What there is, without empty sections.
    pub sections: Vec<Section>,
}

/// Points of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which kind.
    pub topic: Topic,
    /// The points, the most pressing first.
    pub points: Vec<Point>,
    /// How many more there are.
    pub more: usize,
}

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// What both teams must look at.
    JointReviews,
    /// Promises that were not kept.
    Breaches,
    /// Emergencies that the other side has not looked at.
    Emergencies,
    /// What differs from other weeks.
    Unusual,
    /// Changes that wait for somebody.
    Changes,
    /// Known issues that will soon be none.
    KnownIssues,
    /// Checks that tell much and mean little.
    Noise,
    /// Rows of the matrix that nobody has looked at for long.
    Rows,
}

/// Something to talk about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What it is about: an id, a row, a check, a team.
    pub about: String,
    /// In one line.
    pub what: String,
    /// Why it is on the agenda.
    pub why: String,
    /// Whose it is, if it is one side's.
    pub party: Option<Party>,
    /// How long it has waited, if it waits.
    pub age: Option<SignedDuration>,
}

/// Makes the agenda of a week, as of its end.
pub fn agenda(tenant: &Tenant, inputs: &Inputs, week: Segment) -> Agenda {
    let now = week.to;
    let sections = [
        (Topic::JointReviews, points::joint_reviews(&inputs.joint_reviews, now)),
        (Topic::Breaches, points::breaches(&inputs.breaches, week)),
        (Topic::Emergencies, points::emergencies(&inputs.emergencies, now)),
        (Topic::Unusual, unusual::points(inputs, week)),
        (Topic::Changes, points::changes(&inputs.changes, now)),
        (Topic::KnownIssues, points::known_issues(&inputs.known_issues, now)),
        (Topic::Noise, points::noise(&inputs.rules)),
        (Topic::Rows, points::rows(&inputs.rows, now)),
    ];
    let sections = sections.into_iter().filter(|it| !it.1.is_empty());
    let sections = sections.map(|(topic, mut points)| {
        let more = points.len().saturating_sub(MOST_POINTS);
        points.truncate(MOST_POINTS);
        Section { topic, points, more }
    });
    Agenda { tenant: tenant.clone(), week, sections: sections.collect() }
}

impl Topic {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JointReviews => "joint_reviews",
            Self::Breaches => "breaches",
            Self::Emergencies => "emergencies",
            Self::Unusual => "unusual",
            Self::Changes => "changes",
            Self::KnownIssues => "known_issues",
            Self::Noise => "noise",
            Self::Rows => "rows",
        }
    }

    /// As a heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::JointReviews => "For joint review",
            Self::Breaches => "Promises that were not kept",
            Self::Emergencies => "Emergencies to look at together",
            Self::Unusual => "Unlike other weeks",
            Self::Changes => "Changes that wait for somebody",
            Self::KnownIssues => "Known issues that expire soon",
            Self::Noise => "Noise",
            Self::Rows => "Rows of the matrix due for review",
        }
    }
}
