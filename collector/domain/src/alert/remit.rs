//! Whose an alert is, and who is told if nobody acts.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{CalendarName, Party, PolicyName, Team};

use crate::{
    matrix::{Policy, Resolution},
    people::Target,
};

/// Whose an alert is: what the matrix said, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remit {
    /// The matrix version that decided.
    pub matrix_version: u64,
    /// Its row.
    pub row: String,
    /// No row covers the matter: the catch-all had to.
    pub gap: bool,
    /// Who acts.
    pub responsible: Team,
    /// Who acts with them.
    pub others: Vec<Team>,
    /// Who answers for it.
    pub accountable: Team,
    /// Who answers for it on either side: told if nobody acts at all, or a
    /// promise is broken.
    pub accountables: Vec<Team>,
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
    pub ladder: Ladder,
}

/// Knows whose an alert is at other times than now.
pub trait Owners: fmt::Debug + Sync {
    /// What the matrix that is in force now says of an instant.
    fn at(&self, instant: Timestamp) -> Remit;
}

impl Remit {
    /// What a matrix has decided at an instant, until it decides otherwise.
    pub fn decided(resolution: Resolution, at: Timestamp, until: Option<Timestamp>) -> Self {
        Self {
            matrix_version: resolution.matrix_version,
            row: resolution.row.to_string(),
            gap: resolution.gap,
            responsible: resolution.responsible,
            others: resolution.others,
            accountable: resolution.accountable,
            accountables: resolution.accountables,
            consulted: resolution.consulted,
            informed: resolution.informed,
            party: resolution.party,
            runbook: resolution.runbook,
            reason: resolution.because,
            decided_at: at,
            until,
            by_hand: false,
            rejected: resolution.rejected.iter().map(ToString::to_string).collect(),
            ladder: resolution.policy.into(),
        }
    }

    /// Everybody who answers for it, on either side, each once.
    pub fn all_accountable(&self) -> Vec<Team> {
        let mut teams = vec![self.accountable.clone()];
        for team in &self.accountables {
            if !teams.contains(team) {
                teams.push(team.clone());
            }
        }
        teams
    }
}

/// Who is told if nobody acts, soonest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    /// The policy that it comes from, if it has a name.
    pub policy: Option<PolicyName>,
    /// Its rungs. The responsible team itself stands below the first.
    pub rungs: Vec<Rung>,
    /// How often it is climbed before those who answer for it are told every
    /// hour; 0 counts as 1.
    pub cycles: u32,
    /// Whose opening hours its times count; `None` if every hour counts.
    pub hours: Option<CalendarName>,
}

impl From<Policy> for Ladder {
    fn from(policy: Policy) -> Self {
        let rungs = policy.steps.into_iter();
        Self {
            policy: Some(policy.name),
            rungs: rungs.map(|it| Rung { after: it.after, target: it.target }).collect(),
            cycles: policy.repeat,
            hours: policy.hours,
        }
    }
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// How long after the alert was given to the responsible team.
    pub after: SignedDuration,
    /// Who is told then.
    pub target: Target,
}
