//! Who waits to be let in, and when each was last there. In memory only, as
//! the [`roll`](super::roll).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use remit_shared::EndpointId;

/// The lobby.
#[derive(Debug, Default)]
pub struct Lobby(Mutex<HashMap<EndpointId, Timestamp>>);

impl Lobby {
    /// Somebody who waits has shown that they are there.
    pub fn heard(&self, endpoint: EndpointId, now: Timestamp) {
        self.guests().insert(endpoint, now);
    }

    /// When that was last.
    pub fn last_heard(&self, endpoint: EndpointId) -> Option<Timestamp> {
        self.guests().get(&endpoint).copied()
    }

    /// They wait no more.
    pub fn leave(&self, endpoint: EndpointId) {
        self.guests().remove(&endpoint);
    }

    fn guests(&self) -> MutexGuard<'_, HashMap<EndpointId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
