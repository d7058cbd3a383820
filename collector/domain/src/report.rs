//! The week, the month and the quarter, in numbers.
//!
//! [`gather`] picks out of the records what the collector knows of one [`Period`]
//! and of the one before it, and [`report`] counts it. What it gives back is numbers and names in the order in which
//! they matter; how they look is somebody else's business.
//!
//! # Invariants
//!
//! - Equal [`Input`]s give equal [`Report`]s, in whatever order the facts come.
//! - A period is half-open, begins and ends at midnight where the tenant is,
//!   and is as long as the clocks there make it.
//! - What is not known is counted as not known, never as in order; a time of
//!   which nothing is known is said to be one.
//! - A share is of something: of nothing there is none, and it is rounded down,
//!   so that all of it means all of it.
//! - Lists are bounded, and say how many they leave out.
//!
//! # Not here
//!
//! When a promise counts as kept is [`sla`](crate::sla)'s business; when a row
//! is due, the [`matrix`](crate::matrix)'s.

mod coverage;
mod effort;
mod gather;
mod input;
mod noise;
mod period;
mod promise;
mod remark;
mod state;
#[cfg(test)]
mod tests;
mod totals;
mod volume;

use jiff::Timestamp;
use remit_shared::Tenant;

use crate::matrix::{ReviewState, RowReview};
pub(crate) use crate::report::gather::waits_for;
pub use crate::report::{
    coverage::Coverage,
    effort::{HandBacks, Nights},
    gather::{Records, gather},
    input::{
        AlertFact, BackupDay, ChangeFact, Facts, HeardDay, Input, KnownIssueFact, NightFact,
        PatchDay,
    },
    noise::Noise,
    period::{Bucket, Period, PeriodError, Span, month, quarter, week},
    promise::{ContractLine, Promises, TeamLine},
    remark::Remark,
    state::State,
    totals::Totals,
    volume::{BySeverity, Load, Volume},
};

/// So many lines a list has at most; what it leaves out is counted.
pub const MOST_LISTED: usize = 100;

/// What happened in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The customer environment.
    pub tenant: Tenant,
    /// What people call it.
    pub title: String,
    /// The time it is about.
    pub period: Period,
    /// When it was asked for. Before the period's end, it is a preview.
    pub asked_at: Timestamp,
    /// How much of the period is known at all.
    pub coverage: Coverage,
    /// How many endpoints there are.
    pub endpoints: usize,
    /// What somebody in a hurry must know, the most serious first.
    pub remarks: Vec<Remark>,
    /// The period in a few numbers.
    pub totals: Totals,
    /// The period before it in the same numbers, if anything is known of it.
    pub before: Option<Totals>,
    /// How many alerts, whose, when.
    pub volume: Volume,
    /// How well promises were kept.
    pub promises: Promises,
    /// Who gave alerts back, most of all first.
    pub hand_backs: Vec<HandBacks>,
    /// What cried wolf.
    pub noise: Noise,
    /// What became of the nights.
    pub nights: Nights,
    /// How patches stood at the end of each part of the period.
    pub patches: Vec<State<PatchDay>>,
    /// How backups stood at the end of each part of the period.
    pub backups: Vec<State<BackupDay>>,
    /// Rows of the matrix, those that nobody has looked at for longest first.
    pub review: Listed<RowReview>,
    /// What is known and need not be told, what ends soonest first.
    pub known_issues: Listed<KnownIssueFact>,
    /// Changes that somebody must still decide, the oldest first.
    pub changes: Listed<ChangeFact>,
}

/// The first of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// So many at most.
    pub first: Vec<T>,
    /// How many more there are.
    pub more: usize,
}

impl<T> Listed<T> {
    fn new(mut all: Vec<T>, most: usize) -> Self {
        let more = all.len().saturating_sub(most);
        all.truncate(most);
        Self { first: all, more }
    }

    /// How many there are altogether.
    pub fn total(&self) -> usize {
        self.first.len() + self.more
    }
}

/// Counts what happened.
pub fn report(input: &Input) -> Report {
    let Input { tenant, title, period, asked_at, facts, before, endpoints, .. } = input;
    let totals = totals::totals(facts, period.within);
    let coverage = coverage::coverage(period, input.known_since, &facts.heard, *asked_at);
    let noise = noise::noise(&facts.past, input.office.as_ref());
    let previous = period.before().within;
    Report {
        tenant: tenant.clone(),
        title: title.clone(),
        period: period.clone(),
        asked_at: *asked_at,
        endpoints: *endpoints,
        remarks: remark::remarks(input, &totals, coverage, &noise),
        coverage,
        totals,
        before: before.as_ref().map(|it| totals::totals(it, previous)),
        volume: volume::volume(&facts.alerts, period),
        promises: promise::promises(&facts.clocks),
        hand_backs: effort::hand_backs(&facts.alerts, period.within),
        noise,
        nights: effort::nights(&facts.nights),
        patches: state::states(period, &facts.patches, |it| it.day),
        backups: state::states(period, &facts.backups, |it| it.day),
        review: review(&input.review),
        known_issues: known_issues(&input.known_issues),
        changes: changes(&input.changes),
    }
}

/// A share in thousandths, rounded down; `None` of nothing.
pub fn permille(part: usize, of: usize) -> Option<u16> {
    u16::try_from(part.saturating_mul(1000).checked_div(of)?).ok()
}

fn review(rows: &[RowReview]) -> Listed<RowReview> {
    let mut rows = rows.to_vec();
    // A row that nobody ever looked at has waited longest.
    let waited = |it: &RowReview| match it.state {
        ReviewState::Never => i32::MAX,
        ReviewState::Fresh | ReviewState::Soon | ReviewState::Due | ReviewState::Overdue => {
            it.age.unwrap_or_default()
        }
    };
    rows.sort_by(|a, b| waited(b).cmp(&waited(a)).then_with(|| a.row.cmp(&b.row)));
    Listed::new(rows, MOST_LISTED)
}

fn known_issues(issues: &[KnownIssueFact]) -> Listed<KnownIssueFact> {
    let mut issues = issues.to_vec();
    issues.sort_by_key(|it| (it.expires_at, it.id));
    Listed::new(issues, MOST_LISTED)
}

fn changes(changes: &[ChangeFact]) -> Listed<ChangeFact> {
    let mut changes = changes.to_vec();
    changes.sort_by_key(|it| (it.proposed_at, it.id));
    Listed::new(changes, MOST_LISTED)
}
