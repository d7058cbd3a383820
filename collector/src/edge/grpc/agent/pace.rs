//! How fast one agent may talk. Whoever talks faster is not read for a while:
//! his own network and his own spool hold back what he has to say.

use tokio::time::{Duration, Instant};

/// One more message after each of these. A backlog of three days at the usual
/// rate is through in some minutes.
const EACH: Duration = Duration::from_millis(20);

/// So many at once.
const BURST: u32 = 500;

/// One connection's pace.
#[derive(Debug)]
pub(super) struct Pace {
    /// When everything that was said would have been said at an even pace.
    even_at: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { even_at: now }
    }

    /// Notes a message.
    pub(super) fn heard(&mut self, now: Instant) {
        self.even_at = self.even_at.max(now) + EACH;
    }

    /// When the next message may be read.
    pub(super) fn next_at(&self) -> Instant {
        self.even_at.checked_sub(EACH * (BURST - 1)).unwrap_or(self.even_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_agent_may_say_much_at_once_but_not_for_long() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..BURST {
            assert!(pace.next_at() <= start);
            pace.heard(start);
        }
        assert_eq!(pace.next_at(), start + EACH);
        pace.heard(start + EACH);
        assert_eq!(pace.next_at(), start + EACH * 2);
        let later = start + Duration::from_mins(1);
        pace.heard(later);
        assert!(pace.next_at() <= later, "silence makes up for it");
    }
}
