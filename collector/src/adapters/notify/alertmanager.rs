//! What Alertmanager's webhook receivers take: version 4 of its body.

use std::collections::BTreeMap;

use remit_collector_domain::notice::{Facts, Message};
use serde::Serialize;

use super::{
    http::Request,
    text::{fit, line, tame},
};

/// What stands for "no end yet".
const NEVER: &str = "0001-01-01T00:00:00Z";
/// The most of a label or a line, in characters.
const LINE: usize = 1_000;
/// The most of a description, in characters.
const DESCRIPTION: usize = 8_000;

/// An address that takes what Alertmanager sends.
#[derive(Clone)]
pub struct AlertmanagerSettings {
    /// The address.
    pub url: String,
    /// A bearer token, if it wants one.
    pub token: Option<String>,
}

pub(super) fn request(
    settings: &AlertmanagerSettings,
    channel: &str,
    message: &Message,
) -> Request {
    Request::json(&settings.url, &body(channel, message))
        .header("idempotency-key", message.id.to_string())
        .bearer(settings.token.as_deref())
}

type Pairs = BTreeMap<&'static str, String>;

/// Its field names are Alertmanager's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    version: &'static str,
    group_key: String,
    truncated_alerts: u32,
    status: &'static str,
    receiver: String,
    group_labels: Pairs,
    common_labels: Pairs,
    common_annotations: Pairs,
    #[serde(rename = "externalURL")]
    external_url: &'static str,
    alerts: Vec<Alert>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: &'static str,
    labels: Pairs,
    annotations: Pairs,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'static str,
    fingerprint: String,
}

pub(super) fn body(channel: &str, message: &Message) -> Body {
    let mut alerts: Vec<Alert> = message.alerts.iter().map(|it| alert(message, it)).collect();
    if alerts.is_empty() {
        alerts.push(letter(message));
    }
    let is_over = message.is_over();
    let name = if message.alerts.is_empty() { "matter" } else { "alert_id" };
    let group = Pairs::from([(name, message.id.thread())]);
    Body {
        version: "4",
        group_key: format!("{{}}:{{{name}=\"{}\"}}", message.id.thread()),
        truncated_alerts: 0,
        status: status(is_over),
        receiver: channel.to_owned(),
        group_labels: group,
        common_labels: common(alerts.iter().map(|it| &it.labels)),
        common_annotations: common(alerts.iter().map(|it| &it.annotations)),
        external_url: "",
        alerts,
    }
}

fn alert(message: &Message, it: &Facts) -> Alert {
    let value = |text: &str| fit(&line(text), LINE);
    let labels = Pairs::from([
        ("alertname", value(&it.check)),
        ("alert_id", it.alert.to_string()),
        ("endpoint", value(&it.hostname)),
        ("endpoint_id", it.endpoint.to_string()),
        ("function", it.function.to_string()),
        ("instance", value(&it.instance)),
        ("owner_party", it.owner_party.to_string()),
        ("owner_team", it.owner.to_string()),
        ("severity", it.severity.to_string()),
        ("site", it.site.to_string()),
        ("tenant", it.tenant.to_string()),
    ]);
    let annotations = Pairs::from([
        ("summary", value(&it.summary)),
        ("description", fit(&tame(&it.evidence), DESCRIPTION)),
        ("reason", value(&it.reason)),
        ("runbook_url", value(&it.runbook)),
        ("topic", message.topic.to_owned()),
    ]);
    let is_set = |it: &(&str, String)| !it.1.is_empty();
    Alert {
        status: status(it.resolved_at.is_some()),
        labels: labels.into_iter().filter(is_set).collect(),
        annotations: annotations.into_iter().filter(is_set).collect(),
        starts_at: it.opened_at.to_string(),
        ends_at: it.resolved_at.map_or_else(|| NEVER.to_owned(), |at| at.to_string()),
        generator_url: "",
        fingerprint: it.alert.as_uuid().simple().to_string()[..16].to_owned(),
    }
}

/// What is no alert, as one: there is no other word for it there.
fn letter(message: &Message) -> Alert {
    let labels = Pairs::from([
        ("alertname", format!("remit_{}", message.topic)),
        ("matter", message.id.thread()),
        ("owner_party", message.owner_party.to_string()),
        ("owner_team", message.owner.to_string()),
        ("severity", message.severity.to_string()),
        ("tenant", message.tenant.to_string()),
    ]);
    let annotations = Pairs::from([
        ("summary", fit(&line(&message.subject), LINE)),
        ("description", fit(&tame(&message.text), DESCRIPTION)),
        ("topic", message.topic.to_owned()),
    ]);
    Alert {
        status: status(false),
        labels,
        annotations,
        starts_at: message.made_at.to_string(),
        ends_at: NEVER.to_owned(),
        generator_url: "",
        fingerprint: message.id.to_string(),
    }
}

fn status(is_over: bool) -> &'static str {
    if is_over { "resolved" } else { "firing" }
}

/// What all have, and have in common.
fn common<'a>(mut all: impl Iterator<Item = &'a Pairs>) -> Pairs {
    let mut common = all.next().cloned().unwrap_or_default();
    for other in all {
        common.retain(|name, value| other.get(name) == Some(value));
    }
    common
}
