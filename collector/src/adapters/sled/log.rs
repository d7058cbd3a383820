//! The data folder: writes that are durable when they return, and scans.
//!
//! # Invariants
//!
//! - [`Log::write`] is atomic: all of it is there after a crash, or nothing.
//! - When it returns, the database file has been synced. sled's own `flush`
//!   hands the data to the operating system and does not wait for the disk.
//! - No value in sled is longer than a [`PIECE`]: longer ones would go to files
//!   of their own, which sled never syncs. A value begins with the number of
//!   its further pieces, which have keys of their own, and with how it is
//!   [`packed`].
//! - After an error of the disk nothing more is written: what a failed sync
//!   has lost cannot be known.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use sled::{Batch, Db, IVec};

use crate::adapters::sled::{
    bytes::{Reader, put_number},
    keys::{Key, Meta},
    packed::{Packing, pack, unpack},
    watermark::Watermark,
};

/// The longest piece of a value. sled keeps up to 16 neighbours in one node,
/// and a node in a file of its own from 128 KiB on.
const PIECE: usize = 4_096;

/// How often, and with which pauses, the file is looked at until it is free.
/// Somebody else may have got hold of it, so there is an end to that.
const RELEASE_TRIES: u32 = 2_000;
const RELEASE_PAUSE: Duration = Duration::from_millis(1);

/// The number of the newest write, which is in every write.
pub(super) const WRITTEN: Key = Key::Meta(Meta::Written);

/// The number of further pieces is less than this; how the value is packed
/// stands above it.
const MOST_PIECES: usize = 1 << 20;

/// Marks the keys of further pieces.
const FURTHER: u8 = b'~';

/// Why the log did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder cannot be used.
    #[error("failed to prepare {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it.
    #[error("data folder {path} is already in use")]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The database does not work.
    #[error("the database failed to {attempt}")]
    Database {
        /// What it was doing.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: sled::Error,
    },
    /// The disk did not say that it has the data.
    #[error("failed to sync {path}")]
    Sync {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database ends too early.
    #[error(
        "the database has lost writes: it ends after {written}, and {noted} were synced; restore \
         an export or a copy, or remove the file `written` to go on without them"
    )]
    Lost {
        /// How many writes it has.
        written: u64,
        /// How many it had at least.
        noted: u64,
    },
    /// A value has lost a piece.
    #[error("a piece of the value is missing")]
    Torn,
    /// A value that was packed does not come out again.
    #[error("the stored value `{key}` is damaged: it cannot be unpacked")]
    Packed {
        /// Where it is.
        key: String,
    },
}

/// What becomes of the values of keys; `None` for one that goes.
pub(super) type Writes = HashMap<Key, Option<Vec<u8>>>;

/// The data folder, open for writing.
#[derive(Debug)]
pub(super) struct Log {
    // Dropped in this order: the file waits until sled has let go of it.
    db: Db,
    file: DatabaseFile,
    /// How many writes there were.
    written: u64,
    watermark: Watermark,
    /// How many further pieces the longer values have.
    pieces: HashMap<Key, usize>,
}

impl Log {
    /// Opens a data folder, which is made if need be.
    pub(super) fn open(folder: &Path, cache_bytes: u64) -> Result<Self, LogError> {
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
        let watermark = Watermark::read(folder).map_err(fail)?;
        let (written, noted) = (count_writes(&db)?, watermark.noted());
        if written < noted {
            return Err(LogError::Lost { written, noted });
        }
        let file = DatabaseFile { file, path };
        Ok(Self { db, file, written, watermark, pieces: HashMap::new() })
    }

    /// Reads, while others write.
    pub(super) fn reader(&self) -> LogReader {
        LogReader { db: self.db.clone() }
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
        let mut batch = Batch::default();
        let mut pieces = Vec::new();
        for (key, value) in writes {
            let further = put(&mut batch, &key, value.as_deref());
            for gone in further..self.pieces.get(&key).copied().unwrap_or(0) {
                batch.remove(further_key(&key.to_bytes(), gone));
            }
            if further > 0 || self.pieces.contains_key(&key) {
                pieces.push((key, further));
            }
        }
        let number = (self.written + 1).to_string();
        put(&mut batch, &WRITTEN, Some(number.as_bytes()));
        let failed = |attempt| move |source| LogError::Database { attempt, source };
        self.db.apply_batch(batch).map_err(failed("write"))?;
        self.db.flush().map_err(failed("flush"))?;
        self.file.sync()?;
        self.written += 1;
        self.watermark.reach(self.written);
        for (key, further) in pieces {
            self.note_pieces(key, further);
        }
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.watermark.note(self.written);
    }
}

fn count_writes(db: &Db) -> Result<u64, LogError> {
    let Some(value) = (LogReader { db: db.clone() }).get(&WRITTEN)? else { return Ok(0) };
    let number = std::str::from_utf8(&value).ok().and_then(|it| it.parse().ok());
    number.ok_or(LogError::Torn)
}

/// The database file, opened once more: a file descriptor of our own has its
/// own memory of write errors, which sled's flusher cannot clear.
#[derive(Debug)]
struct DatabaseFile {
    file: File,
    path: PathBuf,
}

impl DatabaseFile {
    fn sync(&self) -> Result<(), LogError> {
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

/// Reads the data folder.
#[derive(Clone, Debug)]
pub(super) struct LogReader {
    db: Db,
}

/// A value, and how many further pieces it has.
type Found = (Vec<u8>, usize);

impl LogReader {
    /// Whether nothing was ever written.
    pub(super) fn is_empty(&self) -> bool {
        self.db.is_empty()
    }

    /// One value.
    pub(super) fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, LogError> {
        let bytes = key.to_bytes();
        let found = self.db.get(&bytes).map_err(reading)?;
        found.map(|it| self.whole(&bytes, &it).map(|it| it.0)).transpose()
    }

    /// Everything of a kind, in order.
    pub(super) fn scan(
        &self,
        kind: u8,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, Found), LogError>> {
        self.found(self.db.scan_prefix(Key::prefix(kind)))
    }

    /// Everything, in order.
    pub(super) fn everything(&self) -> impl Iterator<Item = Result<(IVec, Found), LogError>> {
        // Further pieces come with the value that they belong to.
        self.found(self.db.range(..[FURTHER].as_slice()))
    }

    /// Everything between two keys, both included, in order.
    pub(super) fn range<'a>(
        &'a self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, Found), LogError>> + use<'a> {
        self.found(self.db.range(from.to_bytes()..=to.to_bytes()))
    }

    /// The keys of that.
    pub(super) fn range_keys(
        &self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<IVec, LogError>> + use<> {
        let keys = self.db.range(from.to_bytes()..=to.to_bytes()).keys();
        keys.map(|it| it.map_err(reading))
    }

    fn found(
        &self,
        entries: sled::Iter,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, Found), LogError>> {
        entries.map(|entry| {
            let (key, value) = entry.map_err(reading)?;
            let found = self.whole(&key, &value)?;
            Ok((key, found))
        })
    }

    fn whole(&self, key: &[u8], first: &[u8]) -> Result<Found, LogError> {
        let mut reader = Reader::new(first);
        let further = reader.number().map_err(|_| LogError::Torn)?;
        let further = usize::try_from(further).map_err(|_| LogError::Torn)?;
        let (packing, further) = (Packing::of(further / MOST_PIECES), further % MOST_PIECES);
        let mut value = reader.rest().to_vec();
        for number in 0..further {
            let piece = self.db.get(further_key(key, number)).map_err(reading)?;
            value.extend_from_slice(&piece.ok_or(LogError::Torn)?);
        }
        let value = packing.and_then(|it| unpack(it, value)).ok_or_else(|| packed_at(key))?;
        Ok((value, further))
    }
}

fn packed_at(key: &[u8]) -> LogError {
    let key = match Key::from_bytes(key) {
        Ok(key) => key.to_string(),
        Err(_) => String::from_utf8_lossy(key).into_owned(),
    };
    LogError::Packed { key }
}

fn reading(source: sled::Error) -> LogError {
    LogError::Database { attempt: "read", source }
}

/// Puts the pieces of a value into a batch; gives how many there are beyond
/// the first.
fn put(batch: &mut Batch, key: &Key, value: Option<&[u8]>) -> usize {
    let bytes = key.to_bytes();
    let Some(value) = value else {
        batch.remove(bytes);
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
    let mut head = Vec::with_capacity(first.len() + 4);
    put_number(&mut head, (packing as usize * MOST_PIECES + count) as u128);
    head.extend_from_slice(first);
    for (number, piece) in further.enumerate() {
        batch.insert(further_key(&bytes, number), piece);
    }
    batch.insert(bytes, head);
    count
}

fn further_key(key: &[u8], number: usize) -> Vec<u8> {
    [&[FURTHER], key, &(number as u32).to_be_bytes()].concat()
}

/// sled has no error of its own for this.
fn is_lock(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(it) if it.to_string().contains("could not acquire lock"))
}
