//! Thresholds with a clear level of their own.

use jiff::SignedDuration;
use remit_shared::{Series, Unit};

use crate::detect::Level;

/// When a measured value is bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The metric that is watched.
    pub metric: &'static str,
    /// Which side is bad.
    pub side: Side,
    /// From here on it is a warning, if anything is.
    pub warn: Option<i64>,
    /// From here on it is critical, if anything is.
    pub crit: Option<i64>,
    /// From here back it is well again; between this and the warning threshold
    /// nothing changes.
    pub clear: i64,
    /// How long it must be bad before it counts.
    pub hold: SignedDuration,
    /// How long it must be well before that counts.
    pub clear_hold: SignedDuration,
    /// What is short, in words: `disk space`.
    pub title: &'static str,
}

/// Which side of a threshold is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Too much.
    Above,
    /// Too much in either direction.
    Beyond,
}

impl Threshold {
    /// The level of a value, given the level so far.
    pub fn judge(&self, current: Level, value: i64) -> Level {
        let value = match self.side {
            Side::Above => value,
            Side::Beyond => value.saturating_abs(),
        };
        let past = |limit: Option<i64>| limit.is_some_and(|it| value >= it);
        if past(self.crit) {
            Level::Crit
        } else if past(self.warn) {
            Level::Warn
        } else if value > self.clear && current != Level::Ok {
            // Not bad enough to begin, not good enough to end.
            if self.warn.is_some() { Level::Warn } else { current }
        } else {
            Level::Ok
        }
    }

    /// What is the matter, in one line.
    pub fn describe(&self, series: &Series, level: Level, value: i64) -> String {
        let of = if series.instance.is_empty() {
            self.title.to_owned()
        } else {
            format!("{} on {}", self.title, series.instance)
        };
        let value = show(value, series.unit);
        let limit = match level {
            Level::Ok => return format!("{of} is well again: {value}"),
            Level::Warn => self.warn,
            Level::Crit => self.crit,
        };
        match limit {
            Some(limit) => format!("{of}: {value} (limit {})", show(limit, series.unit)),
            None => format!("{of}: {value}"),
        }
    }
}

/// A value in the words of its unit.
pub fn show(value: i64, unit: Unit) -> String {
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    match unit {
        Unit::Permille => format!("{sign}{}.{} %", size / 10, size % 10),
        Unit::Milli => format!("{sign}{}.{:02}", size / 1000, size % 1000 / 10),
        Unit::Bytes => bytes(value),
        Unit::BytesPerSecond => format!("{}/s", bytes(value)),
        Unit::Seconds => format!("{value} s"),
        Unit::Milliseconds => format!("{value} ms"),
        Unit::Count => value.to_string(),
        Unit::Flag => if value == 0 { "no" } else { "yes" }.to_owned(),
    }
}

fn bytes(value: i64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut scaled, mut unit) = (value, 0);
    let mut tenths = 0;
    while scaled.abs() >= 1024 && unit + 1 < units.len() {
        tenths = (scaled % 1024).abs() * 10 / 1024;
        scaled /= 1024;
        unit += 1;
    }
    if unit == 0 { format!("{scaled} B") } else { format!("{scaled}.{tenths} {}", units[unit]) }
}
