//! Teams, and how they are reached.

use std::{fmt, str::FromStr};

use remit_shared::{Party, Team};

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
}

impl TeamDef {
    /// Whether anybody would notice an alert.
    pub fn is_staffed(&self) -> bool {
        !self.contacts.is_empty() || !self.notify.is_empty()
    }
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

/// Names one channel of a notifier: `email:noc@example.org`, `webhook:noc`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelRef {
    /// Mail to an address.
    Email(String),
    /// A webhook that the collector's own settings define under this name, so
    /// that its address and secret stay out of the matrix.
    Webhook(String),
}

/// Why a string names no channel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a channel: use `email:ADDRESS` or `webhook:NAME`")]
pub struct ChannelRefError(pub String);

impl FromStr for ChannelRef {
    type Err = ChannelRefError;

    fn from_str(text: &str) -> Result<Self, ChannelRefError> {
        let refused = || ChannelRefError(text.escape_default().to_string());
        // Neither form may smuggle a second address or header line in.
        let clean = |it: &str| it.chars().all(|it| it.is_ascii_graphic() && it != ',');
        match text.split_once(':') {
            Some(("email", address)) if clean(address) => match address.split_once('@') {
                Some((user, host)) if !user.is_empty() && !host.is_empty() => {
                    Ok(Self::Email(address.to_owned()))
                }
                Some(_) | None => Err(refused()),
            },
            Some(("webhook", name)) if clean(name) && !name.is_empty() => {
                Ok(Self::Webhook(name.to_owned()))
            }
            Some(_) | None => Err(refused()),
        }
    }
}

impl fmt::Display for ChannelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Webhook(name) => write!(f, "webhook:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_reads_back() {
        for good in ["email:noc@example.org", "webhook:noc"] {
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
        let expected =
            "`mail:noc@example.org` is not a channel: use `email:ADDRESS` or `webhook:NAME`";
        assert_eq!(err.to_string(), expected);
    }
}
