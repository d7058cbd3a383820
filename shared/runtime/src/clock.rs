//! The machine's own clock: the one place that reads it.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Clock, SteadyClock};
use tokio::time::Instant;

/// When somebody first asked how long the process has been running.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What the operating system says the time is.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl SteadyClock for SystemClock {
    fn running(&self) -> SignedDuration {
        SignedDuration::try_from(BEGAN.elapsed()).unwrap_or(SignedDuration::MAX)
    }
}
