//! ntfy: a push message to a topic, posted as JSON to the server's root.
//!
//! Limits: a message of more than 4,096 bytes would become an attachment.

use remit_collector_domain::notice::Message;
use remit_shared::Severity;
use serde_json::{Value, json};

use super::{
    http::Request,
    text::{fit, fit_bytes, line, link, tame},
};

/// The most of a message, in bytes.
const MESSAGE: usize = 4_000;
/// The most of a title, in characters.
const TITLE: usize = 200;

/// An ntfy topic.
#[derive(Clone)]
pub struct NtfySettings {
    /// The server's address: `https://ntfy.sh`.
    pub url: String,
    /// The topic; where anybody may listen, it is a secret.
    pub topic: String,
    /// An access token, if the topic wants one.
    pub token: Option<String>,
}

pub(super) fn request(settings: &NtfySettings, message: &Message) -> Request {
    Request::json(&settings.url, &body(&settings.topic, message)).bearer(settings.token.as_deref())
}

pub(super) fn body(topic: &str, message: &Message) -> Value {
    let is_over = message.is_over();
    let sign = if is_over { "white_check_mark" } else { sign(message.severity) };
    let tags = [
        sign.to_owned(),
        message.severity.to_string(),
        format!("owner_team={}", message.owner),
        format!("owner_party={}", message.owner_party),
        format!("tenant={}", message.tenant),
    ];
    let mut body = json!({
        "topic": topic,
        "title": fit(&line(&message.subject), TITLE),
        "message": fit_bytes(&tame(&message.text), MESSAGE),
        "priority": if is_over { 3 } else { priority(message.severity) },
        "tags": tags,
    });
    if let Some(url) = message.alerts.iter().find_map(|it| link(&it.runbook)) {
        body["click"] = url.into();
    }
    body
}

/// From 1, which nobody hears, to 5, which rings until it is heard.
fn priority(of: Severity) -> u8 {
    match of {
        Severity::Critical => 5,
        Severity::High => 4,
        Severity::Medium => 3,
        Severity::Low => 2,
        Severity::Info => 1,
    }
}

fn sign(of: Severity) -> &'static str {
    match of {
        Severity::Critical | Severity::High => "rotating_light",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "information_source",
    }
}
