//! Leaving something in the drop folder.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
    },
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use remit_proto::convert::report;
use remit_shared::{Answer, Entry, Record, Stream};

use crate::inbox::SUFFIX;

/// Owner and group may drop and collect; new files belong to the same group.
const FOLDER_MODE: u32 = 0o2770;
/// Owner and group may read and write.
const FILE_MODE: u32 = 0o660;

/// Why nothing could be left.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// There is no folder, and none can be made.
    #[error("failed to make the folder {}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The folder takes no file.
    #[error("failed to leave a report in {}", .folder.display())]
    Put {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// The slot of the drop folder.
#[derive(Clone, Debug)]
pub struct DropBox {
    folder: PathBuf,
}

impl DropBox {
    /// Finds the folder, or makes it if the one above exists.
    pub fn open(folder: &Path) -> Result<Self, InboxError> {
        match make(folder) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                Err(InboxError::Folder { folder: folder.into(), source })
            }
            Ok(()) | Err(_) => Ok(Self { folder: folder.into() }),
        }
    }

    /// Leaves answers. Once this returns `Ok`, they cannot be lost.
    pub fn put(&self, at: Timestamp, answers: Vec<Answer>) -> Result<(), InboxError> {
        let record = Record { stream: Stream::Events, seq: 1, at, entry: Entry::Answers(answers) };
        self.write(&name(at), &report::to_bytes(&record))
            .map_err(|source| InboxError::Put { folder: self.folder.clone(), source })
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.folder.join(format!(".{name}.new"));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&unfinished)?;
        let written = file
            // The umask of whoever runs a backup is not made for us.
            .set_permissions(Permissions::from_mode(FILE_MODE))
            .and_then(|()| file.write_all(bytes))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, self.folder.join(name)));
        if written.is_err() {
            // The first error is the one to tell.
            fs::remove_file(&unfinished).ok();
        }
        written.and_then(|()| File::open(&self.folder)?.sync_all())
    }
}

/// Makes the folder, and gives it to whom the one above belongs: the agent's
/// own user, even if it is `root` who runs the first backup.
fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOLDER_MODE).create(folder)?;
    if let Some(above) = folder.parent().filter(|it| !it.as_os_str().is_empty()) {
        let above = fs::metadata(above)?;
        // Only root may; everybody else made a folder of their own.
        chown(folder, Some(above.uid()), Some(above.gid())).ok();
    }
    fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE))
}

/// A name that sorts by time, also if the clock is set back between two
/// reports of one process, and that no other process uses.
fn name(at: Timestamp) -> String {
    static LAST: AtomicI64 = AtomicI64::new(0);
    // Microseconds of the years that a clock can show fit in 18 digits.
    let at = at.as_microsecond().max(0);
    let next = |last: i64| at.max(last + 1);
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| Some(next(it)));
    let at = last.map_or(at, next);
    format!("{at:018}-{}{SUFFIX}", process::id())
}
