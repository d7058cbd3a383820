//! Disks that are too small.
//!
//! A program is given a folder on a disk of its own, in a mount namespace of
//! its own: nobody else sees it, and it is gone when the program is.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FallocateFlags, fallocate, statvfs},
    process::geteuid,
};
use tokio::process::Command;

use crate::program::within;

/// Mounts a disk over a folder, with what is in it, and becomes the program.
const MOUNT: &str = r#"
    dir=$1; size=$2; shift 2
    cp -a "$dir" "$dir.kept" &&
    mount -t tmpfs -o "size=$size,mode=0700" tmpfs "$dir" &&
    cp -a "$dir.kept/." "$dir/" &&
    exec "$@"
"#;

/// The same command, with `folder` on a disk of so many MiB.
pub(crate) fn on_its_own(command: &Command, folder: &Path, mebibytes: u32) -> Command {
    on_a_disk(command, folder, &format!("{mebibytes}m"))
}

/// The same, with as many options as tmpfs takes: `64m,nr_inodes=100`.
pub fn on_a_disk(command: &Command, folder: &Path, size: &str) -> Command {
    let mut outer = Command::new("unshare");
    // Whoever is not root becomes it, in a namespace where it means nothing else.
    outer.arg(if geteuid().is_root() { "-m" } else { "-rm" });
    outer.args(["sh", "-c", MOUNT, "sh"]).arg(folder).arg(size);
    within(outer, command)
}

/// A file that is in everybody's way. The room is free again once it is
/// dropped.
#[derive(Debug)]
pub struct Filler {
    path: PathBuf,
}

impl Filler {
    /// Takes all the room in a folder but so many bytes.
    pub fn leaving(folder: &Path, bytes: u64) -> Self {
        let found = statvfs(folder).expect("the folder is there");
        let free = found.f_bavail * found.f_frsize;
        let path = folder.join("in-the-way");
        let file = File::create(&path).expect("there is room for a name");
        let size = free.saturating_sub(bytes);
        fallocate(&file, FallocateFlags::empty(), 0, size).expect("there is so much room");
        Self { path }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        // If the disk is gone, so is the file.
        let _ = std::fs::remove_file(&self.path);
    }
}
