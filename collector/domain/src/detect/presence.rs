//! Whether an endpoint is heard, by the collector's own listening time.

use jiff::Timestamp;
use remit_shared::function;

use crate::signal::{Say, Signal};

/// The check that speaks of silence.
pub const OFFLINE: &str = "endpoint-offline";

/// The signal that an endpoint is heard again.
pub fn back(now: Timestamp) -> Signal {
    Signal {
        check: OFFLINE.into(),
        instance: "".into(),
        function: function::infra_monitoring(),
        observed_at: now,
        summary: "the endpoint is heard again".into(),
        say: Say::Cleared,
    }
}
