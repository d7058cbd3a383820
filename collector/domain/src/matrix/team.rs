//! Teams, and how they are reached.

use std::{fmt, str::FromStr};

use remit_shared::{Party, PolicyName, RotaName, Team};

/// Those who do work together, on one side of the agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamDef {
    /// Its name.
    pub name: Team,
    /// Whose people they are.
    pub party: Party,
    /// What people call it.
    pub title: String,
    /// Whom to ask for.
    pub contacts: Vec<Contact>,
    /// Where its alerts go.
    pub notify: Vec<ChannelRef>,
    /// Who of it is on call.
    pub oncall: Option<RotaName>,
    /// Who is told if it does not acknowledge what no row gave it.
    pub policy: Option<PolicyName>,
}

/// Somebody, or a desk, that picks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Their name or role.
    pub name: String,
    /// Their number; may be empty.
    pub phone: String,
    /// Their address; may be empty.
    pub email: String,
}

/// Names one channel of a notifier: `email:noc@example.org`, `slack:noc`.
///
/// All but mail name what the collector's own settings define, so that
/// addresses and secrets stay out of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelRef {
    /// Mail to an address.
    Email(String),
    /// A webhook.
    Webhook(String),
    /// A Slack channel.
    Slack(String),
    /// A Microsoft Teams channel.
    Teams(String),
    /// A PagerDuty service.
    Pagerduty(String),
    /// An ntfy topic.
    Ntfy(String),
    /// Whatever understands what Alertmanager sends.
    Alertmanager(String),
}

/// Why a string names no channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a channel: use `email:ADDRESS`, or `webhook:`, `slack:`, `teams:`, `pagerduty:`, `ntfy:` or `alertmanager:` with a NAME"
)]
pub struct ChannelRefError(pub String);

impl ChannelRef {
    /// Its kind, and what it is called there.
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Email(it) => ("email", it),
            Self::Webhook(it) => ("webhook", it),
            Self::Slack(it) => ("slack", it),
            Self::Teams(it) => ("teams", it),
            Self::Pagerduty(it) => ("pagerduty", it),
            Self::Ntfy(it) => ("ntfy", it),
            Self::Alertmanager(it) => ("alertmanager", it),
        }
    }
}

impl FromStr for ChannelRef {
    type Err = ChannelRefError;

    fn from_str(text: &str) -> Result<Self, ChannelRefError> {
        let refused = || ChannelRefError(text.escape_default().to_string());
        let (kind, name) = text.split_once(':').ok_or_else(refused)?;
        // No form may smuggle a second address or header line in.
        if name.is_empty() || !name.chars().all(|it| it.is_ascii_graphic() && it != ',') {
            return Err(refused());
        }
        let owned = name.to_owned();
        match kind {
            "email" => match name.split_once('@') {
                Some((user, host)) if !user.is_empty() && !host.is_empty() => {
                    Ok(Self::Email(owned))
                }
                Some(_) | None => Err(refused()),
            },
            "webhook" => Ok(Self::Webhook(owned)),
            "slack" => Ok(Self::Slack(owned)),
            "teams" => Ok(Self::Teams(owned)),
            "pagerduty" => Ok(Self::Pagerduty(owned)),
            "ntfy" => Ok(Self::Ntfy(owned)),
            "alertmanager" => Ok(Self::Alertmanager(owned)),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for ChannelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = self.parts();
        write!(f, "{kind}:{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_reads_back() {
        for good in [
            "email:noc@example.org",
            "webhook:noc",
            "slack:noc",
            "teams:noc",
            "pagerduty:noc",
            "ntfy:noc",
            "alertmanager:noc",
        ] {
            assert_eq!(good.parse::<ChannelRef>().unwrap().to_string(), good);
        }
    }

    #[test]
    fn what_is_no_channel_is_refused() {
        for bad in [
            "",
            "noc",
            "email:",
            "email:noc",
            "email:a@b,c@d",
            "webhook:",
            "sms:1",
            "email:a@b\r\nBcc: x",
        ] {
            assert!(bad.parse::<ChannelRef>().is_err(), "{bad:?}");
        }
        let err = "mail:noc@example.org".parse::<ChannelRef>().unwrap_err();
        let said = err.to_string();
        assert!(said.starts_with("`mail:noc@example.org` is not a channel: use `email:"), "{said}");
    }
}
