//! Incoming connections.
//!
//! [`Listener`] is the stream of connections that a gRPC server serves. Each
//! has finished its handshake; whoever cannot or will not is dropped without
//! the server noticing, and nothing a stranger does ends the stream.
//!
//! # Invariants
//!
//! - Handshakes are bounded in number, in number per address, and in time.
//! - A connection must speak soon after its handshake or is closed.
//! - What ends the stream is dropping it, and that ends its handshakes.

mod connection;
mod fair;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use arc_swap::ArcSwap;
use remit_shared::Chain;
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::{self, Instant, Sleep},
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::Stream;
use tracing::{debug, warn};

pub use self::connection::{ConnectInfo, Connection};
use self::fair::{Admission, Fair, Limits};
use crate::tls;

/// How many handshakes may be under way. More callers wait in the kernel.
const HANDSHAKES: usize = 1024;

/// How many of them one address may have, and how many may wait behind these.
const LIMITS: Limits = Limits { active_per_address: 64, waiting: 1024 };

/// How long a handshake, and then the first word, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait when there is nothing left to accept with, such as file
/// descriptors. Somebody must hang up first.
const BREATHER: Duration = Duration::from_millis(500);

/// It is said at most this often that somebody finds our certificate expired.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// How many callers the kernel keeps waiting.
const BACKLOG: u32 = 1024;

/// Why nobody can be listened to.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there, or this one does already.
    #[error("failed to listen on {address}: address already in use")]
    InUse {
        /// Where.
        address: SocketAddr,
    },
    /// Something else is wrong with the address.
    #[error("failed to listen on {address}")]
    Failed {
        /// Where.
        address: SocketAddr,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

/// Accepts connections; see the module.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    configuration: Configuration,
    /// Not under the supervisor: they are bounded here and end with the stream.
    handshakes: JoinSet<(IpAddr, Result<Connection, Failed>)>,
    callers: Fair<Caller>,
    breather: Option<Pin<Box<Sleep>>>,
    /// When somebody was last said to find our certificate expired.
    told_expired: Option<Instant>,
}

type Caller = (TcpStream, SocketAddr);

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failed {
    /// The other side finds our certificate expired.
    Expired,
    /// Whatever else.
    Otherwise,
}

/// What new connections are shown and asked for. Clones speak of the same one.
#[derive(Clone, Debug)]
pub struct Configuration(Arc<ArcSwap<ServerConfig>>);

impl Configuration {
    /// From now on; connections that are open stay as they are.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        self.0.store(config);
    }
}

impl Listener {
    /// Starts listening. Port 0 takes any that is free.
    pub fn bind(address: SocketAddr, config: Arc<ServerConfig>) -> Result<Self, BindError> {
        let tcp = listen(address).map_err(|source| {
            if source.kind() == io::ErrorKind::AddrInUse {
                BindError::InUse { address }
            } else {
                BindError::Failed { address, source }
            }
        })?;
        Ok(Self {
            tcp,
            configuration: Configuration(Arc::new(ArcSwap::new(config))),
            handshakes: JoinSet::new(),
            callers: Fair::new(LIMITS),
            breather: None,
            told_expired: None,
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// To replace the certificate while it listens.
    pub fn configuration(&self) -> Configuration {
        self.configuration.clone()
    }

    fn greet(&mut self, (tcp, peer): Caller) {
        let acceptor = TlsAcceptor::from(self.configuration.0.load_full());
        self.handshakes.spawn(async move {
            let connection = match time::timeout(PATIENCE, shake_hands(acceptor, tcp, peer)).await {
                Ok(Ok(connection)) => connection,
                Ok(Err(err)) => {
                    debug!(%peer, error = %Chain(&err), "handshake failed");
                    let is_expired = tls::is_found_expired(&err);
                    let why = if is_expired { Failed::Expired } else { Failed::Otherwise };
                    return (peer.ip(), Err(why));
                }
                Err(_elapsed) => {
                    debug!(%peer, "handshake took too long");
                    return (peer.ip(), Err(Failed::Otherwise));
                }
            };
            (peer.ip(), Ok(connection))
        });
    }

    /// Somebody at this address finds our certificate expired. As anybody can
    /// say so, it is one line a minute.
    fn found_expired(&mut self, address: IpAddr) {
        let now = Instant::now();
        if self.told_expired.is_none_or(|it| now.duration_since(it) >= TOLD_EVERY) {
            self.told_expired = Some(now);
            warn!(
                %address,
                "a caller finds this certificate expired; if it is not, the clock there is ahead"
            );
        }
    }

    /// The next connection whose handshake is done; pending if none is.
    fn poll_greeted(&mut self, cx: &mut Context<'_>) -> Poll<Connection> {
        while let Some(joined) = ready!(self.handshakes.poll_join_next(cx)) {
            let (address, connection) = match joined {
                Ok(done) => done,
                Err(err) => {
                    // Whose it was is lost with it: start counting anew.
                    warn!(error = %Chain(&err), "handshake broke down");
                    self.callers = Fair::new(LIMITS);
                    continue;
                }
            };
            if let Some(next) = self.callers.leave(address) {
                self.greet(next);
            }
            match connection {
                Ok(connection) => return Poll::Ready(connection),
                Err(Failed::Expired) => self.found_expired(address),
                Err(Failed::Otherwise) => {}
            }
        }
        Poll::Pending
    }

    /// Ready after every attempt to accept, also one that failed.
    fn poll_caller(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(breather) = &mut self.breather {
            ready!(breather.as_mut().poll(cx));
            self.breather = None;
        }
        match ready!(self.tcp.poll_accept(cx)) {
            Ok(caller) => match self.callers.arrive(caller.1.ip(), caller) {
                Admission::Begin(caller) => self.greet(caller),
                Admission::Wait => {}
                Admission::TurnAway((_, peer)) => debug!(%peer, "too many callers, turned away"),
            },
            Err(err) if hung_up(&err) => debug!(error = %err, "caller hung up"),
            Err(err) => {
                warn!(error = %err, "failed to accept connections, trying again soon");
                self.breather = Some(Box::pin(time::sleep(BREATHER)));
            }
        }
        Poll::Ready(())
    }
}

impl Stream for Listener {
    type Item = Result<Connection, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Poll::Ready(connection) = self.poll_greeted(cx) {
                return Poll::Ready(Some(Ok(connection)));
            }
            if self.handshakes.len() >= HANDSHAKES {
                return Poll::Pending;
            }
            ready!(self.poll_caller(cx));
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Windows this would let two programs share the port.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    // What is accepted inherits this.
    socket.set_keepalive(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn shake_hands(
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    peer: SocketAddr,
) -> io::Result<Connection> {
    tcp.set_nodelay(true)?;
    Ok(Connection::new(acceptor.accept(tcp).await?, peer, PATIENCE))
}

/// Whether it is this one caller's failure and says nothing about the next.
fn hung_up(err: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(err.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests;
