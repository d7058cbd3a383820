//! Not saying the same failure again and again.
//!
//! A probe that cannot look fails on every turn, some of them every ten
//! seconds. The first failure is news, and so is another one; the same again
//! is told only every few minutes, so that the collector still knows that it
//! goes on.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Answer, Body, Failure};

/// So long the same failure of the same probe is not repeated.
pub const REPEAT: SignedDuration = SignedDuration::from_mins(10);

/// Remembers what each probe failed with.
#[derive(Clone, Debug, Default)]
pub struct Thinner {
    told: BTreeMap<Arc<str>, (Failure, Timestamp)>,
}

impl Thinner {
    /// Whether an answer is worth telling.
    pub fn keeps(&mut self, answer: &Answer) -> bool {
        let Body::Failure(failure) = &answer.body else {
            self.told.remove(&answer.probe);
            return true;
        };
        let at = answer.observed_at;
        if let Some((known, since)) = self.told.get(&answer.probe)
            && known == failure
            && at.duration_since(*since).abs() < REPEAT
        {
            return false;
        }
        self.told.insert(Arc::clone(&answer.probe), (failure.clone(), at));
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use remit_shared::FailureKind;

    use super::*;

    fn failure(second: i64, message: &str) -> Answer {
        let at = Timestamp::from_second(second).unwrap();
        let failure = Failure { kind: FailureKind::NoPermission, message: message.into() };
        Answer::full("process", "/proc", at, Body::Failure(failure))
    }

    fn measured(second: i64) -> Answer {
        let at = Timestamp::from_second(second).unwrap();
        Answer::full("process", "/proc", at, Body::Readings(Vec::new()))
    }

    #[test]
    fn the_same_failure_is_told_every_ten_minutes() {
        let mut thinner = Thinner::default();
        let told: Vec<i64> = (0..150)
            .map(|turn| turn * 10)
            .filter(|second| thinner.keeps(&failure(*second, "denied")))
            .collect();
        assert_eq!(told, [0, 600, 1200]);
    }

    #[test]
    fn another_failure_is_news_and_so_is_one_after_an_answer() {
        let mut thinner = Thinner::default();
        assert!(thinner.keeps(&failure(0, "denied")));
        assert!(thinner.keeps(&failure(10, "gone")));
        assert!(thinner.keeps(&measured(20)));
        assert!(thinner.keeps(&failure(30, "gone")));
    }

    proptest! {
        #[test]
        fn every_measurement_is_kept(history in vec((any::<bool>(), 0..5_000_i64), 0..50)) {
            let mut thinner = Thinner::default();
            for (fails, second) in history {
                let answer = if fails { failure(second, "x") } else { measured(second) };
                prop_assert!(thinner.keeps(&answer) || fails);
            }
        }
    }
}
