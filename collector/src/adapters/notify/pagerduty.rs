//! PagerDuty: the second Events API.
//!
//! One event for each alert, under the alert's id: a second one about it
//! changes the incident and makes no other. What was taken on in Remit is
//! acknowledged there, what is over is resolved.
//!
//! Limits: 1,024 characters in a summary, 255 in a key, 512 KB for everything.

use remit_collector_domain::notice::{Facts, Message};
use remit_shared::Severity;
use serde_json::{Value, json};

use super::{
    http::Request,
    text::{fit, line, link, tame},
};

/// Where events go unless the settings say otherwise.
pub const USUAL: &str = "https://events.pagerduty.com";

/// The most of a summary.
const SUMMARY: usize = 1_000;
/// The most of a field.
const FIELD: usize = 250;
/// The most of the evidence.
const EVIDENCE: usize = 4_000;

/// A PagerDuty service.
#[derive(Clone)]
pub struct PagerdutySettings {
    /// The API's address, without a path.
    pub url: String,
    /// The service's integration key.
    pub key: String,
}

pub(super) fn requests(settings: &PagerdutySettings, message: &Message) -> Vec<Request> {
    let url = format!("{}/v2/enqueue", settings.url.trim_end_matches('/'));
    let events = message.alerts.iter().map(|it| event(&settings.key, message, it));
    // What wakes nobody is no incident.
    let is_page = message.alerts.is_empty() && message.severity == Severity::Critical;
    let letter = is_page.then(|| letter(&settings.key, message));
    events.chain(letter).map(|it| Request::json(&url, &it)).collect()
}

fn letter(key: &str, message: &Message) -> Value {
    json!({
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": message.id.thread(),
        "client": "Remit",
        "payload": {
            "summary": fit(&line(&message.subject), SUMMARY),
            "source": message.tenant.as_str(),
            "severity": severity(message.severity),
            "timestamp": message.made_at.to_string(),
            "class": message.topic,
            "custom_details": {
                "owner_team": message.owner.as_str(),
                "owner_party": message.owner_party.as_str(),
                "tenant": message.tenant.as_str(),
                "text": fit(&tame(&message.text), EVIDENCE),
            },
        },
    })
}

pub(super) fn event(key: &str, message: &Message, it: &Facts) -> Value {
    let action = match it.state() {
        "resolved" => "resolve",
        "acknowledged" => "acknowledge",
        _ => "trigger",
    };
    let field = |text: &str| fit(&line(text), FIELD);
    let links: Vec<Value> =
        link(&it.runbook).map(|url| json!({"href": url, "text": "Runbook"})).into_iter().collect();
    json!({
        "routing_key": key,
        "event_action": action,
        "dedup_key": it.alert.to_string(),
        "client": "Remit",
        "links": links,
        "payload": {
            "summary": fit(&line(&format!("{}: {} ({})", it.hostname, it.summary, it.tenant)), SUMMARY),
            "source": field(&it.hostname),
            "severity": severity(it.severity),
            "timestamp": it.opened_at.to_string(),
            "component": field(&it.instance),
            "group": it.site.as_str(),
            "class": field(&it.check),
            "custom_details": {
                "owner_team": it.owner.as_str(),
                "owner_party": it.owner_party.as_str(),
                "accountable": it.accountable.as_str(),
                "function": it.function.as_str(),
                "tenant": it.tenant.as_str(),
                "because": field(&it.reason),
                "topic": message.topic,
                "runbook": field(&it.runbook),
                "evidence": fit(&tame(&it.evidence), EVIDENCE),
            },
        },
    })
}

/// Their words for ours.
fn severity(of: Severity) -> &'static str {
    match of {
        Severity::Critical => "critical",
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "info",
    }
}
