//! Processors, from the first line of `/proc/stat`: what share of the time
//! since the last sample they were busy, waiting for disks, or kept from us by
//! the hypervisor.
//!
//! The three shares and the idle one make a whole. There is nothing to say at
//! the first sample, since the counters run since the machine was started.

use remit_shared::{Body, Completeness, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, linux::proc_file::ProcFile, value};

const PATH: &str = "/proc/stat";

/// Measures how busy the processors are.
#[derive(Debug)]
pub struct CpuProbe {
    stat: ProcFile,
    series: [Series; 3],
    before: Option<Times>,
}

/// Where time went since the machine was started, in ticks of all processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Times {
    busy: u64,
    idle: u64,
    iowait: u64,
    steal: u64,
}

impl CpuProbe {
    /// A probe that has not looked yet.
    pub fn new() -> Self {
        let named = ["cpu_busy", "cpu_iowait", "cpu_steal"].map(|name| (name, Unit::Permille));
        Self { stat: ProcFile::new(PATH), series: value::series("", named), before: None }
    }
}

impl Default for CpuProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for CpuProbe {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn source(&self) -> &'static str {
        PATH
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let times = parse(&self.stat.read()?)?;
        let shares = self.before.replace(times).and_then(|before| shares(before, times));
        let Some(shares) = shares else {
            return Ok(Sample {
                completeness: Completeness::Partial,
                missing: "all: a share of time takes two looks".into(),
                ..Sample::full(Body::Readings(vec![]))
            });
        };
        let readings = value::readings(&self.series, shares.map(Some)).collect();
        Ok(Sample::full(Body::Readings(readings)))
    }
}

/// Kernels before 2.6 stop after `idle`, later ones after `softirq` or `steal`.
fn parse(stat: &str) -> Result<Times, ProbeError> {
    let missing = || ProbeError::Parse { what: PATH.into(), field: "the line `cpu`".into() };
    let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu "));
    // user nice system idle iowait irq softirq steal. What follows, time given
    // to guests, is counted in `user` and `nice` already.
    let mut ticks = [0; 8];
    let mut known = 0;
    for word in line.ok_or_else(missing)?.split_ascii_whitespace().take(ticks.len()) {
        ticks[known] = word.parse().map_err(|_| missing())?;
        known += 1;
    }
    if known < 4 {
        return Err(missing());
    }
    let [user, nice, system, idle, iowait, irq, softirq, steal] = ticks;
    let busy = [user, nice, system, irq, softirq].into_iter().fold(0, u64::saturating_add);
    Ok(Times { busy, idle, iowait, steal })
}

/// The shares of the time between two looks, if any time has passed.
fn shares(before: Times, after: Times) -> Option<[i64; 3]> {
    // A counter may go back, `iowait` at whim and all of them when a processor
    // is taken out.
    let busy = after.busy.saturating_sub(before.busy);
    let idle = after.idle.saturating_sub(before.idle);
    let iowait = after.iowait.saturating_sub(before.iowait);
    let steal = after.steal.saturating_sub(before.steal);
    let all: u128 = [busy, idle, iowait, steal].into_iter().map(u128::from).sum();
    (all > 0).then(|| [busy, iowait, steal].map(|part| value::permille(part, all)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Linux 6.18, two processors.
    const LINUX_6: &str = "cpu  42709 6378 16049 358984 1724 0 139 1881 0 0\n\
        cpu0 20636 3188 6711 181887 524 0 22 956 0 0\n\
        cpu1 22073 3189 9337 177096 1199 0 117 925 0 0\n\
        intr 398890 0 0 0\nctxt 12345\nbtime 1795467318\nprocesses 4242\n";

    #[test]
    fn a_real_machine_is_read() {
        let busy = 42_709 + 6378 + 16_049 + 139;
        let expected = Times { busy, idle: 358_984, iowait: 1724, steal: 1881 };
        assert_eq!(parse(LINUX_6).unwrap(), expected);
    }

    #[test]
    fn an_old_kernel_says_less() {
        let linux_2_4 = "cpu  100 20 30 400\ncpu0 100 20 30 400\npage 5741 1808\n";
        let expected = Times { busy: 150, idle: 400, iowait: 0, steal: 0 };
        assert_eq!(parse(linux_2_4).unwrap(), expected);
    }

    #[test]
    fn a_text_without_processors_is_named() {
        for text in ["", "intr 1 2 3\n", "cpu0 1 2 3 4\n", "cpu 1 2 3\n", "cpu a b c d\n"] {
            let err = parse(text).unwrap_err();
            assert_eq!(err.to_string(), "failed to find the line `cpu` in /proc/stat", "{text:?}");
        }
    }

    #[test]
    fn shares_are_of_the_time_between_two_looks() {
        let before = Times { busy: 1000, idle: 5000, iowait: 10, steal: 0 };
        let after = Times { busy: 1500, idle: 5300, iowait: 110, steal: 100 };
        assert_eq!(shares(before, after), Some([500, 100, 100]));
        assert_eq!(shares(after, after), None);
    }

    #[test]
    fn the_first_sample_says_nothing_and_the_reason() {
        let turn = crate::probe::fake::turn(0);
        let sample = CpuProbe::new().sample(turn).unwrap();
        assert_eq!(sample.body, Body::Readings(vec![]));
        assert_eq!(sample.missing, "all: a share of time takes two looks");
    }

    fn times() -> impl Strategy<Value = Times> {
        (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>())
            .prop_map(|(busy, idle, iowait, steal)| Times { busy, idle, iowait, steal })
    }

    proptest! {
        #[test]
        fn shares_never_make_more_than_a_whole(before in times(), after in times()) {
            if let Some(shares) = shares(before, after) {
                prop_assert!(shares.iter().all(|share| (0..=1000).contains(share)));
                prop_assert!(shares.iter().sum::<i64>() <= 1000);
            }
        }

        #[test]
        fn no_text_is_a_panic(text in "(cpu )?[ 0-9a-z\n]{0,80}") {
            let _ = parse(&text);
        }
    }
}
