//! How long to wait before the next attempt: full jitter.
//!
//! The wait is drawn evenly from zero to a cap that doubles, so that a
//! thousand agents that lost the same collector do not come back at once.

use jiff::SignedDuration;

/// A doubling cap on waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The cap before the second attempt.
    pub base: SignedDuration,
    /// What the cap never exceeds.
    pub max: SignedDuration,
}

impl Backoff {
    /// The wait after `failures` failures in a row. `random` is drawn evenly
    /// from all of `u64`.
    pub fn wait(&self, failures: u32, random: u64) -> SignedDuration {
        let factor = 1_i64 << failures.saturating_sub(1).min(32);
        let base = self.base.as_millis();
        let cap = base.saturating_mul(i128::from(factor)).min(self.max.as_millis()).max(0);
        let wait = (cap.unsigned_abs() * u128::from(random)) >> u64::BITS;
        SignedDuration::from_millis(i64::try_from(wait).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BACKOFF: Backoff =
        Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_mins(5) };

    #[test]
    fn the_cap_doubles_and_ends() {
        for (failures, cap) in [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (99, 300)] {
            let longest = BACKOFF.wait(failures, u64::MAX);
            assert_eq!(longest, SignedDuration::from_millis(cap * 1000 - 1), "{failures}");
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_never_negative_nor_past_the_cap(failures: u32, random: u64) {
            let wait = BACKOFF.wait(failures, random);
            prop_assert!(!wait.is_negative() && wait < BACKOFF.max);
        }
    }
}
