//! Processors, memory, uptime, processes.

use std::io;

use windows_sys::Win32::{
    Foundation::FILETIME,
    System::{
        ProcessStatus::K32EnumProcesses,
        SystemInformation::{GetTickCount64, GlobalMemoryStatusEx, MEMORYSTATUSEX},
        Threading::GetSystemTimes,
    },
};

use super::checked;

/// Where the time of all processors went since the machine was started, in
/// units of 100 ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// In no program.
    pub(crate) idle: u64,
    /// In the kernel, which is where Windows counts being idle, too.
    pub(crate) kernel: u64,
    /// In programs.
    pub(crate) user: u64,
}

/// Bytes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) total: u64,
    pub(crate) available: u64,
    /// What may be promised to programs: memory and page files together.
    pub(crate) commit_limit: u64,
    /// What of it has not been promised yet.
    pub(crate) commit_available: u64,
}

/// The most processes that are counted; a process id takes four bytes.
const MOST: usize = 1 << 20;

pub(crate) fn system_times() -> io::Result<Times> {
    let [mut idle, mut kernel, mut user] = [FILETIME::default(); 3];
    // SAFETY: the three places are ours and live until the call returns.
    checked(unsafe { GetSystemTimes(&mut idle, &mut kernel, &mut user) })?;
    let number = |it: FILETIME| (u64::from(it.dwHighDateTime) << 32) | u64::from(it.dwLowDateTime);
    Ok(Times { idle: number(idle), kernel: number(kernel), user: number(user) })
}

pub(crate) fn memory() -> io::Result<Memory> {
    let size = u32::try_from(size_of::<MEMORYSTATUSEX>()).map_err(io::Error::other)?;
    let mut status = MEMORYSTATUSEX { dwLength: size, ..Default::default() };
    // SAFETY: the structure is ours and says its own size.
    checked(unsafe { GlobalMemoryStatusEx(&mut status) })?;
    Ok(Memory {
        total: status.ullTotalPhys,
        available: status.ullAvailPhys,
        commit_limit: status.ullTotalPageFile,
        commit_available: status.ullAvailPageFile,
    })
}

/// Milliseconds since the machine was started.
pub(crate) fn uptime_ms() -> u64 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { GetTickCount64() }
}

pub(crate) fn process_count() -> io::Result<u64> {
    let mut ids = vec![0u32; 1024];
    loop {
        let room = u32::try_from(size_of_val(&*ids)).map_err(io::Error::other)?;
        let mut filled = 0;
        // SAFETY: the buffer is ours and as large as said.
        checked(unsafe { K32EnumProcesses(ids.as_mut_ptr(), room, &mut filled) })?;
        // A full buffer may be too small a one.
        if filled < room || ids.len() >= MOST {
            return Ok(u64::from(filled) / size_of::<u32>() as u64);
        }
        ids.resize(ids.len() * 2, 0);
    }
}
