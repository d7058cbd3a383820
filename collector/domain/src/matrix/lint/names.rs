//! Names that mean something, once; teams that answer; ladders that climb.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use remit_shared::{Function, Team, function::FUNCTIONS};

use crate::matrix::{
    Duty, EndpointRef, Matrix, Row,
    lint::{Finding, Place, Table},
    nearest,
};

/// After so many, the rest is more of the same.
const ENOUGH: usize = 100;

/// The last step of an escalation may come this late.
const LATEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// As many findings as anybody reads. One at a time, because each looks for
/// the nearest name.
pub(super) fn check(matrix: &Matrix) -> Vec<Finding> {
    let rows = matrix.rows.iter().enumerate().flat_map(|(index, row)| {
        check_row(matrix, row, move |key| Place::new(Table::Row, index, key))
    });
    let catch_all = check_row(matrix, &matrix.catch_all, |key| Place::new(Table::CatchAll, 0, key));
    let checks = matrix.checks.iter().enumerate().filter_map(|(index, it)| {
        let place = Place::new(Table::Check, index, "function");
        unknown_function(matrix, it.function.as_ref()?, place)
    });
    (repeated(matrix).into_iter().chain(rows).chain(catch_all).chain(checks))
        .chain(unstaffed(matrix))
        .chain(two_forms(matrix))
        .chain(lonely(matrix))
        .take(ENOUGH)
        .collect()
}

fn check_row<'a>(
    matrix: &'a Matrix,
    row: &'a Row,
    at: impl Fn(&'static str) -> Place + Copy + 'a,
) -> impl Iterator<Item = Finding> + 'a {
    let scope = &row.scope;
    let functions = scope.functions.iter();
    let functions = functions.filter_map(move |it| unknown_function(matrix, it, at("function")));
    let sites = scope.sites.iter().filter_map(move |it| {
        unknown("site", it.as_str(), matrix.sites.iter().map(|it| it.name.as_str()), at("sites"))
    });
    let tags = scope.tags.iter().filter_map(move |it| {
        unknown("tag", it.as_str(), matrix.tags.iter().map(|it| it.name.as_str()), at("tags"))
    });
    let calendar = scope.when.calendar().and_then(|it| {
        let known = matrix.calendars.iter().map(|it| it.name.as_str());
        unknown("calendar", it.as_str(), known, at("when"))
    });
    let told = (row.duty.consulted.iter().map(|it| ("consulted", it)))
        .chain(row.duty.informed.iter().map(|it| ("informed", it)));
    let teams = acting(row).chain(told).filter_map(move |(key, it)| {
        unknown("team", it.as_str(), matrix.teams.iter().map(|it| it.name.as_str()), at(key))
    });
    let ladder = check_ladder(row, at("escalate"));
    functions.chain(sites).chain(tags).chain(calendar).chain(teams).chain(ladder)
}

/// The teams of a row that must act, each with the key that says so.
fn acting(row: &Row) -> impl Iterator<Item = (&'static str, &Team)> {
    let Duty { responsible, accountable, others, escalate, .. } = &row.duty;
    let owners = [("responsible", responsible), ("accountable", accountable)].into_iter();
    let others = others.iter().map(|it| ("others", it));
    owners.chain(others).chain(escalate.iter().map(|it| ("escalate", &it.team)))
}

/// Teams that rows count on and nobody can reach.
fn unstaffed(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let teams = matrix.teams.iter().enumerate().filter(|(_, it)| !it.is_staffed());
    teams.filter_map(|(index, team)| {
        let counts = |row: &&Row| acting(row).any(|(_, it)| *it == team.name);
        let rows: Vec<_> = matrix.all_rows().filter(counts).map(|it| &it.id).collect();
        let first = rows.first()?;
        let rows = match rows.len() {
            1 => format!("row `{first}` counts"),
            many => format!("row `{first}` and {} more count", many - 1),
        };
        let name = &team.name;
        let message = format!("{rows} on team `{name}`, which has no contact and no channel");
        let finding = Finding::error("unstaffed", Place::new(Table::Team, index, ""), message);
        Some(finding.suggest("give it a `contact` or a `notify` channel"))
    })
}

fn check_ladder(row: &Row, place: Place) -> Option<Finding> {
    let steps = &row.duty.escalate;
    let refuse = |message: String| Finding::error("escalation", place, message);
    let Some(last) = steps.last() else {
        let message = format!(
            "row `{}` has no escalation: an unanswered alert would stay unanswered",
            row.id
        );
        return Some(refuse(message).suggest("add one, like `escalate = [\"30m TEAM\"]`"));
    };
    if let Some(pair) = steps.windows(2).find(|it| it[1].after <= it[0].after) {
        let message = format!("row `{}` escalates with `{}` after `{}`", row.id, pair[1], pair[0]);
        return Some(refuse(message).suggest("order the steps, each later than the one before"));
    }
    if steps[0].after <= SignedDuration::ZERO {
        let message = format!("row `{}` escalates at once, before anybody could answer", row.id);
        return Some(refuse(message).suggest("name the team in `others` or `informed` instead"));
    }
    if LATEST < last.after {
        let message = format!("row `{}` escalates with `{last}`, which is later than 7d", row.id);
        return Some(refuse(message).suggest("end the escalation within 7d"));
    }
    None
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
        ("duplicate-row", "row", Table::Row, texts(&matrix.rows, |it| it.id.as_str()), &catch_all),
        ("duplicate-check", "check", Table::Check, texts(&matrix.checks, |it| &it.check), &[]),
    ];
    let mut findings = Vec::new();
    for (code, kind, table, names, taken) in lists {
        let mut seen: BTreeSet<&str> = taken.iter().copied().collect();
        for (index, name) in names.into_iter().enumerate().filter(|(_, it)| !seen.insert(it)) {
            let key = match kind {
                "row" => "id",
                "check" => "check",
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
        _ => "unknown-function",
    };
    let suggestion = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("define it: `[[{kind}]]` with `name = \"{name}\"`"),
    };
    Some(Finding::error(code, place, format!("there is no {kind} `{name}`")).suggest(suggestion))
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

/// Teams where one person's holiday is everybody's problem.
fn lonely(matrix: &Matrix) -> impl Iterator<Item = Finding> {
    let teams = matrix.teams.iter().enumerate();
    teams.filter(|(_, it)| it.contacts.len() < 2).map(|(index, it)| {
        let message = format!("team `{}` has no second contact", it.name);
        Finding::warning("single-contact", Place::new(Table::Team, index, "contact"), message)
            .suggest("name somebody for when the first is away")
    })
}
