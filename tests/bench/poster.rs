//! A Prometheus that does not exist: it posts alerts, 64 in a message.

use std::{fmt::Write as _, net::SocketAddr, path::Path, sync::Arc};

use anyhow::{Context as _, ensure};
use remit_runtime::tls::certificates_from_pem;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// As many as Prometheus puts into one message.
const AT_ONCE: usize = 64;

/// A source, and all that it has to say.
pub(crate) struct Poster {
    connector: TlsConnector,
    address: SocketAddr,
    name: String,
    token: String,
    count: usize,
}

impl Poster {
    /// One that has so many alerts.
    pub(crate) fn new(
        port: u16,
        root: &Path,
        (name, token): (String, String),
        count: usize,
    ) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates_from_pem(root)? {
            roots.add(certificate)?;
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Ok(Self { connector, address, name, token, count })
    }

    /// Posts all its alerts over one connection, one message after the other;
    /// each answer says that they are durable.
    pub(crate) async fn post_all(&self) -> anyhow::Result<()> {
        let tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        let host = ServerName::try_from("localhost")?;
        let mut stream = self.connector.connect(host, tcp).await?;
        for first in (0..self.count).step_by(AT_ONCE) {
            let body = self.alerts(first..(first + AT_ONCE).min(self.count));
            let request = format!(
                "POST /api/v2/alerts HTTP/1.1\r\nhost: localhost\r\n\
                 authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
                self.token,
                body.len()
            );
            stream.write_all(request.as_bytes()).await?;
            let answer = answer(&mut stream).await?;
            ensure!(answer.starts_with("HTTP/1.1 200"), "the collector answered: {answer}");
        }
        Ok(())
    }

    fn alerts(&self, which: std::ops::Range<usize>) -> String {
        let mut body = "[".to_owned();
        for number in which {
            let comma = if body.len() > 1 { "," } else { "" };
            let _ = write!(
                body,
                r#"{comma}{{"labels":{{"alertname":"QueueTooLong","severity":"high","queue":"{}-{number:05}"}},"annotations":{{"summary":"queue {number} grows"}},"endsAt":"2099-01-01T00:00:00Z"}}"#,
                self.name
            );
        }
        body + "]"
    }
}

/// Reads one answer, with its body.
async fn answer(stream: &mut TlsStream<TcpStream>) -> anyhow::Result<String> {
    let mut answer = Vec::new();
    loop {
        let read = stream.read_buf(&mut answer).await?;
        ensure!(read > 0, "the collector hung up");
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|it| {
            let (name, value) = it.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
        });
        if body.len() >= length.context("an answer without a length")?? {
            return Ok(text.into_owned());
        }
    }
}
