//! The state of dpkg below apt: whole, broken, or in use.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

use rustix::fs::{major, minor};

use crate::probe::{ProbeError, patch::apt::below};

/// Steps of an installation that were never finished are left here, under
/// names of digits only.
const UPDATES: &str = "/var/lib/dpkg/updates";
/// Locks of those who install, and of those who refresh the package lists.
const LOCKS: [&str; 3] =
    ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock"];

/// Refuses to answer where an installation was interrupted: nothing can be
/// installed until somebody repairs it, and apt's simulations do not say so.
pub(super) fn require_whole(root: &Path) -> Result<(), ProbeError> {
    let entries = match fs::read_dir(below(root, UPDATES)) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(err) => return Err(ProbeError::read(UPDATES, err)),
    };
    let is_step = |name: &str| name.bytes().all(|it| it.is_ascii_digit());
    if entries.flatten().any(|it| it.file_name().to_str().is_some_and(is_step)) {
        let said = "it was interrupted: run `dpkg --configure -a`".into();
        return Err(ProbeError::Program { what: "dpkg".into(), said });
    }
    Ok(())
}

/// Says who is changing packages or lists at this moment, if anybody.
///
/// The locks themselves are for the administrator only; who holds them
/// everybody may read.
pub(super) fn lock_holder(root: &Path) -> Option<String> {
    let held = fs::read_to_string("/proc/locks").ok()?;
    LOCKS.iter().find_map(|path| {
        let file = fs::metadata(below(root, path)).ok()?;
        let device = (major(file.dev()), minor(file.dev()));
        let pid = holder(&held, device, file.ino())?;
        Some(format!("process {pid} holds {path}, so that this may change in a moment"))
    })
}

/// `4: POSIX  ADVISORY  WRITE 1708 fe:00:131345 0 EOF`
fn holder(locks: &str, (major, minor): (u32, u32), inode: u64) -> Option<u32> {
    let file = format!("{major:02x}:{minor:02x}:{inode}");
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|it| *it != "WRITE").skip(1);
        let pid = words.next()?.parse().ok()?;
        (words.next()? == file).then_some(pid)
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn an_interrupted_installation_is_an_error_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        require_whole(dir.path()).unwrap();
        let updates = below(dir.path(), UPDATES);
        fs::create_dir_all(&updates).unwrap();
        fs::write(updates.join("tmp.i"), "").unwrap();
        require_whole(dir.path()).unwrap();

        fs::write(updates.join("0001"), "").unwrap();
        let err = require_whole(dir.path()).unwrap_err();
        let expected = "dpkg failed: it was interrupted: run `dpkg --configure -a`";
        assert_eq!(err.to_string(), expected);
    }

    #[test]
    fn the_holder_of_a_lock_is_found_by_its_file() {
        let locks = "1: POSIX  ADVISORY  READ 5 fe:00:7 0 EOF\n\
                     2: POSIX  ADVISORY  WRITE 1708 fe:00:131345 0 EOF\n\
                     2: -> POSIX  ADVISORY  WRITE 1800 fe:00:131345 0 EOF\n";
        assert_eq!(holder(locks, (0xfe, 0), 131_345), Some(1708));
        assert_eq!(holder(locks, (0xfe, 1), 131_345), None);
        assert_eq!(holder(locks, (0xfe, 0), 7), None);
    }

    #[test]
    fn a_lock_that_is_held_for_real_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = below(dir.path(), LOCKS[1]);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::create(&path).unwrap();
        assert_eq!(lock_holder(dir.path()), None);
        file.lock().unwrap();
        let expected = format!("process {} holds {}, ", std::process::id(), LOCKS[1]);
        let remark = lock_holder(dir.path()).unwrap();
        assert!(remark.starts_with(&expected), "{remark}");
    }
}
