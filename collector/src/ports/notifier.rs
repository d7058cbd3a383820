//! Ways to tell somebody.
//!
//! # Contract
//!
//! [`Notifier::send`] returns `Ok` only once the other side has taken the
//! message. It makes one attempt and ends within its own deadline; trying again
//! is the outbox's business. The message's id is the same on every attempt and
//! travels with it, so that a repeat can be recognised.

use std::error::Error;

use remit_collector_domain::notice::Message;

/// Delivers messages.
pub trait Notifier: Send + Sync + 'static {
    /// Makes one attempt to deliver a message to a channel: `webhook:noc`,
    /// `email:noc@example.org`.
    fn send(
        &self,
        channel: &str,
        message: &Message,
    ) -> impl Future<Output = Result<(), SendError>> + Send;
}

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
}
