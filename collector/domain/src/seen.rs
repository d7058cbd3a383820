//! Whether something about an alert was counted already, in bounded room.
//!
//! Whoever looks again and again at what alerts there are must count each
//! thing once, also across a crash: the answer is stored with the count.
//!
//! # Invariants
//!
//! - The newest are remembered one by one. Whatever is not newer than the
//!   newest that was forgotten counts as seen, so nothing is counted twice.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_shared::AlertId;

/// So many are remembered one by one.
pub const REMEMBERED: usize = 500;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The newest, by when each happened.
    pub newest: BTreeSet<(Timestamp, AlertId)>,
    /// The newest that is not among them any more.
    pub forgotten: Option<(Timestamp, AlertId)>,
}

impl Seen {
    /// Remembers what happened to an alert; says whether that is new. Of
    /// several at once, show the oldest first.
    pub fn note(&mut self, at: Timestamp, alert: AlertId) -> bool {
        let it = (at, alert);
        let is_new = Some(it) > self.forgotten && self.newest.insert(it);
        if self.newest.len() > REMEMBERED {
            self.forgotten = self.newest.pop_first();
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn everything_is_new_once_however_much_there_is() {
        let mut seen = Seen::default();
        let all: Vec<_> = (0..3 * REMEMBERED as u128)
            .map(|it| {
                let at = Timestamp::from_second(it as i64 / 7).unwrap();
                (at, AlertId::from_uuid(Uuid::from_u128(it)))
            })
            .collect();
        assert!(all.iter().all(|(at, alert)| seen.note(*at, *alert)));
        assert!(!all.iter().any(|(at, alert)| seen.note(*at, *alert)));
        assert_eq!(seen.newest.len(), REMEMBERED);
    }
}
