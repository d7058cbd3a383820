//! The collector's listening time: a clock that stands still while the
//! collector is down, so that its own absence is never taken for an agent's.

use std::{fmt, time::Duration};

use jiff::SignedDuration;
use remit_shared::SteadyClock;

/// How often listening time is written down; a crash loses at most so much.
pub const NOTED_EVERY: Duration = Duration::from_secs(5);

/// Listening time.
pub struct Listening {
    before: SignedDuration,
    since: SignedDuration,
    clock: Box<dyn SteadyClock>,
}

impl Listening {
    /// Goes on after what was written down last.
    pub fn resume(before: SignedDuration, clock: impl SteadyClock) -> Self {
        Self { before, since: clock.running(), clock: Box::new(clock) }
    }

    /// How long the collector has been listening in all its lives.
    pub fn now(&self) -> SignedDuration {
        self.before.saturating_add(self.clock.running().saturating_sub(self.since))
    }

    /// The listening time at which this life began.
    pub fn began(&self) -> SignedDuration {
        self.before
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").field("before", &self.before).finish_non_exhaustive()
    }
}
