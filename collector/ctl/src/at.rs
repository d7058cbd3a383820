//! Points in time as people type them.

use std::str::FromStr;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::failure::Failure;

/// A point in time: exact, or of whoever's clock is on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// With an offset: `2026-11-24T22:00:00-05:00`.
    Instant(Timestamp),
    /// Without one: `2026-11-24 22:00`.
    Local(DateTime),
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let instant = text.parse().map(Self::Instant);
        instant.or_else(|_| text.parse().map(Self::Local)).map_err(|_| {
            "write it like `2026-11-24 22:00` (local time) or `2026-11-24T22:00:00-05:00`".into()
        })
    }
}

impl At {
    /// Which instant that is where the user is. An hour that the clocks skip or
    /// repeat is refused: a guess would name the wrong owner.
    pub(crate) fn in_zone(self, zone: &TimeZone) -> Result<Timestamp, Failure> {
        match self {
            Self::Instant(at) => Ok(at),
            Self::Local(local) => zone.to_ambiguous_timestamp(local).unambiguous().map_err(|_| {
                Failure::usage(format!("the clocks change here at {local}"))
                    .hint("write the time with its offset, like `2026-11-01T01:30:00-05:00`")
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_york() -> TimeZone {
        TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()
    }

    #[test]
    fn local_and_exact_times_meet() {
        let exact: At = "2026-11-24T22:00:00-05:00".parse().unwrap();
        for local in ["2026-11-24 22:00", "2026-11-24T22:00:00"] {
            let local: At = local.parse().unwrap();
            assert!(matches!(local, At::Local(_)));
            assert_eq!(local.in_zone(&new_york()).unwrap(), exact.in_zone(&new_york()).unwrap());
        }
    }

    #[test]
    fn an_hour_that_comes_twice_or_never_is_not_guessed() {
        for text in ["2026-11-01 01:30", "2026-03-08 02:30"] {
            let at: At = text.parse().unwrap();
            let failure = at.in_zone(&new_york()).unwrap_err();
            assert!(failure.to_string().contains("with its offset"), "{failure}");
        }
    }

    #[test]
    fn what_is_no_time_is_answered_with_what_is() {
        for text in ["", "tomorrow", "22", "2026-13-01 10:00"] {
            let err = text.parse::<At>().unwrap_err();
            assert!(err.contains("2026-11-24 22:00"), "{text}");
        }
    }
}
