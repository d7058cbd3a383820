//! Processors, memory, uptime, processes.

use std::{ffi::c_void, io};

use windows_sys::{
    Win32::{
        Foundation::{FILETIME, TRUE},
        System::{
            ProcessStatus::{ENUM_PAGE_FILE_INFORMATION, K32EnumPageFilesW, K32EnumProcesses},
            SystemInformation::{
                GetSystemInfo, GetTickCount64, GlobalMemoryStatusEx, MEMORYSTATUSEX, SYSTEM_INFO,
            },
            Threading::GetSystemTimes,
        },
    },
    core::BOOL,
};

use super::checked;
use crate::probe::windows::{
    cpu::Times,
    memory::{Memory, Swap},
};

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
        swap: page_files().ok(),
    })
}

fn page_files() -> io::Result<Swap> {
    let mut info = SYSTEM_INFO::default();
    // SAFETY: the structure is ours, and the call cannot fail.
    unsafe { GetSystemInfo(&mut info) };
    let mut pages = Pages::default();
    // SAFETY: `add` gets back what we pass here, which lives until the call
    // returns, and nothing else refers to it meanwhile.
    checked(unsafe { K32EnumPageFilesW(Some(add), (&raw mut pages).cast()) })?;
    let bytes = |pages: u64| pages.saturating_mul(u64::from(info.dwPageSize));
    Ok(Swap { total: bytes(pages.total), used: bytes(pages.used) })
}

#[derive(Default)]
struct Pages {
    total: u64,
    used: u64,
}

/// Told of one page file.
extern "system" fn add(
    pages: *mut c_void,
    file: *mut ENUM_PAGE_FILE_INFORMATION,
    _name: *const u16,
) -> BOOL {
    // SAFETY: the first is what `page_files` passed, the second is valid during
    // this call.
    let (pages, file) = unsafe { (&mut *pages.cast::<Pages>(), &*file) };
    pages.total = pages.total.saturating_add(file.TotalSize as u64);
    pages.used = pages.used.saturating_add(file.TotalInUse as u64);
    TRUE
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
