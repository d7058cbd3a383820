//! Whoever another program tells of alerts over a webhook, and when.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use axum::{Router, extract::State, routing::post};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use crate::arrival;

/// One alert in so long, for how long one takes.
pub(super) const EVERY: Duration = Duration::from_millis(25);

/// How many alerts such a run has.
pub(super) const TOLD: usize = 600;

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

    /// Waits until so many were told.
    pub(super) async fn wait(&self, count: usize) -> anyhow::Result<()> {
        arrival::all(count, || self.count()).await
    }

    /// How long after each alert of a source was sent it was told, in milliseconds.
    pub(super) fn delays(&self, source: &str, sent: &[Instant]) -> anyhow::Result<Vec<f64>> {
        let times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let delays = sent.iter().enumerate().map(|(number, sent)| {
            let at = times.get(&name(source, number)).context("an alert was not told")?;
            Ok((*at - *sent).as_secs_f64() * 1e3)
        });
        delays.collect()
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

/// What an alert of a source is called.
pub(super) fn name(source: &str, number: usize) -> String {
    format!("{source}-{number:05}")
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
