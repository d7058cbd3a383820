//! Lengths of time as people write them: `15m`, `1h30m`, `2d`.

use jiff::SignedDuration;

/// The longest that anybody may write, so that adding one to a date of ours
/// cannot overflow.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Why a string is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: write it like `15m`, `1h30m` or `2d`, a year at most")]
pub struct LengthError(pub String);

/// Reads a length of time. Days are 24 hours.
pub fn parse_length(text: &str) -> Result<SignedDuration, LengthError> {
    read(text).ok_or_else(|| LengthError(text.escape_default().to_string()))
}

fn read(text: &str) -> Option<SignedDuration> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut seconds = 0i64;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit())?;
        let unit = rest[digits..].chars().next()?;
        // Continuing the same iterator makes each unit smaller than the last.
        let (_, lasts) = units.find(|(it, _)| *it == unit)?;
        let count: i64 = rest[..digits].parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(*lasts)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    let length = SignedDuration::from_secs(seconds);
    (!text.is_empty() && length <= LONGEST).then_some(length)
}

/// Writes a length of time the way it is read; parts of a second are left out.
pub fn show_length(length: SignedDuration) -> String {
    let mut left = length.as_secs();
    let mut text = String::new();
    for (unit, lasts) in UNITS {
        if left >= lasts {
            text.push_str(&format!("{}{unit}", left / lasts));
            left %= lasts;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_reads_back() {
        for text in ["15m", "1h30m", "2d", "1d12h", "45s", "0s"] {
            assert_eq!(show_length(parse_length(text).unwrap()), text);
        }
        assert_eq!(parse_length("90m"), Ok(SignedDuration::from_mins(90)));
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for bad in [
            "",
            "15",
            "m",
            "15 m",
            "-5m",
            "15m1h",
            "1h1h",
            "1y",
            "367d",
            "99999999999999999999s",
            "1é",
        ] {
            assert!(parse_length(bad).is_err(), "{bad:?}");
        }
    }
}
