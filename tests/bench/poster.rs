//! A Prometheus that does not exist: it posts alerts, 64 in a message.

use std::{fmt::Write as _, net::SocketAddr, ops::Range, path::Path, sync::Arc};

use anyhow::ensure;
use rustls::ClientConfig;

use crate::http::{self, Http};

/// What one source may say at once.
pub(crate) const MOST: usize = 2_000;

/// As many as Prometheus puts into one message.
const AT_ONCE: usize = 64;

/// A source, and all that it has to say.
pub(crate) struct Poster {
    tls: Option<Arc<ClientConfig>>,
    address: SocketAddr,
    headers: String,
    name: String,
    count: usize,
}

impl Poster {
    /// One that has so many alerts for a collector.
    pub(crate) fn new(
        port: u16,
        root: &Path,
        (name, token): (String, String),
        count: usize,
    ) -> anyhow::Result<Self> {
        let headers = format!("authorization: Bearer {token}\r\n");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Ok(Self { tls: Some(http::anonymous(root)?), address, headers, name, count })
    }

    /// One that has so many alerts for an Alertmanager, which asks for nothing.
    pub(crate) fn plain(address: SocketAddr, name: String, count: usize) -> Self {
        let headers = "content-type: application/json\r\n".to_owned();
        Self { tls: None, address, headers, name, count }
    }

    /// How many it has.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Posts all its alerts over one connection, one message after the other;
    /// the answers of a collector say that they are durable.
    pub(crate) async fn post_all(&self) -> anyhow::Result<()> {
        let mut to = match &self.tls {
            Some(config) => Http::tls(self.address, "localhost", Arc::clone(config)).await?,
            None => Http::plain(self.address).await?,
        };
        for first in (0..self.count).step_by(AT_ONCE) {
            let body = alerts(&self.name, first..(first + AT_ONCE).min(self.count));
            let answer = to.post("/api/v2/alerts", &self.headers, body.as_bytes()).await?;
            ensure!(answer.status == 200, "the answer was {}: {}", answer.status, answer.body);
        }
        Ok(())
    }
}

/// Some of a source's alerts, as Prometheus writes them.
pub(crate) fn alerts(source: &str, which: Range<usize>) -> String {
    let mut body = "[".to_owned();
    for number in which {
        let comma = if body.len() > 1 { "," } else { "" };
        let _ = write!(
            body,
            r#"{comma}{{"labels":{{"alertname":"QueueTooLong","severity":"high","queue":"{source}-{number:05}"}},"annotations":{{"summary":"queue {number} grows"}},"endsAt":"2099-01-01T00:00:00Z"}}"#,
        );
    }
    body + "]"
}
