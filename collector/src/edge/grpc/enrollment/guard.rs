//! Slows down whoever tries tokens. Only refusals count, so that a site behind
//! one address may enroll as many machines as it has tokens for.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// So many refusals at once are forgiven.
const BURST: i64 = 5;
/// One more is forgiven after each of these.
const REFILL: SignedDuration = SignedDuration::from_secs(1);
/// So many addresses are remembered.
const ADDRESSES: usize = 10_000;

/// Remembers who was refused.
#[derive(Debug, Default)]
pub struct Guard {
    /// When each address will have no debts left.
    settled_at: Mutex<HashMap<IpAddr, Timestamp>>,
}

impl Guard {
    /// Whether an address may try now; if not, how long it must wait.
    pub fn admit(&self, address: IpAddr, now: Timestamp) -> Result<(), SignedDuration> {
        let settled = self.settled_at.lock().unwrap_or_else(PoisonError::into_inner);
        let debt = settled.get(&address).map_or(SignedDuration::ZERO, |at| at.duration_since(now));
        let excess = debt - REFILL * i32::try_from(BURST - 1).unwrap_or(i32::MAX);
        if excess > SignedDuration::ZERO { Err(excess) } else { Ok(()) }
    }

    /// Notes a refusal.
    pub fn refused(&self, address: IpAddr, now: Timestamp) {
        let mut settled = self.settled_at.lock().unwrap_or_else(PoisonError::into_inner);
        if settled.len() >= ADDRESSES {
            settled.retain(|_, at| *at > now);
        }
        let at = settled.get(&address).copied().unwrap_or(now).max(now);
        settled.insert(address, at.checked_add(REFILL).unwrap_or(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guesser_is_slowed_down_and_a_neighbour_is_not() {
        let guard = Guard::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let (guesser, neighbour) = (IpAddr::from([127, 0, 0, 2]), IpAddr::from([127, 0, 0, 3]));
        for _ in 0..5 {
            assert_eq!(guard.admit(guesser, at(100)), Ok(()));
            guard.refused(guesser, at(100));
        }
        assert_eq!(guard.admit(guesser, at(100)), Err(SignedDuration::from_secs(1)));
        assert_eq!(guard.admit(guesser, at(101)), Ok(()));
        assert_eq!(guard.admit(neighbour, at(100)), Ok(()));
    }
}
