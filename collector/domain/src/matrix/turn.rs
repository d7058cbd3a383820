//! Turns of a rota and hours of a date, as people write them.

use jiff::civil::Time;

use crate::{calendar::Hours, rota::Turn};

/// Why a string is no turn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no turn: write how long somebody is on call like `12h`, `1d` or `1w`")]
pub struct TurnError(pub String);

/// Reads how long a turn lasts.
pub fn parse_turn(text: &str) -> Result<Turn, TurnError> {
    let read = || {
        let unit = text.char_indices().last().map(|(at, _)| at)?;
        let (count, unit) = text.split_at(unit);
        let plain = !count.is_empty() && count.bytes().all(|it| it.is_ascii_digit());
        let count: u16 = count.parse().ok().filter(|it| plain && 0 < *it)?;
        match unit {
            "h" => Some(Turn::Hours(count)),
            "d" => Some(Turn::Days(count)),
            "w" => Some(Turn::Weeks(count)),
            _ => None,
        }
    };
    read().ok_or_else(|| TurnError(text.chars().take(40).flat_map(char::escape_default).collect()))
}

/// Writes a turn the way it is read.
pub fn show_turn(turn: Turn) -> String {
    match turn {
        Turn::Hours(it) => format!("{it}h"),
        Turn::Days(it) => format!("{it}d"),
        Turn::Weeks(it) => format!("{it}w"),
    }
}

/// Writes the hours of a date: `08:00-12:00`.
pub fn show_hours(hours: &Hours) -> String {
    let closes = match hours.closes == Time::midnight() {
        true => "24:00".to_owned(),
        false => show_clock(hours.closes),
    };
    format!("{}-{closes}", show_clock(hours.opens))
}

/// Writes a time of day: `08:00`.
pub fn show_clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_reads_back() {
        for good in ["12h", "1d", "1w", "65535h"] {
            assert_eq!(show_turn(parse_turn(good).unwrap()), good);
        }
        for bad in ["", "w", "1", "0d", "+1d", "1m", "65536h", "1ü"] {
            assert!(parse_turn(bad).is_err(), "{bad:?}");
        }
    }
}
