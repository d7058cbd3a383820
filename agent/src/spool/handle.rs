//! One spool, used by several tasks.
//!
//! A spool waits for its disk, so every use runs on a thread that may wait. It
//! is held for one operation at a time, and never across the network.

use std::sync::{Arc, Mutex, PoisonError};

use remit_agent_domain::spool::Marks;
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

    /// The same, for a task. A spool that nobody uses just now is looked at on
    /// the spot: that waits for no disk, and waking a thread would cost more.
    pub async fn look(&self) -> Result<State, SpoolError> {
        if let Ok(it) = self.spool.try_lock() {
            return Ok(it.state());
        }
        self.with(|it| Ok(it.state())).await
    }

    /// Forgets everything up to these numbers. Of most acknowledgements the disk need
    /// not hear: as with [`look`](Self::look).
    pub async fn forget(&self, through: Marks) -> Result<(), SpoolError> {
        if let Ok(mut it) = self.spool.try_lock()
            && !it.frees(through)
        {
            return it.forget(through);
        }
        self.with(move |it| it.forget(through)).await
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use jiff::SignedDuration;
    use remit_agent_domain::spool::Limits;
    use remit_shared::Stream;
    use tokio::sync::oneshot;

    use super::*;
    use crate::spool::{
        conformance::draft,
        memory::{Medium, MemorySpool},
    };

    #[tokio::test]
    async fn what_is_acknowledged_is_forgotten_whether_the_disk_must_hear_of_it_or_not() {
        let limits = Limits { max_bytes: 1 << 20, max_age: SignedDuration::MAX };
        let spool = SpoolHandle::new(MemorySpool::open(&Medium::new(limits, 1)));
        // Each is a block of its own.
        let drafts = [1, 2, 3].map(|it| draft(Stream::Metrics, it));
        spool.with(move |it| it.append(&drafts)).await.unwrap();
        for (metrics, frees, queued) in [(0, false, 3), (2, true, 1), (2, false, 1), (3, false, 0)]
        {
            let through = Marks { events: 0, metrics };
            assert_eq!(spool.with(move |it| Ok(it.frees(through))).await.unwrap(), frees);
            spool.forget(through).await.unwrap();
            assert_eq!(spool.look().await.unwrap().queued, queued);
        }
    }

    #[tokio::test]
    async fn a_look_at_a_spool_in_use_waits_until_it_is_free() {
        let limits = Limits { max_bytes: 1 << 20, max_age: SignedDuration::MAX };
        let spool = SpoolHandle::new(MemorySpool::open(&Medium::new(limits, 1)));
        assert_eq!(spool.look().await.unwrap().queued, 0);
        let (enter, entered) = oneshot::channel();
        let (release, released) = mpsc::channel();
        let appended = spool.with(move |it| {
            enter.send(()).unwrap();
            released.recv().unwrap();
            it.append(&[draft(Stream::Events, 1)])
        });
        let looked = async {
            entered.await.unwrap();
            // The look begins before the other one ends.
            tokio::join!(spool.look(), async { release.send(()).unwrap() }).0
        };
        let (appended, looked) = tokio::join!(appended, looked);
        appended.unwrap();
        assert_eq!(looked.unwrap().queued, 1);
    }
}
