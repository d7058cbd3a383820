//! Who owns a matter at an instant, and until when.
//!
//! # Invariants
//!
//! - There is always exactly one answer: the row that no other row beats; of
//!   several, the one with the highest priority; of several, the first in the
//!   file, which [`lint`](fn@super::lint) allows only if they name the same
//!   owner. If no row matches, the catch-all, marked as a gap.
//! - Until [`next_change`], [`resolve`] names the same owner.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_shared::{AgreementName, Function, Party, RowId, Severity, Team};

use crate::{
    calendar::{HORIZON, SOON, Segment, Segments},
    matrix::{Authority, Duty, Matrix, Policy, Row, Subject, compare, explain},
};

/// Who owns a matter, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The row that decided.
    pub row: RowId,
    /// Who acts.
    pub responsible: Team,
    /// Who acts with them.
    pub others: Vec<Team>,
    /// Who answers for it.
    pub accountable: Team,
    /// Who is asked.
    pub consulted: Vec<Team>,
    /// Who is told.
    pub informed: Vec<Team>,
    /// The responsible team's side.
    pub party: Party,
    /// What to do: a link, or words.
    pub runbook: String,
    /// Who is told if nobody acknowledges.
    pub policy: Policy,
    /// What was promised.
    pub sla: Option<AgreementName>,
    /// Who decides what the responsible team may not decide alone.
    pub authority: Authority,
    /// Who answers for it on either side, the row's accountable team first.
    pub accountables: Vec<Team>,
    /// Who of the other party takes over if the responsible team cannot go on.
    pub counterpart: Option<Team>,
    /// In words, with the local time that decided.
    pub because: String,
    /// Rows that are about the matter and lost, each with why.
    pub rejected: Vec<Rejected>,
    /// No row covers the matter, or one says that nobody does: the catch-all
    /// had to.
    pub gap: bool,
    /// The version that decided.
    pub matrix_version: u64,
}

/// A row that is about the matter and did not decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The row.
    pub row: RowId,
    /// Why it lost.
    pub why: String,
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.row, self.why)
    }
}

/// Who owns a kind of work on an endpoint at an instant.
pub fn resolve(
    matrix: &Matrix,
    subject: &Subject,
    function: &Function,
    severity: Severity,
    at: Timestamp,
) -> Resolution {
    let candidates = candidates(matrix, subject, function, severity);
    let (awake, asleep): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|it| it.scope.when.holds(matrix, at));
    let winner = winner(&awake);
    let row = winner.unwrap_or(&matrix.catch_all);
    let duty = &row.duty;
    let Duty { responsible, others, accountable, consulted, informed, runbook, sla, .. } =
        duty.clone();
    Resolution {
        row: row.id.clone(),
        // A published matrix names no unknown team: lint refuses it.
        party: matrix.team(&responsible).map_or(Party::Internal, |it| it.party),
        responsible,
        others,
        accountable,
        consulted,
        informed,
        runbook,
        policy: matrix.policy(duty),
        sla,
        authority: duty.authority(),
        accountables: matrix.accountables(duty),
        counterpart: matrix.counterpart(duty).cloned(),
        because: explain::because(matrix, subject, function, at, winner, awake.len()),
        rejected: explain::rejected(row, &awake, &asleep),
        gap: winner.is_none_or(Row::is_uncovered),
        matrix_version: matrix.version,
    }
}

/// The first instant after `after` at which somebody else becomes responsible,
/// and the answer from then on; `None` if nobody does within the [`HORIZON`].
pub fn next_change(
    matrix: &Matrix,
    subject: &Subject,
    function: &Function,
    severity: Severity,
    after: Timestamp,
) -> Option<(Timestamp, Resolution)> {
    let candidates = candidates(matrix, subject, function, severity);
    let teams: BTreeSet<_> = candidates.iter().map(|it| &it.duty.responsible).collect();
    if candidates.is_empty()
        || (teams.len() == 1 && teams.contains(&matrix.catch_all.duty.responsible))
    {
        return None;
    }
    let at = [SOON, HORIZON].into_iter().find_map(|ahead| {
        let within = Segment::ahead(after, ahead);
        let times: Vec<(&Row, Segments)> =
            candidates.iter().map(|it| (*it, it.scope.when.segments(matrix, within))).collect();
        let owner = |at| {
            let awake: Vec<_> =
                times.iter().filter(|it| it.1.contains(at)).map(|it| it.0).collect();
            &winner(&awake).unwrap_or(&matrix.catch_all).duty.responsible
        };
        let edges: BTreeSet<_> = times.iter().flat_map(|it| it.1.edges()).collect();
        let now = owner(after);
        // The interval's own end is an edge of whatever still holds there.
        edges.into_iter().filter(|it| after < *it && *it < within.to).find(|it| owner(*it) != now)
    })?;
    Some((at, resolve(matrix, subject, function, severity, at)))
}

/// The rows that are about a matter, whatever the hour.
fn candidates<'a>(
    matrix: &'a Matrix,
    subject: &Subject,
    function: &Function,
    severity: Severity,
) -> Vec<&'a Row> {
    matrix.rows.iter().filter(|it| it.scope.matches(subject, function, severity)).collect()
}

/// The row that decides among those that match.
pub(super) fn winner<'a>(awake: &[&'a Row]) -> Option<&'a Row> {
    let unbeaten =
        |it: &&&'a Row| !awake.iter().any(|other| compare(&other.scope, &it.scope).beats());
    // Reversed, because of equal ones `max_by_key` takes the last.
    awake.iter().filter(unbeaten).rev().max_by_key(|it| it.priority).copied()
}
