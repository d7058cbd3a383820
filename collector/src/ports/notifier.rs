//! Ways to tell somebody.
//!
//! # Contract
//!
//! [`Notifier::send`] returns `Ok` only once the other side has taken the
//! message, with what it answered. It makes one attempt and ends within its own deadline; trying again
//! is the outbox's business. The message's id is the same on every attempt and
//! travels with it, so that a repeat can be recognised.

use std::error::Error;

use jiff::SignedDuration;
use remit_collector_domain::notice::Message;

/// Delivers messages.
pub trait Notifier: Send + Sync + 'static {
    /// Makes one attempt to deliver a message to a channel: `slack:noc`,
    /// `email:noc@example.org`.
    fn send(
        &self,
        channel: &str,
        message: &Message,
    ) -> impl Future<Output = Result<Answer, SendError>> + Send;
}

/// What the other side said when it took a message; one short line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(pub String);

/// Why a message was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nothing is configured for the channel. Trying again will not help.
    #[error("there is no channel `{channel}`: {why}")]
    NoSuchChannel {
        /// The channel.
        channel: String,
        /// What is missing, and where it would be set.
        why: String,
    },
    /// The other side refused it for good.
    #[error("`{channel}` refused the message: {said}")]
    Refused {
        /// The channel.
        channel: String,
        /// What the other side said.
        said: String,
    },
    /// It did not arrive this time.
    #[error("`{channel}` could not be reached")]
    Failed {
        /// The channel.
        channel: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
        /// How long the other side asks to be left alone.
        retry_after: Option<SignedDuration>,
    },
}

impl SendError {
    /// Whether another attempt makes sense.
    pub fn is_final(&self) -> bool {
        match self {
            Self::NoSuchChannel { .. } | Self::Refused { .. } => true,
            Self::Failed { .. } => false,
        }
    }

    /// How long the other side asks to be left alone, if it does.
    pub fn retry_after(&self) -> Option<SignedDuration> {
        match self {
            Self::Failed { retry_after, .. } => *retry_after,
            Self::NoSuchChannel { .. } | Self::Refused { .. } => None,
        }
    }
}
