//! Whose an alert is, and who is told if nobody acts.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Party, Team};

/// Whose an alert is: what the matrix said, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remit {
    /// The matrix version that decided.
    pub matrix_version: u64,
    /// Its row.
    pub row: String,
    /// Who acts.
    pub responsible: Team,
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
    /// In words, with the local time that decided.
    pub reason: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// When the matrix will say something else; `None` if it never does.
    pub until: Option<Timestamp>,
    /// Somebody decided otherwise than the matrix: it is not asked again.
    pub by_hand: bool,
    /// Rows that matched and lost, each with why.
    pub rejected: Vec<String>,
    /// Who is told if nobody acts.
    pub ladder: Vec<Rung>,
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// How long after the alert was given to the responsible team.
    pub after: SignedDuration,
    /// Who is told then.
    pub team: Team,
}

/// How far escalation has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Climb {
    /// When the responsible team got it; all rungs count from here.
    pub since: Timestamp,
    /// The rung that comes next. 0 is the responsible team itself.
    pub next: u32,
}
