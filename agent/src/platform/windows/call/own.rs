//! What this process takes.

use std::{io, time::Duration};

use windows_sys::Win32::{
    Foundation::FILETIME,
    System::{
        ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS},
        Threading::{GetCurrentProcess, GetProcessHandleCount, GetProcessTimes},
    },
};

use super::checked;
use crate::platform::OwnUsage;

/// Processor time of this process alone: that of its children is in their jobs.
pub fn usage() -> io::Result<OwnUsage> {
    // SAFETY: the call takes nothing and cannot fail; what it gives is no handle
    // that must be closed.
    let process = unsafe { GetCurrentProcess() };
    let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: the four places are ours and live until the call returns.
    checked(unsafe { GetProcessTimes(process, &mut created, &mut ended, &mut kernel, &mut user) })?;
    let size = u32::try_from(size_of::<PROCESS_MEMORY_COUNTERS>()).map_err(io::Error::other)?;
    let mut memory = PROCESS_MEMORY_COUNTERS { cb: size, ..Default::default() };
    // SAFETY: the structure is ours and as large as said.
    checked(unsafe { K32GetProcessMemoryInfo(process, &mut memory, size) })?;
    let mut handles = 0;
    // SAFETY: the place is ours and lives until the call returns.
    checked(unsafe { GetProcessHandleCount(process, &mut handles) })?;
    // In steps of 100 ns.
    let steps = |it: FILETIME| (u64::from(it.dwHighDateTime) << 32) | u64::from(it.dwLowDateTime);
    let cpu = steps(kernel).saturating_add(steps(user));
    Ok(OwnUsage {
        cpu: Duration::from_nanos(cpu.saturating_mul(100)),
        memory: memory.WorkingSetSize as u64,
        handles: u64::from(handles),
    })
}
