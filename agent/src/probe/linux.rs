//! What only Linux tells, or tells in a way of its own: `/proc`, mounts,
//! systemd, package managers.

pub mod clock;
pub mod cpu;
pub mod disk;
pub mod load;
pub mod memory;
pub mod network;
mod proc_file;
pub mod process;
pub mod service;
pub mod uptime;

use self::{
    clock::ClockProbe, cpu::CpuProbe, disk::DiskProbe, load::LoadProbe, memory::MemoryProbe,
    network::NetworkProbe, process::ProcessProbe, service::ServiceProbe, uptime::UptimeProbe,
};
use crate::probe::{
    Probe,
    patch::{apt::AptProbe, dnf::DnfProbe, zypper::ZypperProbe},
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
        Box::new(ServiceProbe),
        Box::new(AptProbe::new()),
        Box::new(DnfProbe::new()),
        Box::new(ZypperProbe::new()),
    ]
}
