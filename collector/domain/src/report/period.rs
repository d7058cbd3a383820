//! Weeks, months and quarters on somebody's wall.

use std::fmt;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, ISOWeekDate, Weekday},
    tz::TimeZone,
};

use crate::calendar::{self, Segment};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
    /// Three of them.
    Quarter,
}

/// A week, a month or a quarter, where somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// How long it is.
    pub span: Span,
    /// Where it begins and ends at midnight.
    pub zone: TimeZone,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// The same as instants, without the end.
    pub within: Segment,
}

/// A part of a period: a day of a week or a month, a week of a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// The same as instants, without the end.
    pub within: Segment,
}

/// Why a string is not a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is not a period of a {} report: write it like `{}`", span.as_str(), span.example())]
pub struct PeriodError {
    /// What it should have been.
    pub span: Span,
    /// What was given, shortened.
    pub got: String,
}

/// The week of a date, from Monday on.
pub fn week(zone: &TimeZone, date: Date) -> Period {
    let since_monday = i64::from(date.weekday().to_monday_zero_offset());
    let first = earlier(date, since_monday);
    Period::new(Span::Week, zone, first, later(first, 6))
}

/// The month of a date.
pub fn month(zone: &TimeZone, date: Date) -> Period {
    Period::new(Span::Month, zone, date.first_of_month(), date.last_of_month())
}

/// The quarter of a date, from January, April, July or October on.
pub fn quarter(zone: &TimeZone, date: Date) -> Period {
    let mut first = date.first_of_month();
    while first.month() % 3 != 1 {
        first = earlier(first, 1).first_of_month();
    }
    let mut last = first.last_of_month();
    while last.month() % 3 != 0 {
        last = later(last, 1).last_of_month();
    }
    Period::new(Span::Quarter, zone, first, last)
}

impl Span {
    /// Every length.
    pub const ALL: [Self; 3] = [Self::Week, Self::Month, Self::Quarter];

    /// What a report on it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Week => "weekly",
            Self::Month => "monthly",
            Self::Quarter => "quarterly",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Week => "2026-W45",
            Self::Month => "2026-11",
            Self::Quarter => "2026-Q4",
        }
    }

    /// Reads a period as it is written in a title: `2026-W45`.
    pub fn parse(self, zone: &TimeZone, text: &str) -> Result<Period, PeriodError> {
        // What is not written the one way, such as `2026-W5`, is refused.
        let period = self.day_in(text).map(|it| self.of(zone, it));
        period.filter(|it| it.to_string() == text).ok_or_else(|| PeriodError {
            span: self,
            got: text.chars().take(40).flat_map(char::escape_default).collect(),
        })
    }

    fn day_in(self, text: &str) -> Option<Date> {
        let (year, rest) = text.split_once('-')?;
        let year = year.parse().ok()?;
        match self {
            Self::Week => {
                let week = rest.strip_prefix('W')?.parse().ok()?;
                ISOWeekDate::new(year, week, Weekday::Monday).ok().map(ISOWeekDate::date)
            }
            Self::Month => Date::new(year, rest.parse().ok()?, 1).ok(),
            Self::Quarter => {
                let quarter: i8 = rest.strip_prefix('Q')?.parse().ok()?;
                Date::new(year, quarter.checked_mul(3)?, 1).ok()
            }
        }
    }

    /// The period of this length that a date lies in.
    pub fn of(self, zone: &TimeZone, date: Date) -> Period {
        match self {
            Self::Week => week(zone, date),
            Self::Month => month(zone, date),
            Self::Quarter => quarter(zone, date),
        }
    }
}

impl Period {
    fn new(span: Span, zone: &TimeZone, first: Date, last: Date) -> Self {
        Self { span, zone: zone.clone(), first, last, within: calendar::days(zone, first, last) }
    }

    /// The one of the same length that ends where this one begins.
    pub fn before(&self) -> Self {
        self.span.of(&self.zone, earlier(self.first, 1))
    }

    /// The newest of a length that is over at an instant.
    pub fn newest_over(span: Span, zone: &TimeZone, now: Timestamp) -> Self {
        span.of(zone, zone.to_datetime(now).date()).before()
    }

    /// Whether nothing more can happen in it.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.within.to <= now
    }

    /// The IANA name of the zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Its parts, one after the other, without a gap.
    pub fn buckets(&self) -> Vec<Bucket> {
        let mut buckets = Vec::new();
        let mut first = self.first;
        loop {
            let last = match self.span {
                Span::Week | Span::Month => first,
                Span::Quarter => week(&self.zone, first).last.min(self.last),
            };
            let within = calendar::days(&self.zone, first, last);
            buckets.push(Bucket { first, last, within });
            // At the end of time there is no day after the last.
            if last >= self.last || later(last, 1) == last {
                return buckets;
            }
            first = later(last, 1);
        }
    }
}

/// As it stands in a title and a file name: `2026-W45`, `2026-11`, `2026-Q4`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let year = self.first.year();
        match self.span {
            Span::Week => {
                let week = self.first.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            Span::Month => write!(f, "{year:04}-{:02}", self.first.month()),
            Span::Quarter => write!(f, "{year:04}-Q{}", (self.first.month() + 2) / 3),
        }
    }
}

fn earlier(date: Date, days: i64) -> Date {
    date.saturating_sub(days_long(days))
}

fn later(date: Date, days: i64) -> Date {
    date.saturating_add(days_long(days))
}

/// Dates have no hours that the clocks could skip.
fn days_long(days: i64) -> SignedDuration {
    SignedDuration::from_secs(DAY.as_secs() * days)
}
