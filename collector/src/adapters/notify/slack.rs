//! Slack: an incoming webhook that takes Block Kit.
//!
//! `&`, `<` and `>` are what Slack's markup begins with; spelled out they are
//! just characters, so no text can mention a channel or hide a link. `verbatim`
//! keeps Slack from finding links and names by itself.
//!
//! Limits: 50 blocks; 3,000 characters in a section, 2,000 in each of at most 10
//! fields.

use std::borrow::Cow;

use remit_collector_domain::notice::{Facts, Message};
use remit_shared::Severity;
use serde_json::{Value, json};

use super::{
    http::Request,
    text::{fit_as, line, link, tame},
};

/// The most of a section.
const SECTION: usize = 2_900;
/// The most of a field.
const FIELD: usize = 300;
/// The most of one line.
const LINE: usize = 300;
/// Alerts that are shown in full.
const MOST: usize = 10;

pub(super) fn request(url: &str, message: &Message) -> Request {
    Request::json(url, &body(message))
}

pub(super) fn body(message: &Message) -> Value {
    let subject = escape(&line(&message.subject), LINE);
    let mut blocks = vec![section(&format!("{} *{}*", sign(message), plain(&subject)))];
    if message.alerts.is_empty() {
        blocks.push(section(&plain(&escape(&tame(&message.text), SECTION))));
    }
    for it in message.alerts.iter().take(MOST) {
        blocks.extend(alert(it));
    }
    if let Some(left) = message.alerts.len().checked_sub(MOST).filter(|it| *it > 0) {
        blocks.push(section(&format!("… and {left} more")));
    }
    let whose = format!(
        "owner_team={} owner_party={} tenant={} topic={}",
        message.owner, message.owner_party, message.tenant, message.topic
    );
    blocks.push(json!({"type": "context", "elements": [words(&escape(&whose, LINE))]}));
    json!({"text": subject, "blocks": blocks})
}

fn alert(it: &Facts) -> Vec<Value> {
    let field =
        |name: &str, value: &str| words(&format!("*{name}*\n{}", escape(&line(value), FIELD)));
    let fields = [
        field("State", &format!("{}, {}", it.state(), it.severity)),
        field("Endpoint", &format!("{} ({})", it.hostname, it.site)),
        field("Check", &format!("{} {}", it.check, it.instance)),
        field("Since", &it.opened_at.to_string()),
        field("Responsible", &format!("{} ({})", it.owner, it.owner_party)),
        field("Because", &it.reason),
    ];
    let mut blocks = vec![json!({"type": "section", "fields": fields})];
    let evidence = tame(&it.evidence);
    if !evidence.is_empty() {
        // A backtick would end the quotation.
        let quoted = escape(&evidence.replace('`', "'"), SECTION - 8);
        blocks.push(section(&format!("```{quoted}```")));
    }
    let runbook = match link(&it.runbook) {
        Some(url) => format!("<{}|Runbook>", escape(url, 1_500).replace('|', "%7C")),
        None => escape(&line(&it.runbook), LINE),
    };
    let show = format!("remit alert show {}", it.alert);
    let all: Vec<&str> =
        [runbook.as_str(), &show].into_iter().filter(|it| !it.is_empty()).collect();
    blocks.push(section(&all.join("   ")));
    blocks
}

fn sign(message: &Message) -> &'static str {
    if message.is_over() {
        return ":white_check_mark:";
    }
    match message.severity {
        Severity::Critical | Severity::High => ":red_circle:",
        Severity::Medium => ":large_orange_circle:",
        Severity::Low | Severity::Info => ":large_blue_circle:",
    }
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": words(text)})
}

fn words(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

/// Without what would end a bold text.
fn plain(text: &str) -> String {
    text.replace('*', "∗")
}

fn escape(text: &str, most: usize) -> String {
    fit_as(text, most, |it| match it {
        '&' => Cow::Borrowed("&amp;"),
        '<' => Cow::Borrowed("&lt;"),
        '>' => Cow::Borrowed("&gt;"),
        other => Cow::Owned(other.into()),
    })
}
