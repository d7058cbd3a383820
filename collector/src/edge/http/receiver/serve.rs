//! Connections of strangers who post: bounded in number and in time.

use std::{io, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use futures_util::{Stream, StreamExt as _};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing::{debug, warn};

/// How many connections there may be. More wait before their first byte is read.
const CONNECTIONS: usize = 256;
/// How long a request's head may take, and how long an idle connection is kept.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is left of a head in memory.
const HEAD: usize = 16 << 10;

/// Serves connections until told to stop, and then ends them after what they
/// are at.
pub async fn serve<I>(
    incoming: impl Stream<Item = io::Result<I>>,
    router: Router,
    stop: CancellationToken,
) -> io::Result<()>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // Not under the supervisor: they are bounded here and end with this one.
    let mut connections = JoinSet::new();
    let mut incoming = std::pin::pin!(incoming);
    loop {
        let turn = Arc::clone(&room).acquire_owned();
        let Some(turn) = stop.run_until_cancelled(turn).await else { break };
        let turn = turn.expect("the room is never closed");
        let Some(next) = stop.run_until_cancelled(incoming.next()).await else { break };
        while connections.try_join_next().is_some() {}
        match next {
            None => break,
            Some(Err(err)) => warn!(error = %err, "failed to accept a connection"),
            Some(Ok(io)) => {
                let (router, stop) = (router.clone(), stop.clone());
                connections.spawn(async move {
                    let _turn = turn;
                    attend(io, router, stop).await;
                });
            }
        }
    }
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn attend<I>(io: I, router: Router, stop: CancellationToken)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(err) = served {
        debug!(error = %err, "a connection ended badly");
    }
}
