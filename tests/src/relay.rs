//! Carries connections to somewhere else, and takes its time over it.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time::{self, Instant},
};

/// How much is on its way at most, in pieces.
const UNDER_WAY: usize = 256;
const PIECE: usize = 4096;

/// A relay. Once it is dropped nobody listens there, and what it carried is cut.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    _work: JoinSet<()>,
}

impl Relay {
    /// Listens, and carries what comes to `to`; everything arrives so much later.
    pub async fn listen(at: SocketAddr, to: SocketAddr, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(at).await?;
        let address = listener.local_addr()?;
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                // Whoever cannot be carried sees the connection end.
                connections.spawn(carry(client, to, delay));
            }
        });
        Ok(Self { address, _work: work })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn carry(client: TcpStream, to: SocketAddr, delay: Duration) -> io::Result<()> {
    let server = TcpStream::connect(to).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(later(from_client, to_server, delay), later(from_server, to_client, delay))?;
    Ok(())
}

/// Passes on what comes, each piece so much later than it came.
async fn later(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
) -> io::Result<()> {
    let (send, mut receive) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let reads = async move {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            if from.read_buf(&mut piece).await? == 0 {
                return io::Result::Ok(());
            }
            if send.send((Instant::now() + delay, piece)).await.is_err() {
                return Ok(());
            }
        }
    };
    let writes = async move {
        while let Some((due, piece)) = receive.recv().await {
            time::sleep_until(due).await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(reads, writes)?;
    Ok(())
}
