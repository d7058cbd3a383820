//! The way to the collector.
//!
//! # Contract
//!
//! - [`Uplink::open`] finds the collector, proves who we are and says hello.
//!   It may take its time; dropping it gives up.
//! - [`Link::send`] never waits: it hands over to a buffer that is larger than
//!   any window, and an error means that the link is gone.
//! - [`Link::receive`] waits for the next message. Dropping it half-way loses
//!   nothing.
//! - Reports leave in the order in which they were handed over.

#[cfg(test)]
pub(crate) mod fake;
pub mod grpc;

use std::{error::Error, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_agent_domain::{
    session::{Loss, Welcome},
    spool::Marks,
};
use remit_proto::convert::InvalidMessage;
use remit_shared::{Departure, Host, Record};

/// Finds the collector.
pub trait Uplink: Send + Sync + 'static {
    /// A connection over which we have said hello.
    type Link: Link;

    /// Connects and says hello.
    fn open(&self, hello: Hello) -> impl Future<Output = Result<Self::Link, UplinkError>> + Send;
}

/// A connection to the collector.
pub trait Link: Send + 'static {
    /// Hands a message over.
    fn send(&mut self, message: Outgoing) -> Result<(), UplinkError>;

    /// Which of the collector's addresses it leads to.
    fn address(&self) -> &Arc<str>;

    /// Waits for the next message.
    fn receive(&mut self) -> impl Future<Output = Result<Incoming, UplinkError>> + Send;

    /// Ends the session, after what was handed over has left.
    fn finish(self) -> impl Future<Output = ()> + Send;
}

/// What we say first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What this machine is.
    pub host: Host,
    /// Its wall clock.
    pub now: Timestamp,
    /// Names the life of its spool.
    pub epoch: u64,
    /// What the collector gave it last.
    pub resume_token: Vec<u8>,
    /// What it gave it before that in this epoch.
    pub earlier: Vec<Vec<u8>>,
    /// The newest numbers it holds.
    pub last: Marks,
}

/// What we say afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// The next record.
    Report(Record),
    /// A record whose turn is still to come; only to a collector that takes it.
    Preview(Record),
    /// We are here.
    Heartbeat {
        /// How many records wait.
        queued: u64,
    },
    /// We leave.
    Goodbye(Departure),
}

/// What the collector says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The answer to our hello.
    Welcome(Welcome, Timestamp),
    /// Everything up to these numbers is durable.
    Acknowledged(Marks),
    /// How often it wants to hear from us.
    Paced(SignedDuration),
    /// Another address serves us than the one that comes first, and that one
    /// answers again.
    FirstAnswers,
    /// It wants us to come back later.
    SentAway {
        /// When.
        after: SignedDuration,
        /// Why, for the log.
        reason: String,
    },
}

/// Why there is no connection, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// The collector, or we, do not believe who the other is. Trying again
    /// soon does not help.
    #[error("the collector does not accept this agent")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// By our clock the certificate that we are shown has ended: that clock is
    /// ahead, the collector has not renewed it, or it is somebody else's.
    #[error("by this machine's clock the collector's certificate ended at {at}")]
    Ended {
        /// When.
        at: Timestamp,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// There is no way to the collector at the moment.
    #[error("failed to {attempt}")]
    Network {
        /// What was tried.
        attempt: &'static str,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Our own credentials cannot be read.
    #[error("failed to read this agent's identity")]
    Identity(#[source] Box<dyn Error + Send + Sync>),
    /// The collector has ended the session.
    #[error("the collector closed the session")]
    Closed,
    /// The collector said something that makes no sense.
    #[error("the collector broke the protocol")]
    Protocol(#[source] InvalidMessage),
}

impl UplinkError {
    /// What it means to the session.
    pub fn loss(&self) -> Loss {
        match self {
            Self::Refused(_) | Self::Identity(_) => Loss::Refused,
            Self::Ended { .. } | Self::Network { .. } | Self::Closed | Self::Protocol(_) => {
                Loss::Network
            }
        }
    }
}
