//! Prometheus: as it fetches reports, and as it takes them when they are pushed.

use std::{
    collections::HashMap,
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use axum::{
    Router,
    extract::{RawQuery, State},
    routing::get,
};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Other, Peers, Server, folder, loopback,
    metrics::Source,
    pushing::{self, AGENTS, Found},
};
use crate::{Plan, complain, figure::Figure, http::Http, meter, site};

const PROGRAM: &str = "usr/bin/prometheus";
const NAME: &str = "Prometheus";

/// Targets are found and their names are known before anything counts.
const WARM_UP: Duration = Duration::from_secs(15);

/// How long one run lasts.
const RUN: Duration = Duration::from_secs(15);

/// What it does not do for a report.
const LACKS: &str = "encrypt, wait for the disk, an identity per machine";

/// One that runs.
struct Prometheus {
    server: Server,
    folder: TempDir,
}

impl Prometheus {
    /// Starts one with these settings for what it fetches.
    async fn start(peers: &Peers, scrapes: &str) -> anyhow::Result<Self> {
        let folder = folder()?;
        let [port] = site::free_ports()?;
        let (file, address) = (|name: &str| folder.path().join(name), loopback(port));
        fs::write(file("prometheus.yml"), scrapes)?;
        let mut command = peers.command(PROGRAM)?;
        command.arg(format!("--config.file={}", file("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", file("data").display()));
        command.arg(format!("--web.listen-address={address}"));
        command.args(["--web.enable-remote-write-receiver", "--web.enable-admin-api"]);
        command.arg("--log.level=warn");
        let server = Server::start(&mut command, address, "/-/ready", &file("log")).await?;
        Ok(Self { server, folder })
    }

    /// What all that it has takes at rest: as blocks, without its journal.
    async fn at_rest(&self) -> anyhow::Result<u64> {
        let mut to = Http::plain(self.server.address).await?;
        let answer = to.post("/api/v1/admin/tsdb/snapshot", "", b"").await?;
        ensure!(answer.status == 200, "no snapshot: {}", answer.body);
        let made: serde_json::Value =
            serde_json::from_str(answer.body.trim()).context("a snapshot without a name")?;
        let name = made["data"]["name"].as_str().context("a snapshot without a name")?;
        let folder = self.folder.path().join("data/snapshots").join(name);
        let bytes = meter::disk_bytes(&folder)?;
        fs::remove_dir_all(folder)?;
        Ok(bytes)
    }
}

/// What it fetches from agents that do not exist.
#[derive(Default)]
struct Targets {
    sources: HashMap<String, Mutex<Source>>,
    fetched: AtomicU64,
}

/// Each report is fetched by itself, as evenly as ours come.
pub(super) async fn reports(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let name = |number: usize| format!("bench-{number:05}");
    let sources = (0..plan.agents).map(|it| (name(it), Mutex::new(Source::new(it, 0))));
    let targets = Arc::new(Targets { sources: sources.collect(), ..Targets::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let router = Router::new().route("/metrics", get(fetched)).with_state(Arc::clone(&targets));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        // It ends with the measurement.
        let _ = axum::serve(listener, router).await;
    });
    let period = plan.agents * 1000 / plan.rate as usize;
    let names: Vec<_> = (0..plan.agents).map(name).collect();
    let settings = format!(
        "global:\n  scrape_interval: {period}ms\n  scrape_timeout: {period}ms\n\
         scrape_configs:\n- job_name: bench\n  static_configs:\n  - targets: [{}]\n  \
         relabel_configs:\n  - source_labels: [__address__]\n    target_label: __param_target\n  \
         - source_labels: [__address__]\n    target_label: instance\n  \
         - target_label: __address__\n    replacement: '127.0.0.1:{port}'\n",
        names.join(", ")
    );
    let prometheus = Prometheus::start(peers, &settings).await?;
    time::sleep(WARM_UP).await;
    let pid = prometheus.server.pid();
    let mut runs = Vec::new();
    for _ in 0..plan.runs {
        let (count, cpu) = (targets.fetched.load(Ordering::Relaxed), meter::cpu_seconds(pid)?);
        let began = Instant::now();
        time::sleep(RUN).await;
        let count = targets.fetched.load(Ordering::Relaxed) - count;
        let cpu = meter::cpu_seconds(pid)? - cpu;
        let rate = count as f64 / began.elapsed().as_secs_f64();
        complain(&format!("  Prometheus: {count} reports, {rate:.0}/s, {cpu:.2} CPU-s"));
        ensure!(count > 0, "it fetches nothing");
        runs.push(count as f64 / cpu);
    }
    prometheus.server.daemon.stop().await?;
    let setup = format!("{} targets, each fetched every {period} ms, HTTP", plan.agents);
    Ok(vec![Other { figure: Figure::Reports, name: NAME, setup, runs, lacks: LACKS }])
}

async fn fetched(State(targets): State<Arc<Targets>>, RawQuery(asked): RawQuery) -> String {
    let name = asked.as_deref().and_then(|it| it.strip_prefix("target="));
    let source = name.and_then(|it| targets.sources.get(it));
    let Some(source) = source else { return String::new() };
    targets.fetched.fetch_add(1, Ordering::Relaxed);
    source.lock().unwrap_or_else(PoisonError::into_inner).text()
}

/// Many reports of an agent in one message, and what they take on disk.
pub(super) async fn backlog(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let prometheus = Prometheus::start(peers, "").await?;
    let (address, pid) = (prometheus.server.address, prometheus.server.pid());
    let mut sources = pushing::sources(plan.runs);
    pushing::warm_up(&mut sources, address).await?;
    let (mut rates, mut sizes) = (Vec::new(), Vec::new());
    let mut before = prometheus.at_rest().await?;
    for _ in 0..plan.runs {
        let Found { reports, cpu } = pushing::run(&mut sources, address, pid).await?;
        let after = prometheus.at_rest().await?;
        complain(&format!(
            "  Prometheus: {reports} reports, {cpu:.2} CPU-s, {before} to {after} bytes"
        ));
        rates.push(reports / cpu);
        sizes.push(after.saturating_sub(before) as f64 / reports);
        before = after;
    }
    prometheus.server.daemon.stop().await?;
    let setup = format!("{AGENTS} agents, 64 reports in a remote write, HTTP");
    let at_rest = "10 s apart, as blocks, without its journal".to_owned();
    let kept = "keep state beside samples";
    Ok(vec![
        Other { figure: Figure::Backlog, name: NAME, setup, runs: rates, lacks: LACKS },
        Other { figure: Figure::Disk, name: NAME, setup: at_rest, runs: sizes, lacks: kept },
    ])
}
