//! How long the machine has been up, and how many processes there are.
//!
//! Windows counts a start from hibernation, which is what "shut down" leads to
//! on many desktops, as no start at all.

use std::{io, time::Duration};

use remit_shared::{Body, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, value};

const PROCESSES: &str = "EnumProcesses";

/// Measures how long ago the machine was started.
#[derive(Debug)]
pub struct UptimeProbe {
    ask: fn() -> Duration,
    series: [Series; 1],
}

impl UptimeProbe {
    /// A probe that has not looked yet.
    pub fn new(ask: fn() -> Duration) -> Self {
        Self { ask, series: value::series("", [("uptime", Unit::Seconds)]) }
    }
}

impl Probe for UptimeProbe {
    fn name(&self) -> &'static str {
        "uptime"
    }

    fn source(&self) -> &'static str {
        "GetTickCount64"
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let values = [Some(value::whole((self.ask)().as_secs()))];
        Ok(Sample::full(Body::Readings(value::readings(&self.series, values).collect())))
    }
}

/// Counts processes.
#[derive(Debug)]
pub struct ProcessProbe {
    ask: fn() -> io::Result<u64>,
    series: [Series; 1],
}

impl ProcessProbe {
    /// A probe that has not looked yet.
    pub fn new(ask: fn() -> io::Result<u64>) -> Self {
        Self { ask, series: value::series("", [("process_count", Unit::Count)]) }
    }
}

impl Probe for ProcessProbe {
    fn name(&self) -> &'static str {
        "process"
    }

    fn source(&self) -> &'static str {
        PROCESSES
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let count = (self.ask)().map_err(|err| ProbeError::read(PROCESSES, err))?;
        let values = [Some(value::whole(count))];
        Ok(Sample::full(Body::Readings(value::readings(&self.series, values).collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::fake;

    fn reading(probe: &mut dyn Probe) -> (String, i64) {
        let Body::Readings(readings) = probe.sample(fake::turn(0)).unwrap().body else { panic!() };
        (readings[0].series.to_string(), readings[0].value)
    }

    #[test]
    fn what_is_asked_is_told_in_whole_numbers() {
        let mut uptime = UptimeProbe::new(|| Duration::from_millis(61_999));
        assert_eq!(reading(&mut uptime), ("uptime".into(), 61));
        assert_eq!(reading(&mut ProcessProbe::new(|| Ok(187))), ("process_count".into(), 187));
    }
}
