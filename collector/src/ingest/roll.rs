//! Who is connected, and when each endpoint was last heard. In memory only: a
//! sign of life is not worth a write.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
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

/// After a stop so many come back in a second, so that each is greeted at once.
const BACK_PER_SECOND: u64 = 200;

/// Over so many seconds they come back, however few or many they are.
const BACK_SECONDS: RangeInclusive<u64> = 5..=60;

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

    /// When an agent is to come back if the collector stops now. Each has a
    /// `lot` of its own.
    pub fn back_after(&self, lot: u64) -> Duration {
        let crowd = self.seats().taken.len() as u64 / BACK_PER_SECOND;
        let spread = crowd.clamp(*BACK_SECONDS.start(), *BACK_SECONDS.end());
        Duration::from_secs(1 + lot % spread)
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn back(agents: u64) -> (u64, u64) {
        let roll = Roll::default();
        for nth in 0..agents {
            let id = EndpointId::from_uuid(Uuid::from_u128(nth.into()));
            roll.sit_down(id, SignedDuration::ZERO);
        }
        let seconds = (0..1_000).map(|lot| roll.back_after(lot).as_secs());
        (seconds.clone().min().unwrap(), seconds.max().unwrap())
    }

    #[test]
    fn many_come_back_over_a_longer_time_than_few() {
        assert_eq!(back(3), (1, 5));
        assert_eq!(back(4_000), (1, 20));
        assert_eq!(back(18_000), (1, 60));
    }
}
