//! The data folder: writes that are durable when they return, and scans.
//!
//! A write goes to a [`journal`], which is synced, and lies over what sled has
//! ([`pending`]). When there is enough of it, it goes to sled at once
//! ([`settler`]): what was written many times since goes there once, and what
//! has come and gone does not go there at all. Long values that never change go
//! to files of their own ([`values`]), and sled has [`lists`] of where they are. Whoever
//! reads sees all of it as one ([`merged`]).
//!
//! # Invariants
//!
//! - [`Log::write`] is atomic: all of it is there after a crash, or nothing.
//! - When it returns, the journal has been synced. A file of the journal is
//!   begun anew when sled has what it held and the database file has been
//!   synced: sled's own `flush` hands the data to the operating system and does
//!   not wait for the disk.
//! - No value in sled is longer than a [`PIECE`]: longer ones would go to files
//!   of their own, which sled never syncs. A value begins with the number of
//!   its further pieces, which have keys of their own, and with how it is
//!   [`packed`].
//! - After an error of the disk nothing more is written: what a failed sync
//!   has lost cannot be known.

mod error;
mod file;
mod journal;
mod lists;
mod merged;
mod pending;
mod place;
mod reader;
mod settler;
#[cfg(test)]
mod tests;
mod values;
mod worn;

use std::{
    collections::HashMap,
    fs::{self, File},
    path::Path,
    str::FromStr,
    sync::Arc,
};

use remit_shared::Chain;
use sled::Db;

pub use self::error::LogError;
pub(super) use self::{
    reader::{LogReader, Scanned},
    values::VALUES,
    worn::Worn,
};
use crate::adapters::sled::{
    bytes::put_number,
    keys::{Key, Meta},
    log::{
        file::DatabaseFile,
        journal::Journal,
        pending::{Entry, Pending},
        settler::{Settler, Target},
        values::ValueFiles,
    },
    migrate::FORMAT,
    packed::{Packing, pack},
    space::room,
    watermark::Watermark,
};

/// The longest piece of a value. sled keeps up to 16 neighbours in one node,
/// and a node in a file of its own from 128 KiB on.
const PIECE: usize = 4_096;

/// The part of a file of the journal that may be values of their own before sled
/// gets them: what lies over sled is in memory.
const LAYER_SHARE: u64 = 4;

/// Nothing goes to sled while the disk has less room than this, and so many times
/// as much as there is to be taken: it would not recover.
const MARGIN: u64 = 2 << 20;
const SPREAD: u64 = 2;

/// The number of the newest write that sled has, with all before it.
pub(super) const WRITTEN: Key = Key::Meta(Meta::Written);

/// The number of further pieces is less than this; how the value is packed
/// stands above it.
const MOST_PIECES: usize = 1 << 20;

/// The format from which on values may be in files, and their places in lists.
const FILES_VALUES: u32 = 6;

/// Stands where the packing would if the value is a place in a file of values.
const FILED: usize = 15;

/// Marks the keys of further pieces.
const FURTHER: u8 = b'~';

/// How many times as long as a file of the journal a file of values becomes.
const VALUES_SHARE: u64 = 4;

/// What becomes of the values of keys; `None` for one that goes.
pub(super) type Writes = HashMap<Key, Option<Vec<u8>>>;

/// The data folder, open for writing.
#[derive(Debug)]
pub(super) struct Log {
    // Dropped in this order: the thread ends, and the file waits until sled has
    // let go of it.
    settler: Settler,
    pending: Arc<Pending>,
    db: Db,
    _file: Arc<DatabaseFile>,
    folder: Arc<Path>,
    journal: Journal,
    journal_bytes: u64,
    /// Nothing is written any more.
    failed: bool,
    /// How many writes there were.
    written: u64,
    watermark: Watermark,
    /// How many further pieces the longer values have.
    pieces: HashMap<Key, usize>,
}

impl Log {
    /// Opens a data folder, which is made if need be. What the journal has goes
    /// to sled at once.
    pub(super) fn open(
        folder: &Path,
        cache_bytes: u64,
        journal_bytes: u64,
    ) -> Result<Self, LogError> {
        let fail = |source| LogError::Folder { path: folder.to_owned(), source };
        let is_new = !folder.join("db").exists();
        fs::create_dir_all(folder).map_err(fail)?;
        let config = sled::Config::new().path(folder).cache_capacity(cache_bytes);
        let db = config.open().map_err(|source| {
            if is_lock(&source) {
                LogError::InUse { path: folder.to_owned() }
            } else {
                LogError::Database { attempt: "open", source }
            }
        })?;
        let path = folder.join("db");
        let file = File::open(&path).map_err(fail)?;
        if is_new {
            // A new file can be lost with its name: the folders are synced, too.
            file.sync_all().map_err(fail)?;
            for folder in [Some(folder), folder.parent()].into_iter().flatten() {
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                File::open(folder).and_then(|it| it.sync_all()).map_err(fail)?;
            }
        }
        let file = Arc::new(DatabaseFile { file, path });
        // On the way out, sled goes first: the file waits for it.
        let (file, db) = (file, db);
        // What sled says of itself must be on the disk before the journal is begun anew.
        file.sync()?;
        let watermark = Watermark::read(folder).map_err(fail)?;
        let folder: Arc<Path> = folder.into();
        let Marks { format, written: settled, values } = Marks::read(&db, &folder)?;
        if let Some(found) = format.filter(|it| *it > FORMAT) {
            return Err(LogError::Newer { found, known: FORMAT });
        }
        let (journal, entries, written) = Journal::open(&folder, settled)?;
        journal.sync_names(&folder).map_err(fail)?;
        let noted = watermark.noted();
        if written < noted {
            return Err(LogError::Lost { written, noted });
        }
        // Now that sled is known to have what it had.
        let values = ValueFiles::open(&folder, values.as_deref(), journal_bytes * VALUES_SHARE)?;
        let files_values = format.is_some_and(|it| it >= FILES_VALUES);
        let mut target = Target { db: db.clone(), file: Arc::clone(&file), values, files_values };
        let pending = Arc::new(Pending::default());
        if !entries.is_empty() {
            tracing::info!(writes = written - settled, "the journal goes to the database");
            pending.put(entries);
            if !has_room(&folder, &pending) {
                return Err(LogError::NoRoom { folder: folder.to_path_buf() });
            }
            target.take(&pending.settle(), written)?;
        }
        pending.settled(target.values.newest());
        // An older folder is led to this format before anything else is written.
        target.files_values = true;
        let settler = Settler::start(target, Arc::clone(&pending))?;
        Ok(Self {
            settler,
            pending,
            db,
            _file: file,
            folder,
            journal,
            journal_bytes,
            failed: false,
            written,
            watermark,
            pieces: HashMap::new(),
        })
    }

    /// Reads, while others write.
    pub(super) fn reader(&self) -> LogReader {
        let (pending, folder) = (Arc::clone(&self.pending), Arc::clone(&self.folder));
        LogReader { db: self.db.clone(), pending, folder }
    }

    /// Notes how many further pieces a value was found to have.
    pub(super) fn note_pieces(&mut self, key: Key, pieces: usize) {
        if pieces > 0 {
            self.pieces.insert(key, pieces);
        } else {
            self.pieces.remove(&key);
        }
    }

    /// Writes all of this or nothing, and waits until the disk has it.
    pub(super) fn write(&mut self, writes: Writes) -> Result<(), LogError> {
        self.unless_failed(|it| it.write_inner(writes))
    }

    /// After an error nothing more is written, and nothing is taken for settled.
    fn unless_failed(
        &mut self,
        attempt: impl FnOnce(&mut Self) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        if self.failed {
            return Err(LogError::Unsettled);
        }
        let done = attempt(self);
        self.failed = done.is_err();
        done
    }

    fn write_inner(&mut self, writes: Writes) -> Result<(), LogError> {
        if writes.is_empty() {
            return Ok(());
        }
        // What sled could not be given must be known before more is promised.
        self.settler.is_busy()?;
        let mut entries = Vec::with_capacity(writes.len());
        let mut pieces = Vec::new();
        for (key, value) in writes {
            let further = put(&mut entries, &key, value.as_deref());
            for gone in further..self.pieces.get(&key).copied().unwrap_or(0) {
                entries.push((further_key(&key.to_bytes(), gone), None));
            }
            if further > 0 || self.pieces.contains_key(&key) {
                pieces.push((key, further));
            }
        }
        self.journal.append(self.written + 1, &entries)?;
        self.written += 1;
        self.pending.put(entries);
        self.watermark.reach(self.written);
        for (key, further) in pieces {
            self.note_pieces(key, further);
        }
        let (journal, layer) = (self.journal.len(), self.pending.len() as u64);
        if journal >= 2 * self.journal_bytes || layer >= self.journal_bytes {
            // It does not keep up: whoever writes waits.
            self.settler.wait()?;
        }
        if journal >= self.journal_bytes || layer >= self.journal_bytes / LAYER_SHARE {
            self.settle_inner()?;
        }
        Ok(())
    }

    /// Lets sled have what the journal has, unless that is going on already or
    /// there is no room for it.
    pub(super) fn settle(&mut self) -> Result<(), LogError> {
        self.unless_failed(Self::settle_inner)
    }

    fn settle_inner(&mut self) -> Result<(), LogError> {
        let has_room = || has_room(&self.folder, &self.pending);
        if self.settler.is_busy()? || self.pending.is_empty() || !has_room() {
            return Ok(());
        }
        self.journal.turn();
        self.settler.begin(self.pending.settle(), self.written)
    }

    /// Lets sled have all of it, and waits for that.
    pub(super) fn settle_now(&mut self) -> Result<(), LogError> {
        self.unless_failed(|it| {
            it.settler.wait()?;
            it.settle_inner()?;
            it.settler.wait()
        })?;
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(LogError::NoRoom { folder: self.folder.to_path_buf() })
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // What does not get there now does so when the folder is opened.
        if !self.failed
            && let Err(err) = self.settle_now().and_then(|()| self.journal.clear())
        {
            tracing::warn!(error = %Chain(&err), "the journal is kept for the next start");
        }
        self.watermark.note(self.written);
    }
}

/// Whether sled can be given all that is pending.
fn has_room(folder: &Path, pending: &Pending) -> bool {
    let wanted = MARGIN + SPREAD * pending.len() as u64;
    room(folder, 0).is_none_or(|it| it.free >= wanted)
}

/// What sled says of itself.
struct Marks {
    /// The format of the folder, if there is one yet.
    format: Option<u32>,
    /// The number of the newest write that it has.
    written: u64,
    /// Where the files of values end.
    values: Option<Vec<u8>>,
}

impl Marks {
    fn read(db: &Db, folder: &Arc<Path>) -> Result<Self, LogError> {
        let (pending, folder) = (Arc::default(), Arc::clone(folder));
        let reader = LogReader { db: db.clone(), pending, folder };
        // What makes no sense as a format is told by whoever leads it to the next.
        let format = reader.get(&Key::Meta(Meta::Format))?.and_then(|it| number(&it));
        let written = match reader.get(&WRITTEN)? {
            Some(value) => number(&value).ok_or(LogError::Torn)?,
            None => 0,
        };
        Ok(Self { format, written, values: reader.get(&VALUES)? })
    }
}

fn number<N: FromStr>(value: &[u8]) -> Option<N> {
    std::str::from_utf8(value).ok().and_then(|it| it.parse().ok())
}

/// Adds the pieces of a value to what is written; gives how many there are beyond
/// the first.
fn put(entries: &mut Vec<Entry>, key: &Key, value: Option<&[u8]>) -> usize {
    let bytes = key.to_bytes();
    let Some(value) = value else {
        entries.push((bytes, None));
        return 0;
    };
    let packed = pack(value);
    let (packing, value) = match &packed {
        Some((packing, packed)) => (*packing, packed.as_slice()),
        None => (Packing::Plain, value),
    };
    let (first, rest) = value.split_at(value.len().min(PIECE));
    let further = rest.chunks(PIECE);
    let count = further.len();
    let head = head(packing as usize * MOST_PIECES + count, first);
    for (number, piece) in further.enumerate() {
        entries.push((further_key(&bytes, number), Some(piece.into())));
    }
    entries.push((bytes, Some(head.into())));
    count
}

fn head(says: usize, first: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(first.len() + 4);
    put_number(&mut head, says as u128);
    head.extend_from_slice(first);
    head
}

fn further_key(key: &[u8], number: usize) -> Vec<u8> {
    [&[FURTHER], key, &(number as u32).to_be_bytes()].concat()
}

/// sled has no error of its own for this.
fn is_lock(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(it) if it.to_string().contains("could not acquire lock"))
}
