//! Memory and swap, from `/proc/meminfo`.
//!
//! "Used" is what the kernel could not hand out without swapping: caches that
//! it would give back count as available. Kernels before 3.14 do not say how
//! much that is, and guessing has misled too many; the probe fails there.

use remit_shared::{Body, Completeness, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, linux::proc_file::ProcFile, value};

const PATH: &str = "/proc/meminfo";

/// Measures how much memory there is and how much is left.
#[derive(Debug)]
pub struct MemoryProbe {
    meminfo: ProcFile,
    series: [Series; 5],
}

/// All in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Memory {
    total: u64,
    available: u64,
    swap: Option<Swap>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Swap {
    total: u64,
    free: u64,
}

impl MemoryProbe {
    /// A probe that has not looked yet.
    pub fn new() -> Self {
        let named = [
            ("memory_total", Unit::Bytes),
            ("memory_available", Unit::Bytes),
            ("memory_used", Unit::Permille),
            ("swap_total", Unit::Bytes),
            ("swap_used", Unit::Bytes),
        ];
        Self { meminfo: ProcFile::new(PATH), series: value::series("", named) }
    }
}

impl Default for MemoryProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for MemoryProbe {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn source(&self) -> &'static str {
        PATH
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let memory = parse(&self.meminfo.read()?)?;
        let readings = value::readings(&self.series, memory.values()).collect();
        let mut sample = Sample::full(Body::Readings(readings));
        if memory.swap.is_none() {
            sample.completeness = Completeness::Partial;
            sample.missing = format!("swap: {PATH} does not mention it");
        }
        Ok(sample)
    }
}

impl Memory {
    fn values(&self) -> [Option<i64>; 5] {
        let swap = self.swap;
        [
            Some(value::whole(self.total)),
            Some(value::whole(self.available)),
            Some(1000 - value::permille(self.available.min(self.total), self.total)),
            swap.map(|swap| value::whole(swap.total)),
            swap.map(|swap| value::whole(swap.total.saturating_sub(swap.free))),
        ]
    }
}

fn parse(meminfo: &str) -> Result<Memory, ProbeError> {
    let [mut total, mut available, mut swap_total, mut swap_free] = [None; 4];
    for line in meminfo.lines() {
        let Some((name, rest)) = line.split_once(':') else { continue };
        let field = match name {
            "MemTotal" => &mut total,
            "MemAvailable" => &mut available,
            "SwapTotal" => &mut swap_total,
            "SwapFree" => &mut swap_free,
            _ => continue,
        };
        let kib = rest.trim().strip_suffix(" kB").and_then(|kib| kib.parse::<u64>().ok());
        *field = kib.and_then(|kib| kib.checked_mul(1024));
    }
    let missing = |field: &str| ProbeError::Parse { what: PATH.into(), field: field.into() };
    Ok(Memory {
        total: total.filter(|total| *total > 0).ok_or_else(|| missing("`MemTotal`"))?,
        available: available.ok_or_else(|| missing("`MemAvailable`"))?,
        swap: swap_total.zip(swap_free).map(|(total, free)| Swap { total, free }),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Debian 12, shortened.
    const DEBIAN: &str = "MemTotal:       16318480 kB\nMemFree:         1207680 kB\n\
        MemAvailable:    9021312 kB\nBuffers:          401228 kB\nCached:          7219384 kB\n\
        SwapCached:         2048 kB\nSwapTotal:        999420 kB\nSwapFree:         901120 kB\n\
        Dirty:               412 kB\nHugePages_Total:       0\nHugepagesize:       2048 kB\n";

    #[test]
    fn a_real_machine_is_read() {
        let total = 16_318_480 * 1024;
        let available = 9_021_312 * 1024;
        let swap = Some(Swap { total: 999_420 * 1024, free: 901_120 * 1024 });
        let memory = parse(DEBIAN).unwrap();
        assert_eq!(memory, Memory { total, available, swap });
        assert_eq!(memory.values()[2], Some(448));
        assert_eq!(memory.values()[4], Some(98_300 * 1024));
    }

    #[test]
    fn a_machine_without_swap_has_none_of_it() {
        let text = "MemTotal: 100 kB\nMemAvailable: 25 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";
        let values = parse(text).unwrap().values();
        assert_eq!(values, [Some(102_400), Some(25_600), Some(750), Some(0), Some(0)]);
    }

    #[test]
    fn a_kernel_too_old_to_say_is_named() {
        let linux_2_6 = "MemTotal:      1020676 kB\nMemFree:         82276 kB\n\
            Buffers:        113988 kB\nCached:         569232 kB\n";
        let err = parse(linux_2_6).unwrap_err();
        assert_eq!(err.to_string(), "failed to find `MemAvailable` in /proc/meminfo");
    }

    #[test]
    fn a_container_that_hides_swap_is_partly_read() {
        let memory = parse("MemTotal: 100 kB\nMemAvailable: 100 kB\n").unwrap();
        assert_eq!(memory.values()[2..], [Some(0), None, None]);
    }

    proptest! {
        #[test]
        fn used_is_a_share(total in 1..u64::MAX, available: u64) {
            let used = Memory { total, available, swap: None }.values()[2].unwrap();
            prop_assert!((0..=1000).contains(&used));
        }

        #[test]
        fn no_text_is_a_panic(text in "((MemTotal|MemAvailable|SwapFree):? *[0-9]{0,25}( kB)?\n){0,5}") {
            let _ = parse(&text);
        }
    }
}
