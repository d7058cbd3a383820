//! A connection that speaks HTTP/1.1, one request after the other.

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::{Context as _, ensure};
use remit_runtime::tls::certificates_from_pem;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// What bytes go over.
trait Way: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Way for T {}

/// A connection that is kept.
pub(crate) struct Http(Box<dyn Way>);

/// What a server answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Http {
    /// Connects in the clear.
    pub(crate) async fn plain(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self(Box::new(connect(address).await?)))
    }

    /// Connects over TLS with a server of this name.
    pub(crate) async fn tls(
        address: SocketAddr,
        name: &'static str,
        config: Arc<ClientConfig>,
    ) -> anyhow::Result<Self> {
        let host = ServerName::try_from(name)?;
        let stream = TlsConnector::from(config).connect(host, connect(address).await?).await?;
        Ok(Self(Box::new(stream)))
    }

    /// Asks for something.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.0
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
            .await?;
        answer(&mut self.0).await
    }

    /// Posts something, with headers that each end in a line break.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> anyhow::Result<Answer> {
        let length = body.len();
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {length}\r\n\r\n"
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.0.write_all(&request).await?;
        answer(&mut self.0).await
    }
}

/// Who trusts these roots and shows nothing.
pub(crate) fn anonymous(root: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates_from_pem(root)? {
        roots.add(certificate)?;
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// Reads one answer, with its body.
async fn answer(stream: &mut dyn Way) -> anyhow::Result<Answer> {
    let mut read = Vec::new();
    loop {
        ensure!(stream.read_buf(&mut read).await? > 0, "the server hung up");
        let Some(end) = read.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let head = str::from_utf8(&read[..end])?;
        let status = head.split_ascii_whitespace().nth(1).context("an answer without a status")?;
        let status = status.parse()?;
        let field = |name: &str| {
            let mut fields = head.lines().filter_map(|it| it.split_once(':'));
            fields.find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1.trim())
        };
        let chunked = field("transfer-encoding").is_some();
        // There is no body after 204, and no word about its length either.
        let length = field("content-length").map_or(Ok(0), str::parse::<usize>)?;
        let mut body = read.split_off(end + 4);
        // The last of the pieces is empty.
        let whole = |body: &[u8]| {
            if chunked { body.ends_with(b"0\r\n\r\n") } else { body.len() >= length }
        };
        while !whole(&body) {
            ensure!(stream.read_buf(&mut body).await? > 0, "the server hung up");
        }
        return Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() });
    }
}
