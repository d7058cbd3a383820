//! The machine's own clock: the one place that reads it.

use jiff::Timestamp;
use remit_shared::Clock;

/// What the operating system says the time is.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
