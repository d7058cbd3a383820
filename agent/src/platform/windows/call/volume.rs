//! Drives and the room on them.

use std::{ffi::OsStr, io, path::Path};

use windows_sys::Win32::{
    Storage::FileSystem::{GetDiskFreeSpaceExW, GetDriveTypeW, GetLogicalDrives},
    System::WindowsProgramming::{DRIVE_FIXED, DRIVE_RAMDISK, DRIVE_REMOTE},
};

use super::{checked, wide};
use crate::probe::windows::disk::{Kind, Room};

pub(crate) fn room(folder: &Path) -> io::Result<Room> {
    let name = wide(folder.as_os_str())?;
    let [mut available, mut all, mut free] = [0; 3];
    // SAFETY: the name ends with a zero, and the three places are ours.
    checked(unsafe { GetDiskFreeSpaceExW(name.as_ptr(), &mut available, &mut all, &mut free) })?;
    Ok(Room { all, free, available })
}

/// The drives that have a letter: `C:\`.
pub(crate) fn drives() -> io::Result<Vec<(String, Kind)>> {
    // SAFETY: the call takes nothing.
    let mask = unsafe { GetLogicalDrives() };
    if mask == 0 {
        return Err(io::Error::last_os_error());
    }
    let letters = (b'A'..=b'Z').zip(0..).filter(|(_, bit)| mask & (1 << bit) != 0);
    letters
        .map(|(letter, _)| {
            let root = format!("{}:\\", char::from(letter));
            let kind = kind(OsStr::new(&root))?;
            Ok((root, kind))
        })
        .collect()
}

fn kind(root: &OsStr) -> io::Result<Kind> {
    let name = wide(root)?;
    // SAFETY: the name ends with a zero.
    Ok(match unsafe { GetDriveTypeW(name.as_ptr()) } {
        DRIVE_FIXED | DRIVE_RAMDISK => Kind::Local,
        DRIVE_REMOTE => Kind::Remote,
        _ => Kind::Passing,
    })
}
