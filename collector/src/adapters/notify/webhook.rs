//! Webhooks: one POST of JSON, signed.
//!
//! `Remit-Signature: t=SECONDS,v1=HEX` where HEX is HMAC-SHA-256, keyed with the
//! shared secret, over `SECONDS.BODY`. `Idempotency-Key` is the message's id and
//! the same on every attempt. Redirects are not followed: the receiver that was
//! set up is the one that is told.

use std::{error::Error, time::Duration};

use jiff::Timestamp;
use remit_collector_domain::notice::Message;
use reqwest::{Client, StatusCode, redirect::Policy};
use ring::hmac;
use serde::Serialize;

use crate::ports::notifier::SendError;

/// How long one attempt may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Where to, and the secret that both sides know.
#[derive(Clone)]
pub struct WebhookSettings {
    /// `https://…`; `http://` is for receivers on the same machine.
    pub url: String,
    /// Signs every message.
    pub secret: Vec<u8>,
}

/// A webhook that is ready.
pub struct Webhook {
    client: Client,
    settings: WebhookSettings,
}

/// Why a webhook cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The address makes no sense.
    #[error("`{0}` is not an http or https address")]
    Address(String),
    /// The HTTP client could not be made.
    #[error("failed to set up an HTTP client")]
    Client(#[source] reqwest::Error),
}

/// The body of a webhook.
#[derive(Serialize)]
struct Payload<'a> {
    id: String,
    topic: &'static str,
    made_at: String,
    tenant: &'a str,
    team: &'a str,
    owner: Owner<'a>,
    severity: &'static str,
    alert_id: String,
    subject: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Owner<'a> {
    team: &'a str,
    party: &'static str,
}

impl Webhook {
    /// Checks the settings and makes a client.
    pub fn new(settings: WebhookSettings) -> Result<Self, WebhookError> {
        let url: Result<reqwest::Url, _> = settings.url.parse();
        if !url.is_ok_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host()) {
            return Err(WebhookError::Address(settings.url));
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(DEADLINE)
            .user_agent(concat!("remit/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(WebhookError::Client)?;
        Ok(Self { client, settings })
    }

    pub(super) async fn send(
        &self,
        channel: &str,
        message: &Message,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let failed = |source: Box<dyn Error + Send + Sync>| SendError::Failed {
            channel: channel.into(),
            source,
        };
        let payload = Payload {
            id: message.id.to_string(),
            topic: message.topic.as_str(),
            made_at: message.made_at.to_string(),
            tenant: message.tenant.as_str(),
            team: message.team.as_str(),
            owner: Owner { team: message.owner.as_str(), party: message.owner_party.as_str() },
            severity: message.severity.as_str(),
            alert_id: message.id.alert.to_string(),
            subject: &message.subject,
            text: &message.text,
        };
        let body = serde_json::to_vec(&payload).map_err(|err| failed(err.into()))?;
        let request = self
            .client
            .post(&self.settings.url)
            .header("content-type", "application/json")
            .header("idempotency-key", payload.id)
            .header("remit-signature", signature(&self.settings.secret, now.as_second(), &body))
            .body(body);
        let response = request.send().await.map_err(|err| failed(err.without_url().into()))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let said = format!("HTTP {status}");
        let later = status.is_server_error()
            || status == StatusCode::REQUEST_TIMEOUT
            || status == StatusCode::TOO_MANY_REQUESTS;
        if later {
            Err(failed(said.into()))
        } else {
            Err(SendError::Refused { channel: channel.into(), said })
        }
    }
}

/// The value of `Remit-Signature` for a body sent at a time.
pub fn signature(secret: &[u8], seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    let hex: String = context.sign().as_ref().iter().map(|it| format!("{it:02x}")).collect();
    format!("t={seconds},v1={hex}")
}
