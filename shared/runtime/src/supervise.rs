//! Tasks with names, one way to stop them all, and one place that starts them.
//!
//! # Invariants
//!
//! - Every task that was started is joined or, past the deadline of
//!   [`Supervisor::shutdown`], named and aborted. None outlives it unnoticed.
//! - A task that fails is logged. A critical one that fails, or panics, stops
//!   all others: half a program is worse than a restart.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    error::Error,
    fmt::Display,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use remit_shared::Chain;
use tokio::time;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, error, warn};

/// Starts tasks and stops them. Clones speak of the same tasks.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    shared: Arc<Shared>,
}

/// These tasks did not stop in time and were aborted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} did not stop within {} s", tasks.join(", "), deadline.as_secs())]
pub struct Unstopped {
    /// Their names.
    pub tasks: Vec<String>,
    /// How long they were given.
    pub deadline: Duration,
}

/// What a task may end with: nothing, or a result.
pub trait Ending: Send {
    /// The failure, if it is one.
    fn failure(self) -> Option<Box<dyn Error>>;
}

impl Ending for () {
    fn failure(self) -> Option<Box<dyn Error>> {
        None
    }
}

impl<E: Error + Send + 'static> Ending for Result<(), E> {
    fn failure(self) -> Option<Box<dyn Error>> {
        self.err().map(Into::into)
    }
}

impl Supervisor {
    /// Nothing runs yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Is cancelled when everybody should stop; cancel it to make them.
    pub fn token(&self) -> CancellationToken {
        self.shared.stop.clone()
    }

    /// Starts a task that the others can do without.
    pub fn spawn<F>(&self, name: impl Into<Cow<'static, str>>, task: F)
    where
        F: Future<Output: Ending> + Send + 'static,
    {
        self.start(name.into(), false, task);
    }

    /// Starts a task whose failure stops all others.
    pub fn spawn_critical<F>(&self, name: impl Into<Cow<'static, str>>, task: F)
    where
        F: Future<Output: Ending> + Send + 'static,
    {
        self.start(name.into(), true, task);
    }

    /// Which critical task's failure stopped the others, if one did.
    pub fn failed(&self) -> Option<&str> {
        self.shared.failed.get().map(AsRef::as_ref)
    }

    /// Asks all tasks to stop and waits for them, but not for ever.
    pub async fn shutdown(&self, deadline: Duration) -> Result<(), Unstopped> {
        self.shared.stop.cancel();
        self.shared.tracker.close();
        if time::timeout(deadline, self.shared.tracker.wait()).await.is_ok() {
            return Ok(());
        }
        let mut tasks: Vec<_> =
            self.shared.running().values().map(|name| name.clone().into_owned()).collect();
        self.shared.abort.cancel();
        tasks.sort();
        Err(Unstopped { tasks, deadline })
    }

    fn start<F>(&self, name: Cow<'static, str>, critical: bool, task: F)
    where
        F: Future<Output: Ending> + Send + 'static,
    {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        self.shared.running().insert(id, name.clone());
        let watch = Watch { shared: Arc::clone(&self.shared), id, name, critical };
        let watched = self.shared.tracker.track_future(async move {
            let watch = watch;
            match watch.shared.abort.run_until_cancelled(task).await.map(Ending::failure) {
                Some(None) => debug!(task = %watch.name, "task ended"),
                Some(Some(err)) => watch.fail(&Chain(err.as_ref())),
                None => warn!(task = %watch.name, "task aborted"),
            }
        });
        #[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
        // The tracker knows when it ends, so nobody needs the handle.
        drop(tokio::spawn(watched));
    }
}

#[derive(Debug, Default)]
struct Shared {
    stop: CancellationToken,
    abort: CancellationToken,
    tracker: TaskTracker,
    next_id: AtomicU64,
    running: Mutex<BTreeMap<u64, Cow<'static, str>>>,
    failed: OnceLock<Cow<'static, str>>,
}

impl Shared {
    fn running(&self) -> MutexGuard<'_, BTreeMap<u64, Cow<'static, str>>> {
        // The map is whole between any two calls, so a panic elsewhere is no reason to stop.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lives inside a task and so sees its end, also a panic or an abort.
struct Watch {
    shared: Arc<Shared>,
    id: u64,
    name: Cow<'static, str>,
    critical: bool,
}

impl Watch {
    fn fail(&self, why: &dyn Display) {
        error!(task = %self.name, critical = self.critical, error = %why, "task failed");
        if self.critical {
            // Only the first one is the reason; the others may fail because of it.
            let _ = self.shared.failed.set(self.name.clone());
            self.shared.stop.cancel();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if thread::panicking() {
            self.fail(&"it panicked");
        }
        self.shared.running().remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
