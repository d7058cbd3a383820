//! The hours for which a row holds.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date};
use remit_shared::CalendarName;

use crate::{
    calendar::{self, Calendar, Segment, Segments},
    matrix::Matrix,
};

/// The hours for which a row holds: `always`, `during office`, `outside
/// office`, `holidays of office`, `dates 2026-12-24..2026-12-26 of office`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum When {
    /// At all hours.
    #[default]
    Always,
    /// While the calendar is open.
    During(CalendarName),
    /// While the calendar is shut, on holidays too.
    Outside(CalendarName),
    /// On the calendar's holidays, from midnight to midnight.
    Holidays(CalendarName),
    /// On set dates, in the calendar's zone, from midnight to midnight.
    Dates {
        /// Whose zone it is.
        calendar: CalendarName,
        /// The first date.
        first: Date,
        /// The last date.
        last: Date,
    },
}

/// Why a string says no hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` says no hours: use `always`, `during CALENDAR`, `outside CALENDAR`, `holidays of CALENDAR` or `dates 2026-12-24..2026-12-26 of CALENDAR`"
)]
pub struct WhenError(pub String);

impl When {
    /// The calendar it refers to.
    pub fn calendar(&self) -> Option<&CalendarName> {
        match self {
            Self::Always => None,
            Self::During(it) | Self::Outside(it) | Self::Holidays(it) => Some(it),
            Self::Dates { calendar, .. } => Some(calendar),
        }
    }

    /// How exceptional the hours are: always, weekly hours, holidays, set dates.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Always => 0,
            Self::During(_) | Self::Outside(_) => 1,
            Self::Holidays(_) => 2,
            Self::Dates { .. } => 3,
        }
    }

    /// Whether it holds at an instant. What refers to a calendar that does not
    /// exist never does.
    pub fn holds(&self, matrix: &Matrix, at: Timestamp) -> bool {
        let with = |name, test: &dyn Fn(&Calendar) -> bool| matrix.calendar(name).is_some_and(test);
        match self {
            Self::Always => true,
            Self::During(name) => with(name, &|it| calendar::is_open(it, at)),
            Self::Outside(name) => with(name, &|it| !calendar::is_open(it, at)),
            Self::Holidays(name) => with(name, &|it| it.holiday(at).is_some()),
            Self::Dates { calendar, first, last } => {
                with(calendar, &|it| calendar::days(&it.zone, *first, *last).contains(at))
            }
        }
    }

    /// When it holds between two instants.
    pub fn segments(&self, matrix: &Matrix, within: Segment) -> Segments {
        let with = |name, read: &dyn Fn(&Calendar) -> Segments| {
            matrix.calendar(name).map(read).unwrap_or_default()
        };
        match self {
            Self::Always => within.into(),
            Self::During(name) => with(name, &|it| calendar::segments(it, within)),
            Self::Outside(name) => with(name, &|it| calendar::segments(it, within).without(within)),
            Self::Holidays(name) => with(name, &|it| calendar::holidays(it, within)),
            Self::Dates { calendar, first, last } => with(calendar, &|it| {
                Segments::from(calendar::days(&it.zone, *first, *last)).within(within)
            }),
        }
    }
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        let refused = || WhenError(text.escape_default().to_string());
        let name = |it: &str| it.parse::<CalendarName>().map_err(|_| refused());
        let words: Vec<_> = text.split_whitespace().collect();
        match words.as_slice() {
            ["always"] => Ok(Self::Always),
            ["during", it] => Ok(Self::During(name(it)?)),
            ["outside", it] => Ok(Self::Outside(name(it)?)),
            ["holidays", "of", it] => Ok(Self::Holidays(name(it)?)),
            ["dates", dates, "of", it] => {
                let (first, last) = dates.split_once("..").unwrap_or((dates, dates));
                let date = |it: &str| it.parse::<Date>().map_err(|_| refused());
                let (first, last) = (date(first)?, date(last)?);
                let calendar = name(it)?;
                if first > last {
                    Err(refused())
                } else {
                    Ok(Self::Dates { calendar, first, last })
                }
            }
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::During(it) => write!(f, "during {it}"),
            Self::Outside(it) => write!(f, "outside {it}"),
            Self::Holidays(it) => write!(f, "holidays of {it}"),
            Self::Dates { calendar, first, last } if first == last => {
                write!(f, "dates {first} of {calendar}")
            }
            Self::Dates { calendar, first, last } => {
                write!(f, "dates {first}..{last} of {calendar}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_back() {
        for text in [
            "always",
            "during office",
            "outside office",
            "holidays of office",
            "dates 2026-12-24 of office",
            "dates 2026-12-24..2026-12-26 of office",
        ] {
            assert_eq!(text.parse::<When>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_says_no_hours_is_refused() {
        for bad in [
            "",
            "office",
            "during",
            "while office",
            "during Office",
            "dates 2026-12-26..2026-12-24 of office",
        ] {
            assert!(bad.parse::<When>().is_err(), "{bad:?}");
        }
    }
}
