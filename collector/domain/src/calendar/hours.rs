//! Opening hours as people write them: `mon-fri 08:00-17:00`.

use std::fmt;

use jiff::civil::{Time, Weekday};

use crate::calendar::Window;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Why a string says no opening hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` says no opening hours: {wrong}")]
pub struct HoursError {
    /// What was given.
    pub got: String,
    /// What is wrong with it, and what would be right.
    pub wrong: &'static str,
}

/// Reads days and hours: `mon-fri 08:00-17:00`, `sat,sun 10:00-14:00`, `daily
/// 22:00-06:00`. Hours that pass midnight are two windows.
pub fn parse_hours(text: &str) -> Result<Vec<Window>, HoursError> {
    read(text).map_err(|wrong| HoursError { got: text.escape_default().to_string(), wrong })
}

fn read(text: &str) -> Result<Vec<Window>, &'static str> {
    let words: Vec<_> = text.split_whitespace().collect();
    let [days, hours] = words.as_slice() else {
        return Err("write them like `mon-fri 08:00-17:00`");
    };
    let (opens, closes) = hours.split_once('-').ok_or("the hours are like `08:00-17:00`")?;
    let opens = clock(opens)?;
    let closes = if closes == "24:00" { Time::midnight() } else { clock(closes)? };
    if opens == closes && opens != Time::midnight() {
        return Err("it opens when it closes; all day is `00:00-24:00`");
    }
    let mut windows = Vec::new();
    for days in days.split(',') {
        for day in read_days(days)? {
            if opens < closes || closes == Time::midnight() {
                windows.push(Window { day, opens, closes });
            } else {
                windows.push(Window { day, opens, closes: Time::midnight() });
                windows.push(Window { day: day.next(), opens: Time::midnight(), closes });
            }
        }
    }
    Ok(windows)
}

fn read_days(text: &str) -> Result<impl Iterator<Item = Weekday>, &'static str> {
    let day = |name: &str| {
        let known = DAYS.iter().find(|(it, _)| *it == name);
        known.map(|(_, day)| *day).ok_or("days are mon, tue, wed, thu, fri, sat, sun or daily")
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (day(first)?, day(last)?),
        None if text == "daily" => (Weekday::Monday, Weekday::Sunday),
        None => (day(text)?, day(text)?),
    };
    let count = usize::try_from(first.until(last)).unwrap_or_default() + 1;
    Ok(first.cycle_forward().take(count))
}

fn clock(text: &str) -> Result<Time, &'static str> {
    const WRONG: &str = "a time of day is like `08:00`, up to `24:00` for the day's end";
    let digits = |it: &str| {
        let two = it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
        it.parse::<i8>().ok().filter(|_| two)
    };
    let (hour, minute) = text.split_once(':').ok_or(WRONG)?;
    let (hour, minute) = digits(hour).zip(digits(minute)).ok_or(WRONG)?;
    Time::new(hour, minute, 0, 0).map_err(|_out_of_range| WRONG)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, _) = DAYS[self.day.to_monday_zero_offset() as usize];
        let clock = |it: Time| format!("{:02}:{:02}", it.hour(), it.minute());
        let closes = match self.closes == Time::midnight() {
            true => "24:00".to_owned(),
            false => clock(self.closes),
        };
        write!(f, "{day} {}-{closes}", clock(self.opens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let windows: Vec<_> = parse_hours(text).unwrap().iter().map(Window::to_string).collect();
        assert_eq!(windows, expected, "{text}");
    }

    #[test]
    fn hours_are_read_day_by_day() {
        check("mon-wed 08:00-17:00", &["mon 08:00-17:00", "tue 08:00-17:00", "wed 08:00-17:00"]);
        check("sat,mon 00:00-24:00", &["sat 00:00-24:00", "mon 00:00-24:00"]);
        check("sat-mon 09:30-12:00", &["sat 09:30-12:00", "sun 09:30-12:00", "mon 09:30-12:00"]);
        assert_eq!(parse_hours("daily 00:00-24:00").unwrap().len(), 7);
    }

    #[test]
    fn hours_past_midnight_are_two_windows() {
        check("sun 22:00-06:00", &["sun 22:00-24:00", "mon 00:00-06:00"]);
    }

    #[test]
    fn what_says_no_hours_is_refused() {
        for bad in [
            "",
            "mon-fri",
            "mon-fri 8-17",
            "mon-fri 8:00-17:00",
            "mon-fri 08:00-25:00",
            "mon-fri 08:00 - 17:00",
            "weekdays 08:00-17:00",
            "mon 09:00-09:00",
            "mon 24:00-06:00",
            "mon, 09:00-10:00",
            "mon -1:00-10:00",
            "mon +1:00-10:00",
        ] {
            assert!(parse_hours(bad).is_err(), "{bad:?}");
        }
        let err = parse_hours("mon 09:00-09:00").unwrap_err();
        let expected = "`mon 09:00-09:00` says no opening hours: it opens when it closes; all day is `00:00-24:00`";
        assert_eq!(err.to_string(), expected);
    }
}
