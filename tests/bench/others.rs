//! Other people's programs, measured as ours are, in the same session.
//!
//! They are Debian's, as they ship, at ports of loopback and in folders of
//! their own, and they end with the measurement. Each is measured by its own
//! user and system time, with that of whatever it starts.

mod alertmanager;
mod collectd;
mod guest;
mod icinga;
mod metrics;
mod node_exporter;
mod prometheus;
mod pushing;
mod telling;
mod victoria;
mod zabbix;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    process::Command,
    time::{self, Instant},
};

use crate::{
    Plan, complain,
    daemon::Daemon,
    figure::{Figure, Measurement},
    http::Http,
    median,
};

/// How long one of them may take to be ready.
const START: Duration = Duration::from_secs(60);

/// Where they are.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    /// The folder that they were unpacked into.
    root: PathBuf,
}

/// A figure of somebody else's, measured beside ours.
#[derive(Debug)]
pub(crate) struct Other {
    /// Which one.
    pub(crate) figure: Figure,
    /// Whose: what it is called among the earlier ones, if it is there.
    pub(crate) name: &'static str,
    /// How, in a few words.
    pub(crate) setup: String,
    /// What each run found.
    pub(crate) runs: Vec<f64>,
    /// What they do not do for it.
    pub(crate) lacks: &'static str,
}

impl Peers {
    /// Those that were unpacked there; what is not is the system's own.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a program or another file of theirs is.
    fn file(&self, path: &str) -> PathBuf {
        let unpacked = self.root.join(path);
        if unpacked.exists() { unpacked } else { Path::new("/").join(path) }
    }

    /// A program of theirs, with the libraries that came along.
    fn command(&self, path: &str) -> anyhow::Result<Command> {
        let program = self.file(path);
        anyhow::ensure!(program.exists(), "{} is not there", program.display());
        let mut command = Command::new(program);
        let folders = fs::read_dir(self.root.join("usr/lib")).into_iter().flatten().flatten();
        let folders = folders.map(|it| it.path());
        let libraries = folders.filter(|it| it.to_string_lossy().ends_with("-linux-gnu"));
        command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries)?);
        Ok(command)
    }

    /// The same for one that looks in `/usr/share` for what its package brings: it sees
    /// what was unpacked there.
    fn command_with_its_files(&self, path: &str) -> anyhow::Result<Command> {
        let command = self.command(path)?;
        let plain = command.as_std();
        if !Path::new(plain.get_program()).starts_with(&self.root) {
            return Ok(command);
        }
        let mut inside = Command::new("unshare");
        let then = r#"mount --bind "$0" /usr/share && exec "$@""#;
        inside.args(["--map-root-user", "--mount", "sh", "-c", then]);
        inside.arg(self.root.join("usr/share")).arg(plain.get_program());
        inside.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Ok(inside)
    }

    /// Measures whoever does something like what we have just measured.
    pub(crate) async fn beside(&self, what: Measurement, plan: &Plan) -> Vec<Other> {
        let found: Vec<(&str, anyhow::Result<Vec<Other>>)> = match what {
            Measurement::Agent => vec![("other agents", guest::steady(self, plan).await)],
            Measurement::AgentStart => vec![("other agents", guest::start(self, plan).await)],
            Measurement::AgentMinute => vec![("other agents", guest::minutely(self).await)],
            Measurement::Reports => vec![
                ("Prometheus", prometheus::reports(self, plan).await),
                ("VictoriaMetrics", victoria::reports(self, plan).await),
            ],
            Measurement::Backlog => vec![
                ("Prometheus", prometheus::backlog(self, plan).await),
                ("VictoriaMetrics", victoria::backlog(self, plan).await),
            ],
            Measurement::Webhook => vec![
                ("Alertmanager", alertmanager::webhook(self, plan).await),
                ("Icinga", icinga::webhook(self, plan).await),
            ],
            Measurement::Alerts => vec![("Alertmanager", alertmanager::alerts(self, plan).await)],
            Measurement::Connections
            | Measurement::Enroll
            | Measurement::Matrix
            | Measurement::Queries => Vec::new(),
        };
        let mut others = Vec::new();
        for (who, found) in found {
            match found {
                Ok(found) => others.extend(found),
                Err(err) => complain(&format!("{who} could not be measured: {err:#}")),
            }
        }
        others
    }
}

impl Other {
    /// The middle of its runs.
    pub(crate) fn median(&self) -> f64 {
        median(&self.runs)
    }
}

/// One of them that serves over HTTP.
struct Server {
    daemon: Daemon,
    address: SocketAddr,
}

impl Server {
    /// Starts it and waits until a path of it answers with 200.
    async fn start(
        command: &mut Command,
        address: SocketAddr,
        ready: &str,
        log: &Path,
    ) -> anyhow::Result<Self> {
        let mut daemon = Daemon::start(command, log)?;
        let began = Instant::now();
        loop {
            daemon.must_run().with_context(|| end_of(log))?;
            let answer = async { Http::plain(address).await?.get(ready).await };
            if answer.await.is_ok_and(|it| it.status == 200) {
                return Ok(Self { daemon, address });
            }
            anyhow::ensure!(began.elapsed() < START, "it is not ready: {}", end_of(log));
            time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn pid(&self) -> u32 {
        self.daemon.pid()
    }
}

/// The last that a program said.
fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    match lines.as_slice() {
        [] => "it said nothing".to_owned(),
        [.., before, last] => format!("{before}\n{last}"),
        [only] => (*only).to_owned(),
    }
}

fn folder() -> anyhow::Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("remit-bench-").tempdir()?)
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
