//! What a session is told, and what it wants done.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Backoff, Departure, Stream};

use crate::spool::Marks;

/// How a session behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The wait after attempts that failed.
    pub backoff: Backoff,
    /// The longest wait after a session that had worked was lost.
    pub spread: SignedDuration,
    /// The wait after the collector refused our certificate.
    pub refused: SignedDuration,
    /// How long the collector may take to answer a hello, or to acknowledge.
    pub patience: SignedDuration,
    /// How often to send something, until the collector says otherwise.
    pub heartbeat: SignedDuration,
    /// How many bytes may wait for an acknowledgement.
    pub window_bytes: u64,
    /// How many reports may. What is told ahead of its turn waits behind these.
    pub window_reports: usize,
    /// Of how many records that wait the newest is told ahead of its turn.
    pub backlog: u64,
}

/// What the collector answers a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Everything up to these numbers is applied.
    pub through: Marks,
    /// Shows, next time, that the spool is still the one that was welcomed.
    pub resume_token: Vec<u8>,
    /// The collector does not recognize the spool.
    pub reset_epoch: bool,
    /// How often to send something.
    pub heartbeat: Option<SignedDuration>,
    /// It takes what is told ahead of its turn.
    pub takes_previews: bool,
}

/// Why a connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It broke, or never came about.
    Network,
    /// The collector does not accept our certificate.
    Refused,
}

/// What can happen to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Time passed.
    Tick,
    /// The collector answered our hello.
    Welcomed(Welcome),
    /// The token is durable.
    Kept,
    /// The spool has its new epoch.
    Renumbered,
    /// A report was handed to the connection.
    Sent {
        /// Its stream.
        stream: Stream,
        /// Its number.
        number: u64,
        /// Its size.
        bytes: u64,
    },
    /// Measurements up to this number were told ahead of their turn.
    Previewed(u64),
    /// Everything up to these numbers is durable at the collector.
    Acknowledged(Marks),
    /// The collector asks for another rhythm.
    Paced(SignedDuration),
    /// The collector asks us to come back later.
    SentAway(SignedDuration),
    /// The connection is gone, or the spool could not do what was asked of it.
    Lost(Loss),
    /// The agent stops, at the latest at the given time.
    Stop(Departure, Timestamp),
    /// The agent stops, and the spool has nothing that is not sent.
    Drained,
}

/// What must happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connect and say hello.
    Open,
    /// Make the token durable and let the spool go on after these numbers;
    /// then tell [`Event::Kept`].
    Keep {
        /// The token.
        resume_token: Vec<u8>,
        /// Where the collector stands.
        through: Marks,
    },
    /// Give the spool a new epoch; then tell [`Event::Renumbered`].
    Renumber {
        /// What the collector has for certain, in the old epoch.
        applied: Marks,
    },
    /// Let the spool forget everything up to these numbers.
    Forget(Marks),
    /// Send a sign of life.
    Beat,
    /// Say goodbye.
    SayGoodbye(Departure),
    /// Drop the connection.
    Close,
}
