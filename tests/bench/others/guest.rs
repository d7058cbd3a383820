//! Other agents, each with the values that a default of its own or a list of
//! ours makes it measure.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, anyhow, ensure};
use tempfile::TempDir;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};

use super::{Other, Peers, collectd, end_of, node_exporter, zabbix};
use crate::{Plan, complain, daemon::Daemon, figure::Figure, meter::Group, site};

/// How long they run before anything counts.
const WARM_UP: Duration = Duration::from_secs(30);

/// How long one run lasts.
const STEADY: Duration = Duration::from_secs(120);

/// The same for those that report once a minute.
const MINUTES: Duration = Duration::from_secs(300);

/// How long the first report may take.
const FIRST: Duration = Duration::from_secs(30);

const MIB: f64 = 1_048_576.0;

/// What all lack that neither encrypt nor keep.
const NO_TLS: &str = "encrypt, queue on disk, patches, backups";
const NO_QUEUE: &str = "queue on disk, patches, backups";
const PULLED: &str = "keep what nobody fetches, patches, backups";
const NO_PATCHES: &str = "patches, backups";

/// What has come of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    reports: AtomicU64,
    bytes: AtomicU64,
}

impl Heard {
    /// One more report.
    pub(super) fn report(&self) {
        self.0.reports.fetch_add(1, Ordering::Relaxed);
    }

    /// More that went over the wire, with all its headers.
    pub(super) fn bytes_more(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// One more report, over a connection that has carried so much by now.
    pub(super) fn carried(&self, bytes: u64) {
        self.0.reports.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.store(bytes, Ordering::Relaxed);
    }

    fn reports(&self) -> u64 {
        self.0.reports.load(Ordering::Relaxed)
    }

    fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }
}

/// Another agent at work, and whoever it reports to.
pub(super) struct Guest {
    pub(super) daemon: Daemon,
    pub(super) heard: Heard,
    /// Hears it, or asks it.
    pub(super) _tasks: JoinSet<()>,
    /// All that is its own; in it is its log.
    pub(super) folder: TempDir,
}

impl Guest {
    /// That it says nothing, and the last that it wrote down.
    fn silent(&self, kind: Kind) -> anyhow::Error {
        anyhow!("{} did not report: {}", kind.name(), end_of(&self.folder.path().join("log")))
    }
}

/// Which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Collectd,
    NodeExporter,
    Zabbix,
    Zabbix2,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Collectd, Self::NodeExporter, Self::Zabbix, Self::Zabbix2];

    fn name(self) -> &'static str {
        match self {
            Self::Collectd => "collectd",
            Self::NodeExporter => "node_exporter",
            Self::Zabbix => "zabbix_agentd",
            Self::Zabbix2 => "zabbix_agent2",
        }
    }

    fn lacks(self) -> &'static str {
        match self {
            Self::Collectd => NO_TLS,
            Self::NodeExporter => PULLED,
            Self::Zabbix => NO_QUEUE,
            Self::Zabbix2 => NO_PATCHES,
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Collectd => collectd::PROGRAM,
            Self::NodeExporter => node_exporter::PROGRAM,
            Self::Zabbix => zabbix::AGENT,
            Self::Zabbix2 => zabbix::AGENT2,
        }
    }

    fn values(self) -> &'static str {
        match self {
            Self::Collectd => "nine plugins, binary over UDP",
            Self::NodeExporter => "default collectors, asked over mTLS",
            Self::Zabbix | Self::Zabbix2 => "20 active checks, mTLS",
        }
    }

    async fn begin(self, peers: &Peers, every: Duration) -> anyhow::Result<Guest> {
        let guest = match self {
            Self::Collectd => collectd::start(peers, every).await,
            Self::NodeExporter => node_exporter::start(peers, every).await,
            Self::Zabbix | Self::Zabbix2 => zabbix::start(peers, self.program(), every).await,
        };
        guest.with_context(|| self.name())
    }

    fn found(self, figure: Figure, how: &str, runs: Vec<f64>) -> Other {
        let setup = format!("{}{how}", self.values());
        Other { figure, name: self.name(), setup, runs, lacks: self.lacks() }
    }
}

/// Starts all, and leaves them alone for a while. Whoever does not report by then
/// is said and left out.
async fn all(peers: &Peers, every: Duration) -> Vec<(Kind, Guest)> {
    let mut guests = Vec::new();
    for kind in Kind::ALL {
        match kind.begin(peers, every).await {
            Ok(guest) => guests.push((kind, guest)),
            Err(err) => complain(&format!("{err:#}")),
        }
    }
    time::sleep(WARM_UP).await;
    guests.retain(|(kind, guest)| {
        let reports = guest.heard.reports() > 0;
        if !reports {
            complain(&format!("{:#}", guest.silent(*kind)));
        }
        reports
    });
    guests
}

/// Memory, time and bytes, beside each other as ours are.
pub(super) async fn steady(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let guests = all(peers, Duration::from_secs(10)).await;
    let mut seen = vec![(Vec::new(), Vec::new(), Vec::new()); guests.len()];
    for _ in 0..plan.runs {
        for ((kind, guest), (found, seen)) in
            guests.iter().zip(watch(&guests, STEADY).await?.into_iter().zip(&mut seen))
        {
            let memory = Group::of(guest.daemon.pid())?.memory()?;
            let (cpu, wire) = (found.cpu, found.bytes / STEADY.as_secs_f64() * 10.0);
            complain(&format!("  {}: {memory:.0} KiB, {cpu:.2} CPU-s/h, {wire:.0} B", kind.name()));
            seen.0.push(memory / 1024.0);
            seen.1.push(cpu);
            seen.2.push(wire);
        }
    }
    let mut others = Vec::new();
    for ((kind, _), (memory, cpu, wire)) in guests.iter().zip(seen) {
        // What others share with each other in collectd is loaded by need.
        if *kind != Kind::Collectd {
            let file = site::program_bytes(&peers.file(kind.program()))? as f64 / MIB;
            others.push(kind.found(Figure::AgentBinary, "", vec![file]));
        }
        others.push(kind.found(Figure::AgentMemory, "", memory));
        others.push(kind.found(Figure::AgentCpu, "", cpu));
        others.push(kind.found(Figure::AgentWire, "", wire));
    }
    Ok(others)
}

/// The time of those that report once a minute.
pub(super) async fn minutely(peers: &Peers) -> anyhow::Result<Vec<Other>> {
    let guests = all(peers, Duration::from_secs(60)).await;
    let found = watch(&guests, MINUTES).await?;
    let found = guests.iter().zip(found).map(|((kind, _), found)| {
        complain(&format!("  {}: {:.3} CPU-s/h", kind.name(), found.cpu));
        kind.found(Figure::AgentCpu60, "", vec![found.cpu])
    });
    Ok(found.collect())
}

/// What one did in a while.
struct Watched {
    /// CPU seconds per hour.
    cpu: f64,
    bytes: f64,
}

async fn watch(guests: &[(Kind, Guest)], length: Duration) -> anyhow::Result<Vec<Watched>> {
    let look = |(_, guest): &(Kind, Guest)| -> anyhow::Result<_> {
        let time = Group::of(guest.daemon.pid())?.cpu()?;
        Ok((time, guest.heard.reports(), guest.heard.bytes()))
    };
    let before = guests.iter().map(look).collect::<Result<Vec<_>, _>>()?;
    let began = Instant::now();
    time::sleep(length).await;
    let hours = began.elapsed().as_secs_f64() / 3600.0;
    let mut found = Vec::new();
    for (guest, (time, reports, bytes)) in guests.iter().zip(before) {
        let (time_now, reports_now, bytes_now) = look(guest)?;
        ensure!(reports_now > reports, guest.1.silent(guest.0));
        let cpu = time_now.since(&time) / hours;
        found.push(Watched { cpu, bytes: (bytes_now - bytes) as f64 });
    }
    Ok(found)
}

/// From the start of each to its first report.
pub(super) async fn start(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let mut others = Vec::new();
    for kind in Kind::ALL {
        let runs = match starts(peers, kind, plan.runs).await {
            Ok(runs) => runs,
            Err(err) => {
                complain(&format!("{err:#}"));
                continue;
            }
        };
        let name = if kind == Kind::Zabbix { "Zabbix" } else { kind.name() };
        others.push(Other { name, ..kind.found(Figure::AgentStart, "", runs) });
    }
    Ok(others)
}

async fn starts(peers: &Peers, kind: Kind, runs: usize) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        let guest = kind.begin(peers, Duration::from_secs(10)).await?;
        while guest.heard.reports() == 0 {
            ensure!(began.elapsed() < FIRST, guest.silent(kind));
            time::sleep(Duration::from_millis(1)).await;
        }
        let took = began.elapsed().as_secs_f64() * 1e3;
        complain(&format!("  {}: {took:.0} ms", kind.name()));
        times.push(took);
        guest.daemon.stop().await?;
    }
    Ok(times)
}

/// What the headers of one datagram take: Ethernet 14, IPv4 20, UDP 8.
pub(super) const DATAGRAM: u64 = 42;
