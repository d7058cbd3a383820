//! Traffic and errors of network interfaces, from `GetIfTable2`: per second,
//! and counted, since the last sample.
//!
//! Only those with a device behind them are measured. Windows lists each of
//! them half a dozen times, once per filter that sits on it, and adds tunnels
//! that nobody uses; what switches, teams and tunnels carry shows on the
//! devices.

use std::io;

use crate::probe::{
    Probe, ProbeError, Sample, Turn,
    traffic::{Counters, Traffic},
};

const SOURCE: &str = "GetIfTable2";

/// The numbers of the IANA's interface types that are no network cards.
const LOOPBACK: u32 = 24;
const TUNNEL: u32 = 131;

/// An interface and what it has counted since it came up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What people call it: `Ethernet 2`.
    pub name: String,
    /// Its type, by the IANA's number.
    pub kind: u32,
    /// Whether there is a device behind it.
    pub hardware: bool,
    /// Whether it only filters what another one carries.
    pub filter: bool,
    /// Bytes in.
    pub received: u64,
    /// Bytes out.
    pub transmitted: u64,
    /// Packets that were lost both ways.
    pub errors: u64,
}

/// Measures what goes through network interfaces.
#[derive(Debug)]
pub struct NetworkProbe {
    ask: fn() -> io::Result<Vec<Interface>>,
    traffic: Traffic,
}

impl NetworkProbe {
    /// A probe that has not looked yet.
    pub fn new(ask: fn() -> io::Result<Vec<Interface>>) -> Self {
        Self { ask, traffic: Traffic::default() }
    }
}

impl Probe for NetworkProbe {
    fn name(&self) -> &'static str {
        "network"
    }

    fn source(&self) -> &'static str {
        SOURCE
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        let found = (self.ask)().map_err(|err| ProbeError::read(SOURCE, err))?;
        let lines = found.iter().filter(|it| is_measured(it)).map(|it| {
            let Interface { received, transmitted, errors, .. } = *it;
            (it.name.as_str(), Counters { received, transmitted, errors })
        });
        Ok(self.traffic.sample(lines, turn.monotonic))
    }
}

fn is_measured(interface: &Interface) -> bool {
    interface.hardware && !interface.filter && !matches!(interface.kind, LOOPBACK | TUNNEL)
}

#[cfg(test)]
mod tests {
    use remit_shared::Body;

    use super::*;
    use crate::probe::fake;

    fn interface(name: &str, kind: u32, hardware: bool, filter: bool) -> Interface {
        let name = name.into();
        Interface { name, kind, hardware, filter, received: 10, transmitted: 20, errors: 0 }
    }

    /// As a virtual machine on Hyper-V lists them.
    fn interfaces() -> io::Result<Vec<Interface>> {
        Ok(vec![
            interface("Loopback Pseudo-Interface 1", 24, false, false),
            interface("Ethernet", 6, true, false),
            interface("Ethernet-WFP Native MAC Layer LightWeight Filter-0000", 6, false, true),
            interface("Ethernet-QoS Packet Scheduler-0000", 6, false, true),
            interface("Teredo Tunneling Pseudo-Interface", 131, false, false),
            interface("Local Area Connection* 1", 6, false, false),
        ])
    }

    #[test]
    fn each_device_is_measured_once() {
        let mut probe = NetworkProbe::new(interfaces);
        let first = probe.sample(fake::turn(0)).unwrap();
        assert_eq!(first.missing, "Ethernet: a rate takes two looks");
        let second = probe.sample(fake::turn(10_000)).unwrap();
        let Body::Readings(readings) = second.body else { panic!() };
        let names: Vec<_> = readings.iter().map(|it| it.series.to_string()).collect();
        let expected = ["net_receive[Ethernet]", "net_transmit[Ethernet]", "net_errors[Ethernet]"];
        assert_eq!(names, expected);
    }
}
