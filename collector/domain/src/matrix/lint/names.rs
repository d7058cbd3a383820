//! Names that mean something, once.

use std::collections::BTreeSet;

use remit_shared::{Function, Team, function::FUNCTIONS};

use crate::{
    matrix::{
        Duty, EndpointRef, Escalation, Matrix, Recipient, Row, Scope,
        lint::{Finding, Place, Table},
        nearest,
    },
    people::Target,
};

/// As many findings as anybody reads. One at a time, because each looks for
/// the nearest name.
pub(super) fn check(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let rows = matrix.rows.iter().enumerate().flat_map(|(index, row)| {
        check_row(matrix, row, move |key| Place::new(Table::Row, index, key))
    });
    let catch_all = check_row(matrix, &matrix.catch_all, |key| Place::new(Table::CatchAll, 0, key));
    (repeated(matrix).into_iter().chain(rows).chain(catch_all))
        .chain(others(matrix))
        .chain(two_forms(matrix))
}

fn check_row<'a>(
    matrix: &'a Matrix,
    row: &'a Row,
    at: impl Fn(&'static str) -> Place + Copy + 'a,
) -> impl Iterator<Item = Finding> + 'a {
    let Duty { responsible, accountable, others, consulted, informed, authority, .. } = &row.duty;
    let calendar = row.scope.when.calendar();
    let calendar = calendar.and_then(|it| unknown_calendar(matrix, it.as_str(), at("when")));
    let teams = [("responsible", responsible), ("accountable", accountable)].into_iter();
    let teams = teams
        .chain(others.iter().map(|it| ("others", it)))
        .chain(consulted.iter().map(|it| ("consulted", it)))
        .chain(informed.iter().map(|it| ("informed", it)))
        .chain(authority.approve_change.iter().map(|it| ("approve_change", it)))
        .chain(authority.approve_security.iter().map(|it| ("approve_security", it)))
        .chain(authority.declare_known_issue.iter().map(|it| ("declare_known_issue", it)))
        .chain(row.accepted_by.iter().map(|it| ("accepted_by", it)));
    let teams = teams.filter_map(move |(key, it)| unknown_team(matrix, it, at(key)));
    let steps = match &row.duty.escalation {
        Escalation::Shipped | Escalation::Policy(_) => &[][..],
        Escalation::Steps(steps) => steps,
    };
    let steps =
        steps.iter().filter_map(move |it| unknown_target(matrix, &it.target, at("escalate")));
    let policy = match &row.duty.escalation {
        Escalation::Shipped | Escalation::Steps(_) => None,
        Escalation::Policy(name) => {
            let known = matrix.policies.iter().map(|it| it.name.as_str());
            unknown("policy", name.as_str(), known, at("policy"))
        }
    };
    let sla = row.duty.sla.as_ref().and_then(|it| {
        let known = matrix.agreements.iter().map(|it| it.name.as_str());
        unknown("sla", it.as_str(), known, at("sla"))
    });
    let named = calendar.into_iter().chain(policy).chain(sla);
    check_scope(matrix, &row.scope, at).chain(named).chain(teams).chain(steps)
}

fn check_scope<'a>(
    matrix: &'a Matrix,
    scope: &'a Scope,
    at: impl Fn(&'static str) -> Place + Copy + 'a,
) -> impl Iterator<Item = Finding> + 'a {
    let functions = scope.functions.iter();
    let functions = functions.filter_map(move |it| unknown_function(matrix, it, at("function")));
    let sites = scope.sites.iter().filter_map(move |it| {
        unknown("site", it.as_str(), matrix.sites.iter().map(|it| it.name.as_str()), at("sites"))
    });
    let tags = scope.tags.iter().filter_map(move |it| {
        unknown("tag", it.as_str(), matrix.tags.iter().map(|it| it.name.as_str()), at("tags"))
    });
    functions.chain(sites).chain(tags)
}

/// What is named elsewhere than in rows.
fn others(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let place = |table, key| move |index| Place::new(table, index, key);
    let (oncall, policy) = (place(Table::Team, "oncall"), place(Table::Team, "policy"));
    let teams = matrix.teams.iter().enumerate().flat_map(move |(index, it)| {
        let rota = it.oncall.as_ref();
        let rota = rota.and_then(|it| unknown_rota(matrix, it.as_str(), oncall(index)));
        let known = matrix.policies.iter().map(|it| it.name.as_str());
        let named = it.policy.as_ref();
        let named = named.and_then(|it| unknown("policy", it.as_str(), known, policy(index)));
        rota.into_iter().chain(named)
    });
    let (layer, over) = (place(Table::Rota, "layer"), place(Table::Rota, "override"));
    let rotas = matrix.rotas.iter().enumerate().flat_map(move |(index, it)| {
        let turns = it.layers.iter().flat_map(|it| &it.people).map(move |it| (it, layer(index)));
        let instead = it.overrides.iter().filter_map(|it| it.person.as_ref());
        let all = turns.chain(instead.map(move |it| (it, over(index))));
        all.filter_map(move |(it, place)| unknown_person(matrix, it.as_str(), place))
    });
    let hours_of = place(Table::Agreement, "calendar");
    let agreements = matrix.agreements.iter().enumerate().filter_map(move |(index, it)| {
        unknown_calendar(matrix, it.hours.as_ref()?.as_str(), hours_of(index))
    });
    let person = place(Table::Person, "teams");
    let persons = matrix.persons.iter().enumerate().flat_map(move |(index, it)| {
        it.teams.iter().filter_map(move |it| unknown_team(matrix, it, person(index)))
    });
    let (steps, hours) = (place(Table::Policy, "steps"), place(Table::Policy, "hours"));
    let policies = matrix.policies.iter().enumerate().flat_map(move |(index, it)| {
        let calendar = it.hours.as_ref();
        let calendar = calendar.and_then(|it| unknown_calendar(matrix, it.as_str(), hours(index)));
        let targets = it.steps.iter();
        targets
            .filter_map(move |it| unknown_target(matrix, &it.target, steps(index)))
            .chain(calendar)
    });
    let (function, to) = (place(Table::Trigger, "function"), place(Table::Trigger, "to"));
    let triggers = matrix.triggers.iter().enumerate().flat_map(move |(index, it)| {
        let team = it.to.as_ref().and_then(|it| unknown_team(matrix, it, to(index)));
        let functions = it.functions.iter();
        functions.filter_map(move |it| unknown_function(matrix, it, function(index))).chain(team)
    });
    let quiet = matrix.quiet.iter().enumerate().flat_map(move |(index, it)| {
        let place = |key| Place::new(Table::Quiet, index, key);
        let who = match &it.who {
            Recipient::Team(team) => unknown_team(matrix, team, place("team")),
            Recipient::Person(person) => unknown_person(matrix, person.as_str(), place("person")),
        };
        let calendar = it.when.calendar();
        let calendar = calendar.and_then(|it| unknown_calendar(matrix, it.as_str(), place("when")));
        who.into_iter().chain(calendar)
    });
    let checks = matrix.checks.iter().enumerate().flat_map(move |(index, it)| {
        let at = move |key| Place::new(Table::Check, index, key);
        let function = it.function.as_ref();
        let function = function.and_then(|it| unknown_function(matrix, it, at("function")));
        check_scope(matrix, &it.on, at).chain(function)
    });
    (teams.chain(persons).chain(rotas).chain(agreements))
        .chain(policies)
        .chain(triggers)
        .chain(quiet)
        .chain(checks)
}

/// Names that stand for two things.
fn repeated(matrix: &Matrix) -> Vec<Finding> {
    fn texts<'a, T>(items: &'a [T], name: impl Fn(&'a T) -> &'a str) -> Vec<&'a str> {
        items.iter().map(name).collect()
    }
    // What ships is a function too, and the catch-all is a row.
    let shipped = FUNCTIONS.map(|(name, _)| name);
    let catch_all = [matrix.catch_all.id.as_str()];
    let lists = [
        (
            "duplicate-team",
            "team",
            Table::Team,
            texts(&matrix.teams, |it| it.name.as_str()),
            &[][..],
        ),
        ("duplicate-site", "site", Table::Site, texts(&matrix.sites, |it| it.name.as_str()), &[]),
        ("duplicate-tag", "tag", Table::Tag, texts(&matrix.tags, |it| it.name.as_str()), &[]),
        (
            "duplicate-function",
            "function",
            Table::Function,
            texts(&matrix.functions, |it| it.name.as_str()),
            &shipped,
        ),
        (
            "duplicate-calendar",
            "calendar",
            Table::Calendar,
            texts(&matrix.calendars, |it| it.name.as_str()),
            &[],
        ),
        (
            "duplicate-person",
            "person",
            Table::Person,
            texts(&matrix.persons, |it| it.name.as_str()),
            &[],
        ),
        ("duplicate-rota", "rota", Table::Rota, texts(&matrix.rotas, |it| it.name.as_str()), &[]),
        (
            "duplicate-sla",
            "sla",
            Table::Agreement,
            texts(&matrix.agreements, |it| it.name.as_str()),
            &[],
        ),
        (
            "duplicate-policy",
            "policy",
            Table::Policy,
            texts(&matrix.policies, |it| it.name.as_str()),
            // What rows without a policy of that name have.
            &["own", "shipped"],
        ),
        ("duplicate-row", "row", Table::Row, texts(&matrix.rows, |it| it.id.as_str()), &catch_all),
    ];
    let mut findings = Vec::new();
    for (code, kind, table, names, taken) in lists {
        let mut seen: BTreeSet<&str> = taken.iter().copied().collect();
        for (index, name) in names.into_iter().enumerate().filter(|(_, it)| !seen.insert(it)) {
            let key = match kind {
                "row" => "id",
                _ => "name",
            };
            let place = Place::new(table, index, key);
            let message = format!("there is another {kind} `{name}`");
            findings.push(Finding::error(code, place, message).suggest("rename one of them"));
        }
    }
    findings
}

fn unknown<'a>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    place: Place,
) -> Option<Finding> {
    if known.clone().any(|it| it == name) {
        return None;
    }
    let code = match kind {
        "team" => "unknown-team",
        "site" => "unknown-site",
        "tag" => "unknown-tag",
        "calendar" => "unknown-calendar",
        "person" => "unknown-person",
        "policy" => "unknown-policy",
        "rota" => "unknown-rota",
        "sla" => "unknown-sla",
        _ => "unknown-function",
    };
    let suggestion = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("define it: `[[{kind}]]` with `name = \"{name}\"`"),
    };
    Some(Finding::error(code, place, format!("there is no {kind} `{name}`")).suggest(suggestion))
}

fn unknown_team(matrix: &Matrix, name: &Team, place: Place) -> Option<Finding> {
    unknown("team", name.as_str(), matrix.teams.iter().map(|it| it.name.as_str()), place)
}

fn unknown_person(matrix: &Matrix, name: &str, place: Place) -> Option<Finding> {
    unknown("person", name, matrix.persons.iter().map(|it| it.name.as_str()), place)
}

fn unknown_rota(matrix: &Matrix, name: &str, place: Place) -> Option<Finding> {
    unknown("rota", name, matrix.rotas.iter().map(|it| it.name.as_str()), place)
}

fn unknown_calendar(matrix: &Matrix, name: &str, place: Place) -> Option<Finding> {
    unknown("calendar", name, matrix.calendars.iter().map(|it| it.name.as_str()), place)
}

fn unknown_target(matrix: &Matrix, target: &Target, place: Place) -> Option<Finding> {
    match target {
        Target::Team(name) => unknown_team(matrix, name, place),
        Target::Person(name) => unknown_person(matrix, name.as_str(), place),
        Target::Rota(name) => unknown_rota(matrix, name.as_str(), place),
    }
}

fn unknown_function(matrix: &Matrix, name: &Function, place: Place) -> Option<Finding> {
    let known: Vec<_> = matrix.known_functions().collect();
    unknown("function", name.as_str(), known.iter().map(Function::as_str), place)
}

/// A machine that one row calls by its id and another by its host name would
/// be two machines to everything that is proven here.
fn two_forms(matrix: &Matrix) -> Option<Finding> {
    let by_id = |it: &EndpointRef| matches!(it, EndpointRef::Id(_));
    let mut named = matrix
        .rows
        .iter()
        .enumerate()
        .flat_map(|(index, row)| row.scope.endpoints.iter().map(move |it| (index, it)));
    let (_, first) = named.next()?;
    let (index, other) = named.find(|(_, it)| by_id(it) != by_id(first))?;
    let message = format!(
        "endpoints are named both by host name and by id (`{first}`, `{other}`): whether two rows are about the same machine cannot be told"
    );
    let place = Place::new(Table::Row, index, "endpoints");
    Some(Finding::error("endpoint-forms", place, message).suggest("use one form throughout"))
}
