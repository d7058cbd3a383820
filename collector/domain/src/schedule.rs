//! Five-field cron expressions, read in an IANA time zone.
//!
//! ```text
//! ┌ minute 0-59   ┌ day of month 1-31    ┌ weekday 0-7 or sun-sat, 0 and 7 = sun
//! │   ┌ hour 0-23 │   ┌ month 1-12 or jan-dec
//! 30  2           *   *                  mon-fri
//! ```
//!
//! Each field is `*`, a value, a range, either of the last two or `*` with a
//! `/step`, or a comma-separated list of those. `@hourly`, `@daily`,
//! `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually` stand for
//! themselves.
//!
//! # Invariants
//!
//! - If both day fields are restricted, a day that meets either one counts; if
//!   one of them begins with `*`, a day must meet both.
//! - A wall time that the clocks skip counts once, as much later as the gap is
//!   long: 02:30 is run at 03:30. One that they show twice counts once, the
//!   first time.
//! - A search ends: an expression that no date meets (30 February) has no time.
//!
//! # Not here
//!
//! Which of these times has been missed is [`backup`](crate::detect::backup)'s
//! business.

mod field;
#[cfg(test)]
mod tests;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use crate::schedule::field::{DAY, HOUR, MINUTE, MONTH, WEEKDAY};

/// The longest wait between two days that one expression can mean, in years:
/// 29 February on a Sunday, with 2100 in between.
const YEARS: i16 = 41;

/// The longest expression that makes sense, in bytes.
const LONGEST: usize = 512;

/// When something should happen, by the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cron {
    /// A bit for every minute, hour, day and month that counts.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is bit 0.
    weekdays: u64,
    /// Both day fields are restricted, so that either is enough.
    either_day: bool,
}

/// Why a text is not a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// There are too few fields or too many.
    #[error("a cron expression has five fields (minute hour day month weekday), not {0}")]
    Fields(usize),
    /// It is absurdly long.
    #[error("a cron expression has at most {LONGEST} bytes, not {0}")]
    TooLong(usize),
    /// One of the words that begin with `@` is not known.
    #[error(
        "`{0}` is not known: use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually"
    )]
    Word(String),
    /// A part of a field is neither a number nor a name.
    #[error("{field}: `{got}` is not {expected}")]
    Value {
        /// The field.
        field: &'static str,
        /// What was given.
        got: String,
        /// What would have been right.
        expected: &'static str,
    },
    /// A range runs backwards.
    #[error("{field}: the range `{got}` ends before it begins")]
    Backwards {
        /// The field.
        field: &'static str,
        /// What was given.
        got: String,
    },
    /// A step is zero, no number, or follows a single value.
    #[error("{field}: `{got}` needs a step of 1 or more after `*` or a range")]
    Step {
        /// The field.
        field: &'static str,
        /// What was given.
        got: String,
    },
}

impl Cron {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        if text.len() > LONGEST {
            return Err(CronError::TooLong(text.len()));
        }
        let text = text.trim();
        let text = if text.starts_with('@') { spelled_out(text)? } else { text };
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(CronError::Fields(fields.len()));
        };
        let weekdays = WEEKDAY.parse(weekday)?;
        Ok(Self {
            minutes: MINUTE.parse(minute)?,
            hours: HOUR.parse(hour)?,
            days: DAY.parse(day)?,
            months: MONTH.parse(month)?,
            // Bit 7 is Sunday, too.
            weekdays: (weekdays | weekdays >> 7) & 0b111_1111,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        })
    }

    /// The first time after `at`.
    pub fn next_after(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // What was skipped by the clocks a moment ago is yet to come.
        let from = zone.to_datetime(at).saturating_sub(gap_before(at, zone));
        let mut earliest: Option<Timestamp> = None;
        for wall in self.walls_from(from) {
            let ambiguous = zone.to_ambiguous_timestamp(wall);
            let is_skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
            let Ok(time) = ambiguous.compatible() else { return earliest };
            if time <= at {
                continue;
            }
            earliest = Some(earliest.map_or(time, |it| it.min(time)));
            // Skipped times come later than some that follow them on the dial.
            if !is_skipped {
                break;
            }
        }
        earliest
    }

    /// The last time that is not after `at`.
    pub fn previous_at_or_before(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // The dial may have been set back a moment ago.
        let from = zone.to_datetime(at).saturating_add(fold_before(at, zone));
        let mut latest: Option<(Timestamp, DateTime)> = None;
        for wall in self.walls_to(from) {
            if latest.is_some_and(|(_, floor)| wall < floor) {
                break;
            }
            let Ok(time) = zone.to_ambiguous_timestamp(wall).compatible() else { break };
            if time > at {
                continue;
            }
            // Skipped times come later than some that follow them on the dial.
            let floor = wall.saturating_sub(gap_before(time, zone));
            latest = match latest {
                Some((known, floor)) => Some((known.max(time), floor)),
                None => Some((time, floor)),
            };
        }
        latest.map(|it| it.0)
    }

    /// Times on the dial, from `from` on.
    fn walls_from(&self, from: DateTime) -> impl Iterator<Item = DateTime> {
        let years = from.year()..=from.year().saturating_add(YEARS);
        let months = years.flat_map(|year| (1..=12).map(move |month| (year, month)));
        let days = months
            .filter(move |it| *it >= (from.year(), from.month()) && self.has_month(it.1))
            .filter_map(|(year, month)| Date::new(year, month, 1).ok())
            .flat_map(|first| (1..=first.days_in_month()).map(move |day| day_of(first, day)))
            .filter(move |it| *it >= from.date() && self.has_day(*it));
        days.flat_map(move |date| self.minutes().map(move |it| date.to_datetime(it)))
            .filter(move |it| *it >= from)
    }

    /// Times on the dial, from `from` back.
    fn walls_to(&self, from: DateTime) -> impl Iterator<Item = DateTime> {
        let years = (from.year().saturating_sub(YEARS)..=from.year()).rev();
        let months = years.flat_map(|year| (1..=12).rev().map(move |month| (year, month)));
        let days = months
            .filter(move |it| *it <= (from.year(), from.month()) && self.has_month(it.1))
            .filter_map(|(year, month)| Date::new(year, month, 1).ok())
            .flat_map(|first| (1..=first.days_in_month()).rev().map(move |day| day_of(first, day)))
            .filter(move |it| *it <= from.date() && self.has_day(*it));
        days.flat_map(move |date| self.minutes().rev().map(move |it| date.to_datetime(it)))
            .filter(move |it| *it <= from)
    }

    /// The times of any day that counts.
    fn minutes(&self) -> impl DoubleEndedIterator<Item = Time> {
        let hours = (0..24).filter(|it| has(self.hours, *it));
        hours.flat_map(|hour| {
            let minutes = (0..60).filter(|it| has(self.minutes, *it));
            minutes.map(move |minute| Time::constant(hour, minute, 0, 0))
        })
    }

    fn has_month(&self, month: i8) -> bool {
        has(self.months, month)
    }

    fn has_day(&self, date: Date) -> bool {
        let by_date = has(self.days, date.day());
        let by_weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        if self.either_day { by_date || by_weekday } else { by_date && by_weekday }
    }
}

fn has(bits: u64, value: i8) -> bool {
    bits >> value & 1 == 1
}

fn day_of(first: Date, day: i8) -> Date {
    Date::constant(first.year(), first.month(), day)
}

fn spelled_out(word: &str) -> Result<&'static str, CronError> {
    match word {
        "@hourly" => Ok("0 * * * *"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@monthly" => Ok("0 0 1 * *"),
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        _ => Err(CronError::Word(field::shown(word))),
    }
}

/// By how much the dial was set forward in the day before `at`. No gap is
/// longer than a day: the longest are islands that changed sides of the date line.
fn gap_before(at: Timestamp, zone: &TimeZone) -> SignedDuration {
    change_before(at, zone).max(SignedDuration::ZERO)
}

/// By how much the dial was set back in the day before `at`.
fn fold_before(at: Timestamp, zone: &TimeZone) -> SignedDuration {
    (-change_before(at, zone)).max(SignedDuration::ZERO)
}

fn change_before(at: Timestamp, zone: &TimeZone) -> SignedDuration {
    let before = at.checked_sub(SignedDuration::from_hours(24)).unwrap_or(at);
    let seconds = |it| i64::from(zone.to_offset(it).seconds());
    SignedDuration::from_secs(seconds(at) - seconds(before))
}
