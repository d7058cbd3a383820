//! What an endpoint's record owes to alerts.
//!
//! Detection turns readings and facts into signals; the alert engine turns
//! signals into alerts. A signal is delivered at least once and names its
//! [`Origin`], so that a second delivery is recognised.

use std::sync::Arc;

use jiff::Timestamp;
use remit_shared::{EndpointId, Function, Severity};

/// Something an alert must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The check that speaks: `disk-space`.
    pub check: Arc<str>,
    /// Which of several things it watches: a mount point, a job; may be empty.
    pub instance: Arc<str>,
    /// Which kind of work it is.
    pub function: Function,
    /// When it was true, by the collector's clock.
    pub observed_at: Timestamp,
    /// What is the matter, in one line.
    pub summary: String,
    /// What it says.
    pub say: Say,
}

/// What a signal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// The condition holds, or has happened once more.
    Raised {
        /// How bad it is.
        severity: Severity,
        /// What was seen; bounded.
        evidence: String,
        /// It was true some time ago and could not be told earlier.
        delayed: bool,
    },
    /// The condition holds no more.
    Cleared,
}

/// Where a signal comes from: the endpoint's commit that owes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The revision of the endpoint's record that owes the signal.
    pub revision: u64,
    /// The signal's place among what that revision owes.
    pub position: u32,
}
