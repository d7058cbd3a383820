//! Reasons in words: the same in alerts, the audit trail and every command.

use jiff::{Timestamp, tz::TimeZone};
use remit_shared::{Function, Severity};

use crate::{
    calendar::is_open,
    matrix::{Matrix, Rank, Rejected, Row, Scope, Subject, When, compare},
};

/// Nobody reads more; those that hold now come first.
const MOST_REJECTED: usize = 20;

/// Why a row decides, or why none does.
pub(super) fn because(
    matrix: &Matrix,
    subject: &Subject,
    function: &Function,
    at: Timestamp,
    winner: Option<&Row>,
    matching: usize,
) -> String {
    let when = winner.map_or(&When::Always, |it| &it.scope.when);
    let site = matrix.site(&subject.site).map(|it| &it.zone);
    let time = wall(zone(matrix, when, site), at);
    let hours = state(matrix, when, at);
    match winner {
        None => format!(
            "{time}: no row covers {function} for {} here and now, so the catch-all decides",
            subject.hostname
        ),
        Some(row) if row.is_uncovered() => format!(
            "{time}{hours}: row `{}` ({}) says that nobody is named, as {} accept, so the catch-all decides",
            row.id,
            describe(&row.scope),
            list(&row.accepted_by),
        ),
        Some(row) if matching == 1 => {
            format!(
                "{time}{hours}: row `{}` ({}) is the only one that matches",
                row.id,
                describe(&row.scope)
            )
        }
        Some(row) => format!(
            "{time}{hours}: row `{}` ({}) is the narrowest of {matching} that match",
            row.id,
            describe(&row.scope)
        ),
    }
}

/// Why each of the other rows that are about the matter does not decide.
pub(super) fn rejected(winner: &Row, awake: &[&Row], asleep: &[&Row]) -> Vec<Rejected> {
    let lost =
        awake.iter().filter(|it| it.id != winner.id).map(|it| (*it, loses(winner, it, awake)));
    let shut =
        asleep.iter().map(|it| (*it, format!("holds {}, and that is not now", it.scope.when)));
    let all = lost.chain(shut).take(MOST_REJECTED);
    all.map(|(row, why)| Rejected { row: row.id.clone(), why }).collect()
}

fn loses(winner: &Row, row: &Row, awake: &[&Row]) -> String {
    // Named first, because it is the one people see.
    let narrower = [winner].into_iter().chain(awake.iter().copied()).find_map(|it| {
        let compared = compare(&it.scope, &row.scope);
        compared.beats().then(|| (it, compared.which(Rank::Narrower)))
    });
    match narrower {
        Some((other, how)) => format!("`{}` is narrower in {}", other.id, list(&how)),
        None if winner.priority != row.priority => {
            let (high, low) = (winner.priority, row.priority);
            format!("`{}` is no narrower, and has priority {high} over {low}", winner.id)
        }
        None if winner.same_owner(row) => {
            format!("`{}` is no narrower, names the same owner and stands first", winner.id)
        }
        None => format!("`{}` is no narrower and stands first", winner.id),
    }
}

/// A scope as one reads it aloud: `lob_application, tagged erp, outside office`.
pub(super) fn describe(scope: &Scope) -> String {
    let mut parts = vec![match scope.functions.is_empty() {
        true => "every function".to_owned(),
        false => some(&scope.functions),
    }];
    parts.extend(endpoints(scope));
    if Severity::Info < scope.min_severity {
        parts.push(format!("{} or worse", scope.min_severity));
    }
    parts.push(scope.when.to_string());
    parts.join(", ")
}

/// The endpoints of a scope as one reads them aloud: `tagged erp, at hq`.
pub(super) fn describe_endpoints(scope: &Scope) -> String {
    endpoints(scope).collect::<Vec<_>>().join(", ")
}

fn endpoints(scope: &Scope) -> impl Iterator<Item = String> {
    let Scope { endpoints, tags, sites, kinds, .. } = scope;
    let parts = [
        (!endpoints.is_empty()).then(|| format!("on {}", some(endpoints))),
        (!tags.is_empty()).then(|| format!("tagged {}", list(tags))),
        (!sites.is_empty()).then(|| format!("at {}", some(sites))),
        (!kinds.is_empty()).then(|| list(kinds.iter().map(|it| format!("{it}s")))),
    ];
    parts.into_iter().flatten()
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let mut items: Vec<_> = items.into_iter().map(|it| it.to_string()).collect();
    match items.pop() {
        None => String::new(),
        Some(only) if items.is_empty() => only,
        Some(last) => format!("{} and {last}", items.join(", ")),
    }
}

/// The first few, and how many more.
fn some<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 5;
    let mut items: Vec<_> = items.into_iter().map(|it| it.to_string()).collect();
    if SHOWN < items.len() {
        let more = items.split_off(SHOWN - 1).len();
        items.push(format!("{more} more"));
    }
    list(items)
}

/// The zone whose clock is shown: that of the hours, else of the place, else
/// any that the matrix knows.
pub(super) fn zone(matrix: &Matrix, when: &When, site: Option<&TimeZone>) -> TimeZone {
    let hours = when.calendar().and_then(|it| matrix.calendar(it)).map(|it| &it.zone);
    let first = || matrix.calendars.first().map(|it| &it.zone);
    hours.or(site).or_else(first).cloned().unwrap_or(TimeZone::UTC)
}

/// `Fri 2026-03-06 17:00 in America/New_York`.
fn wall(zone: TimeZone, at: Timestamp) -> String {
    format!("{} in {}", clock(&zone, at), zone.iana_name().unwrap_or("UTC"))
}

/// `Fri 2026-03-06 17:00`.
pub(super) fn clock(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%a %F %H:%M").to_string()
}

/// What the hours of a row have to do with the time: `, when office is shut`.
fn state(matrix: &Matrix, when: &When, at: Timestamp) -> String {
    let Some(calendar) = when.calendar().and_then(|it| matrix.calendar(it)) else {
        return String::new();
    };
    let name = &calendar.name;
    match (calendar.holiday(at), is_open(calendar, at)) {
        (Some(holiday), _) => format!(", when {name} is shut for {holiday}"),
        (None, true) => format!(", when {name} is open"),
        (None, false) => format!(", when {name} is shut"),
    }
}
