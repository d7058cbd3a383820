//! Memory and page files, from `GlobalMemoryStatusEx` and `EnumPageFiles`.
//!
//! "Available" is what Windows could hand out without writing to a page file:
//! what it caches and would give back counts as available, as on Linux.

use std::io;

use remit_shared::{Body, Completeness, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, value};

const SOURCE: &str = "GlobalMemoryStatusEx";

/// All in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What the machine has.
    pub total: u64,
    /// What could be handed out.
    pub available: u64,
    /// The page files, if the system tells of them.
    pub swap: Option<Swap>,
}

/// All page files together, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swap {
    /// As large as they are now.
    pub total: u64,
    /// What has been written to them and is still there.
    pub used: u64,
}

/// Measures how much memory there is and how much is left.
#[derive(Debug)]
pub struct MemoryProbe {
    ask: fn() -> io::Result<Memory>,
    series: [Series; 5],
}

impl MemoryProbe {
    /// A probe that has not looked yet.
    pub fn new(ask: fn() -> io::Result<Memory>) -> Self {
        let named = [
            ("memory_total", Unit::Bytes),
            ("memory_available", Unit::Bytes),
            ("memory_used", Unit::Permille),
            ("swap_total", Unit::Bytes),
            ("swap_used", Unit::Bytes),
        ];
        Self { ask, series: value::series("", named) }
    }
}

impl Probe for MemoryProbe {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn source(&self) -> &'static str {
        SOURCE
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, _turn: Turn) -> Result<Sample, ProbeError> {
        let Memory { total, available, swap } =
            (self.ask)().map_err(|err| ProbeError::read(SOURCE, err))?;
        if total == 0 {
            return Err(ProbeError::Parse { what: SOURCE.into(), field: "any memory".into() });
        }
        let values = [
            Some(value::whole(total)),
            Some(value::whole(available)),
            Some(1000 - value::permille(available.min(total), total)),
            swap.map(|it| value::whole(it.total)),
            swap.map(|it| value::whole(it.used)),
        ];
        let mut sample =
            Sample::full(Body::Readings(value::readings(&self.series, values).collect()));
        if swap.is_none() {
            sample.completeness = Completeness::Partial;
            sample.missing = "swap: EnumPageFiles does not tell".into();
        }
        Ok(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::fake;

    const GIB: u64 = 1 << 30;

    fn values(ask: fn() -> io::Result<Memory>) -> Vec<(String, i64)> {
        let sample = MemoryProbe::new(ask).sample(fake::turn(0)).unwrap();
        let Body::Readings(readings) = sample.body else { panic!() };
        readings.iter().map(|it| (it.series.metric.to_string(), it.value)).collect()
    }

    #[test]
    fn memory_and_page_files_have_the_names_that_linux_gives_them() {
        let read = values(|| {
            let swap = Some(Swap { total: 2 * GIB, used: GIB / 4 });
            Ok(Memory { total: 8 * GIB, available: 2 * GIB, swap })
        });
        let expected = [
            ("memory_total", 8_589_934_592),
            ("memory_available", 2_147_483_648),
            ("memory_used", 750),
            ("swap_total", 2_147_483_648),
            ("swap_used", 268_435_456),
        ];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn page_files_that_nobody_tells_of_are_not_none() {
        let ask = || Ok(Memory { total: GIB, available: GIB, swap: None });
        assert_eq!(values(ask).len(), 3);
        let sample = MemoryProbe::new(ask).sample(fake::turn(0)).unwrap();
        assert_eq!(sample.missing, "swap: EnumPageFiles does not tell");
    }

    #[test]
    fn a_machine_without_memory_is_no_machine() {
        let ask = || Ok(Memory { total: 0, available: 0, swap: None });
        let err = MemoryProbe::new(ask).sample(fake::turn(0)).unwrap_err();
        assert_eq!(err.to_string(), "failed to find any memory in GlobalMemoryStatusEx");
    }
}
