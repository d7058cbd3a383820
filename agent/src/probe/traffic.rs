//! From counters of network interfaces to rates: what every system does with
//! what each tells in a way of its own.

use std::{mem, time::Duration};

use remit_shared::{Body, Completeness, Reading, Series, Unit};

use crate::probe::{Sample, value};

/// How many interfaces are measured, should they be made by the thousand.
const MOST: usize = 64;

/// The interfaces of the last look.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    interfaces: Vec<Interface>,
    before: Option<Duration>,
}

/// An interface and where its counters stood.
#[derive(Debug)]
struct Interface {
    name: String,
    counters: Counters,
    series: [Series; 3],
}

/// Counted since the interface came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) received: u64,
    pub(super) transmitted: u64,
    pub(super) errors: u64,
}

impl Interface {
    fn new(name: &str, counters: Counters) -> Self {
        let named = [
            ("net_receive", Unit::BytesPerSecond),
            ("net_transmit", Unit::BytesPerSecond),
            ("net_errors", Unit::Count),
        ];
        Self { name: name.into(), counters, series: value::series(name, named) }
    }
}

impl Traffic {
    /// How many interfaces there were at the last look.
    #[cfg(all(test, unix))]
    pub(super) fn len(&self) -> usize {
        self.interfaces.len()
    }

    /// What went through these since the last look; `now` only goes forward.
    pub(super) fn sample<'a>(
        &mut self,
        lines: impl Iterator<Item = (&'a str, Counters)>,
        now: Duration,
    ) -> Sample {
        let before = self.before.replace(now);
        let elapsed = before.map_or(Duration::ZERO, |before| now.saturating_sub(before));

        let mut readings: Vec<Reading> = Vec::with_capacity(self.interfaces.len() * 3);
        let mut missing = vec![];
        let mut gone = mem::take(&mut self.interfaces);
        let mut beyond = 0;
        for (name, counters) in lines {
            if self.interfaces.len() == MOST {
                beyond += 1;
                continue;
            }
            let known = gone.iter().position(|known| known.name == name);
            // In the order of the text, so the next is usually the first.
            let Some(mut interface) = known.map(|at| gone.remove(at)) else {
                missing.push(name);
                self.interfaces.push(Interface::new(name, counters));
                continue;
            };
            match rates(interface.counters, counters, elapsed) {
                Some(rates) => readings.extend(value::readings(&interface.series, rates.map(Some))),
                None => missing.push(name),
            }
            interface.counters = counters;
            self.interfaces.push(interface);
        }
        let mut sample = Sample::full(Body::Readings(readings));
        if !missing.is_empty() {
            sample.completeness = Completeness::Partial;
            sample.missing = format!("{}: a rate takes two looks", missing.join(", "));
        } else if beyond > 0 {
            sample.completeness = Completeness::Partial;
            sample.missing = format!("{beyond} more");
        }
        sample
    }
}

/// Bytes per second in and out, and errors, since the last look. None if a
/// counter went back (the interface was set up anew) or no time has passed.
fn rates(before: Counters, after: Counters, elapsed: Duration) -> Option<[i64; 3]> {
    let millis = elapsed.as_millis();
    let rate = |before: u64, after: u64| {
        let bytes = u128::from(after.checked_sub(before)?);
        let per_second = (bytes * 1000).checked_div(millis)?;
        Some(i64::try_from(per_second).unwrap_or(i64::MAX))
    };
    Some([
        rate(before.received, after.received)?,
        rate(before.transmitted, after.transmitted)?,
        value::whole(after.errors.checked_sub(before.errors)?),
    ])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEFORE: Counters = Counters { received: 1000, transmitted: 50, errors: 2 };

    #[test]
    fn rates_are_per_second() {
        let after = Counters { received: 21_000, transmitted: 1050, errors: 5 };
        let elapsed = Duration::from_secs(10);
        assert_eq!(rates(BEFORE, after, elapsed), Some([2000, 100, 3]));
        assert_eq!(rates(BEFORE, after, Duration::ZERO), None);
    }

    #[test]
    fn counters_that_start_over_are_not_a_rate() {
        let after = Counters { received: 10, ..BEFORE };
        assert_eq!(rates(BEFORE, after, Duration::from_secs(10)), None);
    }

    proptest! {
        #[test]
        fn no_counters_are_a_panic(counts: [u64; 6], elapsed: Duration) {
            let counters =
                |at: usize| Counters { received: counts[at], transmitted: counts[at + 1], errors: counts[at + 2] };
            if let Some(rates) = rates(counters(0), counters(3), elapsed) {
                prop_assert!(rates.iter().all(|rate| *rate >= 0));
            }
        }
    }
}
