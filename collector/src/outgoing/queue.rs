//! Packs that wait to be sent.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// Packs, oldest first, with how many samples each holds.
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    /// How many samples wait at most.
    room: usize,
    came: Notify,
}

struct Waiting<T> {
    packs: VecDeque<(T, usize)>,
    samples: usize,
}

impl<T> Queue<T> {
    /// With room for so many samples; for one pack there always is.
    pub(super) fn new(room: usize) -> Self {
        let waiting = Mutex::new(Waiting { packs: VecDeque::new(), samples: 0 });
        Self { waiting, room, came: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a pack; gives how many samples had to go for it.
    pub(super) fn push(&self, pack: T, count: usize) -> usize {
        let mut dropped = 0;
        {
            let mut waiting = self.lock();
            while waiting.samples + count > self.room
                && let Some((_, oldest)) = waiting.packs.pop_front()
            {
                waiting.samples -= oldest;
                dropped += oldest;
            }
            waiting.packs.push_back((pack, count));
            waiting.samples += count;
        }
        self.came.notify_one();
        dropped
    }

    /// Takes the oldest pack, once there is one. There is one who takes.
    pub(super) async fn pop(&self) -> (T, usize) {
        loop {
            let oldest = {
                let mut waiting = self.lock();
                let oldest = waiting.packs.pop_front();
                waiting.samples -= oldest.as_ref().map_or(0, |it| it.1);
                oldest
            };
            match oldest {
                Some(oldest) => return oldest,
                // Who came in between has left a note.
                None => self.came.notified().await,
            }
        }
    }

    /// How many samples wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().samples
    }
}
