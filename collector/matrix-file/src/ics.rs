//! Holidays as calendars exchange them: an iCalendar file (RFC 5545).
//!
//! Only whole days count, and what they are called. What would change which
//! days those are and is not understood is refused, with its line and
//! property: a day that is off in one program and not in another is worse
//! than none. Everything else a file may hold is passed over.
//!
//! # Invariants
//!
//! - Whatever the bytes, the answer is holidays or one error, soon.
//! - A rule that means the same date of every year stays a rule; any other is
//!   written out, up to a date that the caller sets.
//!
//! # Not here
//!
//! Written by hand: the crates that read these files bring a second date and
//! time library along, or forget the lines that an error must name.

mod line;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{
    SignedDuration,
    civil::{Date, Time},
};
use remit_collector_domain::{
    calendar::YearDay,
    window::{Recurrence, rule::Rule},
};

use crate::ics::line::{Line, lines};

/// The longest file that is looked at.
const LONGEST: usize = 1 << 20;

/// The most events in one file.
const MOST_EVENTS: usize = 5_000;

/// The most days in one file.
const MOST_DAYS: usize = 20_000;

/// The most rules that are written out: each is followed day by day.
const MOST_RULES: usize = 200;

/// The longest holiday, in days.
const LONGEST_EVENT: i64 = 100;

/// The deepest that components may be within one another.
const DEEPEST: usize = 8;

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 100;

/// The holidays of a file, each with what it is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IcsHolidays {
    /// Those of one year.
    pub dates: BTreeMap<Date, String>,
    /// Those of every year.
    pub yearly: BTreeMap<YearDay, String>,
}

/// Why a file holds no holidays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {property}: {wrong}")]
pub struct IcsError {
    /// The file.
    pub file: String,
    /// Its line, from 1: where a folded one begins.
    pub line: usize,
    /// The property: `DTSTART`.
    pub property: String,
    /// What is wrong, and what would be right.
    pub wrong: String,
}

/// One event, as far as it has been read.
#[derive(Default)]
struct Event {
    /// The line that opens it.
    line: usize,
    start: Option<(Date, usize)>,
    end: Option<(End, usize)>,
    rule: Option<(Rule, usize)>,
    name: Option<String>,
    is_cancelled: bool,
}

/// Where an event ends.
#[derive(Clone, Copy)]
enum End {
    /// The first day after it.
    Before(Date),
    /// After so many days.
    After(i64),
}

/// What is wrong with a property on a line.
type Wrong = (usize, String, String);

/// Reads the holidays of a file. `name` is what an error calls it; holidays
/// that follow a rule other than the same date of every year are listed up to
/// `until`.
pub fn read_ics(name: &str, bytes: &[u8], until: Date) -> Result<IcsHolidays, IcsError> {
    read(bytes, until).map_err(|(line, property, wrong)| {
        let property = property.chars().take(40).flat_map(char::escape_default).collect();
        IcsError { file: name.to_owned(), line, property, wrong }
    })
}

fn read(bytes: &[u8], until: Date) -> Result<IcsHolidays, Wrong> {
    if LONGEST < bytes.len() {
        return Err(wrong(0, "file", format!("is longer than {} KiB", LONGEST / 1024)));
    }
    let mut holidays = IcsHolidays::default();
    let mut open: Vec<String> = Vec::new();
    let mut event = None;
    let (mut events, mut rules, mut days, mut last) = (0, 0, 0, 1);
    for line in lines(bytes) {
        let line = line?;
        last = line.number;
        let is_direct = open.len() == 2;
        match line.property.as_str() {
            "BEGIN" => {
                begin(&line, &open)?;
                open.push(line.value.to_ascii_uppercase());
                if open.len() == 2 && line.value.eq_ignore_ascii_case("VEVENT") {
                    events += 1;
                    event = Some(Event { line: line.number, ..Event::default() });
                }
                if MOST_EVENTS < events {
                    let what = format!("this is event {events}: at most {MOST_EVENTS} are read");
                    return Err(wrong(line.number, "BEGIN", what));
                }
            }
            "END" => {
                let closes = open.pop().unwrap_or_default();
                if !line.value.eq_ignore_ascii_case(&closes) {
                    return Err(line.wrong(format!("expected END:{closes}")));
                }
                if let Some(event) = event.take_if(|_| is_direct) {
                    rules += usize::from(event.is_written_out());
                    if MOST_RULES < rules {
                        let what = format!("more than {MOST_RULES} rules: list the dates instead");
                        return Err(wrong(event.line, "RRULE", what));
                    }
                    days += event.finish(&mut holidays, until)?;
                }
                if MOST_DAYS < days {
                    return Err(wrong(last, "VEVENT", format!("more than {MOST_DAYS} days off")));
                }
            }
            _ if open.is_empty() => return Err(line.wrong("expected BEGIN:VCALENDAR first")),
            _ => {
                if let Some(event) = event.as_mut().filter(|_| is_direct) {
                    event.take(line)?;
                }
            }
        }
    }
    match open.pop() {
        Some(it) => Err(wrong(last, "END", format!("the file ends before END:{it}"))),
        None if events == 0 => Err(wrong(last, "VEVENT", "there is no event in the file")),
        None => Ok(holidays),
    }
}

/// Whether a component may begin here.
fn begin(line: &Line, open: &[String]) -> Result<(), Wrong> {
    let is_calendar = line.value.eq_ignore_ascii_case("VCALENDAR");
    match open.len() {
        0 if !is_calendar => Err(line.wrong("expected BEGIN:VCALENDAR first")),
        DEEPEST => Err(line.wrong(format!("components are within one another {DEEPEST} times"))),
        0 => Ok(()),
        _ if is_calendar => Err(line.wrong("a calendar within another")),
        _ => Ok(()),
    }
}

impl Event {
    fn take(&mut self, line: Line) -> Result<(), Wrong> {
        let twice = match line.property.as_str() {
            "DTSTART" => self.start.replace((line.date()?, line.number)).is_some(),
            "DTEND" => self.end.replace((End::Before(line.date()?), line.number)).is_some(),
            "DURATION" => self.end.replace((End::After(line.days()?), line.number)).is_some(),
            "RRULE" => {
                let rule = line.value.parse::<Rule>().map_err(|it| line.wrong(it.to_string()))?;
                self.rule.replace((rule, line.number)).is_some()
            }
            "SUMMARY" => self.name.replace(line.text(LONGEST_NAME)).is_some(),
            "STATUS" => {
                self.is_cancelled = line.value.eq_ignore_ascii_case("CANCELLED");
                false
            }
            "EXDATE" | "RDATE" | "EXRULE" | "RECURRENCE-ID" => {
                return Err(line.wrong("is not supported: give each date an event of its own"));
            }
            _ => false,
        };
        if twice { Err(line.wrong("the event says this twice")) } else { Ok(()) }
    }

    /// Whether its rule is to be followed.
    fn is_written_out(&self) -> bool {
        let (Some((rule, _)), Some((start, _))) = (&self.rule, self.start) else { return false };
        !is_plainly_yearly(rule, start)
    }

    /// Writes the event's days down. Gives their number.
    fn finish(self, holidays: &mut IcsHolidays, until: Date) -> Result<usize, Wrong> {
        if self.is_cancelled {
            return Ok(0);
        }
        let missing = "is missing: when is the holiday?";
        let (start, _) = self.start.ok_or_else(|| wrong(self.line, "DTSTART", missing))?;
        let lasts = match self.end {
            None => 1,
            Some((End::After(days), line)) => within_reason(days, "DURATION", line)?,
            Some((End::Before(end), line)) => {
                within_reason(end.duration_since(start).as_hours() / 24, "DTEND", line)?
            }
        };
        let name = self.name.filter(|it| !it.is_empty()).unwrap_or_else(|| "a holiday".into());
        let firsts = match self.rule {
            None => vec![start],
            Some((rule, _)) if is_plainly_yearly(&rule, start) => {
                let days = days_from(start, lasts);
                days.for_each(|it| add(&mut holidays.yearly, YearDay::from(it), &name));
                return Ok(usize::try_from(lasts).unwrap_or_default());
            }
            Some((rule, line)) => {
                if !rule.is_yearly() {
                    let what = "a holiday comes once or with FREQ=YEARLY: give it other dates";
                    return Err(wrong(line, "RRULE", what));
                }
                let following = Recurrence::new(rule, start.to_datetime(Time::midnight()));
                // The start counts, whether or not the rule meets it.
                let others = following.dates(start, until).filter(|it| *it != start);
                [start].into_iter().chain(others).take(MOST_DAYS).collect()
            }
        };
        let mut added = 0;
        for it in firsts.into_iter().flat_map(|it| days_from(it, lasts)).take(MOST_DAYS + 1) {
            add(&mut holidays.dates, it, &name);
            added += 1;
        }
        Ok(added)
    }
}

/// Whether a rule means the start's date in every year, for ever.
fn is_plainly_yearly(rule: &Rule, start: Date) -> bool {
    let date = format!("FREQ=YEARLY;BYMONTH={};BYMONTHDAY={}", start.month(), start.day());
    let rule = rule.to_string();
    rule == "FREQ=YEARLY" || rule == date
}

fn within_reason(days: i64, property: &str, line: usize) -> Result<i64, Wrong> {
    match days {
        ..1 => Err(wrong(line, property, "the end is the first day after the holiday")),
        1..=LONGEST_EVENT => Ok(days),
        _ => Err(wrong(line, property, format!("a holiday lasts at most {LONGEST_EVENT} days"))),
    }
}

fn days_from(first: Date, lasts: i64) -> impl Iterator<Item = Date> {
    let nth = move |it| first.checked_add(SignedDuration::from_hours(24 * it)).ok();
    (0..lasts).map_while(nth)
}

/// Two holidays on one date keep both names, as far as anybody would read.
fn add<D: Ord>(holidays: &mut BTreeMap<D, String>, day: D, name: &str) {
    let known = holidays.entry(day).or_default();
    if known.is_empty() {
        name.clone_into(known);
    } else if known.len() < LONGEST_NAME && !known.split(" / ").any(|it| it == name) {
        known.push_str(" / ");
        known.push_str(name);
    }
}

fn wrong(line: usize, property: &str, wrong: impl Into<String>) -> Wrong {
    (line, property.to_owned(), wrong.into())
}
