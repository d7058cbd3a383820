//! What would happen: who owns a matter from now on, and who would be told if
//! nobody acknowledged.
//!
//! The timeline is that of an alert that opens at the beginning and that
//! nobody touches. It passes to whoever owns the hour; each new owner is told
//! at once and has a climb of their own, from its first step.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Function, Severity, Team};

use crate::{
    calendar,
    matrix::{Matrix, Policy, Reached, Resolution, Subject, next_change, reach, resolve},
    people::Target,
};

/// How long the last step of a cycle has before the next cycle begins.
const LAST_STEP: SignedDuration = SignedDuration::from_mins(15);

/// How often those who answer for it are told once all cycles are over.
const EXHAUSTED: SignedDuration = SignedDuration::from_hours(1);

/// More owners or messages than this are more of the same.
const MOST: usize = 500;

/// What would happen in an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Who owns it when, earliest first, without a gap.
    pub owners: Vec<Stint>,
    /// Who would be told when, earliest first.
    pub told: Vec<Told>,
    /// More would happen than is listed.
    pub is_partial: bool,
}

/// One owner, without a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stint {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Who, and why.
    pub resolution: Resolution,
}

/// One message that nobody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub target: Target,
    /// How, and who is spared.
    pub reached: Reached,
    /// Why now.
    pub because: String,
}

/// What would happen to an alert that opens at `from`, until `to`.
pub fn simulate(
    matrix: &Matrix,
    subject: &Subject,
    function: &Function,
    severity: Severity,
    from: Timestamp,
    to: Timestamp,
) -> Simulation {
    let (owners, mut is_partial) = owners(matrix, subject, function, severity, (from, to));
    let mut told = Vec::new();
    for stint in &owners {
        let first = if stint.from == from { "it opens" } else { "it is theirs from now on" };
        for (at, target, because) in climb(matrix, stint, first) {
            if told.len() == MOST {
                is_partial = true;
                break;
            }
            let reached = reach(matrix, &target, severity, at);
            told.push(Told { at, target, reached, because });
        }
    }
    Simulation { owners, told, is_partial }
}

fn owners(
    matrix: &Matrix,
    subject: &Subject,
    function: &Function,
    severity: Severity,
    (mut from, to): (Timestamp, Timestamp),
) -> (Vec<Stint>, bool) {
    let mut owners: Vec<Stint> = Vec::new();
    let mut resolution = resolve(matrix, subject, function, severity, from);
    while from < to {
        if owners.len() == MOST {
            return (owners, true);
        }
        let next = next_change(matrix, subject, function, severity, from);
        match next.filter(|(at, _)| *at < to) {
            Some((at, then)) => {
                owners.push(Stint { from, to: at, resolution });
                (from, resolution) = (at, then);
            }
            None => {
                owners.push(Stint { from, to, resolution });
                return (owners, false);
            }
        }
    }
    (owners, false)
}

/// Everybody who is told in one stint, in order, and why.
fn climb(matrix: &Matrix, stint: &Stint, first: &str) -> Vec<(Timestamp, Target, String)> {
    let Stint { from, to, resolution } = stint;
    let owner = Target::Team(resolution.responsible.clone());
    let mut told = Vec::new();
    let mut last = *from;
    for (at, step, cycle) in steps(matrix, &resolution.policy, *from) {
        last = at;
        let again = if cycle == 0 { String::new() } else { format!(", time {}", cycle + 1) };
        let (target, because) = match step {
            None if cycle == 0 => (owner.clone(), first.to_owned()),
            None => (owner.clone(), format!("nobody acknowledged{again}")),
            Some(step) => {
                let step = &resolution.policy.steps[step];
                (
                    step.target.clone(),
                    format!("`{step}` of policy `{}`{again}", resolution.policy.name),
                )
            }
        };
        told.push((at, target, because));
    }
    let mut at = later(last, LAST_STEP);
    while at < *to && told.len() <= MOST {
        for team in &resolution.accountables {
            let because = "all steps are over: every hour until somebody acts".to_owned();
            told.push((at, Target::Team(Team::clone(team)), because));
        }
        at = later(at, EXHAUSTED);
    }
    told.retain(|(at, _, _)| at < to);
    told
}

/// Every step of every cycle: when, which (`None` is the owner), and in which
/// cycle.
fn steps(
    matrix: &Matrix,
    policy: &Policy,
    since: Timestamp,
) -> Vec<(Timestamp, Option<usize>, u32)> {
    let hours = policy.hours.as_ref().and_then(|it| matrix.calendar(it));
    let due = |after: SignedDuration| {
        let open = hours.and_then(|it| calendar::deadline(it, since, after));
        open.unwrap_or_else(|| later(since, after))
    };
    let lasts = policy.steps.last().map_or(SignedDuration::ZERO, |it| it.after) + LAST_STEP;
    let mut steps = Vec::new();
    for cycle in 0..policy.repeat.clamp(1, 10) {
        let begins = lasts.checked_mul(cycle as i32).unwrap_or(SignedDuration::MAX);
        // Whoever owns it hears of it at once, whatever the hour.
        steps.push((if cycle == 0 { since } else { due(begins) }, None, cycle));
        let own = policy.steps.iter().enumerate();
        steps.extend(
            own.map(|(index, it)| (due(begins.saturating_add(it.after)), Some(index), cycle)),
        );
    }
    steps
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
