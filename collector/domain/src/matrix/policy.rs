//! Who is told if nobody acknowledges, and after how long.
//!
//! # Invariants
//!
//! - Every row has a policy: one that it names, one of its own, or the one
//!   that ships, which no row can be without.

use std::{fmt, str::FromStr};

use jiff::SignedDuration;
use remit_shared::{CalendarName, Function, NameError, PolicyName, Team};

use crate::{
    matrix::{Duty, LengthError, Matrix, parse_length, scope::admits, show_length},
    people::Target,
};

/// How often the steps are gone through if nothing else is said.
pub const REPEAT: u32 = 3;

/// When the steps of the policy that ships come.
const SHIPPED: [SignedDuration; 3] =
    [SignedDuration::from_mins(15), SignedDuration::from_mins(30), SignedDuration::from_hours(1)];

/// Where a row says who is told if nobody acknowledges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Escalation {
    /// Nowhere: the policy that ships.
    #[default]
    Shipped,
    /// In a policy that rows share.
    Policy(PolicyName),
    /// In the row itself, soonest first.
    Steps(Vec<Step>),
}

/// Steps that rows share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name; `own` if it is a row's own, `shipped` if it is the one that ships.
    pub name: PolicyName,
    /// What people call it.
    pub title: String,
    /// Who is told, soonest first.
    pub steps: Vec<Step>,
    /// The calendar whose hours count; `None` if every hour does.
    pub hours: Option<CalendarName>,
    /// How often the steps are gone through.
    pub repeat: u32,
}

/// One step of an escalation: `15m provider-noc`, `30m rota:noc-nights`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the alert was given to the responsible team.
    pub after: SignedDuration,
    /// Who is told then.
    pub target: Target,
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
    /// The second word names nobody.
    #[error(transparent)]
    Target(#[from] NameError),
}

impl FromStr for Step {
    type Err = StepError;

    fn from_str(text: &str) -> Result<Self, StepError> {
        let words: Vec<_> = text.split_whitespace().collect();
        let [after, target] = words.as_slice() else {
            return Err(StepError::Form(text.escape_default().to_string()));
        };
        Ok(Self { after: parse_length(after)?, target: target.parse()? })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", show_length(self.after), self.target)
    }
}

impl Matrix {
    /// The policy that holds for a duty. A policy that does not exist, which
    /// lint refuses, is answered with the one that ships.
    pub fn policy(&self, duty: &Duty) -> Policy {
        match &duty.escalation {
            Escalation::Policy(name) => {
                let known = self.policies.iter().find(|it| it.name == *name);
                known.cloned().unwrap_or_else(|| self.shipped_policy(duty))
            }
            Escalation::Steps(steps) => Policy::plain("own", steps.clone()),
            Escalation::Shipped => self.shipped_policy(duty),
        }
    }

    /// The policy that holds for a team with work that no row gave it: its own,
    /// else that of the first row that makes it responsible for such work, else
    /// of the first that makes it responsible at all.
    pub fn policy_of(&self, team: &Team, function: &Function) -> Option<Policy> {
        let named = self.team(team).and_then(|it| it.policy.as_ref());
        let own = named.and_then(|name| self.policies.iter().find(|it| it.name == *name));
        if let Some(own) = own {
            return Some(own.clone());
        }
        let rows = || self.all_rows().filter(|it| it.duty.responsible == *team);
        let such = rows().find(|it| admits(&it.scope.functions, function));
        such.or_else(|| rows().next()).map(|it| self.policy(&it.duty))
    }

    /// Who answers for it after 15 minutes, the other party after 30, and who
    /// answers for the catch-all after an hour.
    fn shipped_policy(&self, duty: &Duty) -> Policy {
        let net = &self.catch_all.duty;
        let candidates = [Some(&duty.accountable), self.counterpart(duty), Some(&net.accountable)];
        let mut teams: Vec<&Team> = Vec::new();
        for team in candidates.into_iter().flatten() {
            if *team != duty.responsible && !teams.contains(&team) {
                teams.push(team);
            }
        }
        if teams.is_empty() {
            // Asking the same team again is better than silence.
            teams.push(&duty.accountable);
        }
        let step = |(after, team): (_, &Team)| Step { after, target: Target::Team(team.clone()) };
        Policy::plain("shipped", SHIPPED.into_iter().zip(teams).map(step).collect())
    }
}

impl Policy {
    fn plain(name: &str, steps: Vec<Step>) -> Self {
        let name = PolicyName::new(name).expect("a valid name");
        Self { name, title: String::new(), steps, hours: None, repeat: REPEAT }
    }
}
