//! A link between a client and a collector that can be cut.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::JoinSet,
};

/// The link; new connections come through after a cut.
pub(crate) struct Link {
    pub(crate) address: SocketAddr,
    pub(crate) cut: UnboundedSender<()>,
    _task: JoinSet<()>,
}

impl Link {
    pub(crate) async fn to(collector: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, mut cuts) = unbounded_channel();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    Ok((mut near, _)) = listener.accept() => {
                        connections.spawn(async move {
                            let mut far = TcpStream::connect(collector).await.unwrap();
                            // However it ends, it is over.
                            let _ = copy_bidirectional(&mut near, &mut far).await;
                        });
                    }
                    Some(()) = cuts.recv() => connections.abort_all(),
                    else => break,
                }
            }
        });
        Self { address, cut, _task: task }
    }
}
