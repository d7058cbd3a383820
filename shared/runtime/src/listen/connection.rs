//! One accepted connection, and who is at its other end.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use rustls::pki_types::CertificateDer;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{self, Sleep},
};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

/// A connection whose handshake is done.
#[derive(Debug)]
pub struct Connection {
    tls: TlsStream<TcpStream>,
    info: ConnectInfo,
    /// Runs until the client's first word.
    silence: Option<Pin<Box<Sleep>>>,
}

/// Who is at the other end; every request carries it in its extensions.
#[derive(Clone, Debug)]
pub struct ConnectInfo {
    /// Where the connection comes from.
    pub peer: SocketAddr,
    /// What the client proved to be, its own certificate first; empty if the
    /// listener does not ask. Validated, except that it may be revoked, or
    /// have expired since.
    pub certificates: Arc<[CertificateDer<'static>]>,
}

impl Connection {
    pub(super) fn new(tls: TlsStream<TcpStream>, peer: SocketAddr, patience: Duration) -> Self {
        let certificates = tls.get_ref().1.peer_certificates().unwrap_or_default().into();
        let info = ConnectInfo { peer, certificates };
        Self { tls, info, silence: Some(Box::pin(time::sleep(patience))) }
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectInfo;

    fn connect_info(&self) -> ConnectInfo {
        self.info.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.tls).poll_read(cx, buf) {
            Poll::Ready(read) => {
                self.silence = None;
                Poll::Ready(read)
            }
            Poll::Pending => match &mut self.silence {
                Some(silence) => {
                    silence.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
                }
                None => Poll::Pending,
            },
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
