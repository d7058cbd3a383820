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

    #[cfg(target_os = "linux")]
    fn slept(&self) -> SignedDuration {
        use rustix::time::{ClockId, clock_gettime};

        // In this order the difference is never negative.
        let (awake, all) = (clock_gettime(ClockId::Monotonic), clock_gettime(ClockId::Boottime));
        let nanos = i32::try_from(all.tv_nsec - awake.tv_nsec).unwrap_or(0);
        SignedDuration::new(all.tv_sec - awake.tv_sec, nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_not_slept_between_two_looks_at_it() {
        let (first, second) = (SystemClock.slept(), SystemClock.slept());
        assert!(first >= SignedDuration::ZERO);
        assert!((second - first).abs() < SignedDuration::from_secs(1), "{first:?} {second:?}");
    }
}
