//! Days off that come by rule, without being listed for each year.
//!
//! # Invariants
//!
//! - A [`YearDay`] comes exactly once in every year: 29 February is kept on
//!   28 February in years that have none.
//! - [`HolidayRules`] apply the law as it stands today to any year. A day off
//!   that falls on a weekend is a day off where it falls and where it is kept.

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use jiff::civil::{Date, Weekday};

/// A day of every year: `--12-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct YearDay {
    month: i8,
    day: i8,
}

/// Why a text is no day of every year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no day of the year: write month and day like `--12-25`")]
pub struct YearDayError(pub String);

/// Days off that a law describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HolidayRules {
    /// The eleven of the United States' federal government, where they fall
    /// and where they are observed: Saturday's on Friday, Sunday's on Monday.
    UsFederal,
}

/// Why a text names no rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no holidays that are built in: use `us-federal`, or list them, or import a file"
)]
pub struct HolidayRulesError(pub String);

impl YearDay {
    /// A day that some year has.
    pub fn new(month: i8, day: i8) -> Option<Self> {
        const LEAP: i16 = 2024;
        Date::new(LEAP, month, day).ok().map(Self::from)
    }

    /// The date on which it is kept in a year.
    pub fn on(self, year: i16) -> Option<Date> {
        let first = Date::new(year, self.month, 1).ok()?;
        Date::new(year, self.month, self.day.min(first.days_in_month())).ok()
    }

    /// The days that are kept on a date: itself, and a 29 February that its
    /// year lacks.
    pub(super) fn kept_on(date: Date) -> impl Iterator<Item = Self> {
        let lacking = (date.month() == 2 && date.day() == 28 && !date.in_leap_year())
            .then_some(Self { month: 2, day: 29 });
        [Self::from(date)].into_iter().chain(lacking)
    }
}

impl From<Date> for YearDay {
    fn from(date: Date) -> Self {
        Self { month: date.month(), day: date.day() }
    }
}

impl FromStr for YearDay {
    type Err = YearDayError;

    fn from_str(text: &str) -> Result<Self, YearDayError> {
        let two = |it: &str| {
            let plain = it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
            it.parse::<i8>().ok().filter(|_| plain)
        };
        let read = || {
            let (month, day) = text.strip_prefix("--")?.split_once('-')?;
            Self::new(two(month)?, two(day)?)
        };
        read().ok_or_else(|| {
            YearDayError(text.chars().take(40).flat_map(char::escape_default).collect())
        })
    }
}

impl fmt::Display for YearDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{:02}-{:02}", self.month, self.day)
    }
}

impl HolidayRules {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsFederal => "us-federal",
        }
    }

    /// What a date is called, if it is a day off.
    pub fn holiday(self, date: Date) -> Option<&'static str> {
        match self {
            Self::UsFederal => us_federal(date),
        }
    }
}

impl FromStr for HolidayRules {
    type Err = HolidayRulesError;

    fn from_str(text: &str) -> Result<Self, HolidayRulesError> {
        match text {
            "us-federal" => Ok(Self::UsFederal),
            _ => Err(HolidayRulesError(
                text.chars().take(40).flat_map(char::escape_default).collect(),
            )),
        }
    }
}

impl fmt::Display for HolidayRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The year in which Juneteenth became a federal holiday.
const JUNETEENTH: i16 = 2021;

fn us_federal(date: Date) -> Option<&'static str> {
    // New Year's Day may be observed on the last day of the year before, so
    // each neighbor is asked about in its own year.
    let observed = match date.weekday() {
        Weekday::Friday => date.tomorrow().ok(),
        Weekday::Monday => date.yesterday().ok(),
        Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Saturday
        | Weekday::Sunday => None,
    };
    us_federal_weekday(date)
        .or_else(|| us_federal_date(date).map(|(name, _)| name))
        .or_else(|| observed.and_then(us_federal_date).map(|(_, observed)| observed))
}

/// Those that have a date of their own: as they are called there, and where
/// they are observed instead.
fn us_federal_date(date: Date) -> Option<(&'static str, &'static str)> {
    match (date.month(), date.day()) {
        (1, 1) => Some(("New Year's Day", "New Year's Day (observed)")),
        (6, 19) if JUNETEENTH <= date.year() => Some(("Juneteenth", "Juneteenth (observed)")),
        (7, 4) => Some(("Independence Day", "Independence Day (observed)")),
        (11, 11) => Some(("Veterans Day", "Veterans Day (observed)")),
        (12, 25) => Some(("Christmas Day", "Christmas Day (observed)")),
        _ => None,
    }
}

/// Those that are the so-manieth weekday of a month.
fn us_federal_weekday(date: Date) -> Option<&'static str> {
    let which = (date.day() - 1) / 7 + 1;
    let is_last = date.days_in_month() - date.day() < 7;
    match (date.month(), date.weekday(), which) {
        (1, Weekday::Monday, 3) => Some("Birthday of Martin Luther King, Jr."),
        (2, Weekday::Monday, 3) => Some("Washington's Birthday"),
        (5, Weekday::Monday, _) if is_last => Some("Memorial Day"),
        (9, Weekday::Monday, 1) => Some("Labor Day"),
        (10, Weekday::Monday, 2) => Some("Columbus Day"),
        (11, Weekday::Thursday, 4) => Some("Thanksgiving Day"),
        _ => None,
    }
}
