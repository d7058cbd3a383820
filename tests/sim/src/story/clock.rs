//! Times as stories say them: `17:00`, `mon 08:00`, `2027-03-14 01:30 EST`.
//!
//! A time of day is the next one; with a weekday, on the next such day; with a
//! date, on that. An abbreviation says which of two is meant when the clocks
//! are set back.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};

use crate::story::words::Words;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Whether a line begins with a time.
pub(super) fn is_time(word: &str) -> bool {
    time(word).is_some() || word.parse::<Date>().is_ok() || day(word).is_some()
}

fn day(word: &str) -> Option<Weekday> {
    DAYS.iter().find(|it| it.0 == word).map(|it| it.1)
}

fn time(word: &str) -> Option<Time> {
    let is_time = word.as_bytes().get(2) == Some(&b':');
    is_time.then(|| word.parse().ok()).flatten()
}

/// Reads a time, the next after `now`, which may be `now` itself.
pub(super) fn read(
    words: &mut Words<'_>,
    zone: &TimeZone,
    now: Option<Timestamp>,
) -> Result<Timestamp, String> {
    let mut weekday = None;
    let mut date: Option<Date> = None;
    loop {
        let word = words.next("a time")?;
        if let Some(it) = day(word) {
            weekday = Some(it);
        } else if let Ok(it) = word.parse() {
            date = Some(it);
        } else if let Some(it) = time(word) {
            let zone_word = words.peek().filter(|it| is_zone(it));
            if zone_word.is_some() {
                words.next("a zone")?;
            }
            return instant(zone, (date, weekday, it), zone_word, now);
        } else {
            return Err(format!("`{word}` is no time: use `17:00` or `mon 08:00`"));
        }
    }
}

/// `EST`, as a clock shows it.
fn is_zone(word: &str) -> bool {
    (3..=5).contains(&word.len()) && word.bytes().all(|it| it.is_ascii_uppercase())
}

fn instant(
    zone: &TimeZone,
    (date, weekday, time): (Option<Date>, Option<Weekday>, Time),
    abbreviation: Option<&str>,
    now: Option<Timestamp>,
) -> Result<Timestamp, String> {
    let today = now.map(|it| zone.to_datetime(it).date());
    let first = date.or(today).ok_or("a story begins with a date")?;
    if let (Some(_), Some(weekday)) = (date, weekday)
        && first.weekday() != weekday
    {
        return Err(format!("{first} is another day of the week"));
    }
    let days = if date.is_some() { 1 } else { 8 };
    for day in first.series(jiff::Span::new().days(1)).take(days) {
        if weekday.is_some_and(|it| it != day.weekday()) {
            continue;
        }
        let both = zone.to_ambiguous_timestamp(day.to_datetime(time));
        let both = [both.earlier(), both.later()];
        for at in both.into_iter().flatten() {
            let shown = zone.to_offset_info(at);
            let is_meant = abbreviation.is_none_or(|it| it == shown.abbreviation());
            // What the clocks skip is not shown by any clock.
            let is_shown = zone.to_datetime(at).time() == time;
            if is_meant && is_shown && now.is_none_or(|now| now <= at) {
                return Ok(at);
            }
        }
    }
    Err(format!("there is no {time} {} to come", abbreviation.unwrap_or("any more")))
}

/// An instant as the story's clock shows it: `fri 17:15`.
pub(crate) fn shown(zone: &TimeZone, at: Timestamp) -> String {
    let local = zone.to_datetime(at);
    let day = DAYS.iter().find(|it| it.1 == local.weekday()).map_or("", |it| it.0);
    let is_whole = local.time().second() == 0 && local.subsec_nanosecond() == 0;
    let time = local.strftime(if is_whole { "%H:%M" } else { "%H:%M:%S%.f" });
    format!("{day} {time}")
}

/// A length of time as people say it: `12m`.
pub(crate) fn length(length: SignedDuration) -> String {
    remit_collector_domain::matrix::show_length(length)
}
