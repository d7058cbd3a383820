//! Every probe there is.
//!
//! All are asked on every machine. One that has nothing to ask says so
//! ([`ProbeError::Unsupported`](crate::probe::ProbeError::Unsupported)) and
//! rests, so that what is installed later is found without a restart.

use crate::probe::{
    Probe, clock::ClockProbe, cpu::CpuProbe, disk::DiskProbe, load::LoadProbe, memory::MemoryProbe,
    network::NetworkProbe, process::ProcessProbe, uptime::UptimeProbe,
};

/// The probes of a Linux machine.
pub fn all() -> Vec<Box<dyn Probe>> {
    vec![
        Box::new(CpuProbe::new()),
        Box::new(LoadProbe::new()),
        Box::new(MemoryProbe::new()),
        Box::new(NetworkProbe::new()),
        Box::new(UptimeProbe::new()),
        Box::new(ProcessProbe::new()),
        Box::new(DiskProbe::local()),
        Box::new(DiskProbe::remote()),
        Box::new(ClockProbe::new()),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use remit_agent_domain::schedule::DEFAULTS;

    use super::*;

    #[test]
    fn every_probe_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = all().iter().map(|probe| probe.name()).collect();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn every_probe_has_a_plan() {
        for probe in all() {
            let family = probe.name().split('-').next().unwrap();
            assert!(DEFAULTS.iter().any(|(known, _)| *known == family), "{family}");
        }
    }
}
