//! What only Windows tells, or tells in a way of its own.
//!
//! Each probe is given what it asks with: on a Windows machine the system's
//! own calls, in a test what such a machine once said. So what an answer means
//! is tried out on every system.

pub mod clock;
pub mod cpu;
pub mod disk;
pub mod machine;
pub mod memory;
pub mod network;
pub mod service;

#[cfg(windows)]
use crate::platform::ask;
#[cfg(windows)]
use crate::probe::Probe;

/// The probes of a Windows machine.
#[cfg(windows)]
pub fn all() -> Vec<Box<dyn Probe>> {
    vec![
        Box::new(cpu::CpuProbe::new(ask::times)),
        Box::new(memory::MemoryProbe::new(ask::memory)),
        Box::new(network::NetworkProbe::new(ask::interfaces)),
        Box::new(machine::UptimeProbe::new(ask::uptime)),
        Box::new(machine::ProcessProbe::new(ask::process_count)),
        Box::new(disk::DiskProbe::local(ask::VOLUMES)),
        Box::new(disk::DiskProbe::remote(ask::VOLUMES)),
        Box::new(clock::ClockProbe::new()),
        Box::new(service::ServiceProbe::new(ask::services, ask::uptime)),
    ]
}
