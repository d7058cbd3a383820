//! One POST, and what comes of it.
//!
//! Redirects are not followed: the receiver that was set up is the one that is
//! told. Certificates are checked. What is answered is read up to a limit. An
//! address is a secret and does not get into errors.

use std::{error::Error, net::IpAddr, time::Duration};

use jiff::SignedDuration;
use reqwest::{
    Certificate, ClientBuilder, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy,
};
use serde::Serialize;

use super::text::{fit, line};
use crate::ports::notifier::{Answer, SendError};

/// How long one attempt may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes.
const LISTEN: usize = 2 << 10;

/// How much of it is told, in characters.
const TELL: usize = 200;

/// What is posted.
pub(in crate::adapters) struct Request {
    pub(in crate::adapters) url: String,
    pub(in crate::adapters) body: Vec<u8>,
    pub(in crate::adapters) headers: Vec<(&'static str, String)>,
}

impl Request {
    /// JSON, whose values must be such that JSON can say them.
    pub(super) fn json(url: &str, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("messages have nothing that JSON cannot say");
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { url: url.to_owned(), body, headers }
    }

    pub(in crate::adapters) fn header(
        mut self,
        name: &'static str,
        value: impl Into<String>,
    ) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a token, if there is one.
    pub(super) fn bearer(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.header("authorization", format!("Bearer {token}")),
            None => self,
        }
    }
}

/// Posts.
pub(in crate::adapters) struct Client(reqwest::Client);

/// Why a channel cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address makes no sense. It may be a secret, so it is not shown.
    #[error("its address is not an http or https address")]
    Address,
    /// The address would send secrets in the clear.
    #[error("its address must begin with https://, unless it is on this machine")]
    Clear,
    /// Nobody can vouch for the other side.
    #[error("its roots are no certificates in PEM")]
    Roots,
    /// The HTTP client could not be made.
    #[error("failed to set up an HTTP client")]
    Client(#[source] reqwest::Error),
}

/// Whether an address may be posted to. What is signed may cross a network in
/// the clear; what has a secret in it may not.
pub(in crate::adapters) fn check_address(address: &str, is_signed: bool) -> Result<(), HttpError> {
    let url: Url = address.parse().map_err(|_| HttpError::Address)?;
    let host = url.host_str().ok_or(HttpError::Address)?;
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|it| it.is_loopback());
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_here || is_signed => Ok(()),
        "http" => Err(HttpError::Clear),
        _ => Err(HttpError::Address),
    }
}

impl Client {
    pub(in crate::adapters) fn new() -> Result<Self, HttpError> {
        Self::build(reqwest::Client::builder())
    }

    /// One that takes only whom these vouch for.
    pub(in crate::adapters) fn trusting(roots: &[u8]) -> Result<Self, HttpError> {
        let roots = Certificate::from_pem_bundle(roots).ok().filter(|it| !it.is_empty());
        Self::build(reqwest::Client::builder().tls_certs_only(roots.ok_or(HttpError::Roots)?))
    }

    fn build(client: ClientBuilder) -> Result<Self, HttpError> {
        let client = client
            .redirect(Policy::none())
            .timeout(DEADLINE)
            .user_agent(concat!("remit/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(HttpError::Client)?;
        Ok(Self(client))
    }

    /// Makes one attempt.
    pub(in crate::adapters) async fn post(
        &self,
        channel: &str,
        request: Request,
    ) -> Result<Answer, SendError> {
        let failed = |source: Box<dyn Error + Send + Sync>, retry_after| SendError::Failed {
            channel: channel.into(),
            source,
            retry_after,
        };
        let mut builder = self.0.post(request.url).body(request.body);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let sent = builder.send().await;
        let response = sent.map_err(|err| failed(err.without_url().into(), None))?;
        let (status, retry_after) = (response.status(), retry_after(&response));
        let said = match line(&listen(response).await) {
            silence if silence.is_empty() => format!("HTTP {status}"),
            words => format!("HTTP {status}: {}", fit(&words, TELL)),
        };
        if status.is_success() {
            return Ok(Answer(said));
        }
        let later = status.is_server_error()
            || status == StatusCode::REQUEST_TIMEOUT
            || status == StatusCode::TOO_EARLY
            || status == StatusCode::TOO_MANY_REQUESTS;
        if later {
            Err(failed(said.into(), retry_after))
        } else {
            Err(SendError::Refused { channel: channel.into(), said })
        }
    }
}

/// Only in seconds: all that we talk to say it so.
fn retry_after(response: &Response) -> Option<SignedDuration> {
    let seconds: i64 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(SignedDuration::from_secs(seconds.clamp(0, 86_400)))
}

/// The beginning of an answer. One that breaks off has been understood by then.
async fn listen(mut response: Response) -> String {
    let mut heard = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = LISTEN - heard.len();
        heard.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if heard.len() == LISTEN {
            break;
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_cross_a_network_in_the_clear() {
        for good in
            ["https://a.example/x", "http://127.3.2.1:80/", "http://[::1]/", "http://localhost/"]
        {
            check_address(good, false).unwrap();
        }
        let refused = |address| check_address(address, false).unwrap_err().to_string();
        assert!(refused("http://a.example/").starts_with("its address must begin with https"));
        assert!(refused("file:///etc/passwd").ends_with("not an http or https address"));
        check_address("http://a.example/", true).unwrap();
    }
}
