//! Answers on their way to the sink, kept back for a moment so that those of
//! one tick travel together.
//!
//! The moment ends when all that were expected of the latest tick have come,
//! and after [`WAIT`] at the latest. Only probes that are usually quick are
//! expected; the others' answers go when they come.

use std::{mem, time::Duration};

use remit_shared::{Answer, Stream};

/// How long the first answer may wait for the last.
const WAIT: Duration = Duration::from_millis(250);

/// Answers that wait for others.
#[derive(Debug, Default)]
pub(super) struct Batch {
    events: Vec<Answer>,
    metrics: Vec<Answer>,
    /// Which round of waiting this is.
    round: u64,
    /// How many answers of this round have not come.
    expected: usize,
    /// When this round ends, if anything is expected.
    until: Option<Duration>,
}

impl Batch {
    /// One more answer is worth waiting for. Gives the round to name when it comes.
    pub(super) fn expect(&mut self, now: Duration) -> u64 {
        self.expected += 1;
        self.until.get_or_insert(now.saturating_add(WAIT));
        self.round
    }

    /// The round that is going on.
    pub(super) fn round(&self) -> u64 {
        self.round
    }

    /// Takes an answer, and which round it was expected in, if it was.
    pub(super) fn add(&mut self, answer: Answer, expected_in: Option<u64>) {
        if expected_in == Some(self.round) {
            self.expected = self.expected.saturating_sub(1);
        }
        match answer.stream() {
            Stream::Events => self.events.push(answer),
            Stream::Metrics => self.metrics.push(answer),
        }
    }

    /// When the wait is over at the latest.
    pub(super) fn until(&self) -> Option<Duration> {
        self.until
    }

    /// Whether there is something to hand on, or to stop waiting for.
    pub(super) fn is_ready(&self, now: Duration) -> bool {
        let is_empty = self.events.is_empty() && self.metrics.is_empty();
        let is_over = self.until.is_some_and(|until| until <= now);
        is_over || (self.expected == 0 && !is_empty)
    }

    /// Ends the round: the answers of each stream that has any, events first.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Vec<Answer>> + use<> {
        let Self { events, metrics, round, .. } = mem::take(self);
        self.round = round + 1;
        [events, metrics].into_iter().filter(|answers| !answers.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use remit_shared::{Body, Failure, FailureKind};

    use super::*;

    const NOW: Duration = Duration::from_secs(10);

    fn metric() -> Answer {
        Answer::full("cpu", "script", Timestamp::UNIX_EPOCH, Body::Readings(vec![]))
    }

    fn event() -> Answer {
        let failure = Failure { kind: FailureKind::Locked, message: "apt is locked".into() };
        Answer::full("patch-apt", "script", Timestamp::UNIX_EPOCH, Body::Failure(failure))
    }

    #[test]
    fn the_last_one_expected_ends_the_wait() {
        let mut batch = Batch::default();
        let rounds = [batch.expect(NOW), batch.expect(NOW)];
        batch.add(metric(), Some(rounds[0]));
        assert!(!batch.is_ready(NOW));
        batch.add(metric(), Some(rounds[1]));
        assert!(batch.is_ready(NOW));
        assert_eq!(batch.take().collect::<Vec<_>>(), [[metric(), metric()]]);
        assert!(!batch.is_ready(NOW) && batch.until().is_none());
    }

    #[test]
    fn the_wait_is_over_in_the_end() {
        let mut batch = Batch::default();
        let late = batch.expect(NOW);
        let until = batch.until().unwrap();
        assert!(!batch.is_ready(NOW) && batch.is_ready(until));
        assert_eq!(batch.take().count(), 0);
        let next = batch.expect(until);
        // Of the round before: nobody waits for it any more, nor for it alone.
        batch.add(metric(), Some(late));
        assert!(!batch.is_ready(until));
        batch.add(metric(), Some(next));
        assert!(batch.is_ready(until));
    }

    #[test]
    fn what_was_not_expected_goes_at_once_and_events_go_first() {
        let mut batch = Batch::default();
        batch.add(metric(), None);
        batch.add(event(), None);
        assert!(batch.is_ready(NOW));
        assert_eq!(batch.take().collect::<Vec<_>>(), [[event()], [metric()]]);
    }
}
