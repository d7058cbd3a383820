//! Times and lengths of time, as a person reads them.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// A length of time in its largest unit: `45 min`, `5 h`, `3 days`.
pub(crate) fn span(length: SignedDuration) -> String {
    let (minutes, hours) = (length.as_mins(), length.as_hours());
    match hours {
        0 => format!("{minutes} min"),
        ..48 => format!("{hours} h"),
        _ => format!("{} days", hours / 24),
    }
}

/// A moment to the minute, on the dial of an IANA zone or else in UTC.
pub(crate) fn moment(at: Timestamp, zone: Option<&str>) -> String {
    let zone = zone.and_then(|it| TimeZone::get(it).ok()).unwrap_or(TimeZone::UTC);
    at.to_zoned_datetime(zone).strftime("%a %Y-%m-%d %H:%M %Z").to_string()
}

/// The first few of some names, and how many more there are.
pub(super) fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
