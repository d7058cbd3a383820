//! Webhooks: one POST of JSON, signed.
//!
//! `Remit-Signature: t=SECONDS,v1=HEX` where HEX is HMAC-SHA-256, keyed with the
//! shared secret, over `SECONDS.BODY`. `Idempotency-Key` is the message's id and
//! the same on every attempt. `Remit-Owner-Team` and `Remit-Owner-Party` say
//! whose it is, for whoever sorts before reading.

use std::fmt::Write as _;

use jiff::Timestamp;
use remit_collector_domain::{
    matrix,
    notice::{Facts, Message, MessageId},
};
use remit_shared::Team;
use ring::hmac;
use serde::Serialize;

use super::http::Request;

/// Where to, and the secret that both sides know.
#[derive(Clone)]
pub struct WebhookSettings {
    /// `https://…`; `http://` is for receivers on the same machine.
    pub url: String,
    /// Signs every message.
    pub secret: Vec<u8>,
}

/// The body of a webhook.
#[derive(Serialize)]
struct Payload<'a> {
    id: String,
    topic: &'static str,
    made_at: String,
    tenant: &'a str,
    team: String,
    owner: Owner<'a>,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert_id: Option<String>,
    /// The alert, change, known issue, window, day or digest.
    about: String,
    subject: &'a str,
    text: &'a str,
    alerts: Vec<Alert<'a>>,
}

#[derive(Serialize)]
struct Owner<'a> {
    team: &'a str,
    party: &'static str,
}

#[derive(Serialize)]
struct Alert<'a> {
    alert_id: String,
    state: &'static str,
    severity: &'static str,
    owner: Owner<'a>,
    accountable: &'a str,
    tenant: &'a str,
    site: &'a str,
    endpoint_id: String,
    hostname: &'a str,
    check: &'a str,
    instance: &'a str,
    function: &'a str,
    opened_at: String,
    resolved_at: Option<String>,
    summary: &'a str,
    runbook: &'a str,
    contacts: Vec<Contact<'a>>,
    on_call: &'a str,
}

#[derive(Serialize)]
struct Contact<'a> {
    team: &'a str,
    name: &'a str,
    phone: &'a str,
    email: &'a str,
}

pub(super) fn request(settings: &WebhookSettings, message: &Message, now: Timestamp) -> Request {
    let payload = Payload {
        id: message.id.to_string(),
        topic: message.topic,
        made_at: message.made_at.to_string(),
        tenant: message.tenant.as_str(),
        team: message.to.to_string(),
        owner: Owner { team: message.owner.as_str(), party: message.owner_party.as_str() },
        severity: message.severity.as_str(),
        alert_id: match &message.id {
            MessageId::Notice(id) => Some(id.alert.to_string()),
            MessageId::Letter { .. } | MessageId::Digest(_) => None,
        },
        about: message.id.thread(),
        subject: &message.subject,
        text: &message.text,
        alerts: message.alerts.iter().map(alert).collect(),
    };
    let request = Request::json(&settings.url, &payload);
    let signature = signature(&settings.secret, now.as_second(), &request.body);
    request
        .header("idempotency-key", payload.id)
        .header("remit-owner-team", message.owner.as_str())
        .header("remit-owner-party", message.owner_party.as_str())
        .header("remit-signature", signature)
}

fn alert(it: &Facts) -> Alert<'_> {
    Alert {
        alert_id: it.alert.to_string(),
        state: it.state(),
        severity: it.severity.as_str(),
        owner: Owner { team: it.owner.as_str(), party: it.owner_party.as_str() },
        accountable: it.accountable.as_str(),
        tenant: it.tenant.as_str(),
        site: it.site.as_str(),
        endpoint_id: it.endpoint.to_string(),
        hostname: &it.hostname,
        check: &it.check,
        instance: &it.instance,
        function: it.function.as_str(),
        opened_at: it.opened_at.to_string(),
        resolved_at: it.resolved_at.map(|at| at.to_string()),
        summary: &it.summary,
        runbook: &it.runbook,
        contacts: it.call.contacts.iter().map(|(team, it)| contact(team, it)).collect(),
        on_call: &it.call.on_call,
    }
}

fn contact<'a>(team: &'a Team, it: &'a matrix::Contact) -> Contact<'a> {
    Contact { team: team.as_str(), name: &it.name, phone: &it.phone, email: &it.email }
}

/// The value of `Remit-Signature` for a body sent at a time.
pub fn signature(secret: &[u8], seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    let mut signature = format!("t={seconds},v1=");
    for byte in context.sign().as_ref() {
        write!(signature, "{byte:02x}").expect("a string takes everything");
    }
    signature
}
