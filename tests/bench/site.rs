//! One collector on loopback, in a folder of its own.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use tempfile::TempDir;
use tokio::{process::Command, time};

use crate::{
    Plan,
    daemon::{self, Daemon},
    meter::Memory,
    operator::Operator,
};

/// How long the collector may take to listen, with all that it reads first.
const START: Duration = Duration::from_secs(120);

/// How long the collector is left alone before its memory counts.
const SETTLE: Duration = Duration::from_secs(3);

/// A collector and all that belongs to it.
pub(crate) struct Site {
    folder: TempDir,
    programs: PathBuf,
    agent: PathBuf,
    collector: Option<Daemon>,
    ports: [u16; 5],
}

impl Site {
    /// Makes a data folder; messages go to `webhook`, if there is one.
    pub(crate) async fn found(plan: &Plan, webhook: Option<SocketAddr>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("remit-bench-").tempdir()?;
        let ports = free_ports()?;
        let (programs, agent) = (plan.programs.clone(), plan.agent.clone());
        let site = Self { folder, programs, agent, collector: None, ports };
        let mut init = site.collector_command("init");
        init.args(["--name", "localhost"]);
        let flags = ["agent", "enroll", "operator", "http", "receiver"];
        for (flag, port) in flags.iter().zip(ports) {
            init.arg(format!("--{flag}-listen")).arg(format!("127.0.0.1:{port}"));
        }
        daemon::succeed(&mut init).await?;
        let to = webhook.map_or("127.0.0.1:9".to_owned(), |it| it.to_string());
        let settings = site.path("collector/collector.toml");
        let mut text = fs::read_to_string(&settings)?;
        text += &format!(
            "\n[[webhook]]\nname = \"bench\"\nurl = \"http://{to}/\"\nsecret_file = \"bench.secret\"\n"
        );
        fs::write(settings, text)?;
        fs::write(site.path("collector/bench.secret"), "of no use to anybody")?;
        Ok(site)
    }

    /// The same, running, with the matrix published.
    pub(crate) async fn open(plan: &Plan, webhook: Option<SocketAddr>) -> anyhow::Result<Self> {
        let mut site = Self::found(plan, webhook).await?;
        site.start().await?;
        site.operator().await?.publish(include_str!("matrix.toml")).await?;
        Ok(site)
    }

    /// Starts the collector and waits until it listens.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        self.start_by(self.collector_command("serve")).await
    }

    /// The same with a clock that is so many days behind.
    pub(crate) async fn start_days_ago(&mut self, days: u32) -> anyhow::Result<()> {
        let serve = self.collector_command("serve");
        let mut command = Command::new("faketime");
        command.args(["-m", "-f", &format!("-{days}d")]).arg(serve.as_std().get_program());
        command.args(serve.as_std().get_args()).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        self.start_by(command).await
    }

    async fn start_by(&mut self, mut command: Command) -> anyhow::Result<()> {
        let mut daemon = Daemon::start(&mut command, &self.path("collector.log"))?;
        let listens = async {
            while self.operator().await.is_err() {
                daemon.must_run()?;
                time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        let listens: anyhow::Result<()> = time::timeout(START, listens).await?;
        listens.map_err(|err| self.with_log(err, "collector.log"))?;
        self.collector = Some(daemon);
        Ok(())
    }

    /// Stops the collector in an orderly way.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        match self.collector.take() {
            Some(collector) => collector.stop().await,
            None => Ok(()),
        }
    }

    /// Ends the collector as a power cut would.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.collector.take().context("the collector does not run")?.kill().await
    }

    /// Stops it and starts it again.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        self.stop().await?;
        self.start().await
    }

    /// The collector's process.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        Ok(self.collector.as_ref().context("the collector does not run")?.pid())
    }

    /// The collector's memory once it has come to rest.
    pub(crate) async fn settled_memory(&self) -> anyhow::Result<Memory> {
        time::sleep(SETTLE).await;
        Memory::of(self.pid()?)
    }

    /// An administrator's connection.
    pub(crate) async fn operator(&self) -> anyhow::Result<Operator> {
        Operator::connect(&self.credential()).await
    }

    /// What an administrator connects with.
    pub(crate) fn credential(&self) -> PathBuf {
        self.path("collector/admin.credential.toml")
    }

    /// The port of the agent plane.
    pub(crate) fn agent_port(&self) -> u16 {
        self.ports[0]
    }

    /// The port that takes other systems' alerts.
    pub(crate) fn receiver_port(&self) -> u16 {
        self.ports[4]
    }

    /// What vouches for the collector: PEM.
    pub(crate) fn root(&self) -> PathBuf {
        self.path("collector/pki/root.pem")
    }

    /// What the collector keeps.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("collector/store")
    }

    /// Something in the site's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The agent, with a state folder of this name.
    pub(crate) fn agent_command(&self, what: &str, state: &str) -> Command {
        let mut command = Command::new(&self.agent);
        command.arg(what).arg("--state-dir").arg(self.path(state));
        command
    }

    /// A failure, with the end of a log.
    pub(crate) fn with_log(&self, err: anyhow::Error, log: &str) -> anyhow::Error {
        let log = fs::read_to_string(self.path(log)).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(5)..].join("\n");
        anyhow!("{err:#}\n{tail}")
    }

    fn collector_command(&self, what: &str) -> Command {
        let mut command = Command::new(self.programs.join("remit-collector"));
        command.arg(what).arg("--data-dir").arg(self.path("collector"));
        command
    }
}

/// How large a program is.
pub(crate) fn program_bytes(path: &Path) -> anyhow::Result<u64> {
    let about = fs::metadata(path).with_context(|| format!("failed to find {}", path.display()))?;
    Ok(about.len())
}

/// Ports of loopback that nobody has.
pub(crate) fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    // All are held until the last is found, so that they differ.
    let held = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
