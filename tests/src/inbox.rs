//! A webhook receiver, as a ticket system would have one.

use std::{
    collections::{HashMap, VecDeque},
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use ring::hmac;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{SOON, eventually};

/// What both sides know.
pub(crate) const SECRET: &str = "a secret that only the two of us know";

/// A receiver on the loopback. Ends when it is dropped.
#[derive(Debug)]
pub struct Inbox {
    address: std::net::SocketAddr,
    desk: Arc<Desk>,
    _server: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Desk {
    received: Mutex<Vec<Received>>,
    answers: Mutex<HashMap<String, VecDeque<u16>>>,
}

/// One message, as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The webhook that it came to.
    pub webhook: String,
    /// Its `Idempotency-Key`.
    pub id: String,
    /// Whether whoever signed it knows the secret.
    pub is_genuine: bool,
    /// What was answered.
    pub answered: u16,
    /// What it says.
    pub body: Value,
}

impl Received {
    /// A field of the body, empty if it is not there.
    pub fn field(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

impl Inbox {
    /// Listens at a free port.
    pub(crate) async fn open(at: Ipv4Addr) -> Self {
        let listener = TcpListener::bind((at, 0)).await.expect("the loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let desk = Arc::new(Desk::default());
        let router = Router::new().route("/{webhook}", post(take)).with_state(Arc::clone(&desk));
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.expect("the test's own listener works");
        });
        Self { address, desk, _server: server }
    }

    /// Where a webhook is to send to.
    pub fn url(&self, webhook: &str) -> String {
        format!("http://{}/{webhook}", self.address)
    }

    /// Answers the next messages to a webhook with these HTTP codes, and then
    /// with 200.
    pub fn answer(&self, webhook: &str, codes: impl IntoIterator<Item = u16>) {
        lock(&self.desk.answers).entry(webhook.to_owned()).or_default().extend(codes);
    }

    /// Answers with 200 again, whatever was planned.
    pub fn recover(&self) {
        lock(&self.desk.answers).clear();
    }

    /// What has come so far.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.desk.received).clone()
    }

    /// Waits for a message about a topic to a webhook that was taken.
    pub async fn message(&self, webhook: &str, topic: &str) -> Received {
        let what = format!("`{topic}` reaches {webhook}");
        eventually(SOON, &what, async || {
            self.received().into_iter().find(|it| {
                it.webhook == webhook && it.field("topic") == topic && it.answered == 200
            })
        })
        .await
    }
}

async fn take(
    State(desk): State<Arc<Desk>>,
    Path(webhook): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let planned = lock(&desk.answers).get_mut(&webhook).and_then(VecDeque::pop_front);
    let answered = planned.unwrap_or(200);
    lock(&desk.received).push(Received {
        webhook,
        id: header("idempotency-key").to_owned(),
        is_genuine: is_genuine(header("remit-signature"), &body),
        answered,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    StatusCode::from_u16(answered).expect("tests answer with codes that exist")
}

/// What the documentation tells a receiver to check.
fn is_genuine(signature: &str, body: &[u8]) -> bool {
    let parts = signature.strip_prefix("t=").and_then(|it| it.split_once(",v1="));
    let Some((seconds, hex)) = parts else { return false };
    let signed = [seconds.as_bytes(), b".", body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag: Option<Vec<u8>> = hex
        .as_bytes()
        .chunks(2)
        .map(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok())
        .collect();
    tag.is_some_and(|tag| hmac::verify(&key, &signed, &tag).is_ok())
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
