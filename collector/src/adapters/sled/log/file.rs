//! The database file, beside sled.

use std::{fs::File, path::PathBuf, thread, time::Duration};

use rustix::fs::{FlockOperation, flock};

use crate::adapters::sled::log::LogError;

/// How often, and with which pauses, the file is looked at until it is free.
/// Somebody else may have got hold of it, so there is an end to that.
const RELEASE_TRIES: u32 = 2_000;
const RELEASE_PAUSE: Duration = Duration::from_millis(1);

/// The database file, opened once more: a file descriptor of our own has its
/// own memory of write errors, which sled's flusher cannot clear.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
}

impl DatabaseFile {
    pub(super) fn sync(&self) -> Result<(), LogError> {
        let synced = self.file.sync_data();
        synced.map_err(|source| LogError::Sync { path: self.path.clone(), source })
    }
}

impl Drop for DatabaseFile {
    /// A thread of sled's can hold the lock for a moment after sled was
    /// dropped, and whoever opens the folder next would find it in use.
    fn drop(&mut self) {
        for _ in 0..RELEASE_TRIES {
            // Locks end with their descriptor.
            if flock(&self.file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                return;
            }
            thread::park_timeout(RELEASE_PAUSE);
        }
    }
}
