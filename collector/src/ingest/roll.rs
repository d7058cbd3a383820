//! Who is connected, and when each endpoint was last heard. In memory only: a
//! sign of life is not worth a write.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use remit_collector_domain::endpoint::Pulse;
use remit_shared::EndpointId;
use tokio_util::sync::CancellationToken;

/// Agents are to be heard at least this often, as long as there are few.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Heartbeats are stretched so that no more than so many arrive in a second.
const PER_SECOND: u64 = 200;

/// The roll.
#[derive(Debug, Default)]
pub struct Roll {
    seats: Mutex<Seats>,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    taken: HashMap<EndpointId, Seat>,
}

#[derive(Debug)]
struct Seat {
    heard: SignedDuration,
    session: Option<(u64, CancellationToken)>,
}

impl Roll {
    /// A session begins. One that the endpoint had before ends.
    pub fn sit_down(&self, endpoint: EndpointId, now: SignedDuration) -> (u64, CancellationToken) {
        let mut seats = self.seats();
        seats.next += 1;
        let (number, ended) = (seats.next, CancellationToken::new());
        let seat = Seat { heard: now, session: Some((number, ended.clone())) };
        if let Some(Seat { session: Some((_, older)), .. }) = seats.taken.insert(endpoint, seat) {
            older.cancel();
        }
        (number, ended)
    }

    /// A session has ended; a newer one of the same endpoint stays.
    pub fn stand_up(&self, endpoint: EndpointId, number: u64) {
        if let Some(seat) = self.seats().taken.get_mut(&endpoint)
            && seat.session.as_ref().is_some_and(|it| it.0 == number)
        {
            seat.session = None;
        }
    }

    /// Ends whatever session the endpoint has.
    pub fn throw_out(&self, endpoint: EndpointId) {
        if let Some(Seat { session: Some((_, ended)), .. }) = self.seats().taken.remove(&endpoint) {
            ended.cancel();
        }
    }

    /// A sign of life.
    pub fn heard(&self, endpoint: EndpointId, now: SignedDuration) {
        if let Some(seat) = self.seats().taken.get_mut(&endpoint) {
            seat.heard = now;
        }
    }

    /// Whether an endpoint was heard in this life of the collector.
    pub fn has_heard(&self, endpoint: EndpointId) -> bool {
        self.seats().taken.contains_key(&endpoint)
    }

    /// When an endpoint was last heard, in listening time: in this life of the
    /// collector if it was, else as written down; what was silent before the
    /// start counts as heard at the start.
    pub fn last_heard(
        &self,
        endpoint: EndpointId,
        pulse: &Pulse,
        started: SignedDuration,
    ) -> SignedDuration {
        let here = self.seats().taken.get(&endpoint).map(|it| it.heard);
        here.unwrap_or_else(|| pulse.heard_listening.max(started))
    }

    /// How many sessions there are.
    pub fn connected(&self) -> usize {
        self.seats().taken.values().filter(|it| it.session.is_some()).count()
    }

    /// How often an agent is to be heard.
    pub fn heartbeat(&self) -> SignedDuration {
        let crowd = self.seats().taken.len() as u64 / PER_SECOND;
        SignedDuration::from_secs(HEARTBEAT.as_secs().max(crowd).try_into().unwrap_or(i64::MAX))
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
