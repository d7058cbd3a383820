//! A spool in files: append-only segments whose frames carry checksums.
//!
//! ```text
//! spool/
//! ├── lock                              held by the one process that may write
//! ├── spool.meta                        epoch, token, places; replaced as a whole
//! ├── events-00000000000000000001.seg   named by the place of its first record
//! ├── metrics-00000000000000000001.seg
//! └── damaged-…                         what could not be read, for people
//! ```
//!
//! # Invariants
//!
//! - A batch is one write and one `fdatasync`; it counts only after that.
//! - A run never appends to a file that an earlier run wrote: what the crash
//!   left at its end stays as it is.
//! - Before a segment is deleted, the meta file has the places that only the
//!   segment's name told. If the disk is too full for that, deleting it comes
//!   first: room is what is needed then.
//! - Memory holds four numbers per segment, never a payload.
//! - A segment that waits long is replaced by a packed one, as a whole and only
//!   if the same records come out of it (`pack.rs`).

mod frame;
mod meta;
pub(super) mod pack;
mod read;
mod recover;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use remit_agent_domain::spool::{Evicted, FULL, Ledger, Limits, Marks, may_be_sent};
use remit_runtime::files::{self, FolderLock};
use remit_shared::Stream;

use crate::spool::{
    Draft, Spool, SpoolError, State, Waiting,
    reading::{Gathering, encode},
    segments::{
        frame::Frame,
        meta::{Found, Meta},
    },
};

/// Keeps records in a folder.
#[derive(Debug)]
pub struct SegmentSpool {
    folder: PathBuf,
    meta: Meta,
    ledger: Ledger,
    events: Writer,
    metrics: Writer,
    segment_bytes: u64,
    after_crash: bool,
    failed: bool,
    _lock: FolderLock,
}

/// The segment that a stream's next record goes to.
#[derive(Debug, Default)]
struct Writer {
    open: Option<(u64, File)>,
    /// Where the last reading ended.
    read: Option<read::Cursor>,
}

impl SegmentSpool {
    /// Opens the folder, or makes it. `epoch` names the spool's life if it is
    /// new, or if nobody can tell any more what it was.
    pub fn open(folder: &Path, limits: Limits, epoch: u64) -> Result<Self, SpoolError> {
        let io = |attempt, err| SpoolError::io(attempt, folder.to_owned(), err);
        fs::create_dir_all(folder).map_err(|err| io("make", err))?;
        let lock = FolderLock::acquire(folder).map_err(SpoolError::InUse)?;
        let found = Meta::load(folder)?;
        let recovered = recover::recover(folder)?;
        let (mut meta, after_crash) = match found {
            Found::Good(meta) => (Meta { clean: false, ..meta.clone() }, !meta.clean),
            Found::Missing | Found::Damaged => {
                let meta = Meta {
                    epoch,
                    events: recovered.events.places(),
                    metrics: recovered.metrics.places(),
                    ..Meta::default()
                };
                (meta, !recovered.is_blank() || matches!(found, Found::Damaged))
            }
        };
        let lane = |places: meta::PlacesV1, found: &recover::Recovered| {
            places.lane(found.blocks.clone(), found.next)
        };
        let events = lane(meta.events, &recovered.events);
        let metrics = lane(meta.metrics, &recovered.metrics);
        let ledger = Ledger::new(limits, events, metrics);
        let known = may_be_sent(meta.had_session, meta.known(), ledger.last());
        meta.reckon(false, known);
        meta.places(&ledger);
        meta.save(folder)?;
        recovered.delete_empty()?;
        Ok(Self {
            folder: folder.to_owned(),
            meta,
            ledger,
            events: Writer::default(),
            metrics: Writer::default(),
            segment_bytes: (limits.max_bytes / 64).clamp(256, 1 << 20),
            after_crash,
            failed: false,
            _lock: lock,
        })
    }

    fn path(&self, stream: Stream, first: u64) -> PathBuf {
        self.folder.join(format!("{stream}-{first:020}.seg"))
    }

    fn writer(&mut self, stream: Stream) -> &mut Writer {
        match stream {
            Stream::Events => &mut self.events,
            Stream::Metrics => &mut self.metrics,
        }
    }

    /// Runs one operation; after a fatal error there is no other.
    fn guarded<T>(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<T, SpoolError>,
    ) -> Result<T, SpoolError> {
        if self.failed {
            return Err(SpoolError::Failed);
        }
        let done = operation(self);
        self.failed = done.as_ref().is_err_and(SpoolError::is_fatal);
        done
    }

    /// Makes the ledger's places durable.
    fn note(&mut self) -> Result<(), SpoolError> {
        self.meta.places(&self.ledger);
        self.meta.save(&self.folder)
    }

    /// Changes the books, on disk as well or not at all.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Meta, &mut Ledger) -> T,
    ) -> Result<T, SpoolError> {
        let before = (self.meta.clone(), self.ledger.clone());
        let changed = change(&mut self.meta, &mut self.ledger);
        match self.note() {
            Ok(()) => Ok(changed),
            Err(err) => {
                (self.meta, self.ledger) = before;
                Err(err)
            }
        }
    }

    fn delete(&mut self, evicted: &[Evicted]) -> Result<(), SpoolError> {
        if evicted.is_empty() {
            return Ok(());
        }
        match self.note() {
            Ok(()) | Err(SpoolError::NoSpace { .. }) => {}
            Err(err) => return Err(err),
        }
        for Evicted { stream, first } in evicted.iter().copied() {
            let path = self.path(stream, first);
            if let Err(err) = fs::remove_file(&path)
                && err.kind() != io::ErrorKind::NotFound
            {
                return Err(SpoolError::io("delete", path, err));
            }
            self.writer(stream).open.take_if(|it| it.0 == first);
        }
        Ok(())
    }

    /// Adds one stream's share of a batch.
    fn append_to(&mut self, stream: Stream, drafts: &[&Draft]) -> Result<(), SpoolError> {
        let first = self.ledger.next(stream);
        let count = drafts.len() as u64;
        let (mut bytes, mut sizes) = (Vec::new(), Vec::with_capacity(drafts.len()));
        for (place, draft) in (first..).zip(drafts) {
            let start = bytes.len();
            let payload = match encode(draft, place) {
                Ok(payload) => payload,
                Err(err) if drafts.len() == 1 => {
                    self.ledger.lose(stream, 1, "too long");
                    return Err(err);
                }
                // One by one, so that only the one that is too long is lost.
                Err(_) => return self.append_each(stream, drafts),
            };
            frame::write(
                &mut bytes,
                Frame { place, at: draft.at, packed: false, payload: &payload },
            );
            sizes.push(((bytes.len() - start) as u64, draft.at));
        }
        let room = self.ledger.make_room(stream, bytes.len() as u64);
        self.delete(&room.evicted)?;
        if !room.granted {
            self.ledger.lose(stream, count, FULL);
            return Ok(());
        }
        if let Err(err) = self.write(stream, first, &bytes) {
            self.ledger.lose(stream, count, "no space left on the disk");
            return Err(err);
        }
        for (size, at) in sizes {
            self.ledger.append(stream, size, at);
        }
        Ok(())
    }

    fn append_each(&mut self, stream: Stream, drafts: &[&Draft]) -> Result<(), SpoolError> {
        let mut first = Ok(());
        for draft in drafts {
            let done = self.append_to(stream, &[draft]);
            if done.as_ref().is_err_and(SpoolError::is_fatal) {
                return done;
            }
            first = first.and(done);
        }
        first
    }

    /// Writes frames to the stream's open segment, or to a new one.
    fn write(&mut self, stream: Stream, first: u64, bytes: &[u8]) -> Result<(), SpoolError> {
        let has_room = self.ledger.open_block(stream).is_some_and(|it| it < self.segment_bytes);
        if !has_room {
            self.ledger.seal(stream);
            self.writer(stream).open = None;
        }
        let (segment, mut file) = match self.writer(stream).open.take() {
            Some(open) => open,
            None => (first, self.create(stream, first)?),
        };
        let path = self.path(stream, segment);
        let end =
            file.metadata().map_err(|err| SpoolError::io("examine", path.clone(), err))?.len();
        if let Err(err) = file.write_all(bytes) {
            // Half a batch must not stand before the next one.
            let undone = match end {
                0 => fs::remove_file(&path),
                end => file.set_len(end).and_then(|()| file.sync_data()),
            };
            if let Err(source) = undone {
                return Err(SpoolError::Io { attempt: "shorten", path, source });
            }
            if end > 0 {
                self.writer(stream).open = Some((segment, file));
            }
            return Err(SpoolError::io("write", path, err));
        }
        // Whatever the reason, what was not flushed may be half there.
        file.sync_data().map_err(|source| SpoolError::Io { attempt: "flush", path, source })?;
        self.writer(stream).open = Some((segment, file));
        Ok(())
    }

    fn create(&self, stream: Stream, first: u64) -> Result<File, SpoolError> {
        let path = self.path(stream, first);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let file = file.map_err(|err| SpoolError::io("make", path.clone(), err))?;
        // Without this a power cut could take the name away.
        let flushed = files::flush_folder(&self.folder);
        flushed.map_err(|err| SpoolError::io("flush the folder of", path, err))?;
        Ok(file)
    }
}

impl Spool for SegmentSpool {
    fn state(&self) -> State {
        State {
            epoch: self.meta.epoch,
            resume_token: self.meta.token.clone(),
            last: self.ledger.last(),
            known: self.meta.known(),
            queued: self.ledger.queued(),
            bytes: self.ledger.waiting_bytes(),
            earlier: self.meta.earlier.clone(),
            lost: self.ledger.lost(),
            after_crash: self.after_crash,
        }
    }

    fn append(&mut self, drafts: &[Draft]) -> Result<(), SpoolError> {
        self.guarded(|it| {
            it.pack_one()?;
            let mut first = Ok(());
            for stream in Stream::ALL.iter().copied() {
                let share: Vec<_> = drafts.iter().filter(|it| it.stream == stream).collect();
                if !share.is_empty() {
                    let done = it.append_to(stream, &share);
                    if done.as_ref().is_err_and(SpoolError::is_fatal) {
                        return done;
                    }
                    first = first.and(done);
                }
            }
            first
        })
    }

    fn read(&mut self, after: Marks, bytes: u64) -> Result<Vec<Waiting>, SpoolError> {
        self.guarded(|it| {
            let mut gathering = Gathering::new(&it.ledger, bytes);
            let mut cursors = [it.events.read, it.metrics.read];
            for (stream, cursor) in Stream::ALL.iter().copied().zip(&mut cursors) {
                if let Some(wanted) = gathering.start(stream, after)
                    && gathering.is_open()
                {
                    *cursor = it.read_from(&mut gathering, stream, wanted, *cursor)?;
                }
            }
            let found = gathering.found;
            [it.events.read, it.metrics.read] = cursors;
            Ok(found)
        })
    }

    fn keep(&mut self, resume_token: &[u8], through: Marks) -> Result<(), SpoolError> {
        self.guarded(|it| {
            let evicted = it.change(|meta, ledger| {
                meta.replace_token(resume_token);
                meta.had_session = true;
                ledger.resume(through)
            })?;
            it.delete(&evicted)
        })
    }

    fn frees(&self, through: Marks) -> bool {
        self.ledger.frees(through)
    }

    fn forget(&mut self, through: Marks) -> Result<(), SpoolError> {
        self.guarded(|it| {
            let spare = it.ledger.spare();
            let evicted = it.ledger.acknowledge(through);
            if it.ledger.spare() != spare {
                match it.note() {
                    // Then it is sent again after a crash, and known by its number.
                    Ok(()) | Err(SpoolError::NoSpace { .. }) => {}
                    Err(err) => return Err(err),
                }
            }
            it.delete(&evicted)
        })
    }

    fn renumber(&mut self, epoch: u64, applied: Marks) -> Result<(), SpoolError> {
        self.guarded(|it| {
            let evicted = it.change(|meta, ledger| {
                meta.epoch = epoch;
                meta.token.clear();
                meta.earlier.clear();
                meta.reckon(false, Marks::default());
                ledger.renumber(applied)
            })?;
            it.delete(&evicted)
        })
    }

    fn expire(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        self.guarded(|it| {
            let evicted = it.ledger.expire(now);
            it.delete(&evicted)
        })
    }

    fn close(&mut self) -> Result<(), SpoolError> {
        self.guarded(|it| {
            it.meta.clean = true;
            it.note()
        })
    }
}
