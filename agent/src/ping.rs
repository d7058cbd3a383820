//! The dead-man's switch: an address on the loopback that scripts call when a
//! run begins and ends, compatible with Healthchecks.
//!
//! A call is answered with 200 only after what it says is stored, so that a
//! script that sees 200 has been heard, collector or no collector.
//!
//! # Who may call
//!
//! Every program of this machine, and nobody else: the listener is refused any
//! address that is not a loopback one. Programs include browsers, which run
//! other people's code; so a call that a web page caused is turned away, by
//! the headers that browsers add and pages cannot forge.
//!
//! # Not here
//!
//! What a call means is [`remit_agent_domain::ping`]'s business.

mod desk;
mod ledger_file;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{HOST, HeaderValue, ORIGIN},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use remit_agent_domain::{
    evidence::Tail,
    ping::{self, NoPing},
};
use remit_shared::{Clock, RunId};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
    time,
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{
    inbox::Delivery,
    ping::desk::{Call, Desk, Reply},
};

/// How much of a call's body is looked at.
const BODY_LIMIT: usize = 100_000;
/// How much more is swallowed, so that whoever sends it hears the answer.
const SWALLOWED: usize = 8 << 20;
/// How many calls are served at once. More wait in the listener's queue.
const MAX_CALLS: usize = 32;
/// How long a caller may take, and has to wait at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the endpoint needs to know.
pub struct Settings {
    /// The declared jobs, each with its product.
    pub jobs: BTreeMap<String, String>,
    /// Whether a ping may name a job that nobody declared.
    pub create: bool,
    /// Where the open runs are kept over a restart.
    pub ledger: PathBuf,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where new run ids come from.
    pub ids: Box<dyn Fn() -> RunId + Send + Sync>,
}

/// Why the endpoint cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PingError {
    /// Others than this machine could call it.
    #[error("refused to listen for pings on {at}, which is no loopback address")]
    NotLoopback {
        /// The address.
        at: SocketAddr,
    },
    /// The operating system does not let us.
    #[error("failed to listen for pings on {at}")]
    Listen {
        /// The address.
        at: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

/// Opens the endpoint's listener.
pub async fn bind(at: SocketAddr) -> Result<TcpListener, PingError> {
    if !at.ip().is_loopback() {
        return Err(PingError::NotLoopback { at });
    }
    TcpListener::bind(at).await.map_err(|source| PingError::Listen { at, source })
}

/// Answers calls until told to stop. What they say goes to `sender`.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    sender: mpsc::Sender<Delivery>,
    stop: CancellationToken,
) {
    // A caller that finds the desk busy waits, and gives up by itself.
    let (desk, calls) = mpsc::channel(MAX_CALLS);
    let work = async {
        tokio::join!(accept(listener, desk), Desk::new(settings, sender).run(calls));
    };
    stop.run_until_cancelled(work).await;
}

/// Serves each connection in a task of its own, all of which end with ours.
async fn accept(listener: TcpListener, desk: mpsc::Sender<Call>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MAX_CALLS {
            connections.join_next().await;
        }
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, desk.clone()));
                }
                Err(err) => {
                    debug!(error = %err, "failed to accept a ping");
                    // Out of files, most likely, which takes a moment to pass.
                    time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

async fn converse(stream: TcpStream, desk: mpsc::Sender<Call>) {
    let service = service_fn(|request| answer(request, desk.clone()));
    let connection = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    // A caller that went away needs no answer.
    time::timeout(2 * PATIENCE, connection).await.ok();
}

async fn answer(
    request: Request<Incoming>,
    desk: mpsc::Sender<Call>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    if let Some(why) = foreign(&head.headers) {
        return Ok(response(StatusCode::FORBIDDEN, why.into()));
    }
    let ping = match ping::parse(head.method.as_str(), head.uri.path(), head.uri.query()) {
        Ok(ping) => ping,
        Err(err) => return Ok(response(refusal(&err), err.to_string())),
    };
    let heard = async {
        let words = read(body).await?;
        let (call, reply) = Call::new(ping, words);
        desk.send(call).await.ok()?;
        reply.await.ok()
    };
    Ok(match time::timeout(PATIENCE, heard).await {
        Ok(Some(Reply::Stored)) => response(StatusCode::OK, "OK".into()),
        Ok(Some(Reply::NoSuchJob)) => response(StatusCode::NOT_FOUND, "not found".into()),
        Ok(Some(Reply::NotStored) | None) | Err(_) => {
            response(StatusCode::SERVICE_UNAVAILABLE, "not stored, try again".into())
        }
    })
}

fn refusal(err: &NoPing) -> StatusCode {
    match err {
        NoPing::Method => StatusCode::METHOD_NOT_ALLOWED,
        NoPing::Address => StatusCode::NOT_FOUND,
        NoPing::Signal(_) | NoPing::Parameter(_) => StatusCode::BAD_REQUEST,
    }
}

fn response(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("ping-body-limit", HeaderValue::from(BODY_LIMIT));
    headers.insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The end of the part of a body that is looked at.
async fn read(mut body: Incoming) -> Option<String> {
    let mut tail = Tail::default();
    let mut seen = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.ok()?;
        let data = frame.data_ref().map_or(&[][..], |it| it);
        tail.push(&data[..data.len().min(BODY_LIMIT.saturating_sub(seen))]);
        seen += data.len();
        if seen > BODY_LIMIT + SWALLOWED {
            break;
        }
    }
    Some(tail.to_text())
}

/// Why a call does not come from a program of this machine, if so.
///
/// A page cannot keep a browser from telling where a call comes from, and a
/// name that was made to point here shows as the host that was called.
fn foreign(headers: &HeaderMap) -> Option<&'static str> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if headers.contains_key(ORIGIN) || site.is_some_and(|it| it != b"none") {
        return Some("web pages may not ping");
    }
    let host = headers.get(HOST)?.to_str().unwrap_or_default();
    let name =
        host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |it| it.0);
    let is_ours = ["localhost", "[::1]"].contains(&name)
        || name.parse::<Ipv4Addr>().is_ok_and(|it| it.is_loopback());
    (!is_ours).then_some("call this as localhost")
}
