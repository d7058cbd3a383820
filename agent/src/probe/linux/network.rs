//! Traffic and errors of network interfaces, from `/proc/self/net/dev`: per
//! second, and counted, since the last sample.
//!
//! Interfaces that container engines and hypervisors make and remove by the
//! dozen are left out: their traffic shows on the real ones.

use std::{mem, time::Duration};

use remit_shared::{Body, Completeness, Reading, Series, Unit};

use crate::probe::{Probe, ProbeError, Sample, Turn, linux::proc_file::ProcFile, value};

const PATH: &str = "/proc/self/net/dev";

/// How many interfaces are measured, should a new kind of them escape
/// [`PASSING`].
const MOST: usize = 64;

/// How the names of interfaces begin that nobody set up by hand.
const PASSING: [&str; 23] = [
    "br-", "cali", "cni", "cilium", "docker", "dummy", "erspan", "fwbr", "fwln", "fwpr", "gre",
    "gretap", "ifb", "ip6gre", "ip6tnl", "ip_vti", "lxc", "sit0", "tap", "tunl0", "veth", "virbr",
    "vnet",
];

/// Measures what goes through network interfaces.
#[derive(Debug)]
pub struct NetworkProbe {
    dev: ProcFile,
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
struct Counters {
    received: u64,
    transmitted: u64,
    errors: u64,
}

impl NetworkProbe {
    /// A probe that has not looked yet.
    pub fn new() -> Self {
        Self { dev: ProcFile::new(PATH), interfaces: vec![], before: None }
    }
}

impl Default for NetworkProbe {
    fn default() -> Self {
        Self::new()
    }
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

impl Probe for NetworkProbe {
    fn name(&self) -> &'static str {
        "network"
    }

    fn source(&self) -> &'static str {
        PATH
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        let text = self.dev.read()?;
        let lines = parse(&text)?;
        let before = self.before.replace(turn.monotonic);
        let elapsed = before.map_or(Duration::ZERO, |before| turn.monotonic.saturating_sub(before));

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
        Ok(sample)
    }
}

/// The interfaces worth measuring. A line that makes no sense is passed over.
fn parse(dev: &str) -> Result<impl Iterator<Item = (&str, Counters)>, ProbeError> {
    let missing = || ProbeError::Parse { what: PATH.into(), field: "its two lines of head".into() };
    let (_, table) = dev.split_once("compressed\n").ok_or_else(missing)?;
    Ok(table.lines().filter_map(parse_line).filter(|(name, _)| is_measured(name)))
}

/// `eth0: 1 2 3 …`; old kernels leave no space after the colon.
fn parse_line(line: &str) -> Option<(&str, Counters)> {
    let (name, counts) = line.rsplit_once(':')?;
    let mut counts = counts.split_ascii_whitespace().map(|count| count.parse::<u64>().ok());
    let received = counts.next()??;
    let receive_errors = counts.nth(1)??;
    let transmitted = counts.nth(5)??;
    let transmit_errors = counts.nth(1)??;
    let errors = receive_errors.saturating_add(transmit_errors);
    Some((name.trim(), Counters { received, transmitted, errors }))
}

fn is_measured(name: &str) -> bool {
    name != "lo" && !PASSING.iter().any(|passing| name.starts_with(passing))
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
mod tests;
