//! Points in time as people type them.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use remit_runtime::duration::Span;

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

/// A point in time, or how far it is from now: `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Around {
    /// So far away.
    Distance(SignedDuration),
    /// Then.
    At(At),
}

impl FromStr for Around {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<Span>() {
            Ok(span) => Ok(Self::Distance(span.0)),
            Err(_) => text.parse().map(Self::At).map_err(|it: String| format!("{it}, or `30d`")),
        }
    }
}

impl Around {
    /// That long before now, or then.
    pub(crate) fn ago(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Failure> {
        self.instant(zone, |far| now.checked_sub(far))
    }

    /// That long after now, or then.
    pub(crate) fn ahead(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Failure> {
        self.instant(zone, |far| now.checked_add(far))
    }

    fn instant(
        self,
        zone: &TimeZone,
        from_now: impl Fn(SignedDuration) -> Result<Timestamp, jiff::Error>,
    ) -> Result<Timestamp, Failure> {
        match self {
            Self::At(at) => at.in_zone(zone),
            Self::Distance(far) => {
                from_now(far).map_err(|err| Failure::usage(format!("that is too far: {err}")))
            }
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
    fn a_distance_counts_from_now() {
        let now: Timestamp = "2026-11-24T22:00:00Z".parse().unwrap();
        let far: Around = "2d".parse().unwrap();
        assert_eq!(far.ago(now, &TimeZone::UTC).unwrap().to_string(), "2026-11-22T22:00:00Z");
        assert_eq!(far.ahead(now, &TimeZone::UTC).unwrap().to_string(), "2026-11-26T22:00:00Z");
        let then: Around = "2026-11-01 08:00".parse().unwrap();
        assert_eq!(then.ago(now, &TimeZone::UTC).unwrap().to_string(), "2026-11-01T08:00:00Z");
        assert!("soon".parse::<Around>().unwrap_err().ends_with("or `30d`"));
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
