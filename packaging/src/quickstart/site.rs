//! One small site: a collector, two operators and an agent, all on loopback.
//!
//! Everything is in one folder, which says all there is to know: a site that
//! was stopped is opened again from it.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::Command,
};

use super::{
    answers::Token,
    matrix,
    patience::until,
    process::{self, Daemon},
    remit::Remit,
    restic::Repository,
};

/// The one backup job.
pub(super) const JOB: &str = "nightly";

const START: Duration = Duration::from_secs(30);

/// A site and what runs of it.
pub(super) struct Site {
    folder: PathBuf,
    programs: PathBuf,
    listen: Listen,
    collector: Option<Daemon>,
    agent: Option<Daemon>,
}

/// Where everybody listens.
#[derive(Deserialize, Serialize)]
struct Listen {
    agents: SocketAddr,
    enrollment: SocketAddr,
    operators: SocketAddr,
    http: SocketAddr,
    receiver: SocketAddr,
    pings: SocketAddr,
}

/// Who is at work.
pub(super) struct Staff {
    /// Sets up, enrolls, revokes.
    pub(super) admin: Remit,
    /// The customer's own team.
    pub(super) internal: Remit,
    /// The provider's team.
    pub(super) provider: Remit,
}

impl Staff {
    /// Whoever acts for a team.
    pub(super) fn of(&self, team: &str) -> anyhow::Result<&Remit> {
        match team {
            matrix::INTERNAL => Ok(&self.internal),
            matrix::PROVIDER => Ok(&self.provider),
            other => bail!("nobody here acts for {other}"),
        }
    }
}

impl Site {
    /// Opens what is in the folder, or lays out a new site there.
    pub(super) fn open(folder: &Path, programs: PathBuf) -> anyhow::Result<Self> {
        let logs = folder.join("logs");
        fs::create_dir_all(&logs).with_context(|| format!("failed to make {}", logs.display()))?;
        let file = folder.join("listen.json");
        let listen = if file.exists() {
            serde_json::from_slice(&fs::read(&file)?)
                .with_context(|| format!("failed to understand {}", file.display()))?
        } else {
            let listen = Listen::free()?;
            fs::write(&file, serde_json::to_vec_pretty(&listen)?)?;
            listen
        };
        let folder = folder.to_owned();
        Ok(Self { folder, programs, listen, collector: None, agent: None })
    }

    /// Where everything is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a process keeps its log.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{name}.log"))
    }

    /// Whether [`found`](Self::found) was here before.
    pub(super) fn is_founded(&self) -> bool {
        self.folder.join("founded").exists()
    }

    /// Makes the collector's folder, starts it, publishes the starter matrix
    /// and gives each team an operator.
    pub(super) async fn found(&mut self) -> anyhow::Result<Staff> {
        let mut init = self.collector_command("init");
        init.args(["--name", "localhost"]);
        for (flag, at) in [
            ("--agent-listen", self.listen.agents),
            ("--enroll-listen", self.listen.enrollment),
            ("--operator-listen", self.listen.operators),
            ("--http-listen", self.listen.http),
            ("--receiver-listen", self.listen.receiver),
        ] {
            init.args([flag, &at.to_string()]);
        }
        process::succeed(&mut init).await?;
        self.start_collector().await?;

        let staff = self.staff();
        staff.admin.tell(&["matrix", "publish", matrix::STARTER]).await?;
        for (name, party, team, remit) in [
            ("internal", "internal", matrix::INTERNAL, &staff.internal),
            ("noc", "provider", matrix::PROVIDER, &staff.provider),
        ] {
            let out = remit.credential().display().to_string();
            let who = ["--name", name, "--party", party, "--role", "operator", "--team", team];
            let create = [&["operator", "create"], &who[..], &["--out", &out]].concat();
            staff.admin.tell(&create).await?;
        }
        fs::write(self.folder.join("founded"), "")?;
        Ok(staff)
    }

    /// Everybody's `remit`.
    pub(super) fn staff(&self) -> Staff {
        let remit = |credential: &str| {
            Remit::new(self.programs.join("remit"), self.folder.join(credential))
        };
        Staff {
            admin: remit("collector/admin.credential.toml"),
            internal: remit("internal.credential.toml"),
            provider: remit("noc.credential.toml"),
        }
    }

    /// Starts the collector and waits until it says that it is ready.
    pub(super) async fn start_collector(&mut self) -> anyhow::Result<()> {
        let log = self.log("collector");
        let mut command = self.collector_command("serve");
        let mut daemon = Daemon::start("remit-collector", &log, &mut command)?;
        let http = self.listen.http;
        until("the collector is ready", START, async || {
            daemon.must_run()?;
            Ok(is_ready(http).await?.then_some(()))
        })
        .await?;
        self.collector = Some(daemon);
        Ok(())
    }

    /// The collector, to be ended in one way or another.
    pub(super) fn take_collector(&mut self) -> anyhow::Result<Daemon> {
        self.collector.take().context("the collector does not run")
    }

    /// A fresh token for this site, in a file.
    pub(super) async fn token(&self, admin: &Remit) -> anyhow::Result<PathBuf> {
        let args = ["token", "create", "--tenant", matrix::TENANT, "--site", matrix::SITE];
        let token: Token = admin.ask(&args).await?;
        let file = self.folder.join("token");
        fs::write(&file, token.text)?;
        Ok(file)
    }

    /// `remit-agent enroll`, into a state folder of that name.
    pub(super) fn enroll(&self, token: &Path, state: &str) -> Command {
        let mut enroll = self.agent_command("enroll", state);
        enroll.arg("--token-file").arg(token);
        enroll
    }

    /// Starts the agent.
    pub(super) fn start_agent(&mut self) -> anyhow::Result<()> {
        let config = self.folder.join("agent.toml");
        fs::write(&config, agent_config(self.listen.pings))?;
        let mut command = self.agent_command("run", "agent");
        command.arg("--config").arg(config);
        self.agent = Some(Daemon::start("remit-agent", &self.log("agent"), &mut command)?);
        Ok(())
    }

    /// The agent, to be ended in one way or another.
    pub(super) fn take_agent(&mut self) -> anyhow::Result<Daemon> {
        self.agent.take().context("the agent does not run")
    }

    /// Makes a backup under the agent's eyes; gives whether it succeeded.
    pub(super) async fn back_up(&self, repository: &Repository) -> anyhow::Result<bool> {
        let output = process::output(&mut self.backup_command(repository)).await?;
        let mut said = output.stdout;
        said.extend(output.stderr);
        fs::write(self.log("backup"), said)?;
        Ok(output.status.success())
    }

    /// The backup through the agent's wrapper.
    pub(super) fn backup_command(&self, repository: &Repository) -> Command {
        let mut command = Command::new(self.programs.join("remit-agent"));
        command.args(["backup", "run", "--job", JOB, "--state-dir"]).arg(self.folder.join("agent"));
        command.arg("--").args(repository.backup()).envs(repository.environment());
        command
    }

    /// Fails if something that should run has ended.
    pub(super) fn must_run(&mut self) -> anyhow::Result<()> {
        self.collector.iter_mut().chain(self.agent.iter_mut()).try_for_each(Daemon::must_run)
    }

    /// Stops whatever runs, the agent first, so that it can say goodbye.
    pub(super) async fn close(mut self) -> anyhow::Result<()> {
        for daemon in [self.agent.take(), self.collector.take()].into_iter().flatten() {
            daemon.stop().await?;
        }
        Ok(())
    }

    fn collector_command(&self, what: &str) -> Command {
        let mut command = Command::new(self.programs.join("remit-collector"));
        command.arg(what).arg("--data-dir").arg(self.folder.join("collector"));
        command
    }

    fn agent_command(&self, what: &str, state: &str) -> Command {
        let mut command = Command::new(self.programs.join("remit-agent"));
        command.arg(what).arg("--state-dir").arg(self.folder.join(state));
        command
    }
}

impl Listen {
    /// Ports of loopback that nobody has.
    fn free() -> anyhow::Result<Self> {
        // All are held until the last is found, so that they differ.
        let held =
            (0..6).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
        let at = |index: usize| held[index].local_addr();
        Ok(Self {
            agents: at(0)?,
            enrollment: at(1)?,
            operators: at(2)?,
            http: at(3)?,
            receiver: at(4)?,
            pings: at(5)?,
        })
    }
}

fn agent_config(pings: SocketAddr) -> String {
    format!(
        "[ping]\nlisten = \"{pings}\"\n\n\
         [[backup.job]]\nname = \"{JOB}\"\nproduct = \"restic\"\nevery = \"24h\"\n"
    )
}

/// Whether `/readyz` answers 200.
async fn is_ready(http: SocketAddr) -> anyhow::Result<bool> {
    // Refused: it does not listen yet.
    let Ok(mut connection) = TcpStream::connect(http).await else { return Ok(false) };
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(answer.split(|byte| *byte == b' ').nth(1) == Some(b"200"))
}
