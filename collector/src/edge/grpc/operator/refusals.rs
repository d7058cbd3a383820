//! What was refused of late, so that nobody can fill the audit trail by asking
//! for what they may not.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use remit_shared::OperatorId;

/// The same refusal is written down once in so long.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// The refusals of the last while.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<(OperatorId, &'static str), Timestamp>>);

impl Refusals {
    /// Whether a refusal is worth writing down.
    pub(super) fn admits(
        &self,
        operator: OperatorId,
        action: &'static str,
        now: Timestamp,
    ) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, at| now.duration_since(*at).abs() < AGAIN);
        if known.contains_key(&(operator, action)) {
            return false;
        }
        known.insert((operator, action), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_same_refusal_is_written_down_once_a_minute() {
        let refusals = Refusals::default();
        let who = |n| OperatorId::from_uuid(Uuid::from_u128(n));
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(refusals.admits(who(1), "audit.read", at(0)));
        assert!(!refusals.admits(who(1), "audit.read", at(59)));
        assert!(refusals.admits(who(1), "token.list", at(59)));
        assert!(refusals.admits(who(2), "audit.read", at(59)));
        assert!(refusals.admits(who(1), "audit.read", at(60)));
    }
}
