//! Microsoft Teams: a workflow's webhook that takes an Adaptive Card.
//!
//! All that others wrote stands in rich text blocks, whose runs know no
//! Markdown: nothing in them becomes a link or a list.
//!
//! Limits: about 28 KB for everything; receivers have been seen to refuse less,
//! so what is posted stays below [`LARGEST`].

use remit_collector_domain::notice::{Facts, Message};
use remit_shared::Severity;
use serde_json::{Value, json};

use super::{
    http::Request,
    text::{fit, line, link, tame},
};

/// The largest card, in bytes.
const LARGEST: usize = 20_000;
/// The most of one line, in characters.
const LINE: usize = 200;
/// How many alerts are shown, and how much of each one's evidence: the first
/// that fits.
const BUDGETS: [(usize, usize); 5] = [(10, 3_000), (10, 500), (5, 100), (2, 0), (1, 0)];

pub(super) fn request(url: &str, message: &Message) -> Request {
    let all = BUDGETS.iter().map(|(alerts, evidence)| card(message, *alerts, *evidence));
    let requests = all.map(|it| Request::json(url, &it));
    let mut last = None;
    for request in requests {
        if request.body.len() <= LARGEST {
            return request;
        }
        last = Some(request);
    }
    last.expect("there are budgets")
}

pub(super) fn card(message: &Message, alerts: usize, evidence: usize) -> Value {
    let mut body = vec![json!({
        "type": "RichTextBlock",
        "inlines": [{
            "type": "TextRun",
            "text": fit(&line(&message.subject), LINE),
            "size": "large",
            "weight": "bolder",
            "color": color(message),
        }],
    })];
    if message.alerts.is_empty() {
        body.push(json!({
            "type": "RichTextBlock",
            "inlines": [{"type": "TextRun", "text": fit(&tame(&message.text), evidence.max(1_000))}],
        }));
    }
    for it in message.alerts.iter().take(alerts) {
        body.extend(alert(it, evidence));
    }
    if let Some(left) = message.alerts.len().checked_sub(alerts).filter(|it| *it > 0) {
        body.push(pair("And", &format!("{left} more")));
    }
    let whose = format!(
        "owner_team={} owner_party={} tenant={} topic={}",
        message.owner, message.owner_party, message.tenant, message.topic
    );
    body.push(json!({
        "type": "RichTextBlock",
        "separator": true,
        "inlines": [{"type": "TextRun", "text": whose, "size": "small", "isSubtle": true}],
    }));
    let actions: Vec<Value> = message
        .alerts
        .iter()
        .find_map(|it| link(&it.runbook))
        .map(|url| json!({"type": "Action.OpenUrl", "title": "Runbook", "url": url}))
        .into_iter()
        .collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": body,
                "actions": actions,
            },
        }],
    })
}

fn alert(it: &Facts, evidence: usize) -> Vec<Value> {
    let mut rows = vec![
        pair("State", &format!("{}, {}", it.state(), it.severity)),
        pair("Endpoint", &format!("{} ({})", it.hostname, it.site)),
        pair("Check", &format!("{} {}", it.check, it.instance)),
        pair("Since", &it.opened_at.to_string()),
        pair("Responsible", &format!("{} ({})", it.owner, it.owner_party)),
        pair("Because", &it.reason),
    ];
    if !it.runbook.is_empty() && link(&it.runbook).is_none() {
        rows.push(pair("Runbook", &it.runbook));
    }
    rows.push(pair("Alert", &format!("remit alert show {}", it.alert)));
    if evidence > 0 && !it.evidence.is_empty() {
        rows.push(json!({
            "type": "RichTextBlock",
            "inlines": [{
                "type": "TextRun",
                "text": fit(&tame(&it.evidence), evidence),
                "fontType": "Monospace",
            }],
        }));
    }
    rows
}

fn pair(name: &str, value: &str) -> Value {
    json!({
        "type": "RichTextBlock",
        "spacing": "none",
        "inlines": [
            {"type": "TextRun", "text": format!("{name}: "), "weight": "bolder"},
            {"type": "TextRun", "text": fit(&line(value), LINE)},
        ],
    })
}

fn color(message: &Message) -> &'static str {
    if message.is_over() {
        return "good";
    }
    match message.severity {
        Severity::Critical | Severity::High => "attention",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "accent",
    }
}
