//! The thread that takes what is in the journal to sled.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, TryRecvError, channel},
    },
    thread::{self, JoinHandle},
};

use sled::Db;

use crate::adapters::sled::log::{
    DatabaseFile, LogError, VALUES, WRITTEN,
    error::{reading, writing},
    head,
    lists::{ListWriter, TOGETHER},
    pending::{Layer, Pending},
    values::{ValueFiles, is_filed, is_of_history},
};

/// So many bytes go to sled between two syncs: it uses room again that it takes
/// for free.
const SYNCED: usize = 1 << 20;

/// What must go to sled, and the number of the last write that it has.
type Task = (Arc<Layer>, u64);

/// Where layers go.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) db: Db,
    pub(super) file: Arc<DatabaseFile>,
    pub(super) values: ValueFiles,
    /// Whether any go there.
    pub(super) files_values: bool,
}

/// Takes one layer at a time to sled.
#[derive(Debug)]
pub(super) struct Settler {
    tasks: Option<Sender<Task>>,
    done: Receiver<Result<(), LogError>>,
    thread: Option<JoinHandle<()>>,
    is_busy: bool,
}

impl Settler {
    pub(super) fn start(mut target: Target, pending: Arc<Pending>) -> Result<Self, LogError> {
        let (tasks, inbox) = channel::<Task>();
        let (outbox, done) = channel();
        let thread = thread::Builder::new().name("store-settler".into());
        let thread = thread.spawn(move || {
            for (layer, number) in inbox {
                let result = target.take(&layer, number);
                drop(layer);
                if result.is_ok() {
                    pending.settled(target.values.newest());
                }
                if outbox.send(result).is_err() {
                    break;
                }
            }
        });
        let thread = Some(thread.map_err(LogError::Thread)?);
        Ok(Self { tasks: Some(tasks), done, thread, is_busy: false })
    }

    /// Whether it is at work; what it failed at, if it has failed.
    pub(super) fn is_busy(&mut self) -> Result<bool, LogError> {
        if self.is_busy {
            match self.done.try_recv() {
                Ok(done) => {
                    self.is_busy = false;
                    done?;
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Err(LogError::Unsettled),
            }
        }
        Ok(self.is_busy)
    }

    /// Waits until it has done what it was given.
    pub(super) fn wait(&mut self) -> Result<(), LogError> {
        if !std::mem::take(&mut self.is_busy) {
            return Ok(());
        }
        self.done.recv().unwrap_or(Err(LogError::Unsettled))
    }

    /// Begins with a layer; nothing else may be under way.
    pub(super) fn begin(&mut self, layer: Arc<Layer>, number: u64) -> Result<(), LogError> {
        let sent = self.tasks.as_ref().and_then(|it| it.send((layer, number)).ok());
        sent.ok_or(LogError::Unsettled)?;
        self.is_busy = true;
        Ok(())
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, whoever waited for it was told.
            drop(thread.join());
        }
    }
}

impl Target {
    /// Takes a layer to sled and waits until the disk has it. If that is cut off
    /// anywhere, the journal has it all, and all of it is done again: it says what
    /// must be, not what must be done to what is there.
    pub(super) fn take(&mut self, layer: &Layer, number: u64) -> Result<(), LogError> {
        let (db, mut unsynced) = (self.db.clone(), 0);
        let mut lists = ListWriter::new(&db, TOGETHER);
        for (key, value) in &layer.values {
            unsynced += match value {
                Some(value) if self.files_values && is_filed(key, value) => {
                    let place = self.values.append(key, value)?;
                    // Nothing moves from sled to a list: whoever goes through both could miss it.
                    let is_in_sled = db.contains_key(key).map_err(reading)?;
                    let listed = if is_in_sled { None } else { lists.put(key, place)? };
                    match listed {
                        Some(written) => unsynced += written,
                        None => drop(db.insert(key, place.encode()).map_err(writing)?),
                    }
                    key.len()
                }
                Some(value) => {
                    db.insert(key, value).map_err(writing)?;
                    key.len() + value.len()
                }
                None => {
                    remove(&db, key)?;
                    if is_of_history(key) { lists.remove(key)? } else { 0 }
                }
            };
            if unsynced >= SYNCED {
                self.sync()?;
                unsynced = 0;
            }
        }
        lists.finish()?;
        // Before sled says that it has what is there.
        self.values.sync()?;
        // Last, since it says that all the rest is there: sled comes back with what was
        // done first.
        let number = number.to_string().into_bytes();
        for (mark, value) in [(VALUES, self.values.end()), (WRITTEN, number)] {
            db.insert(mark.to_bytes(), head(0, &value)).map_err(writing)?;
        }
        self.sync()
    }

    fn sync(&self) -> Result<(), LogError> {
        self.db.flush().map_err(|source| LogError::Database { attempt: "flush", source })?;
        self.file.sync()
    }
}

/// Most of what goes had not come yet, and to take that away costs sled as much as to
/// put it there.
fn remove(db: &Db, key: &[u8]) -> Result<(), LogError> {
    if db.contains_key(key).map_err(reading)? {
        db.remove(key).map_err(writing)?;
    }
    Ok(())
}
