//! From a report to the message about it, at a steady 40 alerts a second.
//!
//! Each alert is a failed backup run, of an endpoint and a job of its own: it
//! is told at once. The time runs from before the report is sent until the
//! message has been read.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::ensure;
use axum::{Router, extract::State, routing::post};
use remit_runtime::random;
use remit_shared::{Answer, BackupRun, Body, RunId, RunResult};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{self, Instant},
};

use crate::{
    Plan, complain,
    figure::{Figure, Found},
    fleet, percentile,
    session::{self, Session},
    site::Site,
};

/// How many endpoints fail in turn.
const AGENTS: usize = 200;

/// One alert in so long.
const EVERY: Duration = Duration::from_millis(25);

/// How many alerts a run has.
const ALERTS: usize = 600;

/// How long the last messages of a run may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The messages that have come.
#[derive(Clone, Default)]
pub(crate) struct Arrivals(Arc<Came>);

#[derive(Default)]
struct Came {
    /// When each failed backup's first message came.
    backups: Mutex<HashMap<String, Instant>>,
    /// Of everything.
    all: AtomicUsize,
}

impl Arrivals {
    /// How many messages have come, of whatever.
    pub(crate) fn all(&self) -> usize {
        self.0.all.load(Ordering::Relaxed)
    }

    fn backups(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.0.backups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens for messages; gives where.
    pub(crate) async fn listen(&self, tasks: &mut JoinSet<()>) -> anyhow::Result<SocketAddr> {
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

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let arrivals = Arrivals::default();
    let mut receiver = JoinSet::new();
    let address = arrivals.listen(&mut receiver).await?;
    let site = Site::open(plan, Some(address)).await?;
    let fleet = fleet::enroll(&site.operator().await?, AGENTS).await?;
    let mut sessions = fleet::connect(fleet).await?;
    let (mut middle, mut slowest) = (Vec::new(), Vec::new());
    // The first alerts open the connection to the receiver.
    run(&mut sessions, "warm-up", 40, &arrivals).await?;
    for number in 0..plan.runs {
        let times = run(&mut sessions, &format!("run-{number}"), ALERTS, &arrivals).await?;
        let (p50, p99) = (percentile(&times, 50.0), percentile(&times, 99.0));
        complain(&format!("  {} alerts, p50 {p50:.2} ms, p99 {p99:.2} ms", times.len()));
        middle.push(p50);
        slowest.push(p99);
    }
    let setup = format!("{ALERTS} failed backups per run, 40/s, of {AGENTS} endpoints");
    Ok(vec![
        Found { figure: Figure::WebhookP50, setup: setup.clone(), runs: middle },
        Found { figure: Figure::WebhookP99, setup, runs: slowest },
    ])
}

/// Lets backups fail; gives how long each message took, in milliseconds.
pub(crate) async fn run(
    sessions: &mut [Session],
    name: &str,
    alerts: usize,
    arrivals: &Arrivals,
) -> anyhow::Result<Vec<f64>> {
    let mut due = time::interval(EVERY);
    let mut sent = HashMap::new();
    for number in 0..alerts {
        due.tick().await;
        let job = format!("{name}-{number:04}");
        let place = number % sessions.len();
        sent.insert(job.clone(), Instant::now());
        sessions[place].send(vec![failed(&job)]).await?;
    }
    let deadline = Instant::now() + PATIENCE;
    let arrived = || arrivals.backups().clone();
    let missing = |arrived: &HashMap<_, _>| sent.keys().any(|it| !arrived.contains_key(it));
    while missing(&arrived()) {
        ensure!(Instant::now() < deadline, "some alerts were not told");
        time::sleep(Duration::from_millis(50)).await;
    }
    let arrived = arrived();
    Ok(sent.iter().map(|(job, at)| (arrived[job] - *at).as_secs_f64() * 1e3).collect())
}

/// A backup run that has failed.
fn failed(job: &str) -> Answer {
    let now = session::now();
    let run = BackupRun {
        run_id: RunId::from_uuid(random::uuid()),
        job: job.into(),
        product: "restic".into(),
        started_at: Some(now),
        ended_at: Some(now),
        result: RunResult::Failed,
        raw_result: "exit 1".into(),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: vec!["repository is locked".into()],
        evidence: "exit 1".into(),
    };
    Answer::full("backup", "restic", now, Body::Run(run))
}

async fn note(State(arrivals): State<Arrivals>, body: String) {
    let now = Instant::now();
    arrivals.0.all.fetch_add(1, Ordering::Relaxed);
    // `Check:       backup-failed run-0-0017` is a line of the text.
    let check = body.split_once("backup-failed ").map(|it| it.1);
    let Some(job) = check.and_then(|it| it.split(['\\', '"']).next()) else { return };
    arrivals.backups().entry(job.to_owned()).or_insert(now);
}
