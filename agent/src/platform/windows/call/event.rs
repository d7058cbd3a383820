//! Words in the event log.

use std::{ffi::OsStr, io, ptr};

use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, RegisterEventSourceW,
    ReportEventW,
};

use super::{checked, wide};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Information,
    Error,
}

/// Leaves an event under a source's name.
pub(crate) fn report(source: &str, level: Level, id: u32, text: &str) -> io::Result<()> {
    let (source, text) = (wide(OsStr::new(source))?, wide(OsStr::new(text))?);
    let kind = match level {
        Level::Information => EVENTLOG_INFORMATION_TYPE,
        Level::Error => EVENTLOG_ERROR_TYPE,
    };
    // SAFETY: the name ends with a zero.
    let log = unsafe { RegisterEventSourceW(ptr::null(), source.as_ptr()) };
    if log.is_null() {
        return Err(io::Error::last_os_error());
    }
    let texts = [text.as_ptr()];
    // SAFETY: the handle is open, there is one text as said, and it ends with a
    // zero.
    let reported = checked(unsafe {
        ReportEventW(log, kind, 0, id, ptr::null_mut(), 1, 0, texts.as_ptr(), ptr::null())
    });
    // SAFETY: the handle is open and not used again.
    unsafe { DeregisterEventSource(log) };
    reported
}
