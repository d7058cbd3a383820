//! What of a matrix both parties must see to before it hurts: a rota in which
//! somebody will be missing, and rows that nobody reads any more.
//!
//! Told once a business day, with the end of a shift, so that nobody hears it at
//! night and nobody hears it twice.
//!
//! # Invariants
//!
//! - Of what lies ahead, each is told when it comes within a week, and again on
//!   every business day of the last two days before it.
//! - Of each row's age, each limit is told once, on the business day on which it
//!   was passed.
//!
//! # Not here
//!
//! Hours in which a rota is not meant to have anybody: those are pointed out
//! when the matrix is published.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_shared::Party;

use crate::{
    calendar::Segment,
    letter::{Audience, Notice},
    matrix::{Matrix, ReviewState, Row},
    rota::{self, Rota},
};

/// So long ahead it is told first.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So long ahead it is told again and again.
const NEAR: SignedDuration = SignedDuration::from_hours(2 * 24);

/// What there is to tell now, if it was told last at `last`. `zone` is where the
/// day is that rows are as old as.
pub fn notices(matrix: &Matrix, zone: &TimeZone, last: Timestamp, now: Timestamp) -> Vec<Notice> {
    let rotas = matrix.rotas.iter().filter_map(|it| missing(matrix, it, last, now));
    rotas.chain(reviews(matrix, zone, last, now)).collect()
}

/// When nobody will pick up in a rota.
fn missing(matrix: &Matrix, rota: &Rota, last: Timestamp, now: Timestamp) -> Option<Notice> {
    let horizon = Segment::ahead(now, WEEK + NEAR);
    let is_due = |from: Timestamp| {
        let ahead = from.duration_since(now);
        let is_new = ahead <= WEEK && from.duration_since(last) > WEEK;
        is_new || ahead <= NEAR
    };
    let clock = |at: Timestamp| at.to_zoned_datetime(rota.zone.clone()).strftime("%a %F %H:%M");
    let line = |from, to, why: &str| format!("- {} to {}: {why}", clock(from), clock(to));
    let gaps = rota::gaps(rota, horizon).into_iter();
    let gaps = gaps.filter(|it| !is_meant(rota, Segment { from: it.from, to: it.to }));
    let gaps = gaps.map(|it| (it.from, line(it.from, it.to, &it.because)));
    let absent = rota::shifts(rota, horizon).into_iter().filter_map(|it| {
        let person = matrix.person(&it.person)?;
        let why = match (person.disabled, person.notify.is_empty()) {
            (true, _) => "is disabled",
            (false, true) => "has no channel",
            (false, false) => return None,
        };
        Some((it.from, line(it.from, it.to, &format!("{} {why}", it.person))))
    });
    let mut lines: Vec<_> = gaps.chain(absent).filter(|it| is_due(it.0)).collect();
    lines.sort();
    let first = lines.first()?.0;
    let lines: Vec<String> = lines.into_iter().map(|it| it.1).collect();
    let zone = rota.zone.iana_name().unwrap_or("UTC");
    Some(Notice {
        tenant: matrix.tenant.clone(),
        to: Audience::Managers(sides(matrix, rota)),
        by: now,
        page: false,
        subject: format!("nobody can be called by rota {} from {}", rota.name, clock(first)),
        text: format!(
            "Times are those of {zone}.\n{}\nAn `override` in the matrix names somebody else; \
             until then whoever is next on the ladder is told at once.\n`remit oncall` shows who \
             picks up when.",
            lines.join("\n")
        ),
    })
}

/// Whether a rota is not meant to have anybody: its layers have hours of their
/// own, and nobody was taken out of it by name.
fn is_meant(rota: &Rota, gap: Segment) -> bool {
    let has_hours = rota.layers.iter().any(|it| it.hours.is_some());
    let at = |it| rota.zone.to_timestamp(it).unwrap_or(Timestamp::MAX);
    let mut nobody = rota.overrides.iter().filter(|it| it.person.is_none());
    has_hours && !nobody.any(|it| at(it.from) < gap.to && gap.from < at(it.to))
}

/// The sides whose teams count on a rota; all, if none does.
fn sides(matrix: &Matrix, rota: &Rota) -> BTreeSet<Party> {
    let counting = matrix.teams.iter().filter(|it| it.oncall.as_ref() == Some(&rota.name));
    let counting: BTreeSet<Party> = counting.map(|it| it.party).collect();
    if counting.is_empty() { both() } else { counting }
}

fn both() -> BTreeSet<Party> {
    BTreeSet::from([Party::Internal, Party::Provider])
}

/// Rows that have become old since it was told last.
fn reviews(matrix: &Matrix, zone: &TimeZone, last: Timestamp, now: Timestamp) -> Option<Notice> {
    let state = |row: &Row, at: Timestamp| {
        let today = zone.to_datetime(at).date();
        let age = row.reviewed.map(|it| it.until(today).map_or(0, |it| it.get_days()));
        (age, ReviewState::of(age))
    };
    let line = |row: &Row| {
        let ((_, was), (age, is)) = (state(row, last), state(row, now));
        (was < is).then(|| format!("- {}: {}, {} days", row.id, is.as_str(), age.unwrap_or(0)))
    };
    let lines: Vec<String> = matrix.all_rows().filter_map(line).collect();
    let count = lines.len();
    (count > 0).then(|| Notice {
        tenant: matrix.tenant.clone(),
        to: Audience::Managers(both()),
        by: now,
        page: false,
        subject: match count {
            1 => "one row of the matrix should be read again".to_owned(),
            _ => format!("{count} rows of the matrix should be read again"),
        },
        text: format!(
            "Both parties agreed to read every row together every 90 days. A row stays true \
             however old it is.\n{}\n`remit matrix review` shows how each did; write the date into \
             `reviewed`.",
            lines.join("\n")
        ),
    })
}
