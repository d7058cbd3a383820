//! Ladders that climb.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::matrix::{
    Escalation, Matrix, Row, Step,
    explain::list,
    lint::{Finding, Place, Table},
};

/// The last step of an escalation may come this late.
const LATEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Nobody wants to be told more often of the same.
const MOST_REPEATS: u32 = 10;

pub(super) fn check(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let policies = matrix.policies.iter().enumerate().flat_map(|(index, it)| {
        let who = format!("policy `{}`", it.name);
        let steps = check_steps(&who, &it.steps, Place::new(Table::Policy, index, "steps"));
        let repeat = (it.repeat == 0 || MOST_REPEATS < it.repeat).then(|| {
            let message = format!("{who} goes through its steps {} times", it.repeat);
            Finding::error("escalation", Place::new(Table::Policy, index, "repeat"), message)
                .suggest(format!("from 1 to {MOST_REPEATS} times; 3 if you leave it out"))
        });
        let unused = !matrix.all_rows().any(
            |row| matches!(&row.duty.escalation, Escalation::Policy(name) if *name == it.name),
        );
        let of_team = matrix.teams.iter().any(|team| team.policy.as_ref() == Some(&it.name));
        let unused = (unused && !of_team).then(|| {
            let message = format!("{who} is in no row, and no team's");
            Finding::warning("unused", Place::new(Table::Policy, index, "name"), message)
                .suggest("name it in a row or a team, or remove it")
        });
        steps.into_iter().chain(repeat).chain(unused)
    });
    let rows = matrix.rows.iter().enumerate();
    let rows = rows.map(|(index, it)| (it, Place::new(Table::Row, index, "escalate")));
    let catch_all = (&matrix.catch_all, Place::new(Table::CatchAll, 0, "escalate"));
    let rows = rows.chain([catch_all]).filter_map(|(it, place)| check_row(matrix, it, place));
    policies.chain(rows).chain(triggers(matrix))
}

fn check_row(matrix: &Matrix, row: &Row, place: Place) -> Option<Finding> {
    match &row.duty.escalation {
        Escalation::Policy(_) => None,
        Escalation::Steps(steps) => check_steps(&format!("row `{}`", row.id), steps, place),
        Escalation::Shipped if row.is_uncovered() => None,
        Escalation::Shipped => {
            let shipped = list(&matrix.policy(&row.duty).steps);
            let message = format!("row `{}` has no escalation; what ships is {shipped}", row.id);
            let finding = Finding::warning("escalation", place, message);
            Some(finding.suggest("say who is told, with `policy` or `escalate = [\"30m TEAM\"]`"))
        }
    }
}

fn check_steps(who: &str, steps: &[Step], place: Place) -> Option<Finding> {
    let refuse = |message: String| Finding::error("escalation", place, message);
    let Some(last) = steps.last() else {
        let message = format!("{who} has no steps: an unanswered alert would stay unanswered");
        return Some(refuse(message).suggest("add one, like `\"30m TEAM\"`"));
    };
    if let Some(pair) = steps.windows(2).find(|it| it[1].after <= it[0].after) {
        let message = format!("{who} escalates with `{}` after `{}`", pair[1], pair[0]);
        return Some(refuse(message).suggest("order the steps, each later than the one before"));
    }
    if steps[0].after <= SignedDuration::ZERO {
        let message = format!("{who} escalates at once, before anybody could answer");
        return Some(refuse(message).suggest("name the team in `others` or `informed` instead"));
    }
    if LATEST < last.after {
        let message = format!("{who} escalates with `{last}`, which is later than 7d");
        return Some(refuse(message).suggest("end the escalation within 7d"));
    }
    None
}

/// Two triggers that answer the same question.
fn triggers(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let mut seen: BTreeSet<(&str, Option<&str>)> = BTreeSet::new();
    matrix.triggers.iter().enumerate().filter_map(move |(index, it)| {
        let said: Vec<_> = match it.functions.is_empty() {
            true => vec![None],
            false => it.functions.iter().map(|it| Some(it.as_str())).collect(),
        };
        let again = said.into_iter().filter(|name| !seen.insert((it.reason.as_str(), *name)));
        // All are noted, the first is shown.
        let again: Vec<_> = again.collect();
        let on = again.first()?.map_or_else(|| "every function".to_owned(), |it| format!("`{it}`"));
        let message = format!("there is another trigger for {} of {on}", it.reason.as_str());
        let place = Place::new(Table::Trigger, index, "reason");
        Some(Finding::error("duplicate-trigger", place, message).suggest("remove one of them"))
    })
}
