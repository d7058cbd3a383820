//! One row: a scope, and who has which part in the work there.

use std::{fmt, str::FromStr};

use jiff::SignedDuration;
use remit_shared::{NameError, RowId, Team};

use crate::matrix::{LengthError, Scope, parse_length, show_length};

/// Who does what, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Names the row in alerts, for good.
    pub id: RowId,
    /// What people call it.
    pub title: String,
    /// What it is about.
    pub scope: Scope,
    /// Who has which part.
    pub duty: Duty,
    /// Settles a draw with a row that is neither wider nor narrower: the
    /// greater wins. Never overrules a narrower row.
    pub priority: i32,
}

/// The letters of RACI, and what follows if nobody acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Who acts.
    pub responsible: Team,
    /// Who acts with them.
    pub others: Vec<Team>,
    /// Who answers for it. Exactly one.
    pub accountable: Team,
    /// Who is asked.
    pub consulted: Vec<Team>,
    /// Who is told.
    pub informed: Vec<Team>,
    /// What to do: a link, or words.
    pub runbook: String,
    /// Who is told if nobody acknowledges, soonest first.
    pub escalate: Vec<Step>,
}

impl Duty {
    /// Whether two duties give the work to the same owner: one does it and
    /// one answers for it.
    pub fn same_owner(&self, other: &Self) -> bool {
        self.responsible == other.responsible && self.accountable == other.accountable
    }
}

/// One step of an escalation: `15m provider-noc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the alert was given to the responsible team.
    pub after: SignedDuration,
    /// Who is told then.
    pub team: Team,
}

/// Why a string is not a step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// It has not two words.
    #[error("`{0}` is not an escalation step: write it like `15m provider-noc`")]
    Form(String),
    /// The first word is no length of time.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// The second word is no team's name.
    #[error(transparent)]
    Team(#[from] NameError),
}

impl FromStr for Step {
    type Err = StepError;

    fn from_str(text: &str) -> Result<Self, StepError> {
        let words: Vec<_> = text.split_whitespace().collect();
        let [after, team] = words.as_slice() else {
            return Err(StepError::Form(text.escape_default().to_string()));
        };
        Ok(Self { after: parse_length(after)?, team: team.parse()? })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", show_length(self.after), self.team)
    }
}
