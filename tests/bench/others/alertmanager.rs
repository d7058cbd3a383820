//! Alertmanager, which is posted to as ours is. It keeps alerts in memory alone.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Other, Peers, Server, folder, loopback,
    telling::{EVERY, TOLD, Told},
};
use crate::{
    Plan, complain,
    figure::Figure,
    http::Http,
    meter::{self, Memory},
    percentile,
    poster::{self, Poster},
    site,
};

const PROGRAM: &str = "usr/bin/prometheus-alertmanager";

/// What it does not do for any of it.
const LACKS: &str = "owners, ladders, clocks, a disk";
const SILENT: &str = "owners, ladders, clocks, a disk, a message each";
const ALONE: &str = "measure, owners, ladders, a disk";

/// How many connections post at once.
const AT_ONCE: usize = 4;

/// How long it is left alone before its memory counts.
const SETTLE: Duration = Duration::from_secs(3);

/// One that runs.
struct Manager {
    server: Server,
    folder: TempDir,
}

impl Manager {
    /// Starts one that tells `webhook` of each alert at once, or nobody.
    async fn start(peers: &Peers, webhook: Option<SocketAddr>) -> anyhow::Result<Self> {
        let folder = folder()?;
        let [port] = site::free_ports()?;
        let receiver = webhook.map_or(String::new(), |it| {
            format!("\n  webhook_configs:\n  - url: http://{it}/\n    send_resolved: false")
        });
        // Each alert is a group of its own, as it is a message of its own with us.
        let group = if webhook.is_some() { "..." } else { "alertname" };
        let settings = format!(
            "route:\n  receiver: bench\n  group_by: ['{group}']\n  group_wait: 0s\n  \
             group_interval: 5m\n  repeat_interval: 24h\nreceivers:\n- name: bench{receiver}\n"
        );
        fs::write(folder.path().join("alertmanager.yml"), settings)?;
        let server = run(peers, folder.path(), loopback(port)).await?;
        Ok(Self { server, folder })
    }

    /// Posts so many alerts; gives the time it took of the server's.
    async fn post(&self, posters: &[Arc<Poster>], told: Option<&Told>) -> anyhow::Result<f64> {
        let cpu = meter::cpu_seconds(self.server.pid())?;
        let mut tasks = JoinSet::new();
        for poster in posters {
            if tasks.len() >= AT_ONCE {
                tasks.join_next().await.context("no task")???;
            }
            let poster = Arc::clone(poster);
            tasks.spawn(async move { poster.post_all().await });
        }
        while let Some(one) = tasks.join_next().await {
            one??;
        }
        if let Some(told) = told {
            let count = posters.iter().map(|it| it.count()).sum();
            told.wait(count).await?;
        }
        Ok(meter::cpu_seconds(self.server.pid())? - cpu)
    }

    async fn resident(&self) -> anyhow::Result<f64> {
        time::sleep(SETTLE).await;
        Ok(Memory::of(self.server.pid())?.resident)
    }
}

async fn run(peers: &Peers, folder: &Path, address: SocketAddr) -> anyhow::Result<Server> {
    let mut command = peers.command_with_its_files(PROGRAM)?;
    command.arg(format!("--config.file={}", folder.join("alertmanager.yml").display()));
    command.arg(format!("--storage.path={}", folder.join("data").display()));
    command.arg(format!("--web.listen-address={address}"));
    command.args(["--cluster.listen-address=", "--log.level=warn"]);
    Server::start(&mut command, address, "/-/ready", &folder.join("log")).await
}

/// Many alerts at once: first with nobody to tell, then each told.
pub(super) async fn alerts(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let mut others = Vec::new();
    for tells in [false, true] {
        others.extend(many(peers, plan, tells).await?);
    }
    Ok(others)
}

async fn many(peers: &Peers, plan: &Plan, tells: bool) -> anyhow::Result<Vec<Other>> {
    let count = plan.alerts;
    let (mut new, mut repeated) = (Vec::new(), Vec::new());
    let (mut memory, mut restart) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let (told, mut receiver) = (Told::default(), JoinSet::new());
        let address = told.listen(&mut receiver).await?;
        let told = tells.then_some(&told);
        let mut manager = Manager::start(peers, told.map(|_| address)).await?;
        let starts = (0..count).step_by(poster::MOST);
        let posters: Vec<_> = starts
            .map(|first| {
                let name = format!("ops-{}", first / poster::MOST);
                let share = poster::MOST.min(count - first);
                Arc::new(Poster::plain(manager.server.address, name, share))
            })
            .collect();
        let empty = manager.resident().await?;
        let first = manager.post(&posters, told).await?;
        let full = manager.resident().await?;
        let again = manager.post(&posters, None).await?;
        complain(&format!(
            "  Alertmanager{}: {count} new {first:.2} CPU-s, again {again:.2}; {empty:.0} to {full:.0} KiB",
            if tells { ", each told" } else { "" }
        ));
        new.push(count as f64 / first.max(0.01));
        repeated.push(count as f64 / again.max(0.01));
        memory.push((full - empty) * 1024.0 / count as f64);
        manager = restarted(peers, manager, count, &mut restart).await?;
        manager.server.daemon.stop().await?;
    }
    let name = if tells { "Alertmanager, each told" } else { "Alertmanager" };
    let setup = format!(
        "{count} alerts, 64 in a message, {}",
        if tells { "each told over a webhook" } else { "nobody told" }
    );
    let found = |figure, runs, lacks| Other { figure, name, setup: setup.clone(), runs, lacks };
    let mut others = vec![
        found(Figure::AlertsNew, new, if tells { LACKS } else { SILENT }),
        found(Figure::AlertsRepeated, repeated, LACKS),
        found(Figure::AlertMemory, memory, "owners, ladders, clocks, a timeline"),
    ];
    if !tells {
        others.push(found(Figure::Restart, restart, "keep alerts: all are lost"));
    }
    Ok(others)
}

/// Cuts the power and starts it again; notes how long that took.
async fn restarted(
    peers: &Peers,
    manager: Manager,
    count: usize,
    times: &mut Vec<f64>,
) -> anyhow::Result<Manager> {
    let Manager { server, folder } = manager;
    let address = server.address;
    server.daemon.kill().await?;
    let began = Instant::now();
    let server = run(peers, folder.path(), address).await?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    let there = Http::plain(address).await?.get("/api/v2/alerts").await?;
    let there = there.body.matches("\"fingerprint\"").count();
    complain(&format!("  Alertmanager: ready after {took:.0} ms, with {there} of {count} alerts"));
    times.push(took);
    Ok(Manager { server, folder })
}

/// From the post of an alert to the message about it, 40 in a second.
pub(super) async fn webhook(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let (told, mut receiver) = (Told::default(), JoinSet::new());
    let address = told.listen(&mut receiver).await?;
    let manager = Manager::start(peers, Some(address)).await?;
    let (mut middle, mut slowest) = (Vec::new(), Vec::new());
    one_by_one(&manager, &told, "warm-up", 40).await?;
    for number in 0..plan.runs {
        let times = one_by_one(&manager, &told, &format!("run-{number}"), TOLD).await?;
        let (p50, p99) = (percentile(&times, 50.0), percentile(&times, 99.0));
        complain(&format!("  Alertmanager: p50 {p50:.2} ms, p99 {p99:.2} ms"));
        middle.push(p50);
        slowest.push(p99);
    }
    manager.server.daemon.stop().await?;
    let name = "Alertmanager alone";
    let setup = format!("{TOLD} alerts posted per run, 40/s, without group_wait");
    Ok(vec![
        Other {
            figure: Figure::WebhookP50,
            name,
            setup: setup.clone(),
            runs: middle,
            lacks: ALONE,
        },
        Other { figure: Figure::WebhookP99, name, setup, runs: slowest, lacks: ALONE },
    ])
}

/// Posts alerts one by one; gives how long each message took, in milliseconds.
async fn one_by_one(
    manager: &Manager,
    told: &Told,
    source: &str,
    count: usize,
) -> anyhow::Result<Vec<f64>> {
    let mut to = Http::plain(manager.server.address).await?;
    let before = told.count();
    let mut due = time::interval(EVERY);
    let mut sent = Vec::new();
    for number in 0..count {
        due.tick().await;
        let body = poster::alerts(source, number..number + 1);
        sent.push(Instant::now());
        let headers = "content-type: application/json\r\n";
        let answer = to.post("/api/v2/alerts", headers, body.as_bytes()).await?;
        ensure!(answer.status == 200, "the answer was {}: {}", answer.status, answer.body);
    }
    told.wait(before + count).await?;
    told.delays(source, &sent)
}
