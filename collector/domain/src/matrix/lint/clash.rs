//! Two rows that name different owners for the same matter.
//!
//! Two rows clash if neither beats the other, no priority settles it, and
//! there is a case in both of their scopes for at least a minute that no third
//! row takes from one of them. If a third row beats only one of them, the
//! other and the third are a pair of their own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use remit_shared::{MAX_NAME, RowId};

use crate::{
    calendar::{Segment, Segments},
    matrix::{
        Matrix, Rank, Row, Scope, When, compare,
        explain::{clock, describe, list, zone},
        lint::{
            ENOUGH, Finding, Place, Settlement, Table, budget::Budget, case::cases,
            timetable::Timetable,
        },
    },
};

/// A shorter overlap is no clash: nobody hands over within a minute.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The whole weeks of the horizon, so that an average is one of like weeks.
const WEEKS: i32 = 57;

pub(super) fn check(matrix: &Matrix, times: &Timetable<'_>, budget: &mut Budget) -> Vec<Finding> {
    let mut common: BTreeMap<(&When, &When), Segments> = BTreeMap::new();
    let mut findings = Vec::new();
    for (index, one) in matrix.rows.iter().enumerate() {
        for other in &matrix.rows[..index] {
            if settled(one, other) {
                continue;
            }
            if !budget.spend(matrix.rows.len()) {
                return findings;
            }
            let hours = (&other.scope.when, &one.scope.when);
            let both =
                common.entry(hours).or_insert_with(|| times.of(hours.0).and(times.of(hours.1)));
            if both.total() < SHORTEST {
                continue;
            }
            let Some(meet) = other.scope.meet(&one.scope) else {
                continue;
            };
            if let Some(disputed) = disputed(matrix, times, (other, one), &meet, both, budget) {
                findings.push(finding(matrix, times, index, (other, one), meet, &disputed));
                if findings.len() == ENOUGH {
                    return findings;
                }
            }
        }
    }
    findings
}

/// Whether there is nothing to decide between two rows, wherever they meet.
fn settled(one: &Row, other: &Row) -> bool {
    one.same_owner(other)
        || one.priority != other.priority
        || compare(&one.scope, &other.scope).beats()
        || compare(&other.scope, &one.scope).beats()
}

/// The hours that two rows dispute in some case of what both are about.
fn disputed(
    matrix: &Matrix,
    times: &Timetable<'_>,
    (one, other): (&Row, &Row),
    meet: &Scope,
    hours: &Segments,
    budget: &mut Budget,
) -> Option<Segments> {
    let beats = |it: &Scope| compare(it, &one.scope).beats() || compare(it, &other.scope).beats();
    let narrower: Vec<_> = matrix
        .rows
        .iter()
        .map(|it| &it.scope)
        .filter(|it| it.tags.is_subset(&meet.tags) && it.min_severity <= meet.min_severity)
        .filter(|it| it.touches(meet) && beats(it))
        .collect();
    // Telling the cases apart asks every narrower row about every value.
    let values = meet.functions.len() + meet.endpoints.len() + meet.sites.len() + 1;
    if !budget.spend(narrower.len() * values) {
        return None;
    }
    cases(matrix, meet, &narrower).into_iter().find_map(|case| {
        if !budget.spend(narrower.len()) {
            return None;
        }
        let taken: BTreeSet<_> =
            narrower.iter().filter(|it| case.lies_in(it)).map(|it| &it.when).collect();
        let left = times.left(hours, &taken);
        (SHORTEST <= left.total()).then_some(left)
    })
}

fn finding(
    matrix: &Matrix,
    times: &Timetable<'_>,
    index: usize,
    (one, other): (&Row, &Row),
    meet: Scope,
    disputed: &Segments,
) -> Finding {
    let zone = zone(matrix, &meet.when, None);
    let first = disputed.first().map(|it| clock(&zone, it.from)).unwrap_or_default();
    let weeks = Segment::ahead(times.within.from, WEEK * WEEKS);
    let weekly = disputed.within(weeks).total().as_mins() / i64::from(WEEKS);
    let [ours, theirs] = [one, other].map(|it| {
        let duty = &it.duty;
        match one.duty.responsible == other.duty.responsible {
            _ if it.is_uncovered() => format!("`{}` names nobody", it.id),
            true => format!("`{}` makes {} accountable", it.id, duty.accountable),
            false => format!("`{}` makes {} responsible", it.id, duty.responsible),
        }
    });
    let message = format!(
        "{ours} and {theirs} for {}; {}; {weekly} minutes a week, first on {first} in {}",
        describe(&meet),
        draw(one, other),
        zone.iana_name().unwrap_or("UTC"),
    );
    let finding = Finding::error("clash", Place::new(Table::Row, index, ""), message);
    let settles = |it: &Row| compare(&meet, &it.scope).beats();
    if !settles(one) || !settles(other) {
        return finding.suggest(format!(
            "make `{}` or `{}` narrower, or give one of them a higher `priority`",
            one.id, other.id
        ));
    }
    let (kept, instead) = if prefers(one, other) { (one, other) } else { (other, one) };
    let row = Row {
        id: joined(matrix, one, other),
        title: String::new(),
        scope: meet,
        duty: kept.duty.clone(),
        priority: 0,
        reviewed: None,
        accepted_by: kept.accepted_by.clone(),
    };
    let instead = instead.duty.responsible.clone();
    Finding { settlement: Some(Settlement { row, instead }), ..finding }
        .suggest("add a row for what both are about")
}

/// Whether the first row's duty is the likelier one for what both are about.
fn prefers(one: &Row, other: &Row) -> bool {
    let whens = [&one.scope.when, &other.scope.when];
    if whens.contains(&&When::Always) {
        // Who knows the work, before who has the hour.
        return compare(&other.scope, &one.scope).function != Rank::Narrower;
    }
    // Any other choice would also change hours that are not in dispute.
    other.scope.when.rank() <= one.scope.when.rank()
}

/// A name for a row for what two rows are about.
fn joined(matrix: &Matrix, one: &Row, other: &Row) -> RowId {
    let mut base = format!("{}-{}", one.id, other.id);
    // Room for a number.
    base.truncate(MAX_NAME - 4);
    let names = std::iter::once(base.clone()).chain((2..1000).map(|it| format!("{base}-{it}")));
    let free = names.filter_map(|it| RowId::new(&it).ok());
    let is_taken = |id: &RowId| matrix.all_rows().any(|it| it.id == *id);
    free.into_iter().find(|it| !is_taken(it)).unwrap_or_else(|| one.id.clone())
}

/// Why neither of two rows beats the other.
fn draw(one: &Row, other: &Row) -> String {
    let compared = compare(&one.scope, &other.scope);
    let narrower = |row: &Row, rank| {
        let how = compared.which(rank);
        (!how.is_empty()).then(|| format!("`{}` is narrower in {}", row.id, list(how)))
    };
    let apart = compared.which(Rank::Neither);
    let apart =
        (!apart.is_empty()).then(|| format!("neither is part of the other in {}", list(apart)));
    let all = [narrower(one, Rank::Narrower), narrower(other, Rank::Wider), apart];
    let all: Vec<_> = all.into_iter().flatten().collect();
    if all.is_empty() { "neither is narrower".to_owned() } else { all.join(", ") }
}
