//! Traffic and errors of network interfaces, from `/proc/self/net/dev`: per
//! second, and counted, since the last sample.
//!
//! Interfaces that container engines and hypervisors make and remove by the
//! dozen are left out: their traffic shows on the real ones.

use crate::probe::{
    Probe, ProbeError, Sample, Turn,
    linux::proc_file::ProcFile,
    traffic::{Counters, Traffic},
};

const PATH: &str = "/proc/self/net/dev";

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
    traffic: Traffic,
}

impl NetworkProbe {
    /// A probe that has not looked yet.
    pub fn new() -> Self {
        Self { dev: ProcFile::new(PATH), traffic: Traffic::default() }
    }
}

impl Default for NetworkProbe {
    fn default() -> Self {
        Self::new()
    }
}

impl Probe for NetworkProbe {
    fn name(&self) -> &'static str {
        "network"
    }

    fn source(&self) -> &'static str {
        PATH
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        let text = self.dev.read()?;
        Ok(self.traffic.sample(parse(&text)?, turn.monotonic))
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

#[cfg(test)]
mod tests;
