//! Outgoing connections.
//!
//! A connection counts as made once the server has said its first word. In
//! TLS 1.3 a client is done before the server has looked at its certificate;
//! without that wait, a refusal would show up later, in the middle of some
//! call, as a broken transport.
//!
//! A name is looked up anew for each attempt, and each address that it stands
//! for gets its share of the time: one that is dead does not use up all of it.

mod exceptions;
mod proxy;

use std::{
    io, mem,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::{self, TcpStream},
    time,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

pub use self::{
    exceptions::{Exceptions, InvalidException},
    proxy::{InvalidProxy, Proxies, Proxy, ProxyError},
};

/// How long a connection may bring nothing before it is tried. A collector
/// acknowledges within 25 seconds, and an agent has a heartbeat each 30: where
/// either goes on, nothing needs to be tried.
const KEEPALIVE: Duration = Duration::from_secs(45);

/// How long the answer to that may take. It waits behind all that was sent
/// before it, and on a slow and lossy link that takes its time.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(60);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// That is not an address.
    #[error("`{}` is not an address: write it as host:port", address.escape_default())]
    Address {
        /// What was given.
        address: String,
    },
    /// Nobody listens there, or the name means nothing.
    #[error("failed to reach {address}")]
    Unreachable {
        /// Where to.
        address: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The proxy on the way there does not let us through.
    #[error("failed to reach {address} through the proxy {proxy}")]
    Proxy {
        /// Where to.
        address: String,
        /// Through whom.
        proxy: String,
        /// What is wrong.
        #[source]
        source: ProxyError,
    },
    /// One side does not believe the other; see [`crate::tls::is_pin_mismatch`]
    /// and [`crate::tls::is_certificate_refused`].
    #[error("failed to establish trust with {address}")]
    Distrust {
        /// Where to.
        address: String,
        /// What TLS says.
        #[source]
        source: io::Error,
    },
    /// There is no answer.
    #[error("{address} did not answer within {} s", timeout.as_secs_f32())]
    Timeout {
        /// Where to.
        address: String,
        /// How long it was given.
        timeout: Duration,
    },
    /// Nothing speaks HTTP/2 there.
    #[error("failed to set up HTTP/2 with {address}")]
    Http {
        /// Where to.
        address: String,
        /// What the library says.
        #[source]
        source: tonic::transport::Error,
    },
}

/// Connects to `host:port`. If the connection breaks later, the next call on
/// the channel makes a new one in the same way.
pub async fn connect(
    address: &str,
    config: Arc<ClientConfig>,
    timeout: Duration,
) -> Result<Channel, DialError> {
    connect_through(&Proxies::default(), address, config, timeout).await
}

/// The same, through a proxy where these rules say so.
pub async fn connect_through(
    proxies: &Proxies,
    address: &str,
    config: Arc<ClientConfig>,
    timeout: Duration,
) -> Result<Channel, DialError> {
    let proxy = proxies.towards(address).cloned();
    let target = Arc::new(Target::new(address, proxy, config, timeout)?);
    let first = target.open().await?;
    let first = Arc::new(Mutex::new(Some(first)));
    let connector = service_fn({
        let target = Arc::clone(&target);
        move |_uri| {
            let ready = mem::take(&mut *first.lock().unwrap_or_else(PoisonError::into_inner));
            let target = Arc::clone(&target);
            async move {
                let stream = match ready {
                    Some(stream) => stream,
                    None => target.open().await?,
                };
                Ok::<_, DialError>(TokioIo::new(stream))
            }
        }
    });
    let http = |source| DialError::Http { address: address.into(), source };
    // The library would refuse `https` without its own TLS, which ours replaces.
    Endpoint::from_shared(format!("http://{address}"))
        .map_err(http)?
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .connect_with_connector(connector)
        .await
        .map_err(http)
}

type Stream = BufReader<TlsStream<TcpStream>>;

struct Target {
    address: String,
    proxy: Option<Proxy>,
    name: ServerName<'static>,
    connector: TlsConnector,
    timeout: Duration,
}

impl Target {
    fn new(
        address: &str,
        proxy: Option<Proxy>,
        config: Arc<ClientConfig>,
        timeout: Duration,
    ) -> Result<Self, DialError> {
        let name = server_name(address)
            .ok_or_else(|| DialError::Address { address: address.chars().take(100).collect() })?;
        Ok(Self { address: address.into(), proxy, name, connector: config.into(), timeout })
    }

    async fn open(&self) -> Result<Stream, DialError> {
        match time::timeout(self.timeout, self.open_patiently()).await {
            Ok(opened) => opened,
            Err(_elapsed) => {
                Err(DialError::Timeout { address: self.address.clone(), timeout: self.timeout })
            }
        }
    }

    async fn open_patiently(&self) -> Result<Stream, DialError> {
        let unreachable = |source| DialError::Unreachable { address: self.address.clone(), source };
        let distrust = |source| DialError::Distrust { address: self.address.clone(), source };
        let tcp = match &self.proxy {
            None => reach(&self.address, self.timeout).await.map_err(unreachable)?,
            Some(proxy) => {
                let refused = |source| DialError::Proxy {
                    address: self.address.clone(),
                    proxy: proxy.address().into(),
                    source,
                };
                proxy.tunnel_to(&self.address, self.timeout).await.map_err(refused)?
            }
        };
        tcp.set_nodelay(true).map_err(unreachable)?;
        let tls = self.connector.connect(self.name.clone(), tcp).await.map_err(distrust)?;
        let mut stream = BufReader::with_capacity(1024, tls);
        // Looks at the first word and leaves it where it is.
        match Pin::new(&mut stream).fill_buf().await {
            Ok([]) => Err(unreachable(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(stream),
            Err(source) => Err(distrust(source)),
        }
    }
}

/// A connection to whatever the name stands for now.
async fn reach(address: &str, timeout: Duration) -> io::Result<TcpStream> {
    let found: Vec<SocketAddr> = net::lookup_host(address).await?.collect();
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    // The rest of the time is for the handshake.
    let mut left = timeout / 4 * 3;
    for (tried, at) in (0_u32..).zip(&found) {
        let remaining = u32::try_from(found.len()).unwrap_or(u32::MAX).saturating_sub(tried);
        let share = left / remaining.max(1);
        match time::timeout(share, TcpStream::connect(at)).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(err)) => last = err,
            Err(_elapsed) => {
                last = io::ErrorKind::TimedOut.into();
                left = left.saturating_sub(share);
            }
        }
    }
    Err(last)
}

/// The name that the server's certificate must carry.
fn server_name(address: &str) -> Option<ServerName<'static>> {
    let (host, port) = address.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    // Without brackets, nobody can say where an IPv6 address ends.
    let host = bracketed.or_else(|| (!host.contains(':')).then_some(host))?;
    ServerName::try_from(host).ok().map(|name| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for good in ["c.example:7443", "localhost:1", "192.0.2.1:7443", "[2001:db8::1]:7443"] {
            assert!(server_name(good).is_some(), "{good}");
        }
        for bad in
            ["", ":", "c.example", "c.example:", ":7443", "2001:db8::1:7443", "a b:1", "a:99999"]
        {
            assert!(server_name(bad).is_none(), "{bad}");
        }
    }
}
