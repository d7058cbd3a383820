//! Recurrence rules, from text and back.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::{
    civil::{Date, DateTime, Time, Weekday},
    tz::TimeZone,
};

use crate::window::rule::{Day, End, Frequency, Rule};

/// The longest rule that makes sense, in bytes.
const LONGEST: usize = 500;

/// The most that `COUNT` may say: more than a century of weeks.
const MOST_COUNT: u16 = 10_000;

/// The most that `INTERVAL` may say.
const MOST_INTERVAL: u8 = 99;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

const FREQUENCIES: [(&str, Frequency); 4] = [
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

/// Why a text is no recurrence rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("recurrence rule, {part}: `{got}` {wrong}")]
pub struct RuleError {
    /// The part: `BYDAY`.
    pub part: String,
    /// What it says.
    pub got: String,
    /// What is wrong with it, and what would be right.
    pub wrong: String,
}

/// The parts as far as they have been read.
#[derive(Default)]
struct Parts {
    frequency: Option<Frequency>,
    interval: Option<u8>,
    days: Vec<Day>,
    month_days: BTreeSet<i8>,
    months: BTreeSet<i8>,
    count: Option<u16>,
    until: Option<End>,
    week_start: Option<Weekday>,
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        if text.len() > LONGEST {
            return Err(refused("length", text, format!("is longer than {LONGEST} bytes")));
        }
        let plain = text.trim().to_ascii_uppercase();
        let plain = plain.strip_prefix("RRULE:").unwrap_or(&plain);
        let mut parts = Parts::default();
        let mut seen = BTreeSet::new();
        for part in plain.split(';') {
            let Some((name, value)) = part.split_once('=') else {
                return Err(refused(
                    "parts",
                    part,
                    "is no part: write them like `FREQ=WEEKLY;BYDAY=TU`",
                ));
            };
            if !seen.insert(name) {
                return Err(refused(name, value, "is said twice: say it once"));
            }
            parts.take(name, value).map_err(|wrong| refused(name, value, wrong))?;
        }
        parts.finish().map_err(|(part, wrong)| {
            let value = plain.split(';').find_map(|it| it.strip_prefix(part)?.strip_prefix('='));
            refused(part, value.unwrap_or_default(), wrong)
        })
    }
}

impl Parts {
    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "FREQ" => self.frequency = Some(frequency(value)?),
            "INTERVAL" => self.interval = Some(number(value, 1, MOST_INTERVAL)?),
            "COUNT" => self.count = Some(number(value, 1, MOST_COUNT)?),
            "UNTIL" => self.until = Some(until(value)?),
            "BYMONTH" => self.months = list(value, |it| number(it, 1, 12))?,
            "BYMONTHDAY" => self.month_days = list(value, |it| either_way(it, 31))?,
            "BYDAY" => self.days = list(value, day)?,
            "WKST" => self.week_start = Some(weekday(value)?),
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                return Err("is not supported: the time of day is the start's".into());
            }
            _ => {
                return Err(
                    "is not supported: use FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, WKST, \
                            COUNT or UNTIL"
                        .into(),
                );
            }
        }
        Ok(())
    }

    /// The rule, or the part that does not fit the others.
    fn finish(self) -> Result<Rule, (&'static str, &'static str)> {
        let frequency = self
            .frequency
            .ok_or(("FREQ", "is missing: begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"))?;
        let numbered: Vec<_> = self.days.iter().filter_map(|it| it.nth).collect();
        let of_year = frequency == Frequency::Yearly && self.months.is_empty();
        match frequency {
            Frequency::Daily | Frequency::Weekly if !numbered.is_empty() => {
                return Err(("BYDAY", "has a number, which takes FREQ=MONTHLY or YEARLY"));
            }
            Frequency::Weekly if !self.month_days.is_empty() => {
                return Err(("BYMONTHDAY", "does not go with FREQ=WEEKLY: use MONTHLY"));
            }
            Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly => {}
        }
        if of_year && !numbered.is_empty() && !self.month_days.is_empty() {
            return Err((
                "BYDAY",
                "has a number that counts in the month or in the year: add BYMONTH, or leave BYMONTHDAY \
                 out",
            ));
        }
        if !of_year && numbered.iter().any(|it| 5 < it.abs()) {
            return Err(("BYDAY", "has a number beyond 5: no month has so many of one weekday"));
        }
        let end = match (self.count, self.until) {
            (Some(_), Some(_)) => return Err(("COUNT", "does not go with UNTIL: use one of them")),
            (Some(count), None) => End::Count(count),
            (None, until) => until.unwrap_or(End::Never),
        };
        Ok(Rule {
            frequency,
            interval: self.interval.unwrap_or(1),
            days: self.days,
            month_days: self.month_days,
            months: self.months,
            end,
            week_start: self.week_start.unwrap_or(Weekday::Monday),
        })
    }
}

fn refused(part: &str, got: &str, wrong: impl Into<String>) -> RuleError {
    let shown = |it: &str| it.chars().take(60).flat_map(char::escape_default).collect::<String>();
    RuleError { part: shown(part), got: shown(got), wrong: wrong.into() }
}

fn frequency(text: &str) -> Result<Frequency, String> {
    let known = FREQUENCIES.iter().find(|(it, _)| *it == text);
    known
        .map(|it| it.1)
        .ok_or_else(|| "is not supported: use DAILY, WEEKLY, MONTHLY or YEARLY".into())
}

fn weekday(text: &str) -> Result<Weekday, String> {
    let known = WEEKDAYS.iter().find(|(it, _)| *it == text);
    known.map(|it| it.1).ok_or_else(|| "is no weekday: use MO, TU, WE, TH, FR, SA or SU".into())
}

fn day(text: &str) -> Result<Day, String> {
    let split = text.len().saturating_sub(2);
    let (nth, name) = text.split_at_checked(split).unwrap_or(("", text));
    let weekday = weekday(name)?;
    let nth = match nth {
        "" => None,
        nth => Some(either_way(nth, 53)?),
    };
    Ok(Day { nth, weekday })
}

/// A number from 1 on, or from the end with a minus.
fn either_way(text: &str, most: i8) -> Result<i8, String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let wrong = |_| format!("has a number that is not 1 to {most} or -1 to -{most}");
    number(digits, 1, most).map(|it| it * sign).map_err(wrong)
}

fn number<N: FromStr + PartialOrd + fmt::Display>(
    text: &str,
    least: N,
    most: N,
) -> Result<N, String> {
    let plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let read = text.parse::<N>().ok().filter(|it| plain && least <= *it && *it <= most);
    read.ok_or_else(|| format!("has a number that is not {least} to {most}"))
}

fn list<T, C: FromIterator<T>>(
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<C, String> {
    text.split(',').map(read).collect()
}

fn until(text: &str) -> Result<End, String> {
    const WRONG: &str = "is no end: write it like 20261231, 20261231T170000 or 20261231T170000Z";
    let read = || {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let date = compact_date(date)?;
        let Some(time) = time else { return Some(End::Date(date)) };
        let (time, is_utc) = match time.strip_suffix('Z') {
            Some(time) => (time, true),
            None => (time, false),
        };
        let wall = date.to_datetime(compact_time(time)?);
        match is_utc {
            true => TimeZone::UTC.to_timestamp(wall).ok().map(End::Utc),
            false => Some(End::Wall(wall)),
        }
    };
    read().ok_or_else(|| WRONG.into())
}

fn compact_date(text: &str) -> Option<Date> {
    let [year, month, day] = fields(text, [4, 2, 2])?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn compact_time(text: &str) -> Option<Time> {
    let [hour, minute, second] = fields(text, [2, 2, 2])?.map(i8::try_from);
    Time::new(hour.ok()?, minute.ok()?, second.ok()?, 0).ok()
}

/// Numbers of a fixed number of digits each, without anything in between.
fn fields<const N: usize>(text: &str, widths: [usize; N]) -> Option<[i16; N]> {
    let plain = text.bytes().all(|it| it.is_ascii_digit());
    if !plain || text.len() != widths.iter().sum::<usize>() {
        return None;
    }
    let mut rest = text;
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let (digits, more) = rest.split_at_checked(width)?;
        *number = digits.parse().ok()?;
        rest = more;
    }
    Some(numbers)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = FREQUENCIES.iter().find(|it| it.1 == self.frequency);
        write!(f, "FREQ={}", frequency.map_or("DAILY", |it| it.0))?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        joined(f, "BYMONTH", self.months.iter())?;
        joined(f, "BYMONTHDAY", self.month_days.iter())?;
        joined(f, "BYDAY", self.days.iter())?;
        if self.week_start != Weekday::Monday {
            write!(f, ";WKST={}", short(self.week_start))?;
        }
        match self.end {
            End::Never => Ok(()),
            End::Count(it) => write!(f, ";COUNT={it}"),
            End::Date(it) => write!(f, ";UNTIL={}", compact(it)),
            End::Wall(it) => write!(f, ";UNTIL={}T{}", compact(it.date()), compact_clock(it)),
            End::Utc(it) => {
                let it = TimeZone::UTC.to_datetime(it);
                write!(f, ";UNTIL={}T{}Z", compact(it.date()), compact_clock(it))
            }
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            Some(nth) => write!(f, "{nth}{}", short(self.weekday)),
            None => f.write_str(short(self.weekday)),
        }
    }
}

fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    them: impl Iterator<Item = T>,
) -> fmt::Result {
    let texts: Vec<_> = them.map(|it| it.to_string()).collect();
    if texts.is_empty() { Ok(()) } else { write!(f, ";{name}={}", texts.join(",")) }
}

fn short(weekday: Weekday) -> &'static str {
    WEEKDAYS[weekday.to_monday_zero_offset() as usize].0
}

fn compact(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn compact_clock(at: DateTime) -> String {
    format!("{:02}{:02}{:02}", at.hour(), at.minute(), at.second())
}
