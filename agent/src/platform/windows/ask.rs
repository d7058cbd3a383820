//! What the [probes](crate::probe::windows) of Windows ask with.

pub(crate) mod event_log;
pub(crate) mod registry;
mod services;

use std::{io, path::Path, time::Duration};

pub(crate) use self::services::services;
use super::call::{machine, network, volume};
use crate::probe::windows::{
    cpu::Times,
    disk::{Kind, Room, Volumes},
    memory::Memory,
    network::Interface,
};

pub(crate) const VOLUMES: Volumes = Volumes { list: drives, room };

pub(crate) fn times() -> io::Result<Times> {
    machine::system_times()
}

pub(crate) fn memory() -> io::Result<Memory> {
    machine::memory()
}

pub(crate) fn uptime() -> Duration {
    Duration::from_millis(machine::uptime_ms())
}

pub(crate) fn process_count() -> io::Result<u64> {
    machine::process_count()
}

pub(crate) fn interfaces() -> io::Result<Vec<Interface>> {
    network::interfaces()
}

fn drives() -> io::Result<Vec<(String, Kind)>> {
    volume::drives()
}

fn room(root: &Path) -> io::Result<Room> {
    volume::room(root)
}
