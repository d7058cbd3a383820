//! When a key of the registry was last written, which no safe wrapper tells.

use std::{io, ptr};

use windows_registry::Key;
use windows_sys::Win32::{Foundation::FILETIME, System::Registry::RegQueryInfoKeyW};

/// The time in units of 100 ns since 1601.
pub(crate) fn written_at(key: &Key) -> io::Result<u64> {
    let mut at = FILETIME::default();
    // SAFETY: the key is open, the place for the time is ours, and nothing else
    // is asked for.
    let code = unsafe {
        RegQueryInfoKeyW(
            key.as_raw(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &mut at,
        )
    };
    if code != 0 {
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    Ok((u64::from(at.dwHighDateTime) << 32) | u64::from(at.dwLowDateTime))
}
