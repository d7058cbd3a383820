//! Every way to tell somebody, behind the one [`Notifier`] port.
//!
//! A channel is `email:ADDRESS`, which needs nothing but `[smtp]`, or
//! `KIND:NAME`, set up in the collector's own settings because its address or
//! key is a secret. What a message says is worded elsewhere; here it is dressed
//! for each receiver: fields where it has fields, escaped where it has a
//! language, cut where it has limits.
//!
//! # Invariants
//!
//! - Nothing that a message says can become markup, a mention, a header or a
//!   terminal's command.
//! - Whatever can carry fields carries the owner's team and party, so that a
//!   ticket system can sort its queues.
//! - A secret address is in no error and no log.

mod alertmanager;
mod dead_man;
mod email;
mod http;
mod ntfy;
mod pagerduty;
mod set_up;
mod slack;
mod teams;
#[cfg(test)]
mod tests;
mod text;
mod webhook;

use std::{collections::HashMap, fmt, str::FromStr};

use remit_collector_domain::notice::Message;
use remit_shared::Clock;

pub(super) use self::http::{Client, Request, check_address};
pub use self::{
    alertmanager::AlertmanagerSettings,
    dead_man::DeadMan,
    email::{Mailer, MailerError, Security, SmtpSettings},
    http::HttpError,
    ntfy::NtfySettings,
    pagerduty::{PagerdutySettings, USUAL as PAGERDUTY},
    set_up::SetUp,
    webhook::{WebhookSettings, signature},
};
use crate::ports::notifier::{Answer, Notifier, SendError};

/// The kinds of channels that have a name in the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Our own JSON, signed.
    Webhook,
    /// A Slack channel.
    Slack,
    /// A Microsoft Teams channel.
    Teams,
    /// A PagerDuty service.
    Pagerduty,
    /// An ntfy topic.
    Ntfy,
    /// Whatever understands what Alertmanager sends.
    Alertmanager,
}

/// What leads to one channel.
#[derive(Clone)]
pub enum Door {
    /// Our own JSON, signed.
    Webhook(WebhookSettings),
    /// A Slack incoming webhook's address.
    Slack(String),
    /// A Teams workflow's address.
    Teams(String),
    /// A PagerDuty service's key.
    Pagerduty(PagerdutySettings),
    /// An ntfy topic.
    Ntfy(NtfySettings),
    /// An address that takes what Alertmanager sends.
    Alertmanager(AlertmanagerSettings),
}

/// Every channel that the settings know.
#[derive(Clone, Default)]
pub struct ChannelSettings {
    /// With their names.
    pub doors: Vec<(String, Door)>,
    /// Set if mail is set up.
    pub smtp: Option<SmtpSettings>,
}

/// Why the channels cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ChannelsError {
    /// One channel is wrong.
    #[error("channel `{kind}:{name}` cannot be set up")]
    Door {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// What is wrong.
        #[source]
        source: HttpError,
    },
    /// The HTTP client could not be made.
    #[error(transparent)]
    Http(HttpError),
    /// Mail is set up wrongly.
    #[error(transparent)]
    Mail(#[from] MailerError),
}

/// Sends to whatever way a channel names.
pub struct Channels<C> {
    client: Client,
    doors: HashMap<(Kind, String), Door>,
    mailer: Option<Mailer>,
    clock: C,
}

impl<C: Clock> Channels<C> {
    /// Checks the settings. Nothing is sent before there is something to say.
    pub fn new(settings: ChannelSettings, clock: C) -> Result<Self, ChannelsError> {
        let client = Client::new().map_err(ChannelsError::Http)?;
        let mut doors = HashMap::new();
        for (name, door) in settings.doors {
            let kind = door.kind();
            check_address(door.address(), kind == Kind::Webhook)
                .map_err(|source| ChannelsError::Door { kind, name: name.clone(), source })?;
            doors.insert((kind, name), door);
        }
        let mailer = settings.smtp.as_ref().map(Mailer::new).transpose()?;
        Ok(Self { client, doors, mailer, clock })
    }

    async fn through(
        &self,
        door: &Door,
        channel: &str,
        message: &Message,
    ) -> Result<Answer, SendError> {
        let requests = match door {
            Door::Webhook(it) => vec![webhook::request(it, message, self.clock.now())],
            Door::Slack(url) => vec![slack::request(url, message)],
            Door::Teams(url) => vec![teams::request(url, message)],
            Door::Pagerduty(it) => pagerduty::requests(it, message),
            Door::Ntfy(it) => vec![ntfy::request(it, message)],
            Door::Alertmanager(it) => vec![alertmanager::request(it, channel, message)],
        };
        let mut answer = Answer("there was nothing to say".to_owned());
        for request in requests {
            answer = self.client.post(channel, request).await?;
        }
        Ok(answer)
    }
}

impl<C: Clock> Notifier for Channels<C> {
    async fn send(&self, channel: &str, message: &Message) -> Result<Answer, SendError> {
        let unknown = |why: String| SendError::NoSuchChannel { channel: channel.into(), why };
        let (kind, name) = channel.split_once(':').unwrap_or((channel, ""));
        if kind == "email" {
            let no_mail = || unknown("the collector's settings have no [smtp]".into());
            let mailer = self.mailer.as_ref().ok_or_else(no_mail)?;
            return mailer.send(channel, name, message).await;
        }
        let kind: Kind = kind.parse().map_err(|err: KindError| unknown(err.to_string()))?;
        match self.doors.get(&(kind, name.to_owned())) {
            Some(door) => self.through(door, channel, message).await,
            None => Err(unknown(format!(
                "the collector's settings have no [[{kind}]] with name = \"{name}\""
            ))),
        }
    }
}

impl Door {
    /// Which kind of channel it leads to.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Webhook(_) => Kind::Webhook,
            Self::Slack(_) => Kind::Slack,
            Self::Teams(_) => Kind::Teams,
            Self::Pagerduty(_) => Kind::Pagerduty,
            Self::Ntfy(_) => Kind::Ntfy,
            Self::Alertmanager(_) => Kind::Alertmanager,
        }
    }

    fn address(&self) -> &str {
        match self {
            Self::Webhook(it) => &it.url,
            Self::Slack(url) | Self::Teams(url) => url,
            Self::Pagerduty(it) => &it.url,
            Self::Ntfy(it) => &it.url,
            Self::Alertmanager(it) => &it.url,
        }
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Webhook, Self::Slack, Self::Teams, Self::Pagerduty, Self::Ntfy, Self::Alertmanager];

    /// The one spelling, in matrices and in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Pagerduty => "pagerduty",
            Self::Ntfy => "ntfy",
            Self::Alertmanager => "alertmanager",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a word is no kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a channel is email:ADDRESS, or webhook:NAME, slack:NAME, teams:NAME, pagerduty:NAME, ntfy:NAME or alertmanager:NAME"
)]
pub struct KindError;

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(KindError)
    }
}
