//! One process per folder.
//!
//! The operating system holds the lock, so it ends with the process however
//! that ends. The file `lock` stays; its content, a process id, is a hint for
//! people and decides nothing.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    process,
};

/// Held as long as this process may write to the folder.
#[derive(Debug)]
#[must_use = "the folder is free again once this is dropped"]
pub struct FolderLock {
    _file: File,
}

/// Why the folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process works in it.
    #[error("{} is in use by {}", dir.display(), holder(*pid))]
    FolderInUse {
        /// The folder.
        dir: PathBuf,
        /// The other process, if it says so.
        pid: Option<u32>,
    },
    /// The lock file cannot be made or locked.
    #[error("failed to lock {}", dir.display())]
    Io {
        /// The folder.
        dir: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"))
}

impl FolderLock {
    /// Takes the folder, or says who has it. Never waits.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let io = |source| LockError::Io { dir: dir.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(dir.join("lock")).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = match file.read_to_string(&mut text) {
                    Ok(_) => text.trim().parse().ok(),
                    Err(_) => None,
                };
                return Err(LockError::FolderInUse { dir: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(io)?;
        writeln!(file, "{}", process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_learns_who_has_it_and_gets_it_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path()).unwrap();
        let err = FolderLock::acquire(folder.path()).unwrap_err();
        let expected =
            format!("{} is in use by process {}", folder.path().display(), process::id());
        assert_eq!(err.to_string(), expected);
        drop(first);
        let _second = FolderLock::acquire(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let err = FolderLock::acquire(&gone).unwrap_err();
        assert_eq!(err.to_string(), format!("failed to lock {}", gone.display()));
    }
}
