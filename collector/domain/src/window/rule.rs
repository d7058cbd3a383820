//! Recurrence rules, as RFC 5545 writes them: `FREQ=MONTHLY;BYDAY=-1FR`.
//!
//! `FREQ` is `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`. `INTERVAL`, `BYDAY`,
//! `BYMONTHDAY`, `BYMONTH`, `WKST` and either `COUNT` or `UNTIL` may follow.
//! Everything else the standard has is refused by name: it would mean
//! something, and what it means would not happen.
//!
//! # Invariants
//!
//! - A rule chooses dates; the time of day is the start's, on the wall of a
//!   zone. A time that the clocks skip comes as much later as the gap is long,
//!   and one that they repeat is its first occurrence.
//! - Dates are sorted, come once, and a date that a year or a month lacks is no
//!   date: 29 February comes in leap years only.
//! - A search ends: nothing further than a century from the start is looked at.

mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

use crate::calendar::{self, Segment};
pub use crate::window::rule::read::RuleError;

/// How far from its start a rule is followed, in years.
const FARTHEST: i16 = 100;

/// On which dates something comes again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    frequency: Frequency,
    interval: u8,
    days: Vec<Day>,
    month_days: BTreeSet<i8>,
    months: BTreeSet<i8>,
    end: End,
    week_start: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A weekday; with a number, one of several in its month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Day {
    nth: Option<i8>,
    weekday: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum End {
    Never,
    Count(u16),
    Date(Date),
    Wall(DateTime),
    Utc(Timestamp),
}

/// A rule together with its start: dates and a time of day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recurrence {
    rule: Rule,
    start: DateTime,
    /// No date after this one.
    last: Date,
}

impl Recurrence {
    /// Follows a rule from a start, which counts only if the rule meets it.
    pub fn new(rule: Rule, start: DateTime) -> Self {
        let year = start.year().saturating_add(FARTHEST);
        let last = start.date().with().year(year).day(1).build().unwrap_or(Date::MAX);
        let mut following = Self { rule, start, last };
        following.last = match following.rule.end {
            End::Never => last,
            End::Count(count) => {
                let nth = usize::from(count).saturating_sub(1);
                following.dates(start.date(), last).nth(nth).unwrap_or(last)
            }
            End::Date(it) => it.min(last),
            End::Wall(it) => it.date().min(last),
            // Wherever the zone is, its date is no more than a day ahead.
            End::Utc(it) => {
                TimeZone::UTC.to_datetime(it).date().tomorrow().unwrap_or(last).min(last)
            }
        };
        following
    }

    /// What it follows.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// From when on.
    pub fn start(&self) -> DateTime {
        self.start
    }

    /// The first date; `None` if there is none at all.
    pub fn first(&self) -> Option<Date> {
        self.dates(self.start.date(), self.last).next()
    }

    /// The instants in an interval, earliest first.
    pub fn instants(&self, zone: &TimeZone, within: Segment) -> impl Iterator<Item = Timestamp> {
        // A time that the clocks push past midnight belongs to yesterday.
        let first = zone.to_datetime(within.from).date();
        let first = first.yesterday().unwrap_or(first);
        let walls = self.dates(first, zone.to_datetime(within.to).date());
        let walls = walls.map(|it| it.to_datetime(self.start.time()));
        let walls = walls.take_while(|it| match self.rule.end {
            End::Wall(last) => *it <= last,
            End::Never | End::Count(_) | End::Date(_) | End::Utc(_) => true,
        });
        let instants = walls.map(|it| calendar::instant(zone, it.date(), it.time()));
        let mut before = None;
        instants.filter(move |it| {
            let in_time = match self.rule.end {
                End::Utc(last) => *it <= last,
                End::Never | End::Count(_) | End::Date(_) | End::Wall(_) => true,
            };
            // A date that the zone skips falls upon the next one's instant.
            in_time && within.contains(*it) && before.replace(*it) != Some(*it)
        })
    }

    /// The dates from one to another, both included.
    pub fn dates(&self, first: Date, last: Date) -> impl Iterator<Item = Date> {
        let (first, last) = (first.max(self.start.date()), last.min(self.last));
        let all = std::iter::successors(Some(first), |it| it.tomorrow().ok());
        let all = all.take_while(move |it| *it <= last);
        all.filter(|it| self.rule.meets(self.start.date(), *it))
    }
}

impl Rule {
    /// Whether it steps from year to year.
    pub fn is_yearly(&self) -> bool {
        self.frequency == Frequency::Yearly
    }

    /// Whether a date follows from a start.
    fn meets(&self, start: Date, date: Date) -> bool {
        let in_month = self.months.is_empty() || self.months.contains(&date.month());
        in_month && self.is_in_step(start, date) && self.meets_days(start, date)
    }

    /// Whether the date's day, week, month or year is one of every so many.
    fn is_in_step(&self, start: Date, date: Date) -> bool {
        let months = |it: Date| i64::from(it.year()) * 12 + i64::from(it.month());
        let passed = match self.frequency {
            Frequency::Daily => days_between(start, date),
            Frequency::Weekly => days_between(self.week_of(start), self.week_of(date)) / 7,
            Frequency::Monthly => months(date) - months(start),
            Frequency::Yearly => i64::from(date.year()) - i64::from(start.year()),
        };
        passed % i64::from(self.interval) == 0
    }

    /// The first day of a date's week.
    fn week_of(&self, date: Date) -> Date {
        let into = self.week_start.until(date.weekday());
        date.saturating_sub(SignedDuration::from_hours(24 * i64::from(into)))
    }

    fn meets_days(&self, start: Date, date: Date) -> bool {
        let by_day = self.days.is_empty() || self.days.iter().any(|it| self.is_nth(*it, date));
        let by_date = self.month_days.is_empty()
            || self.month_days.contains(&date.day())
            || self.month_days.contains(&(date.day() - date.days_in_month() - 1));
        if !self.days.is_empty() || !self.month_days.is_empty() {
            return by_day && by_date;
        }
        // What the rule does not say, the start does.
        match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => date.weekday() == start.weekday(),
            Frequency::Monthly => date.day() == start.day(),
            Frequency::Yearly => {
                let month = !self.months.is_empty() || date.month() == start.month();
                month && date.day() == start.day()
            }
        }
    }

    fn is_nth(&self, day: Day, date: Date) -> bool {
        let Some(nth) = day.nth else { return date.weekday() == day.weekday };
        let in_year = self.frequency == Frequency::Yearly && self.months.is_empty();
        let (place, of) = match in_year {
            true => (date.day_of_year(), date.days_in_year()),
            false => (i16::from(date.day()), i16::from(date.days_in_month())),
        };
        let (from_start, from_end) = ((place - 1) / 7 + 1, -((of - place) / 7 + 1));
        let nth = i16::from(nth);
        date.weekday() == day.weekday && (nth == from_start || nth == from_end)
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}
