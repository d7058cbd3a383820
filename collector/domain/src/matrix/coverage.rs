//! Who owns what in each hour of a week: the matrix as a picture.
//!
//! A week is looked at hour by hour, on the clock of one place, for every kind
//! of work and every sort of endpoint that the rows can tell apart. A cell
//! that several teams share says so and says which endpoints are whose.
//!
//! # Invariants
//!
//! - Whoever [`resolve`](super::resolve()) names for some endpoint at some
//!   instant of the week is in the cell of that hour.
//! - Every cell has an owner: the catch-all's, if nobody else is.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use remit_shared::{EndpointKind, Function, Severity, Site, Tag, Team};

use crate::{
    calendar::{Segment, Segments, instant},
    matrix::{
        EndpointRef, Matrix, Row, Scope, Subject, When, explain::describe_endpoints,
        resolve::winner, scope::admits,
    },
};

/// Hours of a week.
pub const HOURS: usize = 7 * 24;

/// The hour at which nobody wants to search.
const TWO: usize = 2;

/// More sorts of endpoints than this are not told apart.
const MOST_CLASSES: usize = 2_000;

/// A week's owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The Monday on which the week begins.
    pub monday: Date,
    /// Whose clock it is.
    pub zone: TimeZone,
    /// The severity that was asked about.
    pub severity: Severity,
    /// One per function, in the order of [`Matrix::known_functions`].
    pub functions: Vec<FunctionWeek>,
    /// The rows tell more sorts of endpoints apart than were looked at.
    pub is_partial: bool,
}

/// The owners of one kind of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionWeek {
    /// The work.
    pub function: Function,
    /// One per hour, from Monday at midnight.
    pub hours: Vec<Cell>,
}

/// Who owns something in one hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Everybody who does, those of plain endpoints first.
    pub owners: Vec<Owner>,
}

/// One of those who own something in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Who acts.
    pub responsible: Team,
    /// On which endpoints, in words; empty if on all or on plain ones.
    pub on: String,
    /// Only the catch-all says so.
    pub gap: bool,
}

impl FunctionWeek {
    /// Everybody who owns something at two in the morning of some day, and in
    /// words on which days if not on all.
    pub fn two_in_the_morning(&self) -> Vec<(Owner, Vec<usize>)> {
        let mut found: Vec<(Owner, Vec<usize>)> = Vec::new();
        for day in 0..7 {
            for owner in self.hours.iter().skip(day * 24 + TWO).take(1).flat_map(|it| &it.owners) {
                match found.iter_mut().find(|(it, _)| it == owner) {
                    Some((_, days)) => days.push(day),
                    None => found.push((owner.clone(), vec![day])),
                }
            }
        }
        found
    }
}

/// A sort of endpoints that rows cannot tell apart.
#[derive(Clone, Debug)]
struct Class {
    kind: EndpointKind,
    site: Option<Site>,
    tags: BTreeSet<Tag>,
    /// Every name of it that some row uses.
    names: BTreeSet<EndpointRef>,
}

/// Who owns what in the week in which an instant lies.
pub fn coverage(matrix: &Matrix, from: Timestamp, severity: Severity) -> Coverage {
    let (classes, is_partial) = classes(matrix);
    Coverage { is_partial, ..week(matrix, &classes, from, severity) }
}

/// The same for one endpoint.
pub fn coverage_of(
    matrix: &Matrix,
    endpoint: &Subject,
    from: Timestamp,
    severity: Severity,
) -> Coverage {
    week(matrix, &[Class::of(matrix, endpoint)], from, severity)
}

fn week(matrix: &Matrix, classes: &[Class], from: Timestamp, severity: Severity) -> Coverage {
    let zone = matrix.calendars.first().map(|it| &it.zone);
    let zone = zone.or(matrix.sites.first().map(|it| &it.zone)).cloned().unwrap_or(TimeZone::UTC);
    let today = zone.to_datetime(from).date();
    let back = i64::from(today.weekday().to_monday_zero_offset());
    let monday = today.checked_sub(jiff::Span::new().days(back)).unwrap_or(today);
    let hours = hours_of(&zone, monday);
    let week = Segment {
        from: hours.first().map_or(from, |it| it.from),
        to: hours.last().map_or(from, |it| it.to),
    };
    let whens: BTreeSet<&When> = matrix.rows.iter().map(|it| &it.scope.when).collect();
    let times: BTreeMap<&When, Segments> =
        whens.into_iter().map(|it| (it, it.segments(matrix, week))).collect();
    let functions = matrix.known_functions().map(|function| {
        let mut cells = vec![Cell::default(); hours.len()];
        let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
        for class in classes {
            let rows = matrix.rows.iter().enumerate();
            let mine: Vec<_> =
                rows.filter(|(_, it)| class.lies_in(it, &function, severity)).collect();
            // Sorts of endpoints that the same rows are about have the same owners.
            if seen.insert(mine.iter().map(|(index, _)| *index).collect()) {
                let mine: Vec<&Row> = mine.into_iter().map(|(_, it)| it).collect();
                fill(matrix, &mut cells, &hours, &times, &mine, class);
            }
        }
        FunctionWeek { function, hours: cells }
    });
    Coverage { monday, severity, functions: functions.collect(), is_partial: false, zone }
}

fn hours_of(zone: &TimeZone, monday: Date) -> Vec<Segment> {
    let days = std::iter::successors(Some(monday), |it| it.tomorrow().ok()).take(8);
    let starts =
        days.flat_map(|date| (0..24).map(move |hour| (date, Time::constant(hour, 0, 0, 0))));
    let starts: Vec<_> = starts.map(|(date, time)| instant(zone, date, time)).collect();
    starts.windows(2).take(HOURS).map(|it| Segment { from: it[0], to: it[1].max(it[0]) }).collect()
}

fn fill(
    matrix: &Matrix,
    cells: &mut [Cell],
    hours: &[Segment],
    times: &BTreeMap<&When, Segments>,
    rows: &[&Row],
    class: &Class,
) {
    let mut known: BTreeMap<Vec<bool>, Owner> = BTreeMap::new();
    let mut edges: Vec<Timestamp> =
        rows.iter().filter_map(|it| times.get(&it.scope.when)).flat_map(Segments::edges).collect();
    edges.sort_unstable();
    edges.dedup();
    for (cell, hour) in cells.iter_mut().zip(hours) {
        // An hour that the clocks skip has no instant of its own.
        let first = edges.partition_point(|it| *it <= hour.from);
        let within = edges[first..].iter().take_while(|it| **it < hour.to);
        for at in [&hour.from].into_iter().chain(within) {
            let awake: Vec<bool> = rows
                .iter()
                .map(|it| times.get(&it.scope.when).is_some_and(|it| it.contains(*at)))
                .collect();
            let owner = known.entry(awake).or_insert_with_key(|awake| {
                let awake: Vec<&Row> =
                    rows.iter().zip(awake).filter(|(_, it)| **it).map(|(row, _)| *row).collect();
                owner(matrix, &awake, class)
            });
            if !cell
                .owners
                .iter()
                .any(|it| it.responsible == owner.responsible && it.gap == owner.gap)
            {
                cell.owners.push(owner.clone());
            }
        }
    }
}

fn owner(matrix: &Matrix, awake: &[&Row], class: &Class) -> Owner {
    let row = winner(awake);
    let on = row.map(|it| class.words(&it.scope)).unwrap_or_default();
    let gap = row.is_none_or(Row::is_uncovered);
    let duty = &row.unwrap_or(&matrix.catch_all).duty;
    Owner { responsible: duty.responsible.clone(), on, gap }
}

/// Every sort of endpoints, the plainest first, and whether there are more.
fn classes(matrix: &Matrix) -> (Vec<Class>, bool) {
    let sites: Vec<Option<Site>> = match matrix.sites.is_empty() {
        true => vec![None],
        false => matrix.sites.iter().map(|it| Some(it.name.clone())).collect(),
    };
    let mut tags: Vec<BTreeSet<Tag>> = vec![BTreeSet::new()];
    for row in &matrix.rows {
        for index in 0..tags.len() {
            let union: BTreeSet<Tag> = tags[index].union(&row.scope.tags).cloned().collect();
            if tags.len() < MOST_CLASSES && !tags.contains(&union) {
                tags.push(union);
            }
        }
    }
    tags.sort_by_key(BTreeSet::len);
    let named: BTreeSet<_> = matrix.rows.iter().flat_map(|it| &it.scope.endpoints).collect();
    // Machines that the same rows name are one sort.
    let mut sorts: BTreeSet<Vec<usize>> = BTreeSet::new();
    let rows_naming = |name: &EndpointRef| {
        let rows = matrix.rows.iter().enumerate();
        rows.filter(|(_, it)| it.scope.endpoints.contains(name)).map(|(index, _)| index).collect()
    };
    let mut endpoints = vec![BTreeSet::new()];
    endpoints.extend(
        named
            .into_iter()
            .filter(|it| sorts.insert(rows_naming(it)))
            .map(|it| BTreeSet::from([it.clone()])),
    );
    let mut classes = Vec::new();
    for names in &endpoints {
        for tags in &tags {
            for kind in EndpointKind::ALL {
                for site in &sites {
                    if classes.len() == MOST_CLASSES {
                        return (classes, true);
                    }
                    let (site, tags, names) = (site.clone(), tags.clone(), names.clone());
                    classes.push(Class { kind: *kind, site, tags, names });
                }
            }
        }
    }
    (classes, false)
}

impl Class {
    /// The sort that has one endpoint in it.
    fn of(matrix: &Matrix, endpoint: &Subject) -> Self {
        let named = matrix.rows.iter().flat_map(|it| &it.scope.endpoints);
        Self {
            kind: endpoint.kind,
            site: Some(endpoint.site.clone()),
            tags: endpoint.tags.clone(),
            names: named.filter(|it| it.names(endpoint)).cloned().collect(),
        }
    }

    fn lies_in(&self, row: &Row, function: &Function, severity: Severity) -> bool {
        let Scope { functions, endpoints, sites, kinds, tags, min_severity, .. } = &row.scope;
        let here = |it: &Site| sites.contains(it);
        admits(functions, function)
            && admits(kinds, &self.kind)
            && (sites.is_empty() || self.site.as_ref().is_some_and(here))
            && tags.is_subset(&self.tags)
            && *min_severity <= severity
            && (endpoints.is_empty() || self.names.iter().any(|it| endpoints.contains(it)))
    }

    /// What of the deciding row's endpoints is worth saying.
    fn words(&self, scope: &Scope) -> String {
        describe_endpoints(scope)
    }
}
