//! What is picked out of each kind, and why.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    agenda::{Breach, Emergency, JointReview, KnownIssue, OpenChange, Point, ReviewedRow, Rule},
    calendar::Segment,
};

/// A known issue that expires within this must be talked about now: the next
/// call but one is too late.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// A check with fewer alerts than this bothers nobody.
const NOISY: u32 = 5;
/// A row that was not looked at for so many days: soon due, due, long due.
const REVIEW_DAYS: [i64; 3] = [75, 90, 120];

pub(super) fn joint_reviews(all: &[JointReview], now: Timestamp) -> Vec<Point> {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|it| (it.since, Reverse(it.severity), it.alert));
    let point = |it: &JointReview| {
        let age = now.duration_since(it.since);
        let who = if it.auto {
            "nobody dealt with it by the end of a shift"
        } else {
            "somebody asked for it"
        };
        Point {
            about: it.alert.to_string(),
            what: format!("{} ({}, {})", it.summary, it.severity, it.holder.team),
            why: format!("{who}, {} ago", days(age)),
            party: Some(it.holder.party),
            age: Some(age),
        }
    };
    all.into_iter().map(point).collect()
}

/// One point for each alert, whatever was promised about it.
pub(super) fn breaches(all: &[Breach], week: Segment) -> Vec<Point> {
    let mut all: Vec<_> = all.iter().filter(|it| week.contains(it.at)).collect();
    all.sort_by_key(|it| (Reverse(it.severity), it.alert, it.at, it.clock));
    let of_alerts = all.chunk_by(|a, b| a.alert == b.alert);
    let mut of_alerts: Vec<_> = of_alerts.filter_map(|it| Some((it.first()?, it))).collect();
    of_alerts.sort_by_key(|(first, _)| (Reverse(first.severity), first.at, first.alert));
    let point = |(first, all): (&&Breach, &[&Breach])| {
        let missed: Vec<&str> = all.iter().map(|it| it.clock.as_str()).collect();
        let (word, which) = match missed.len() {
            0 | 1 => ("target was", ""),
            _ => ("targets were", ", the first"),
        };
        Point {
            about: first.alert.to_string(),
            what: format!("{} ({}, {})", first.summary, first.severity, first.holder.team),
            why: format!("the {} {word} missed{which} at {}", missed.join(", "), first.at),
            party: Some(first.holder.party),
            age: Some(week.to.duration_since(first.at)),
        }
    };
    of_alerts.into_iter().map(point).collect()
}

pub(super) fn emergencies(all: &[Emergency], now: Timestamp) -> Vec<Point> {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|it| (it.at, it.id));
    let point = |it: &Emergency| {
        let age = now.duration_since(it.at);
        Point {
            about: it.id.to_string(),
            what: it.title.clone(),
            why: format!("{} did it alone {} ago: {}", it.by, days(age), it.why),
            party: Some(it.party),
            age: Some(age),
        }
    };
    all.into_iter().map(point).collect()
}

pub(super) fn changes(all: &[OpenChange], now: Timestamp) -> Vec<Point> {
    let mut all: Vec<_> = all.iter().collect();
    all.sort_by_key(|it| (it.proposed_at, it.id));
    let point = |it: &OpenChange| {
        let age = now.duration_since(it.proposed_at);
        let missing: Vec<&str> = it.waits_for.iter().map(|it| it.as_str()).collect();
        let whom = if missing.is_empty() {
            "to be applied".to_owned()
        } else {
            format!("for {}", missing.join(" and "))
        };
        Point {
            about: it.id.to_string(),
            what: it.title.clone(),
            why: format!("waits {whom}, for {}", days(age)),
            party: if let [one] = it.waits_for[..] { Some(one) } else { None },
            age: Some(age),
        }
    };
    all.into_iter().map(point).collect()
}

pub(super) fn known_issues(all: &[KnownIssue], now: Timestamp) -> Vec<Point> {
    let mut all: Vec<_> =
        all.iter().filter(|it| it.expires_at.duration_since(now) <= SOON).collect();
    all.sort_by_key(|it| (it.expires_at, it.id));
    let point = |it: &KnownIssue| {
        let left = it.expires_at.duration_since(now);
        Point {
            about: it.id.to_string(),
            what: it.title.clone(),
            why: match left > SignedDuration::ZERO {
                true => format!("expires in {}; then its alerts come back", days(left)),
                false => format!("expired {} ago", days(-left)),
            },
            party: Some(it.owner),
            age: None,
        }
    };
    all.into_iter().map(point).collect()
}

/// Checks that told often and of whose alerts fewer than a quarter were acted on.
pub(super) fn noise(all: &[Rule]) -> Vec<Point> {
    let is_noisy =
        |it: &&Rule| it.alerts >= NOISY && u64::from(it.acted_on) * 4 < u64::from(it.alerts);
    let mut all: Vec<_> = all.iter().filter(is_noisy).collect();
    all.sort_by_key(|it| (Reverse(it.alerts - it.acted_on), &it.check));
    let point = |it: &Rule| Point {
        about: it.check.clone(),
        what: format!("{} alerts", it.alerts),
        why: format!("somebody did something about {} of them", it.acted_on),
        party: None,
        age: None,
    };
    all.into_iter().map(point).collect()
}

pub(super) fn rows(all: &[ReviewedRow], now: Timestamp) -> Vec<Point> {
    let today = TimeZone::UTC.to_datetime(now).date();
    let [soon, due, long_due] = REVIEW_DAYS;
    let age = |it: &ReviewedRow| today.duration_since(it.reviewed).as_hours() / 24;
    let mut all: Vec<_> = all.iter().filter(|it| age(it) >= soon).collect();
    all.sort_by_key(|it| (it.reviewed, &it.row));
    let point = |it: &ReviewedRow| {
        let age = age(it);
        let state = match age {
            it if it >= long_due => "long overdue",
            it if it >= due => "due",
            _ => "due soon",
        };
        Point {
            about: it.row.to_string(),
            what: format!("last reviewed on {}", it.reviewed),
            why: format!("{state}: {age} days without a review, {due} were agreed on"),
            party: None,
            age: Some(SignedDuration::from_hours(age * 24)),
        }
    };
    all.into_iter().map(point).collect()
}

/// A length as people say it at a table.
pub(super) fn days(length: SignedDuration) -> String {
    match (length.as_hours() / 24, length.as_hours()) {
        (0, 0) => "less than an hour".to_owned(),
        (0, 1) => "1 hour".to_owned(),
        (0, hours) => format!("{hours} hours"),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    }
}
