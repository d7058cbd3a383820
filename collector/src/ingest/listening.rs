//! The collector's listening time: a clock that stands still while the
//! collector is down, so that its own absence is never taken for an agent's.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

/// How often listening time is written down; a crash loses at most so much.
pub const NOTED_EVERY: Duration = Duration::from_secs(5);

/// Listening time.
#[derive(Debug)]
pub struct Listening {
    before: SignedDuration,
    since: Instant,
}

impl Listening {
    /// Goes on after what was written down last.
    pub fn resume(before: SignedDuration) -> Self {
        Self { before, since: Instant::now() }
    }

    /// How long the collector has been listening in all its lives.
    pub fn now(&self) -> SignedDuration {
        let here = SignedDuration::try_from(self.since.elapsed()).unwrap_or(SignedDuration::MAX);
        self.before.saturating_add(here)
    }

    /// The listening time at which this life began.
    pub fn began(&self) -> SignedDuration {
        self.before
    }
}
