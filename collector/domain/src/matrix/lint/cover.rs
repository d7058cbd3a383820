//! Hours for which nobody has been named.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use remit_shared::{EndpointKind, Function, Severity, Site};

use crate::{
    calendar::{HORIZON, Segment, Segments},
    matrix::{
        Matrix, Row, When,
        explain::{clock, list, zone},
        lint::{
            Finding, Place, Table,
            budget::Budget,
            case::{Case, plain_cases},
            timetable::Timetable,
        },
        scope::admits,
    },
};

/// Hours at which only the catch-all covers a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The function.
    pub function: Function,
    /// On which endpoints: those without tags, of this kind, at this site;
    /// `None` stands for every site of a matrix that lists none.
    pub on: Vec<(EndpointKind, Option<Site>)>,
    /// Alerts of this severity or worse are covered all the same, at first.
    pub below: Option<Severity>,
    /// When.
    pub times: Segments,
    /// Rows that cover the function there at other hours, by index.
    pub near: Vec<usize>,
}

/// Every hole from `from` on, function by function, of a matrix that is not
/// too tangled to tell.
pub fn holes(matrix: &Matrix, from: Timestamp) -> Vec<Hole> {
    let times = Timetable::new(matrix, Segment::ahead(from, HORIZON));
    find(matrix, &times, &mut Budget::new())
}

pub(super) fn check(matrix: &Matrix, times: &Timetable<'_>, budget: &mut Budget) -> Vec<Finding> {
    find(matrix, times, budget).iter().map(|it| finding(matrix, times, it)).collect()
}

fn find(matrix: &Matrix, times: &Timetable<'_>, budget: &mut Budget) -> Vec<Hole> {
    // Which hours leave what: few combinations serve very many cases.
    let mut known: BTreeMap<BTreeSet<&When>, Segments> = BTreeMap::new();
    let mut holes: Vec<Hole> = Vec::new();
    let all = Segments::from(times.within);
    for case in plain_cases(matrix) {
        if !budget.spend(matrix.rows.len() + holes.len()) {
            break;
        }
        let (plain, urgent): (Vec<_>, Vec<_>) =
            rows_of(matrix, &case).partition(|(_, it)| it.scope.min_severity == Severity::Info);
        let whens: BTreeSet<_> = plain.iter().map(|(_, it)| &it.scope.when).collect();
        let left = known.entry(whens).or_insert_with_key(|it| times.left(&all, it));
        let Some(first) = left.first() else {
            continue;
        };
        let floors = urgent.iter().filter(|(_, it)| times.of(&it.scope.when).contains(first.from));
        let below = floors.map(|(_, it)| it.scope.min_severity).min();
        let near: Vec<_> = plain.iter().map(|(index, _)| *index).collect();
        let on = (case.kind, case.site);
        let same =
            |it: &&mut Hole| it.function == case.function && it.below == below && it.near == near;
        match holes.iter_mut().rev().find(same) {
            Some(hole) => hole.on.push(on),
            None => holes.push(Hole {
                function: case.function,
                on: vec![on],
                below,
                times: left.clone(),
                near,
            }),
        }
    }
    holes
}

/// The rows about a case, at any hour and severity.
fn rows_of<'a>(matrix: &'a Matrix, case: &Case) -> impl Iterator<Item = (usize, &'a Row)> {
    let rows = matrix.rows.iter().enumerate();
    rows.filter(|(_, it)| it.scope.tags.is_empty() && case.lies_in(&it.scope))
}

fn finding(matrix: &Matrix, times: &Timetable<'_>, hole: &Hole) -> Finding {
    let near: Vec<_> = hole.near.iter().map(|it| &matrix.rows[*it]).collect();
    let whens: BTreeSet<_> = near.iter().map(|it| &it.scope.when).collect();
    let site = hole.on.first().and_then(|(_, site)| matrix.site(site.as_ref()?));
    let hours = whens.first().copied().unwrap_or(&When::Always);
    let zone = zone(matrix, hours, site.map(|it| &it.zone));
    let alerts = match hole.below {
        None => String::new(),
        Some(floor) => format!("alerts below {floor} of "),
    };
    let first = hole.times.first().copied().unwrap_or(times.within);
    let when = match first == times.within {
        true => "at any hour".to_owned(),
        false => format!(
            "from {} to {} in {}; {} in 400 days",
            clock(&zone, first.from),
            clock(&zone, first.to),
            zone.iana_name().unwrap_or("UTC"),
            match hole.times.len() {
                1 => "the only such hole".to_owned(),
                many => format!("{many} such holes"),
            }
        ),
    };
    let (on, but) = (on(matrix, &hole.on), but(matrix, &hole.function));
    let message = format!("nobody is named for {alerts}`{}` on {on}{but}, {when}", hole.function);
    let place = match hole.near.first() {
        Some(index) => Place::new(Table::Row, *index, "when"),
        None => Place::new(Table::Matrix, 0, ""),
    };
    Finding::error("hole", place, message).suggest(suggestion(hole, &near, &whens))
}

fn suggestion(hole: &Hole, near: &[&Row], whens: &BTreeSet<&When>) -> String {
    let opposite = match whens.iter().next() {
        Some(When::During(it)) if whens.len() == 1 => Some(When::Outside(it.clone())),
        Some(When::Outside(it)) if whens.len() == 1 => Some(When::During(it.clone())),
        Some(_) | None => None,
    };
    let rows = list(near.iter().take(3).map(|it| format!("`{}`", it.id)));
    match opposite {
        Some(when) => format!("add a row like {rows} with `when = \"{when}\"`"),
        None if near.is_empty() => format!("add a row with `function = \"{}\"`", hole.function),
        None => format!("widen the hours of {rows}, or add a row for the rest"),
    }
}

/// `servers and workstations at hq`.
fn on(matrix: &Matrix, on: &[(EndpointKind, Option<Site>)]) -> String {
    let sites = matrix.sites.len().max(1);
    if on.len() == sites * EndpointKind::ALL.len() {
        return "every endpoint".to_owned();
    }
    let kinds = EndpointKind::ALL.iter().filter_map(|kind| {
        let at: Vec<_> =
            on.iter().filter(|it| it.0 == *kind).filter_map(|it| it.1.as_ref()).collect();
        match at.len() {
            0 if !on.iter().any(|it| it.0 == *kind) => None,
            0 => Some(format!("{kind}s")),
            all if all == sites => Some(format!("{kind}s")),
            _ => Some(format!("{kind}s at {}", list(at))),
        }
    });
    list(kinds)
}

/// `without lob`: rows that ask for a tag leave those who lack it uncovered.
fn but(matrix: &Matrix, function: &Function) -> String {
    let rows = matrix.rows.iter().filter(|it| admits(&it.scope.functions, function));
    let tags: BTreeSet<_> = rows.flat_map(|it| &it.scope.tags).collect();
    if tags.is_empty() { String::new() } else { format!(" not tagged {}", list(tags)) }
}
