//! One spool, used by several tasks.
//!
//! A spool waits for its disk, so every use runs on a thread that may wait. It
//! is held for one operation at a time, and never across the network.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task;

use crate::spool::{Spool, SpoolError, State};

/// Shares a spool. Clones share the same one.
#[derive(Debug)]
pub struct SpoolHandle<S> {
    spool: Arc<Mutex<S>>,
}

impl<S> Clone for SpoolHandle<S> {
    fn clone(&self) -> Self {
        Self { spool: Arc::clone(&self.spool) }
    }
}

impl<S: Spool> SpoolHandle<S> {
    /// Shares the spool.
    pub fn new(spool: S) -> Self {
        Self { spool: Arc::new(Mutex::new(spool)) }
    }

    /// How the spool is, for a thread that may wait; none once it has failed.
    pub fn state(&self) -> Option<State> {
        self.spool.lock().ok().map(|it| it.state())
    }

    /// Does one thing with the spool.
    pub async fn with<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut S) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let spool = Arc::clone(&self.spool);
        let done = task::spawn_blocking(move || {
            // A panic inside the spool leaves it in no state to be trusted.
            let mut spool = spool.lock().map_err(|_: PoisonError<_>| SpoolError::Failed)?;
            operation(&mut spool)
        });
        done.await.unwrap_or(Err(SpoolError::Failed))
    }
}
