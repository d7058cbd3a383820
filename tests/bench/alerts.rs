//! Many alerts at once, as a Prometheus would post them: what a new one takes,
//! what one takes that is there already, what it takes while it is open, and how
//! soon the collector is there again after a power cut with all of them.
//!
//! A new alert is done when its message has been read: it has an owner, a ladder
//! and a clock, and everything of it is on disk.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::ensure;
use axum::{Router, extract::State, http::HeaderMap, routing::post};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use crate::{
    Plan, arrival, complain,
    figure::{Figure, Found},
    meter,
    poster::{self, Poster},
    site::Site,
};

/// How many sources post at once.
const AT_ONCE: usize = 4;

/// The messages that have come.
#[derive(Default)]
struct Desk {
    names: Mutex<HashSet<String>>,
    all: AtomicUsize,
}

impl Desk {
    fn names(&self) -> usize {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let (mut new, mut repeated) = (Vec::new(), Vec::new());
    let (mut memory, mut restart) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let seen = run(plan.alerts, plan).await?;
        new.push(seen.new);
        repeated.push(seen.repeated);
        memory.push(seen.memory);
        restart.push(seen.restart);
    }
    let count = plan.alerts;
    let posted = format!("{count} alerts, 64 in a message");
    let told = format!("{posted}, each told over a webhook");
    let open = format!("{count} open alerts");
    let after = format!("after kill -9 with {count} open alerts, until an operator is served");
    Ok(vec![
        Found { figure: Figure::AlertsNew, setup: told, runs: new },
        Found { figure: Figure::AlertsRepeated, setup: posted, runs: repeated },
        Found { figure: Figure::AlertMemory, setup: open, runs: memory },
        Found { figure: Figure::Restart, setup: after, runs: restart },
    ])
}

/// What one run found.
struct Seen {
    new: f64,
    repeated: f64,
    memory: f64,
    restart: f64,
}

async fn run(count: usize, plan: &Plan) -> anyhow::Result<Seen> {
    let desk = Arc::new(Desk::default());
    let mut receiver = JoinSet::new();
    let address = receive(&mut receiver, Arc::clone(&desk)).await?;
    let mut site = Site::open(plan, Some(address)).await?;
    let posters = posters(&site, "ops", count).await?;
    let empty = site.settled_memory().await?;

    let cpu = meter::cpu_seconds(site.pid()?)?;
    let began = Instant::now();
    post_all(&posters).await?;
    arrival::all(count, || desk.names()).await?;
    let spent = meter::cpu_seconds(site.pid()?)? - cpu;
    complain(&format!("  {count} new: {spent:.2} CPU-s, {:.1} s", began.elapsed().as_secs_f64()));
    let new = count as f64 / spent;

    let full = site.settled_memory().await?;
    let memory = (full.resident - empty.resident) * 1024.0 / count as f64;
    complain(&format!("  {:.0} KiB before, {:.0} KiB after", empty.resident, full.resident));

    let cpu = meter::cpu_seconds(site.pid()?)?;
    post_all(&posters).await?;
    let spent = meter::cpu_seconds(site.pid()?)? - cpu;
    complain(&format!("  {count} repeated: {spent:.2} CPU-s"));
    let repeated = count as f64 / spent.max(0.01);

    site.kill().await?;
    let before = desk.all.load(Ordering::Relaxed);
    let began = Instant::now();
    site.start().await?;
    let restart = began.elapsed().as_secs_f64() * 1e3;
    complain(&format!("  serving after {restart:.0} ms"));
    let open = site.operator().await?.open_alerts().await?;
    ensure!(open == count, "{open} of {count} alerts are there after the power cut");
    let again = desk.all.load(Ordering::Relaxed) - before;
    ensure!(again == 0, "{again} messages came again after the power cut");
    Ok(Seen { new, repeated, memory, restart })
}

/// Sources that have so many alerts together.
pub(crate) async fn posters(
    site: &Site,
    prefix: &str,
    count: usize,
) -> anyhow::Result<Vec<Arc<Poster>>> {
    let operator = site.operator().await?;
    let mut posters = Vec::new();
    for first in (0..count).step_by(poster::MOST) {
        let name = format!("{prefix}-{}", first / poster::MOST);
        let token = operator.source(&name).await?;
        let share = poster::MOST.min(count - first);
        let (port, root) = (site.receiver_port(), site.root());
        posters.push(Arc::new(Poster::new(port, &root, (name, token), share)?));
    }
    Ok(posters)
}

/// Lets all post what they have to say, a few at a time.
pub(crate) async fn post_all(posters: &[Arc<Poster>]) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for poster in posters {
        if tasks.len() >= AT_ONCE
            && let Some(one) = tasks.join_next().await
        {
            one??;
        }
        let poster = Arc::clone(poster);
        tasks.spawn(async move { poster.post_all().await });
    }
    while let Some(one) = tasks.join_next().await {
        one??;
    }
    Ok(())
}

/// Listens for messages; gives where.
async fn receive(tasks: &mut JoinSet<()>, desk: Arc<Desk>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/", post(note)).with_state(desk);
    tasks.spawn(async move {
        // It ends with the measurement.
        let _ = axum::serve(listener, router).await;
    });
    Ok(address)
}

async fn note(State(desk): State<Arc<Desk>>, headers: HeaderMap) {
    let name = headers.get("idempotency-key").and_then(|it| it.to_str().ok()).unwrap_or_default();
    desk.names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    desk.all.fetch_add(1, Ordering::Relaxed);
}
