//! Processors, from `GetSystemTimes`: what share of the time since the last
//! sample they were busy.
//!
//! Performance counters would tell the same and more; they are slow to open,
//! and break on machines where their registry is damaged. Windows knows no
//! time spent waiting for disks, and what a hypervisor keeps from it counts as
//! time that has not passed.

use std::io;

use remit_shared::{Body, Completeness, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, value};

const SOURCE: &str = "GetSystemTimes";

/// Where the time of all processors went since the machine was started, in
/// units of 100 ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// In no program.
    pub idle: u64,
    /// In the kernel, which is where Windows counts being idle, too.
    pub kernel: u64,
    /// In programs.
    pub user: u64,
}

/// Measures how busy the processors are.
#[derive(Debug)]
pub struct CpuProbe {
    ask: fn() -> io::Result<Times>,
    series: [Series; 1],
    before: Option<Times>,
}

impl CpuProbe {
    /// A probe that has not looked yet.
    pub fn new(ask: fn() -> io::Result<Times>) -> Self {
        Self { ask, series: value::series("", [("cpu_busy", Unit::Permille)]), before: None }
    }
}

impl Probe for CpuProbe {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn source(&self) -> &'static str {
        SOURCE
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let times = (self.ask)().map_err(|err| ProbeError::read(SOURCE, err))?;
        let busy = self.before.replace(times).and_then(|before| busy(before, times));
        let Some(busy) = busy else {
            return Ok(Sample {
                completeness: Completeness::Partial,
                missing: "all: a share of time takes two looks".into(),
                ..Sample::full(Body::Readings(vec![]))
            });
        };
        let readings = value::readings(&self.series, [Some(busy)]).collect();
        Ok(Sample::full(Body::Readings(readings)))
    }
}

/// The share of the time between two looks, if any time has passed.
fn busy(before: Times, after: Times) -> Option<i64> {
    let idle = after.idle.saturating_sub(before.idle);
    let kernel = after.kernel.saturating_sub(before.kernel);
    let user = after.user.saturating_sub(before.user);
    let all = u128::from(kernel) + u128::from(user);
    // The three are read one after the other, so that idle may be ahead.
    (all > 0).then(|| value::permille(all.saturating_sub(u128::from(idle)), all))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::fake;

    #[test]
    fn being_idle_is_part_of_the_kernels_time() {
        let before = Times { idle: 1000, kernel: 1500, user: 500 };
        for (idle, kernel, user, expected) in [
            (1060, 1580, 520, Some(400)), // 100 passed, 60 of them idle
            (1100, 1600, 500, Some(0)),   // all idle
            (1000, 1550, 550, Some(1000)),
            (1101, 1600, 500, Some(0)), // read a moment later
            (1000, 1500, 500, None),    // no time has passed
        ] {
            assert_eq!(busy(before, Times { idle, kernel, user }), expected);
        }
    }

    #[test]
    fn there_is_a_share_from_the_second_look_on() {
        let mut probe = CpuProbe::new(|| Ok(Times { idle: 1, kernel: 2, user: 3 }));
        let first = probe.sample(fake::turn(0)).unwrap();
        assert_eq!(first.completeness, Completeness::Partial);
        probe.before = Some(Times::default());
        let Body::Readings(readings) = probe.sample(fake::turn(1)).unwrap().body else { panic!() };
        assert_eq!((&*readings[0].series.metric, readings[0].value), ("cpu_busy", 800));
    }

    #[test]
    fn a_call_that_fails_is_named() {
        let mut probe = CpuProbe::new(|| Err(io::ErrorKind::PermissionDenied.into()));
        let err = probe.sample(fake::turn(0)).unwrap_err();
        assert_eq!(err.to_string(), "no permission to read GetSystemTimes");
    }

    proptest! {
        #[test]
        fn a_share_is_a_share(counts: [u64; 6]) {
            let times = |at: usize| {
                Times { idle: counts[at], kernel: counts[at + 1], user: counts[at + 2] }
            };
            if let Some(busy) = busy(times(0), times(3)) {
                prop_assert!((0..=1000).contains(&busy));
            }
        }
    }
}
