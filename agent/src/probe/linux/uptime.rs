//! How long the machine has been up, from `/proc/uptime`.
//!
//! When it was started is said once per session, in
//! [`Host`](remit_shared::Host).

use remit_shared::{Body, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, linux::proc_file::ProcFile, value};

const PATH: &str = "/proc/uptime";

/// Measures how long ago the machine was started.
#[derive(Debug)]
pub struct UptimeProbe {
    uptime: ProcFile,
    series: [Series; 1],
}

impl UptimeProbe {
    /// A probe that has not looked yet.
    pub fn new() -> Self {
        let series = value::series("", [("uptime", Unit::Seconds)]);
        Self { uptime: ProcFile::new(PATH), series }
    }
}

impl Default for UptimeProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for UptimeProbe {
    fn name(&self) -> &'static str {
        "uptime"
    }

    fn source(&self) -> &'static str {
        PATH
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let seconds = parse(&self.uptime.read()?)?;
        let readings = value::readings(&self.series, [Some(seconds)]).collect();
        Ok(Sample::full(Body::Readings(readings)))
    }
}

fn parse(uptime: &str) -> Result<i64, ProbeError> {
    let first = uptime.split_ascii_whitespace().next().and_then(value::milli);
    let missing = || ProbeError::Parse { what: PATH.into(), field: "the seconds".into() };
    first.map(|millis| millis / 1000).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_machines_are_read() {
        for (text, seconds) in [
            ("2140.98 3589.84\n", 2140),
            ("0.31 0.00\n", 0),
            ("58290155.42 1748700000.11\n", 58_290_155), // nearly two years
        ] {
            assert_eq!(parse(text).unwrap(), seconds);
        }
    }

    #[test]
    fn a_text_without_seconds_is_named() {
        for text in ["", "\n", "up 3 days"] {
            let err = parse(text).unwrap_err().to_string();
            assert_eq!(err, "failed to find the seconds in /proc/uptime");
        }
    }
}
