//! VictoriaMetrics, which is pushed to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::ensure;
use tempfile::TempDir;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Other, Peers, Server, folder, loopback,
    metrics::Source,
    pushing::{self, AGENTS, Found},
};
use crate::{Plan, complain, figure::Figure, http::Http, meter, session, site};

const PROGRAM: &str = "usr/bin/victoria-metrics";
const NAME: &str = "VictoriaMetrics";

/// Names are known before anything counts.
const WARM_UP: Duration = Duration::from_secs(8);

/// How long one run lasts.
const RUN: Duration = Duration::from_secs(15);

/// How long what it merges may take until it rests.
const REST: Duration = Duration::from_secs(60);

/// Over how many connections reports come that come one by one.
const CONNECTIONS: usize = 50;

/// What it does not do for a report.
const LACKS: &str = "encrypt, wait for the disk, rules, alerts";

/// One that runs.
struct Victoria {
    server: Server,
    folder: TempDir,
}

impl Victoria {
    async fn start(peers: &Peers) -> anyhow::Result<Self> {
        let folder = folder()?;
        let [port] = site::free_ports()?;
        let address = loopback(port);
        let mut command = peers.command(PROGRAM)?;
        command.arg(format!("-httpListenAddr={address}"));
        command.arg(format!("-storageDataPath={}", folder.path().join("data").display()));
        command.args(["-retentionPeriod=1y", "-loggerLevel=WARN"]);
        let log = folder.path().join("log");
        let server = Server::start(&mut command, address, "/health", &log).await?;
        Ok(Self { server, folder })
    }

    /// What all that it has takes once it is written out and merged.
    async fn at_rest(&self) -> anyhow::Result<u64> {
        let mut to = Http::plain(self.server.address).await?;
        for path in ["/internal/force_flush", "/internal/force_merge"] {
            let answer = to.get(path).await?;
            ensure!(answer.status == 200, "{path}: {}", answer.body);
        }
        let began = Instant::now();
        let mut bytes = self.bytes();
        loop {
            time::sleep(Duration::from_secs(2)).await;
            let now = self.bytes();
            if now == bytes || began.elapsed() > REST {
                return Ok(now);
            }
            bytes = now;
        }
    }

    /// Of its data; what goes away during the look counts as gone.
    fn bytes(&self) -> u64 {
        let data = self.folder.path().join("data");
        (0..5).find_map(|_| meter::disk_bytes(&data).ok()).unwrap_or(0)
    }
}

/// Each report is a message of its own, as evenly as ours come.
pub(super) async fn reports(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let victoria = Victoria::start(peers).await?;
    let (address, pid) = (victoria.server.address, victoria.server.pid());
    let taken = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    let period = Duration::from_secs_f64(CONNECTIONS as f64 / f64::from(plan.rate));
    for first in 0..CONNECTIONS {
        let numbers = (first..plan.agents).step_by(CONNECTIONS);
        let mut sources: Vec<_> = numbers.map(|it| Source::new(it, 0)).collect();
        let mut to = Http::plain(address).await?;
        let taken = Arc::clone(&taken);
        tasks.spawn(async move {
            let begin = Instant::now() + period.mul_f64(first as f64 / CONNECTIONS as f64);
            let mut due = time::interval_at(begin, period);
            loop {
                for source in &mut sources {
                    due.tick().await;
                    source.push(&mut to, 1, Some(session::now())).await?;
                    taken.fetch_add(1, Ordering::Relaxed);
                }
                ensure!(!sources.is_empty(), "there are fewer agents than connections");
            }
        });
    }
    time::sleep(WARM_UP).await;
    let mut runs = Vec::new();
    for _ in 0..plan.runs {
        let (count, cpu) = (taken.load(Ordering::Relaxed), meter::cpu_seconds(pid)?);
        let began = Instant::now();
        time::sleep(RUN).await;
        let count = taken.load(Ordering::Relaxed) - count;
        let cpu = meter::cpu_seconds(pid)? - cpu;
        let rate = count as f64 / began.elapsed().as_secs_f64();
        complain(&format!("  VictoriaMetrics: {count} reports, {rate:.0}/s, {cpu:.2} CPU-s"));
        ensure!(count > 0, "it takes nothing");
        runs.push(count as f64 / cpu);
    }
    if let Some(ended) = tasks.try_join_next() {
        let ended: anyhow::Result<()> = ended?;
        ended?;
    }
    victoria.server.daemon.stop().await?;
    let setup = format!("{} agents, each report a remote write of its own, HTTP", plan.agents);
    Ok(vec![Other { figure: Figure::Reports, name: NAME, setup, runs, lacks: LACKS }])
}

/// Many reports of an agent in one message, and what they take on disk.
pub(super) async fn backlog(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let victoria = Victoria::start(peers).await?;
    let (address, pid) = (victoria.server.address, victoria.server.pid());
    let mut sources = pushing::sources(plan.runs);
    pushing::warm_up(&mut sources, address).await?;
    let (mut rates, mut sizes) = (Vec::new(), Vec::new());
    let mut before = victoria.at_rest().await?;
    for _ in 0..plan.runs {
        let Found { reports, cpu } = pushing::run(&mut sources, address, pid).await?;
        let after = victoria.at_rest().await?;
        complain(&format!(
            "  VictoriaMetrics: {reports} reports, {cpu:.2} CPU-s, {before} to {after} bytes"
        ));
        rates.push(reports / cpu);
        sizes.push(after.saturating_sub(before) as f64 / reports);
        before = after;
    }
    victoria.server.daemon.stop().await?;
    let setup = format!("{AGENTS} agents, 64 reports in a remote write, HTTP");
    let at_rest = "10 s apart, written out and merged".to_owned();
    let kept = "keep state beside samples";
    Ok(vec![
        Other { figure: Figure::Backlog, name: NAME, setup, runs: rates, lacks: LACKS },
        Other { figure: Figure::Disk, name: NAME, setup: at_rest, runs: sizes, lacks: kept },
    ])
}
