//! Measured values.

use jiff::SignedDuration;
use remit_proto::v1;
use remit_runtime::duration;
use serde::Serialize;

use super::{
    Look, View,
    table::{Field, Table},
    text::short,
    time::{Time, time},
};
use crate::word::spelled;

/// The newest value of a series.
#[derive(Debug, Serialize)]
pub(crate) struct Reading {
    pub(crate) metric: String,
    pub(crate) instance: String,
    pub(crate) unit: Option<&'static str>,
    pub(crate) value: i64,
    pub(crate) observed_at: Option<Time>,
}

impl From<v1::CurrentReading> for Reading {
    fn from(it: v1::CurrentReading) -> Self {
        Self {
            metric: it.metric,
            instance: it.instance,
            unit: spelled::<v1::Unit>(it.unit),
            value: it.value,
            observed_at: time(it.observed_at),
        }
    }
}

/// The newest values of an endpoint.
pub(crate) fn readings(readings: &[Reading], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for reading in readings {
        table.row([
            Field::Text(short(&reading.metric, 32)),
            Field::Text(short(&reading.instance, 24)),
            Field::Text(amount(reading.value, reading.unit)),
            Field::Text(look.ago(reading.observed_at)),
        ]);
    }
    table.text()
}

/// `remit endpoint readings`.
#[derive(Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) metric: String,
    pub(crate) instance: String,
    pub(crate) unit: Option<&'static str>,
    pub(crate) points: Vec<Point>,
}

/// One value at one time.
#[derive(Debug, Serialize)]
pub(crate) struct Point {
    pub(crate) at: Option<Time>,
    /// Null where the series was gone.
    pub(crate) value: Option<i64>,
}

impl From<v1::Point> for Point {
    fn from(it: v1::Point) -> Self {
        Self { at: time(it.at), value: it.value }
    }
}

impl View for Series {
    fn text(&self, look: &Look) -> String {
        if self.points.is_empty() {
            return "no readings".into();
        }
        let mut table = Table::new(look, &["AT", "VALUE"]);
        for point in &self.points {
            table.row([
                Field::Text(look.exact(point.at)),
                Field::Text(point.value.map_or("gone".into(), |it| amount(it, self.unit))),
            ]);
        }
        table.text()
    }
}

/// A value as people say it: `12.5 %`, `3.4 GiB`.
pub(crate) fn amount(value: i64, unit: Option<&str>) -> String {
    match unit {
        Some("bytes") => bytes(value),
        Some("bytes_per_second") => format!("{}/s", bytes(value)),
        Some("permille") => format!("{} %", tenths(value)),
        Some("milli") => format!("{:.3}", value as f64 / 1000.0),
        Some("seconds") => duration::format(SignedDuration::from_secs(value)),
        Some("milliseconds") => format!("{value} ms"),
        Some("flag") => if value == 0 { "no" } else { "yes" }.into(),
        Some(_) | None => value.to_string(),
    }
}

fn tenths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    format!("{sign}{}.{}", value / 10, value % 10)
}

fn bytes(value: i64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if value.unsigned_abs() < 1024 {
        return format!("{value} B");
    }
    let mut size = value as f64;
    let mut name = "B";
    for unit in UNITS {
        if size.abs() < 1024.0 {
            break;
        }
        size /= 1024.0;
        name = unit;
    }
    format!("{size:.1} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_said_as_people_say_them() {
        for (value, unit, expected) in [
            (999, Some("permille"), "99.9 %"),
            (-5, Some("permille"), "-0.5 %"),
            (1536, Some("bytes"), "1.5 KiB"),
            (1023, Some("bytes"), "1023 B"),
            (5 << 30, Some("bytes_per_second"), "5.0 GiB/s"),
            (i64::MAX, Some("bytes"), "8.0 EiB"),
            (1500, Some("milli"), "1.500"),
            (5400, Some("seconds"), "1h30m"),
            (1, Some("flag"), "yes"),
            (7, None, "7"),
        ] {
            assert_eq!(amount(value, unit), expected);
        }
    }
}
