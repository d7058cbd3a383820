//! Through an HTTP proxy to an address: `CONNECT`, and from then on the proxy
//! only carries what it cannot read.

use std::{fmt, fs, io, path::PathBuf, str::FromStr, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{exceptions::Exceptions, reach};

/// The longest answer of a proxy.
const LONGEST: usize = 16 << 10;

/// A proxy that takes `CONNECT`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    address: String,
    credentials: Credentials,
}

/// What a proxy is told of who we are: `user:password`.
#[derive(Clone, PartialEq, Eq)]
enum Credentials {
    None,
    Known(String),
    /// Read for each connection, so that it may change.
    File(PathBuf),
}

/// Which addresses are reached through a proxy, if any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    proxy: Option<Proxy>,
    except: Exceptions,
}

/// Why something is no proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// It is no `http://host:port`.
    #[error("is not a proxy: write it like `http://proxy.example.org:3128`")]
    Malformed,
    /// The proxy itself would be reached by TLS.
    #[error(
        "a proxy that is itself reached by TLS is not supported: write `http://`; what goes through it is encrypted in any case"
    )]
    Tls,
    /// It is of a kind that is not spoken.
    #[error("only HTTP proxies are supported, not `{0}://`")]
    Scheme(String),
}

/// Why a proxy does not let us through.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// Nobody listens there, or the name means nothing.
    #[error("the proxy cannot be reached")]
    Unreachable(#[source] io::Error),
    /// What it is to be told of who we are cannot be read.
    #[error("failed to read the proxy's credentials from {}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// It wants to know who we are.
    #[error("the proxy wants other credentials: {0}")]
    Unauthorized(String),
    /// It says no.
    #[error("the proxy refused: {0}")]
    Refused(String),
    /// It is no proxy.
    #[error("what answers there is no HTTP proxy")]
    NoProxy,
}

impl Proxies {
    /// All addresses but those.
    pub fn new(proxy: Proxy, except: Exceptions) -> Self {
        Self { proxy: Some(proxy), except }
    }

    /// The proxy on the way to `host:port`.
    pub fn towards(&self, address: &str) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !self.except.cover(address))
    }
}

impl Proxy {
    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether it is told who we are.
    pub fn has_credentials(&self) -> bool {
        self.credentials != Credentials::None
    }

    /// The same, told who we are by a file that holds `user:password`.
    pub fn with_credentials_file(self, path: PathBuf) -> Self {
        Self { credentials: Credentials::File(path), ..self }
    }

    fn authorization(&self) -> Result<Option<String>, ProxyError> {
        let credentials = match &self.credentials {
            Credentials::None => return Ok(None),
            Credentials::Known(known) => known.clone(),
            Credentials::File(path) => fs::read_to_string(path)
                .map_err(|source| ProxyError::Credentials { path: path.clone(), source })?,
        };
        let line = credentials.lines().next().unwrap_or_default();
        Ok(Some(BASE64_STANDARD.encode(line)))
    }

    /// A connection through it.
    pub(super) async fn tunnel_to(
        &self,
        address: &str,
        timeout: Duration,
    ) -> Result<TcpStream, ProxyError> {
        let authorization = self.authorization()?;
        let mut tcp = reach(&self.address, timeout).await.map_err(ProxyError::Unreachable)?;
        let mut request = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n");
        if let Some(authorization) = authorization {
            request += &format!("Proxy-Authorization: Basic {authorization}\r\n");
        }
        request += "\r\n";
        tcp.write_all(request.as_bytes()).await.map_err(ProxyError::Unreachable)?;
        // The server waits for our first word, so nothing of its own comes with
        // the proxy's yes. With a no comes a page that nobody needs.
        let mut answer = Vec::new();
        while !answer.windows(4).any(|it| it == b"\r\n\r\n") {
            let more = tcp.read_buf(&mut answer).await.map_err(ProxyError::Unreachable)?;
            let is_http = answer.iter().zip(b"HTTP/").all(|(it, wanted)| it == wanted);
            if more == 0 || answer.len() > LONGEST || !is_http {
                return Err(ProxyError::NoProxy);
            }
        }
        understand(&answer).map(|()| tcp)
    }
}

/// What the first line of an answer means.
fn understand(answer: &[u8]) -> Result<(), ProxyError> {
    let line = answer.split(|it| *it == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let said = line.strip_prefix("HTTP/1.").and_then(|it| it.split_once(' '));
    let Some((_, said)) = said else { return Err(ProxyError::NoProxy) };
    let shown: String = said.chars().take(200).flat_map(char::escape_default).collect();
    match said.get(..3).and_then(|it| it.parse::<u16>().ok()) {
        Some(200..300) => Ok(()),
        // Some say 401, which is a server's word.
        Some(401 | 407) => Err(ProxyError::Unauthorized(shown)),
        Some(_) => Err(ProxyError::Refused(shown)),
        None => Err(ProxyError::NoProxy),
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "http" => rest,
                "https" => return Err(InvalidProxy::Tls),
                other => return Err(InvalidProxy::Scheme(other.chars().take(20).collect())),
            },
            None => text,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, address) = match rest.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, rest),
        };
        super::server_name(address).ok_or(InvalidProxy::Malformed)?;
        let credentials = match credentials {
            None => Credentials::None,
            Some(it) => Credentials::Known(decoded(it).ok_or(InvalidProxy::Malformed)?),
        };
        Ok(Self { address: address.into(), credentials })
    }
}

/// What `%40` and the like stand for in an address.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = if self.has_credentials() { "***@" } else { "" };
        write!(f, "http://{known}{}", self.address)
    }
}

/// Its credentials are in no log.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_with_or_without_credentials() {
        for (text, address, credentials) in [
            ("http://proxy.example:3128", "proxy.example:3128", None),
            ("HTTP://proxy.example:3128/", "proxy.example:3128", None),
            ("proxy.example:3128", "proxy.example:3128", None),
            ("http://u:p@[2001:db8::1]:80", "[2001:db8::1]:80", Some("u:p")),
            ("http://u%40x:p%3a@proxy:1", "proxy:1", Some("u@x:p:")),
        ] {
            let proxy: Proxy = text.parse().unwrap();
            let expected = credentials.map(|it| BASE64_STANDARD.encode(it));
            assert_eq!(
                (proxy.address(), proxy.authorization().unwrap()),
                (address, expected),
                "{text}"
            );
        }
        for (text, refused) in [
            ("", InvalidProxy::Malformed),
            ("http://proxy", InvalidProxy::Malformed),
            ("http://u:%4@proxy:1", InvalidProxy::Malformed),
            ("https://proxy:1", InvalidProxy::Tls),
            ("socks5://proxy:1", InvalidProxy::Scheme("socks5".into())),
        ] {
            assert_eq!(text.parse::<Proxy>(), Err(refused), "{text}");
        }
    }

    #[test]
    fn credentials_show_nowhere() {
        let proxy: Proxy = "http://user:secret@proxy:1".parse().unwrap();
        for shown in [proxy.to_string(), format!("{proxy:?}")] {
            assert_eq!(shown, "http://***@proxy:1");
        }
    }

    #[test]
    fn an_answer_is_yes_or_no_or_not_a_proxys() {
        let said = |text: &str| understand(text.as_bytes()).err().map(|err| err.to_string());
        let other = "what answers there is no HTTP proxy";
        for (text, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", None),
            ("HTTP/1.0 200\r\n\r\n", None),
            ("HTTP/1.1 407 Who?\r\n\r\n", Some("the proxy wants other credentials: 407 Who?")),
            ("HTTP/1.0 403 Filtered\r\n\r\n", Some("the proxy refused: 403 Filtered")),
            ("HTTP/1.1 abc\r\n\r\n", Some(other)),
            ("SSH-2.0-OpenSSH\r\n", Some(other)),
            ("", Some(other)),
        ] {
            assert_eq!(said(text).as_deref(), expected, "{text}");
        }
    }
}
