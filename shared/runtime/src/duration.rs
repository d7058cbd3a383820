//! Lengths of time as people write them: `30s`, `10m`, `1h30m`, `7d`.
//!
//! Whole numbers with units, largest unit first, nothing in between. Never
//! negative, a year at most, so that adding one to a date cannot overflow.

use std::{fmt, str::FromStr};

use jiff::SignedDuration;
use serde::{Deserialize, de};

/// The units, largest first, in milliseconds.
const UNITS: [(&str, i64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// A year, in milliseconds.
const LONGEST: i64 = 366 * 86_400_000;

/// Why a text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Neither number nor unit, or in the wrong order.
    #[error("`{0}` is not a length of time: write it like `30s`, `10m`, `1h30m` or `7d`")]
    Malformed(String),
    /// More than anything of ours may take.
    #[error("`{0}` is longer than a year")]
    TooLong(String),
}

/// A length of time that reads and prints itself, for settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub SignedDuration);

impl Span {
    /// For the interfaces of the standard library.
    pub fn unsigned(self) -> std::time::Duration {
        self.0.unsigned_abs()
    }
}

impl FromStr for Span {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        parse(text).map(Self)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format(self.0))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Reads a length of time.
pub fn parse(text: &str) -> Result<SignedDuration, DurationError> {
    let shown = || text.chars().take(40).flat_map(char::escape_default).collect::<String>();
    let malformed = || DurationError::Malformed(shown());
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total = 0_i64;
    while !rest.is_empty() {
        let (number, tail) = split(rest, |it| it.is_ascii_digit());
        let (unit, tail) = split(tail, |it| it.is_ascii_alphabetic());
        // What was passed over or used is gone: each unit once, largest first.
        let (_, millis) = units.find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        if number.is_empty() {
            return Err(malformed());
        }
        // Only digits are left, so what does not fit is too long.
        let number = number.parse().unwrap_or(i64::MAX);
        total = total.saturating_add(millis.saturating_mul(number));
        rest = tail;
    }
    match total {
        _ if text.is_empty() => Err(malformed()),
        total if total > LONGEST => Err(DurationError::TooLong(shown())),
        total => Ok(SignedDuration::from_millis(total)),
    }
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|it| !belongs(it)).unwrap_or(text.len()))
}

/// Writes a length of time the way [`parse`] reads it, to the millisecond.
pub fn format(duration: SignedDuration) -> String {
    let millis = duration.as_millis();
    let mut rest = millis.unsigned_abs();
    let mut text = String::from(if millis < 0 { "-" } else { "" });
    for (name, size) in UNITS {
        let count = rest / u128::from(size.unsigned_abs());
        rest %= u128::from(size.unsigned_abs());
        if count > 0 {
            text.push_str(&format!("{count}{name}"));
        }
    }
    if millis == 0 { "0s".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood_and_written_back() {
        for (text, seconds) in [
            ("0s", 0),
            ("30s", 30),
            ("10m", 600),
            ("1h30m", 5400),
            ("7d", 604_800),
            ("1d2h3m4s", 93_784),
        ] {
            let duration = parse(text).unwrap();
            assert_eq!(duration, SignedDuration::from_secs(seconds), "{text}");
            assert_eq!(format(duration), text);
        }
        assert_eq!(parse("1500ms").map(format).unwrap(), "1s500ms");
    }

    #[test]
    fn what_could_be_misread_is_refused() {
        for text in ["", "5", "m", "-5m", "5 m", "1.5h", "5M", "5m1h", "5m5m", "5mins", "ä"] {
            let err = parse(text).unwrap_err();
            assert!(err.to_string().contains("write it like `30s`"), "{text}: {err}");
        }
    }

    #[test]
    fn more_than_a_year_is_refused_whatever_its_size() {
        for text in ["367d", "99999999999999999999d", "9223372036854775807ms"] {
            assert_eq!(parse(text), Err(DurationError::TooLong(text.into())));
        }
    }
}
