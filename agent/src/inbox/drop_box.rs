//! Leaving something in the drop folder.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use remit_proto::convert::report;
use remit_runtime::files;
use remit_shared::{Answer, Entry, Record, Stream};

use crate::{inbox::SUFFIX, platform};

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
        match platform::make_shared_folder(folder) {
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
        let mut file = platform::create_shared_file(&unfinished)?;
        let written = file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, self.folder.join(name)));
        if written.is_err() {
            // The first error is the one to tell.
            fs::remove_file(&unfinished).ok();
        }
        written.and_then(|()| files::flush_folder(&self.folder))
    }
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
