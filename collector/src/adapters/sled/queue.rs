//! What the writer is asked for, and the way there.
//!
//! A piece has its price, whatever is in it: the disk is waited for, and sled
//! wakes all its threads. Whoever measures on and on can wait for company, so
//! pieces of nothing but that are written at a steady [`PACE`], but for a few
//! at a time in a collector that has little to do; what anybody waits for takes
//! all that is there along, at once. If there is more than a piece can hold, the
//! [`lanes`] say who goes first.

mod lanes;
#[cfg(test)]
mod tests;

use std::{io, sync::Arc, time::Duration};

use tokio::{
    runtime::{Builder, Runtime},
    sync::{Notify, oneshot},
    time::{Instant, timeout_at},
};

use self::lanes::{Entries, Exits, Lane};
use crate::{
    adapters::{sled::keys::Key, tables::Operation},
    ports::store::{AnyRecord, StoreError},
};

/// How many requests are written at once. sled holds a lock of the whole
/// process while it applies them.
pub(super) const PIECE: usize = 200;

/// From one piece of what can wait to the next.
const PACE: Duration = Duration::from_millis(20);

/// So many pieces may come earlier than that in a row, and are made up for
/// later: whoever has just come says a few things one after the other.
const EARLY: u32 = 4;

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Work {
    /// To decide and write this.
    Store(Operation),
    /// To forget values that never change.
    Erase(Vec<Key>),
    /// To replace or forget values of which memory knows nothing.
    Rewrite(Vec<Rewrite>),
    /// To write values once more that are still there, so that their file can go.
    Refile(Vec<Key>),
}

/// What becomes of a value.
#[derive(Debug)]
pub(super) struct Rewrite {
    pub(super) key: Key,
    /// `None` if it goes.
    pub(super) value: Option<Vec<u8>>,
    /// How many further pieces it has had so far.
    pub(super) further: usize,
}

/// Work, and whom to answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<u64, StoreError>>,
}

/// What is asked of the writer, on its way there.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: Exits<Request>,
    /// Rung with what cannot wait.
    urgent: Arc<Notify>,
    /// Keeps the time while the writer waits.
    clock: Runtime,
    /// Until when the pieces that were written are enough at that pace; `None`
    /// if there was none yet.
    enough_until: Option<Instant>,
    /// Whether the last piece had no room for all that was there.
    has_more: bool,
}

/// The other end of an [`Inbox`]. It closes with the last of these.
#[derive(Debug)]
pub(super) struct Outlet {
    queue: Entries<Request>,
    urgent: Arc<Notify>,
}

/// A way for requests, of which so many of each kind can be under way.
pub(super) fn channel(capacity: usize) -> io::Result<(Outlet, Inbox)> {
    Ok(channel_by(capacity, Builder::new_current_thread().enable_time().build()?))
}

fn channel_by(capacity: usize, clock: Runtime) -> (Outlet, Inbox) {
    let (sender, queue) = lanes::lanes(capacity);
    let urgent = Arc::new(Notify::new());
    let outlet = Outlet { queue: sender, urgent: Arc::clone(&urgent) };
    (outlet, Inbox { queue, urgent, clock, enough_until: None, has_more: false })
}

impl Outlet {
    /// Leaves a request; waits until there is room for it. Gives it back if
    /// the writer has ended.
    pub(super) async fn send(&self, request: Request) -> Result<(), Request> {
        let lane = request.work.lane();
        self.queue.send(lane, request).await?;
        if lane == Lane::Urgent {
            self.urgent.notify_one();
        }
        Ok(())
    }

    /// Whether the writer has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.urgent.notify_one();
    }
}

impl Inbox {
    /// Waits for the next piece; gives whether there is one.
    pub(super) fn next_piece(&mut self, requests: &mut Vec<Request>) -> bool {
        let Self { queue, urgent, clock, enough_until, has_more } = self;
        clock.block_on(async {
            // Nobody waits for company while there is enough of it, nor while
            // what cannot wait may have been left behind.
            if let Some(until) = *enough_until
                && !*has_more
                && queue.len() < PIECE
            {
                let due = until.checked_sub(PACE * (EARLY - 1)).unwrap_or(until);
                // Whoever is rung for may have been in the piece before: then
                // this one is early, and no harm is done.
                let _ = timeout_at(due, urgent.notified()).await;
            }
            let found = queue.take(requests, PIECE).await;
            *has_more = queue.len() > 0;
            // However many pieces could not wait, who can waits no longer.
            let now = Instant::now();
            let until = enough_until.map_or(now, |it| it.max(now)) + PACE;
            *enough_until = Some(until.min(now + PACE * EARLY));
            found
        })
    }
}

impl Work {
    /// Nobody is kept from anything if a report that changes nothing but values
    /// waits a little.
    fn lane(&self) -> Lane {
        match self {
            Self::Store(Operation::Commit {
                record: AnyRecord::Endpoint(_), owes, late, ..
            }) if owes.is_empty() => {
                if *late {
                    Lane::Late
                } else {
                    Lane::Live
                }
            }
            Self::Store(_) | Self::Erase(_) | Self::Rewrite(_) | Self::Refile(_) => Lane::Urgent,
        }
    }
}
