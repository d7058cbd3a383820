//! Whoever another program tells of alerts over a webhook, and when.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, extract::State, routing::post};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

/// What comes before the name of an alert, in its labels.
const LABEL: &str = "\"queue\":\"";

/// When each alert was told first.
#[derive(Clone, Debug, Default)]
pub(super) struct Told(Arc<Mutex<HashMap<String, Instant>>>);

impl Told {
    /// How many were told.
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// When one was.
    pub(super) fn at(&self, name: &str) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Listens for messages; gives where.
    pub(super) async fn listen(&self, tasks: &mut JoinSet<()>) -> anyhow::Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/", post(note)).with_state(self.clone());
        tasks.spawn(async move {
            // It ends with the measurement.
            let _ = axum::serve(listener, router).await;
        });
        Ok(address)
    }
}

async fn note(State(told): State<Told>, body: String) {
    let now = Instant::now();
    let mut times = told.0.lock().unwrap_or_else(PoisonError::into_inner);
    for name in body.split(LABEL).skip(1).filter_map(|it| it.split('"').next()) {
        if let Entry::Vacant(first) = times.entry(name.to_owned()) {
            first.insert(now);
        }
    }
}
