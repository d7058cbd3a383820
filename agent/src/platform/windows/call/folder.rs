//! Where Windows has its folders. The environment says so too, and whoever
//! starts us could make it say something else.

use std::{ffi::OsString, io, os::windows::ffi::OsStringExt as _, path::PathBuf, ptr, slice};

use windows_sys::{
    Win32::{System::Com::CoTaskMemFree, UI::Shell},
    core::GUID,
};

/// A folder of the machine's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Known {
    /// What programs keep: `C:\ProgramData`.
    ProgramData,
    /// Programs: `C:\Program Files`.
    ProgramFiles,
    /// Windows' own: `C:\Windows\System32`.
    System,
}

pub(crate) fn path(folder: Known) -> io::Result<PathBuf> {
    let id: GUID = match folder {
        Known::ProgramData => Shell::FOLDERID_ProgramData,
        Known::ProgramFiles => Shell::FOLDERID_ProgramFiles,
        Known::System => Shell::FOLDERID_System,
    };
    let mut text: *mut u16 = ptr::null_mut();
    // SAFETY: the id and the place for the text are ours; without a token the
    // question is about the machine's own folders.
    let answer = unsafe { Shell::SHGetKnownFolderPath(&id, 0, ptr::null_mut(), &mut text) };
    let found = if answer == 0 && !text.is_null() {
        // SAFETY: the text is there and ends with a zero, and so do its units.
        let units = unsafe {
            let length = (0..).take_while(|at| *text.add(*at) != 0).count();
            slice::from_raw_parts(text, length)
        };
        Ok(PathBuf::from(OsString::from_wide(units)))
    } else {
        Err(io::Error::from_raw_os_error(answer))
    };
    // SAFETY: the text, or nothing, is to be freed like this whatever the
    // answer was, and is not used again.
    unsafe { CoTaskMemFree(text.cast()) };
    found
}
