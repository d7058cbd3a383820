//! Webhooks and mail behind the one [`Notifier`] port.
//!
//! A channel is `webhook:NAME`, set up in the collector's own settings because
//! it has a secret, or `email:ADDRESS`, which needs nothing but `[smtp]`.

mod email;
#[cfg(test)]
mod tests;
mod webhook;

use std::collections::HashMap;

use remit_collector_domain::notice::Message;
use remit_shared::Clock;

pub use crate::adapters::notify::{
    email::{Mailer, MailerError, Security, SmtpSettings},
    webhook::{Webhook, WebhookError, WebhookSettings, signature},
};
use crate::ports::notifier::{Notifier, SendError};

/// Sends to whatever way a channel names.
pub struct Channels<C> {
    /// By name.
    pub webhooks: HashMap<String, Webhook>,
    /// Set if mail is set up.
    pub mailer: Option<Mailer>,
    /// What time it is, for signatures.
    pub clock: C,
}

impl<C: Clock> Notifier for Channels<C> {
    async fn send(&self, channel: &str, message: &Message) -> Result<(), SendError> {
        let unknown = |why: String| SendError::NoSuchChannel { channel: channel.into(), why };
        match channel.split_once(':') {
            Some(("webhook", name)) => match self.webhooks.get(name) {
                Some(webhook) => webhook.send(channel, message, self.clock.now()).await,
                None => Err(unknown(format!(
                    "the collector's settings have no [[webhook]] with name = \"{name}\""
                ))),
            },
            Some(("email", address)) => match &self.mailer {
                Some(mailer) => mailer.send(channel, address, message).await,
                None => Err(unknown("the collector's settings have no [smtp]".into())),
            },
            _ => Err(unknown("a channel is webhook:NAME or email:ADDRESS".into())),
        }
    }
}
