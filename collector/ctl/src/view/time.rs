//! Points and lengths of time.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use remit_proto::convert::Wire;
use remit_runtime::duration;
use serde::{Serialize, Serializer};

use super::{Look, NOTHING};

/// A point in time; RFC 3339 in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) Timestamp);

/// What came from the wire, if it is a time.
pub(crate) fn time(message: Option<<Timestamp as Wire>::Message>) -> Option<Time> {
    Timestamp::from_wire("", message?).ok().map(Time)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Look {
    /// How long ago, or until when: for tables.
    pub(crate) fn ago(&self, at: Option<Time>) -> String {
        let Some(Time(at)) = at else { return NOTHING.into() };
        let distance = self.now.duration_since(at);
        let length = length(distance.abs());
        match distance {
            _ if distance.abs() < SignedDuration::from_secs(1) => "now".into(),
            past if past.is_positive() => format!("{length} ago"),
            _ => format!("in {length}"),
        }
    }

    /// How long it has been: for tables.
    pub(crate) fn age(&self, since: Option<Time>) -> String {
        since.map_or(NOTHING.into(), |Time(at)| length(self.now.duration_since(at).abs()))
    }

    /// To the second, in local time: `2026-11-24 22:00:00 -05:00`.
    pub(crate) fn exact(&self, at: Option<Time>) -> String {
        let Some(Time(at)) = at else { return NOTHING.into() };
        at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// The same without the offset, where a time with it is near.
    pub(crate) fn wall_clock(&self, at: Option<Time>) -> String {
        let Some(Time(at)) = at else { return NOTHING.into() };
        at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// When and how long ago: for details.
    pub(crate) fn both(&self, at: Option<Time>) -> String {
        match at {
            Some(_) => format!("{} ({})", self.exact(at), self.ago(at)),
            None => NOTHING.into(),
        }
    }
}

/// So many milliseconds, exactly: `11m15s`.
pub(crate) fn span(millis: u64) -> String {
    let millis = i64::try_from(millis).unwrap_or(i64::MAX);
    duration::format(SignedDuration::from_millis(millis))
}

/// In the largest unit that fits: `3 min`.
fn length(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let (number, unit) = match seconds {
        ..60 => (seconds, "s"),
        60..3600 => (seconds / 60, "min"),
        3600..172_800 => (seconds / 3600, "h"),
        172_800.. => (seconds / 86_400, "d"),
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn tables_say_how_long_ago_and_details_when() {
        let now: Timestamp = "2026-11-25T03:00:00Z".parse().unwrap();
        let zone = TimeZone::posix("EST5").unwrap();
        let look = Look { now, zone, color: false, width: 100 };
        for (seconds, expected) in [
            (0, "now"),
            (59, "59 s ago"),
            (200, "3 min ago"),
            (7200, "2 h ago"),
            (47 * 3600, "47 h ago"),
            (48 * 3600, "2 d ago"),
            (-600, "in 10 min"),
        ] {
            let at = now - SignedDuration::from_secs(seconds);
            assert_eq!(look.ago(Some(Time(at))), expected);
        }
        assert_eq!(look.exact(Some(Time(now))), "2026-11-24 22:00:00 -05:00");
        assert_eq!(look.both(None), "-");
        assert_eq!(Time(now).to_string(), "2026-11-25T03:00:00Z");
    }
}
