//! The store of one collector: memory for reads, sled for what must last.
//!
//! Reads are answered from memory. Writes go through one thread, which gathers
//! what has come in into one atomic, synced write ([`writer`]). History, and
//! what watchers ask for who fell far behind, is read from the disk.
//!
//! The data folder holds sled's files, a journal of what was written last and
//! files of long values ([`log`]), and a [`watermark`]; [`keys`] says what is in
//! them, [`record`] how it looks, [`history`] how changes of values are kept, and
//! [`export()`] takes everything out as text.
//!
//! # Invariants
//!
//! - No word of sled's leaves this module, except in the causes of errors.
//! - sled is never asked to watch, iterates in no transaction, has one tree,
//!   and its cache has a bound.

mod bytes;
mod export;
mod history;
mod keys;
mod log;
mod migrate;
mod packed;
mod prune;
mod queue;
mod record;
mod scan;
mod space;
mod spread;
mod state;
mod summed;
#[cfg(test)]
mod tests;
mod watermark;
mod writer;

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    audit::{Chains, Sealed},
    effect::{AuditEntry, EffectKey, FeedEvent},
    endpoint::Endpoint,
    rollup::{Span, Step},
    storeroom::Room,
};
use remit_shared::{AlertId, Chain, EndpointId, Series};
use tokio::{sync::oneshot, task};

pub use self::{
    export::{ExportError, ImportError, export, import},
    keys::KeyError,
    log::LogError,
    migrate::MigrateError,
    record::{DecodeError, Invalid},
    state::LoadError,
};
use self::{
    keys::Key,
    log::{Log, LogReader},
    queue::{Outlet, Request, Work},
    scan::{entries, sealed},
    space::{Space, room, space},
    state::Shared,
    writer::{Failure, Writer},
};
use crate::{
    adapters::{
        points::{Points, from_milliseconds, in_milliseconds, index},
        tables::Operation,
    },
    ports::store::{Commit, Horizon, Owed, Point, Record, Store, StoreError, Stored, Summed},
};

/// How much a file of the journal has before sled gets it, unless somebody knows
/// better.
pub const JOURNAL_BYTES: u64 = 16 << 20;

const BACKEND: &str = "the data folder";

/// How many requests may wait for the writer: five of its pieces. When there
/// are more, whoever asks waits to be let into the queue.
const QUEUE: usize = 1_024;

/// How a data folder is used.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What sled may keep in memory, apart from our own copy.
    pub cache_bytes: u64,
    /// Measurements are refused when the disk has less room than this, so that
    /// alerts and what people do can go on.
    pub reserve_bytes: u64,
    /// How much is written to a file of the journal before sled gets it, all
    /// at once; what takes part of it is kept in memory until then.
    pub journal_bytes: u64,
}

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("failed to open data folder {folder}")]
pub struct OpenError {
    /// Which.
    pub folder: PathBuf,
    /// Why.
    #[source]
    pub cause: OpenCause,
}

/// What stands in the way of opening a data folder.
#[derive(Debug, thiserror::Error)]
pub enum OpenCause {
    /// It cannot be used, or somebody else uses it.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It is of another version.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// Something in it is damaged.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// There can be no thread.
    #[error("failed to start the writer")]
    Thread(#[source] io::Error),
}

/// Keeps everything in a folder.
///
/// Dropping it waits until what was asked for is written and the folder is
/// free for others.
#[derive(Debug)]
pub struct SledStore {
    folder: PathBuf,
    reserve_bytes: u64,
    shared: Arc<Shared>,
    reader: Option<LogReader>,
    queue: Option<Outlet>,
    thread: Option<JoinHandle<()>>,
    failure: Failure,
}

impl SledStore {
    /// Opens a data folder, which is made if need be. Reads everything that
    /// belongs in memory, so call it where waiting is allowed.
    pub fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        let opened = Self::open_inner(folder, options);
        opened.map_err(|cause| OpenError { folder: folder.to_owned(), cause })
    }

    fn open_inner(folder: &Path, options: Options) -> Result<Self, OpenCause> {
        let Options { cache_bytes, reserve_bytes, journal_bytes } = options;
        let mut log = Log::open(folder, cache_bytes, journal_bytes)?;
        migrate::migrate(&mut log)?;
        let state = state::load(&mut log)?;
        let [endpoints, alerts, ..] = state::census(&state.tables);
        tracing::info!(endpoints, alerts, "the data folder is open");
        let (reader, shared, failure) =
            (log.reader(), Arc::new(Shared::new(state)), Failure::default());
        let mut writer = Writer {
            log,
            folder: folder.to_owned(),
            reserve_bytes,
            shared: Arc::clone(&shared),
            failure: failure.clone(),
        };
        writer.publish_leftovers();
        let (queue, inbox) = queue::channel(QUEUE).map_err(OpenCause::Thread)?;
        let thread = thread::Builder::new().name("store-writer".into());
        let thread = thread.spawn(move || writer.run(inbox)).map_err(OpenCause::Thread)?;
        Ok(Self {
            folder: folder.to_owned(),
            reserve_bytes,
            shared,
            reader: Some(reader),
            queue: Some(queue),
            thread: Some(thread),
            failure,
        })
    }

    /// Whether writes can succeed, or why not.
    pub fn health(&self) -> Result<(), String> {
        if let Some(error) = self.failure.get() {
            return Err(format!("the store has stopped: {}", Chain(&**error)));
        }
        if self.queue.as_ref().is_none_or(Outlet::is_closed) {
            return Err("the store has stopped: its writer has ended".into());
        }
        let refused = match space(&self.folder, self.reserve_bytes) {
            Space::Plenty => return Ok(()),
            Space::Tight => "measurements",
            Space::Last | Space::None => "everything",
        };
        let free = self.room().map_or(0, |it| it.free >> 20);
        Err(format!(
            "the store refuses {refused}: {free} MiB are free in {}",
            self.folder.display()
        ))
    }

    /// Waits until nothing can be written any more, for whatever reason but a
    /// disk without room: that is waited out.
    pub async fn stopped(&self) -> StoreError {
        self.failure.ended().await;
        self.failure.get().map_or_else(ended, writer::unavailable)
    }

    async fn ask(&self, work: Work) -> Result<u64, StoreError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        queue.send(Request { work, reply }).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    /// Does something with the disk, where waiting is allowed.
    async fn on_disk<T: Send + 'static>(
        &self,
        attempt: &'static str,
        read: impl FnOnce(&LogReader) -> Result<T, LoadError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = self.reader.clone().ok_or_else(ended)?;
        let done = task::spawn_blocking(move || read(&reader)).await;
        done.map_err(|it| unavailable(attempt, it))?.map_err(|it| unavailable(attempt, it))
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.reader = None;
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, everybody who waited for it was told.
            drop(thread.join());
        }
    }
}

impl Store for SledStore {
    async fn load<R: Record>(&self, key: &R::Key) -> Result<Option<Stored<R>>, StoreError> {
        Ok(self.shared.read().tables.load(key))
    }

    async fn all<R: Record>(&self) -> Result<Vec<Stored<R>>, StoreError> {
        Ok(self.shared.read().tables.all())
    }

    async fn endpoints_named(&self, hostname: &str) -> Result<Vec<Stored<Endpoint>>, StoreError> {
        Ok(self.shared.read().tables.endpoints_named(hostname))
    }

    async fn newest_alert(
        &self,
        endpoint: EndpointId,
        check: &str,
        instance: &str,
    ) -> Result<Option<Stored<Alert>>, StoreError> {
        Ok(self.shared.read().tables.newest_alert(endpoint, check, instance))
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<AlertId>, StoreError> {
        Ok(self.shared.read().tables.due(now, limit))
    }

    async fn commit<R: Record>(&self, commit: Commit<R>) -> Result<u64, StoreError> {
        self.ask(Work::Store(Operation::commit(commit))).await
    }

    async fn owed(&self, after: u64, limit: usize) -> Result<Vec<(u64, Owed)>, StoreError> {
        Ok(self.shared.read().tables.owed(after, limit))
    }

    async fn settle(&self, effects: Vec<EffectKey>) -> Result<(), StoreError> {
        self.ask(Work::Store(Operation::Settle(effects))).await.map(|_| ())
    }

    async fn feed(&self, after: u64, limit: usize) -> Result<Vec<(u64, FeedEvent)>, StoreError> {
        let recent = self.shared.read().tables.feed.after(after, limit);
        match recent {
            Some(entries) => Ok(entries),
            None => {
                self.on_disk("read the feed", move |it| entries(it, Key::Feed, after, limit)).await
            }
        }
    }

    async fn feed_end(&self) -> Result<u64, StoreError> {
        Ok(self.shared.read().tables.feed.end())
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<(u64, Sealed)>, StoreError> {
        let recent = self.shared.read().tables.audit.after(after, limit);
        match recent {
            Some(entries) => Ok(entries),
            None => {
                let read = move |it: &LogReader| entries(it, Key::Audit, after, limit);
                self.on_disk("read the audit trail", read).await
            }
        }
    }

    async fn audit_span(&self) -> Result<(Chains, Chains), StoreError> {
        let state = self.shared.read();
        Ok((state.tables.audit_begin.clone(), state.tables.audit_end.clone()))
    }

    async fn note_denied(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.ask(Work::Store(Operation::Denied(Box::new(entry)))).await.map(|_| ())
    }

    async fn history(
        &self,
        endpoint: EndpointId,
        series: &Series,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Result<Vec<Point>, StoreError> {
        // In this order: a tail that is sealed meanwhile is then read twice,
        // and not never.
        let (index, tail, from) = {
            let state = self.shared.read();
            let known = state.tables.load::<Endpoint>(&endpoint);
            let index = known.and_then(|it| index(&it.record.layout, series));
            (index, state.tails.get(&endpoint).cloned(), from.max(state.tables.history_since))
        };
        let Some(index) = index else { return Ok(Vec::new()) };
        let read = move |it: &LogReader| {
            let mut rows = sealed(it, endpoint, in_milliseconds(from), in_milliseconds(to))?;
            rows.extend(tail.iter().flat_map(history::Tail::rows));
            // A clock that was set back makes pieces overlap.
            rows.sort_by_key(|it| it.0);
            let mut points = Points::between(from, to, limit);
            for (at, changed) in rows {
                for (_, value) in changed.iter().filter(|it| it.0 as usize == index) {
                    points.push(from_milliseconds(at), *value);
                }
            }
            Ok(points.finish())
        };
        self.on_disk("read history", read).await
    }

    async fn rollups(
        &self,
        endpoint: EndpointId,
        series: &[Series],
        from: Timestamp,
        to: Timestamp,
        step: Step,
    ) -> Result<Vec<Vec<Summed>>, StoreError> {
        self.summed(endpoint, series, (from, to), step).await
    }

    async fn heard(
        &self,
        endpoint: EndpointId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Span>, StoreError> {
        self.spans(endpoint, from, to).await
    }

    async fn history_since(&self) -> Result<Timestamp, StoreError> {
        Ok(self.shared.read().tables.history_since)
    }

    async fn prune(&self, horizon: Horizon) -> Result<(), StoreError> {
        self.forget(horizon).await
    }

    fn room(&self) -> Option<Room> {
        room(&self.folder, self.reserve_bytes)
    }

    async fn listened(&self) -> Result<SignedDuration, StoreError> {
        Ok(self.shared.read().tables.listened)
    }

    async fn note_listened(&self, listened: SignedDuration) -> Result<(), StoreError> {
        self.ask(Work::Store(Operation::Listened(listened))).await.map(|_| ())
    }
}

fn ended() -> StoreError {
    unavailable("reach its writer", "the writer has ended")
}

fn unavailable(
    attempt: &'static str,
    source: impl Into<Box<dyn Error + Send + Sync>>,
) -> StoreError {
    StoreError::Unavailable { backend: BACKEND, attempt, source: source.into() }
}
