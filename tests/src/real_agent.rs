//! The agent as it ships, with a state folder of its own.

use std::{
    ffi::OsStr,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use tokio::process::Command;

use crate::{Network, Outcome, Program, disk, http::get, program};

/// An agent that need not be running.
#[derive(Debug)]
pub struct RealAgent {
    folder: PathBuf,
    ping: SocketAddr,
    program: Option<Program>,
    /// An agent of another commit.
    binary: Option<PathBuf>,
    /// The network that it runs in, if it is not the machine's.
    namespace: Option<String>,
}

impl RealAgent {
    pub(crate) fn new(folder: &Path, ping: SocketAddr) -> Self {
        fs::create_dir_all(folder).expect("the test's folder can be written");
        // Asking apt takes long and is tried out elsewhere.
        let settings = format!(
            "[uplink]\nreconnect_spread = \"1s\"\n\n[ping]\nlisten = \"{ping}\"\n\n\
             [probe.memory]\ninterval = \"1s\"\n\n[probe.patch-apt]\nenabled = false\n"
        );
        fs::write(folder.join("agent.toml"), settings).expect("the test's folder can be written");
        Self { folder: folder.to_owned(), ping, program: None, binary: None, namespace: None }
    }

    /// Where it keeps what it must remember.
    pub fn state_dir(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// A command of the agent's own, with its settings and its folder.
    pub fn command(&self, words: &[&str]) -> Command {
        let binary = self.binary.clone().unwrap_or_else(|| program::binary("remit-agent"));
        let mut command = match &self.namespace {
            None => outside(&binary),
            Some(name) => {
                let mut command = outside(Path::new("ip"));
                command.args(["netns", "exec", name]).arg(binary);
                command
            }
        };
        command.args(words).arg("--config").arg(self.folder.join("agent.toml"));
        command.arg("--state-dir").arg(self.state_dir());
        command
    }

    /// From its next start on it is the agent of the commit that
    /// `tests/skew/earlier` names.
    pub fn become_earlier(&mut self) {
        self.binary = Some(program::earlier_agent());
    }

    /// From its next start on it is today's agent.
    pub fn upgrade(&mut self) {
        self.binary = None;
    }

    /// From its next start on it runs in another network.
    pub fn move_to(&mut self, network: &Network) {
        self.move_into(network.name());
    }

    /// The same, by the name that `ip netns` has for it.
    pub fn move_into(&mut self, namespace: &str) {
        self.namespace = Some(namespace.to_owned());
    }

    /// Adds to its settings; what stands first belongs to `[uplink]`.
    pub fn configure(&self, settings: &str) {
        let path = self.folder.join("agent.toml");
        let before = fs::read_to_string(&path).expect("the settings are there");
        let rest = before.strip_prefix("[uplink]\n").expect("they begin with the uplink");
        fs::write(&path, format!("[uplink]\n{settings}\n{rest}")).expect("they can be written");
    }

    /// Adds to the end of its settings.
    pub fn append(&self, settings: &str) {
        let path = self.folder.join("agent.toml");
        let before = fs::read_to_string(&path).expect("the settings are there");
        fs::write(&path, before + settings).expect("they can be written");
    }

    /// What the running agent says of itself, once it has said anything.
    pub async fn status(&self) -> Option<serde_json::Value> {
        let told = program::finish(self.command(&["status", "--json"])).await;
        serde_json::from_str(&told.stdout).ok()
    }

    /// Enrolls with a token.
    pub async fn enroll(&self, token: &str) -> Outcome {
        let file = self.folder.join("token");
        fs::write(&file, token).expect("the test's folder can be written");
        let mut enroll = self.command(&["enroll"]);
        enroll.arg("--token-file").arg(file);
        program::finish(enroll).await
    }

    /// Enrolls, and gives the endpoint that it became.
    pub async fn become_endpoint(&self, token: &str) -> String {
        let done = self.enroll(token).await;
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let id = done.stdout.split_whitespace().find(|it| it.starts_with("end_"));
        id.expect("it says what it became").to_owned()
    }

    /// Runs a backup and reports it.
    pub async fn back_up<S: AsRef<OsStr>>(
        &self,
        job: &str,
        environment: &[(&str, &str)],
        program: impl IntoIterator<Item = S>,
    ) -> Outcome {
        let mut run = self.command(&["backup", "run", "--job", job]);
        run.envs(environment.iter().copied()).arg("--").args(program);
        program::finish(run).await
    }

    /// Starts to measure and report.
    pub fn start(&mut self) {
        let log = self.folder.join("agent.log");
        self.program = Some(Program::start(self.command(&["run"]), &log));
    }

    /// The same, as the end of another command.
    pub fn start_as(&mut self, changed: impl FnOnce(&Command) -> Command) {
        let run = changed(&self.command(&["run"]));
        self.program = Some(Program::start(run, &self.folder.join("agent.log")));
    }

    /// The same, with the state folder on a disk of so many MiB of its own.
    pub fn start_on_small_disk(&mut self, mebibytes: u32) {
        let run = disk::on_its_own(&self.command(&["run"]), &self.state_dir(), mebibytes);
        self.program = Some(Program::start(run, &self.folder.join("agent.log")));
    }

    /// The running agent.
    pub fn program(&mut self) -> &mut Program {
        self.program.as_mut().expect("the agent was started")
    }

    /// Ends it as a power cut would.
    pub async fn cut_power(&mut self) {
        self.program().kill().await;
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(&mut self) -> ExitStatus {
        self.program().terminate().await
    }

    /// Says something about a backup job, as a script would: `nightly/start`.
    /// Gives the answer's code, if there was an answer.
    pub async fn ping(&self, what: &str) -> Option<u16> {
        Some(get(self.ping, &format!("/ping/{what}")).await?.0)
    }
}

/// A command with nothing of this process's settings.
fn outside(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}
