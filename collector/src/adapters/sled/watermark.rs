//! How much was written at least, noted outside the database.
//!
//! sled takes damage in the middle of its file for the end of it: whatever
//! came later is gone without a word. So every write has a number, which goes
//! into the database with it, and from time to time the newest number goes
//! into a file of its own. A database that ends before that is refused.
//!
//! The file may be late, never early: it is written after the database was
//! synced. A full disk only makes it later.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// After how many writes the number is noted again.
const EVERY: u64 = 512;

/// The number that was noted last.
#[derive(Debug)]
pub(super) struct Watermark {
    path: PathBuf,
    noted: u64,
}

impl Watermark {
    /// Reads what was noted; 0 if nothing was.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let path = folder.join("written");
        let noted = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(io::Error::other)?,
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => 0,
            Err(other) => return Err(other),
        };
        Ok(Self { path, noted })
    }

    /// So many writes there are at least.
    pub(super) fn noted(&self) -> u64 {
        self.noted
    }

    /// Notes how many writes were synced, if that is worth it.
    pub(super) fn reach(&mut self, written: u64) {
        if written >= self.noted + EVERY {
            self.note(written);
        }
    }

    /// Notes how many writes were synced.
    pub(super) fn note(&mut self, written: u64) {
        if written > self.noted && self.replace(written).is_ok() {
            self.noted = written;
        }
    }

    fn replace(&self, written: u64) -> io::Result<()> {
        let next = self.path.with_extension("next");
        let mut file = File::create(&next)?;
        writeln!(file, "{written}")?;
        file.sync_data()?;
        fs::rename(&next, &self.path)
    }
}
