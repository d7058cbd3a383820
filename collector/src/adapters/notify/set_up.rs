//! Which channels the settings have, for whoever must know before there is
//! something to say.

use std::collections::HashSet;

use remit_collector_domain::matrix::ChannelRef;

use super::{ChannelSettings, Kind};

/// The channels that can be used.
#[derive(Clone, Debug, Default)]
pub struct SetUp {
    named: HashSet<String>,
    mail: bool,
}

impl ChannelSettings {
    /// The channels that can be used.
    pub fn set_up(&self) -> SetUp {
        let named = self.doors.iter().map(|(name, door)| format!("{}:{name}", door.kind()));
        SetUp { named: named.collect(), mail: self.smtp.is_some() }
    }
}

impl SetUp {
    /// What is missing in the settings for a channel to be used, as it would be
    /// written there; `None` if nothing is.
    pub fn lacks(&self, channel: &ChannelRef) -> Option<String> {
        let text = channel.to_string();
        let (kind, name) = text.split_once(':').unwrap_or((&text, ""));
        let Ok(kind) = kind.parse::<Kind>() else {
            let mail = "[smtp]\nhost = \"mail.example.org\"\nfrom = \"Remit <remit@example.org>\"";
            return (!self.mail).then(|| mail.to_owned());
        };
        if self.named.contains(&text) {
            return None;
        }
        let rest = match kind {
            Kind::Webhook => {
                format!(
                    "url = \"https://{name}.example.org/remit\"\nsecret_file = \"{name}.secret\""
                )
            }
            Kind::Slack => format!("url_file = \"slack-{name}.url\""),
            Kind::Teams => format!("url_file = \"teams-{name}.url\""),
            Kind::Pagerduty => format!("key_file = \"pagerduty-{name}.key\""),
            Kind::Ntfy => {
                format!("url = \"https://ntfy.example.org\"\ntopic_file = \"ntfy-{name}.topic\"")
            }
            Kind::Alertmanager => format!("url = \"https://{name}.example.org/hook\""),
        };
        Some(format!("[[{kind}]]\nname = \"{name}\"\n{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::notify::Door;

    #[test]
    fn what_is_missing_is_spelled_out() {
        let doors = vec![("noc".to_owned(), Door::Slack("https://hooks.example.org/x".into()))];
        let set_up = ChannelSettings { doors, smtp: None }.set_up();
        let lacks = |it: &str| set_up.lacks(&it.parse().unwrap());
        assert_eq!(lacks("slack:noc"), None);
        let missing = lacks("teams:noc").unwrap();
        assert_eq!(missing, "[[teams]]\nname = \"noc\"\nurl_file = \"teams-noc.url\"");
        assert!(lacks("webhook:noc").unwrap().starts_with("[[webhook]]\nname = \"noc\"\n"));
        assert!(lacks("email:noc@example.org").unwrap().starts_with("[smtp]\n"));
    }
}
