//! Child processes.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::soon;

/// Where a program of ours is: beside the tests, which are in `target/PROFILE/deps`,
/// or beside a program that tries them as the tests do.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has an executable");
    let own = test.parent().expect("a program is in a folder");
    let folder = if own.ends_with("deps") { own.parent().unwrap_or(own) } else { own };
    let path = folder.join(name);
    assert!(path.exists(), "{name} is missing; build the workspace first: cargo build --workspace");
    path
}

/// The agent of the commit that `tests/skew/earlier` names.
pub(crate) fn earlier_agent() -> PathBuf {
    let commit = include_str!("../skew/earlier").trim();
    let current = binary("remit-agent");
    let target = current.parent().and_then(Path::parent).expect("it is in target/PROFILE");
    let path = target.join("skew").join(format!("remit-agent-{commit}"));
    assert!(path.exists(), "{} is missing: `cargo xtask test` builds it", path.display());
    path
}

/// A command of ours, with nothing of this process's settings.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// The same command as the end of another, which becomes it or watches over it.
pub fn within(mut outer: Command, inner: &Command) -> Command {
    let inner = inner.as_std();
    outer.arg(inner.get_program()).args(inner.get_args()).env_clear();
    outer.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer
}

/// What came of a program that ended by itself.
#[derive(Debug)]
pub struct Outcome {
    /// What it ended with; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it said.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

/// Runs one of our programs to its end.
pub async fn run(name: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
    let mut command = command(name);
    command.args(args);
    finish(command).await
}

/// Runs a command to its end.
pub async fn finish(mut command: Command) -> Outcome {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let what = format!("{:?} ends", command.as_std().get_program());
    let output = soon(&what, command.output()).await.expect("programs of ours can be started");
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program that runs until it is told not to, or dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it says is added to the file `log`.
    pub fn start(mut command: Command, log: &Path) -> Self {
        let open = || OpenOptions::new().create(true).append(true).open(log);
        let child = command
            .stdin(Stdio::null())
            .stdout(open().expect("the test's folder can be written"))
            .stderr(open().expect("the test's folder can be written"))
            .kill_on_drop(true)
            .spawn()
            .expect("programs of ours can be started");
        Self { child, log: log.to_owned() }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("nobody has waited for its end yet")
    }

    /// A folder as this program sees it, if it has disks of its own.
    pub fn folder(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid()));
        root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it has ended, and with what.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("one's own children can be waited for")
    }

    /// Lets it stand still, or go on.
    pub fn pause(&self, still: bool) {
        self.signal(if still { Signal::STOP } else { Signal::CONT });
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("process ids are small"), signal)
            .expect("one's own children can be told things");
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("one's own children can be killed");
    }

    /// Asks it to end, and waits until it has.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait().await
    }

    /// Waits until it has ended by itself.
    pub async fn wait(&mut self) -> ExitStatus {
        let ended = soon("the program ends", self.child.wait()).await;
        ended.expect("one's own children can be waited for")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let from = log.lines().count().saturating_sub(40);
            let tail: Vec<&str> = log.lines().skip(from).collect();
            let name = self.log.file_name().unwrap_or_default().display();
            #[expect(clippy::print_stderr, reason = "a failed test must say what it saw")]
            {
                eprintln!("--- the end of {name}\n{}\n---", tail.join("\n"));
            }
        }
    }
}
