//! How fast a source may speak.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use remit_shared::SourceId;

/// So many requests at once are fine.
const BURST: i32 = 500;
/// One more is after each of these.
const REFILL: SignedDuration = SignedDuration::from_millis(20);

/// Remembers who has spoken. There are as many as there are sources.
#[derive(Debug, Default)]
pub(super) struct Limit {
    /// When each source's share will be whole again.
    whole_at: Mutex<HashMap<SourceId, Timestamp>>,
}

impl Limit {
    /// Counts a request; if it is one too many, says how long to wait.
    pub(super) fn admit(&self, source: SourceId, now: Timestamp) -> Result<(), Duration> {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let known = whole_at.get(&source).copied().unwrap_or(now).max(now);
        let next = known.checked_add(REFILL).unwrap_or(known);
        let excess = next.duration_since(now) - REFILL * BURST;
        if excess > SignedDuration::ZERO {
            return Err(excess.unsigned_abs());
        }
        whole_at.insert(source, next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_burst_is_fine_and_more_than_the_share_is_not() {
        let limit = Limit::default();
        let (loud, quiet) = (1, 2);
        let at = |milli| Timestamp::from_millisecond(milli).unwrap();
        let source = |n: u128| SourceId::from_uuid(Uuid::from_u128(n));
        for _ in 0..500 {
            limit.admit(source(loud), at(0)).unwrap();
        }
        assert_eq!(limit.admit(source(loud), at(0)), Err(Duration::from_millis(20)));
        limit.admit(source(quiet), at(0)).unwrap();
        limit.admit(source(loud), at(20)).unwrap();
        limit.admit(source(loud), at(20)).unwrap_err();
    }
}
