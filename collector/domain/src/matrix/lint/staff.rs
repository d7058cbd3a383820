//! Teams that answer, persons that can be called.

use remit_shared::{Party, Team};

use crate::{
    matrix::{
        Duty, Escalation, Matrix, Row, Step,
        lint::{Finding, Place, Table},
    },
    people::Target,
};

pub(super) fn check(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    unstaffed(matrix)
        .chain(one_party(matrix))
        .chain(uncovered(matrix))
        .chain(called(matrix))
        .chain(lonely(matrix))
        .chain(unreachable(matrix))
}

/// The teams of a row that must act.
fn acting<'a>(matrix: &'a Matrix, row: &'a Row) -> impl Iterator<Item = &'a Team> {
    let Duty { responsible, accountable, others, escalation, .. } = &row.duty;
    let steps: &[Step] = match escalation {
        Escalation::Shipped => &[],
        Escalation::Steps(steps) => steps,
        Escalation::Policy(name) => {
            let named = matrix.policies.iter().find(|it| it.name == *name);
            named.map(|it| it.steps.as_slice()).unwrap_or_default()
        }
    };
    let steps = steps.iter().filter_map(|it| it.target.team());
    [responsible, accountable].into_iter().chain(others).chain(steps)
}

/// Teams that rows count on and nobody can reach.
fn unstaffed(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let teams = matrix.teams.iter().enumerate().filter(|(_, it)| !matrix.is_staffed(it));
    teams.filter_map(|(index, team)| {
        let counts = |row: &&Row| acting(matrix, row).any(|it| *it == team.name);
        let rows: Vec<_> = matrix.all_rows().filter(counts).map(|it| &it.id).collect();
        let handed = matrix.triggers.iter().find(|it| it.to.as_ref() == Some(&team.name));
        let rows = match (rows.as_slice(), handed) {
            ([], None) => return None,
            ([], Some(trigger)) => format!("trigger `{}` counts", trigger.reason.as_str()),
            ([first], _) => format!("row `{first}` counts"),
            ([first, more @ ..], _) => format!("row `{first}` and {} more count", more.len()),
        };
        let name = &team.name;
        let message = format!("{rows} on team `{name}`, which has no contact and no channel");
        let finding = Finding::error("unstaffed", Place::new(Table::Team, index, ""), message);
        Some(finding.suggest("give it a `contact` or a `notify` channel"))
    })
}

/// An agreement has two sides.
fn one_party(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let missing = |party: &Party| !matrix.teams.iter().any(|it| it.party == *party);
    [Party::Internal, Party::Provider].into_iter().filter(missing).map(|party| {
        let message = format!("no team is of party {party}: an agreement has two sides");
        Finding::error("one-party", Place::new(Table::Matrix, 0, ""), message)
            .suggest(format!("add a `[[team]]` with `party = \"{party}\"`"))
    })
}

/// Rows that name nobody, without both parties having said so.
fn uncovered(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let rows = matrix.rows.iter().enumerate().filter(|(_, it)| it.is_uncovered());
    rows.filter_map(|(index, row)| {
        let accepts = |party: &Party| {
            let mut teams = row.accepted_by.iter().filter_map(|it| matrix.team(it));
            teams.any(|it| it.party == *party)
        };
        let missing = [Party::Internal, Party::Provider].into_iter().find(|it| !accepts(it))?;
        let message =
            format!("row `{}` names nobody, and no team of party {missing} accepts that", row.id);
        let place = Place::new(Table::Row, index, "accepted_by");
        let finding = Finding::error("uncovered", place, message);
        Some(finding.suggest("name the accountable team of each party in `accepted_by`"))
    })
}

/// Persons whom an escalation calls and nobody can reach.
fn called(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let named = matrix
        .policies
        .iter()
        .enumerate()
        .map(|(index, it)| (Place::new(Table::Policy, index, "steps"), it.steps.as_slice()));
    let own = matrix.rows.iter().enumerate().filter_map(|(index, it)| match &it.duty.escalation {
        Escalation::Steps(steps) => {
            Some((Place::new(Table::Row, index, "escalate"), steps.as_slice()))
        }
        Escalation::Shipped | Escalation::Policy(_) => None,
    });
    named.chain(own).flat_map(move |(place, steps)| {
        steps.iter().filter_map(move |step| {
            let Target::Person(name) = &step.target else { return None };
            let person = matrix.person(name)?;
            let wrong = match (person.disabled, person.notify.is_empty()) {
                (true, _) => "is disabled",
                (false, true) => "has no channel",
                (false, false) => return None,
            };
            let message = format!("`{step}` calls a person who {wrong}");
            let finding = Finding::error("unreachable", place, message);
            Some(finding.suggest("name somebody else, a rota or a team"))
        })
    })
}

/// Teams where one person's holiday is everybody's problem.
fn lonely(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let people = |it: &Team| matrix.members(it).count();
    let teams = matrix.teams.iter().enumerate();
    teams.filter(move |(_, it)| it.contacts.len() + people(&it.name) < 2).map(|(index, it)| {
        let message = format!("team `{}` has no second contact", it.name);
        Finding::warning("single-contact", Place::new(Table::Team, index, "contact"), message)
            .suggest("name somebody for when the first is away")
    })
}

/// Persons without a channel.
fn unreachable(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let persons = matrix.persons.iter().enumerate();
    persons.filter(|(_, it)| !it.disabled && it.notify.is_empty()).map(|(index, it)| {
        let message = format!("person `{}` has no channel, so nobody can call them", it.name);
        Finding::warning("no-channel", Place::new(Table::Person, index, "notify"), message)
            .suggest("give them `notify = \"email:ADDRESS\"`, or `disabled = true`")
    })
}
