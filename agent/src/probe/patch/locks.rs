//! Who is changing packages or lists at this moment.
//!
//! The locks themselves are for the administrator only; who holds them
//! everybody may read.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use rustix::fs::{major, minor};

use crate::probe::patch::below;

/// Says who holds one of these locks, if anybody.
pub(super) fn holder(root: &Path, locks: &[&str]) -> Option<String> {
    let held = fs::read_to_string("/proc/locks").ok()?;
    locks.iter().find_map(|path| {
        let file = fs::metadata(below(root, path)).ok()?;
        let device = (major(file.dev()), minor(file.dev()));
        Some(says(pid_of(&held, device, file.ino())?, path))
    })
}

/// Says who has left its number in one of these files and is still there.
pub(super) fn owner(root: &Path, files: &[&str]) -> Option<String> {
    files.iter().find_map(|path| {
        let pid: u32 = fs::read_to_string(below(root, path)).ok()?.trim().parse().ok()?;
        Path::new("/proc").join(pid.to_string()).exists().then(|| says(pid, path))
    })
}

fn says(pid: u32, path: &str) -> String {
    format!("process {pid} holds {path}, so that this may change in a moment")
}

/// `4: POSIX  ADVISORY  WRITE 1708 fe:00:131345 0 EOF`
fn pid_of(locks: &str, (major, minor): (u32, u32), inode: u64) -> Option<u32> {
    let file = format!("{major:02x}:{minor:02x}:{inode}");
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|it| *it != "WRITE").skip(1);
        let pid = words.next()?.parse().ok()?;
        (words.next()? == file).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use std::{fs::File, process};

    use super::*;

    const LOCK: &str = "/var/lib/dpkg/lock";

    #[test]
    fn the_holder_of_a_lock_is_found_by_its_file() {
        let locks = "1: POSIX  ADVISORY  READ 5 fe:00:7 0 EOF\n\
                     2: POSIX  ADVISORY  WRITE 1708 fe:00:131345 0 EOF\n\
                     2: -> POSIX  ADVISORY  WRITE 1800 fe:00:131345 0 EOF\n";
        assert_eq!(pid_of(locks, (0xfe, 0), 131_345), Some(1708));
        assert_eq!(pid_of(locks, (0xfe, 1), 131_345), None);
        assert_eq!(pid_of(locks, (0xfe, 0), 7), None);
    }

    #[test]
    fn a_lock_that_is_held_for_real_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = below(dir.path(), LOCK);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::create(&path).unwrap();
        assert_eq!(holder(dir.path(), &[LOCK]), None);
        file.lock().unwrap();
        let expected = format!("process {} holds {LOCK}, ", process::id());
        let remark = holder(dir.path(), &["/none", LOCK]).unwrap();
        assert!(remark.starts_with(&expected), "{remark}");
    }

    #[test]
    fn a_number_that_nobody_has_any_more_holds_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("pid"), format!("{}\n", u32::MAX)).unwrap();
        assert_eq!(owner(dir.path(), &["/pid"]), None);
        fs::write(dir.path().join("pid"), process::id().to_string()).unwrap();
        assert!(owner(dir.path(), &["/none", "/pid"]).is_some());
    }
}
