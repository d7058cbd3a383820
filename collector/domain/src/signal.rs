//! What the record of an endpoint, or of a source, owes to alerts.
//!
//! Detection turns readings and facts into signals, and so does what a
//! [`source`](crate::source) is told; the alert engine turns signals into
//! alerts. A signal is delivered at least once and names its [`Origin`], so
//! that a second delivery is recognised.

use std::{cmp::Ordering, sync::Arc};

use jiff::Timestamp;
use remit_shared::{EndpointId, Function, Severity, SourceId};

/// Something an alert must hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The endpoint that it is about; `None` if that is whoever speaks.
    pub subject: Option<EndpointId>,
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

impl Signal {
    /// Whether it says that something is bad.
    pub fn is_raised(&self) -> bool {
        match self.say {
            Say::Raised { .. } => true,
            Say::Cleared => false,
        }
    }
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

/// Whose record owes a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// An endpoint, about itself.
    Endpoint(EndpointId),
    /// A source, about the endpoint that the signal names.
    Source(SourceId),
}

impl Speaker {
    /// The endpoint that it speaks about if the signal names none.
    pub fn itself(self) -> Option<EndpointId> {
        match self {
            Self::Endpoint(id) => Some(id),
            Self::Source(_) => None,
        }
    }
}

/// Where a signal comes from: the commit that owes it.
///
/// Origins of one speaker are in the order of its commits. Those of two have
/// no order: neither is older than the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whose record.
    pub from: Speaker,
    /// The revision of the record that owes the signal.
    pub revision: u64,
    /// The signal's place among what that revision owes.
    pub position: u32,
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let places = (self.revision, self.position).cmp(&(other.revision, other.position));
        (self.from == other.from).then_some(places)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_what_one_speaker_says_is_older_or_newer() {
        let by = |from, revision| Origin { from, revision, position: 0 };
        let endpoint = Speaker::Endpoint(EndpointId::from_uuid(Uuid::from_u128(1)));
        let source = Speaker::Source(SourceId::from_uuid(Uuid::from_u128(1)));
        assert!(by(endpoint, 1) < by(endpoint, 2));
        assert_eq!(by(endpoint, 1).partial_cmp(&by(source, 2)), None);
    }
}
