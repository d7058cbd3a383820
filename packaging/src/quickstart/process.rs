//! Processes: those that stay and those that end by themselves.
//!
//! A [`Daemon`] is killed when it is dropped, on whichever path we leave.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    path::Path,
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    time,
};

/// How long a process may take to end when asked to.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long a command may take that should end by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of a log is shown.
const TAIL: usize = 20;

/// A process that stays until it is ended.
pub(super) struct Daemon {
    name: &'static str,
    child: Child,
}

impl Daemon {
    /// Starts it. What it says goes to the end of `log`, and what it writes to
    /// its standard output there as well unless `command` says otherwise.
    pub(super) fn start(
        name: &'static str,
        log: &Path,
        command: &mut Command,
    ) -> anyhow::Result<Self> {
        command.stderr(append(log)?);
        Self::spawn(name, command.stdout(append(log)?))
    }

    /// Starts it with its standard output in a file of its own.
    pub(super) fn start_into(
        name: &'static str,
        output: &Path,
        log: &Path,
        command: &mut Command,
    ) -> anyhow::Result<Self> {
        Self::spawn(name, command.stdout(append(output)?).stderr(append(log)?))
    }

    /// Starts it with whatever output `command` says.
    pub(super) fn spawn(name: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start {name}"))?;
        Ok(Self { name, child })
    }

    /// Fails if it has ended.
    pub(super) fn must_run(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended with {status}", self.name),
            None => Ok(()),
        }
    }

    /// Returns once it has ended by itself.
    pub(super) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.child.wait().await?)
    }

    /// Ends it without a warning, as a crash does.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        self.must_run()?;
        self.child.kill().await.with_context(|| format!("failed to kill {}", self.name))
    }

    /// Asks it to end, and waits until it has.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let Some(pid) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else {
            return Ok(());
        };
        kill_process(pid, Signal::TERM).with_context(|| format!("failed to stop {}", self.name))?;
        match time::timeout(FAREWELL, self.child.wait()).await {
            Ok(ended) => ended.map(|_status| ()).map_err(Into::into),
            Err(_) => bail!("{} did not stop within {} s", self.name, FAREWELL.as_secs()),
        }
    }
}

/// Runs a command that ends by itself.
pub(super) async fn output(command: &mut Command) -> anyhow::Result<Output> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    match time::timeout(PATIENCE, output).await {
        Ok(output) => output.with_context(|| format!("failed to start {name}")),
        Err(_) => bail!("{name} gave no answer within {} s", PATIENCE.as_secs()),
    }
}

/// Runs a command that must succeed, and gives its standard output.
pub(super) async fn succeed(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = output(command).await?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let std = command.as_std();
    let words: Vec<_> =
        [std.get_program()].into_iter().chain(std.get_args()).map(OsStr::to_string_lossy).collect();
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(anyhow!(said).context(format!("`{}` ended with {}", words.join(" "), output.status)))
}

/// The last lines of every log in a folder, each under its name.
pub(super) fn tails(folder: &Path) -> String {
    let Ok(entries) = fs::read_dir(folder) else { return String::new() };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut text = String::new();
    for path in paths {
        let Ok(log) = fs::read(&path) else { continue };
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        text += &format!("--- {}\n{}\n", path.display(), tail.join("\n"));
    }
    text
}

fn append(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.with_context(|| format!("failed to open {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn a_killed_daemon_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let pid = block_on(async {
            let log = folder.path().join("tail.log");
            let daemon =
                Daemon::start("tail", &log, Command::new("tail").args(["-f", "/dev/null"]));
            let mut daemon = daemon.unwrap();
            daemon.must_run().unwrap();
            let pid = daemon.child.id().unwrap();
            daemon.kill().await.unwrap();
            pid
        });
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn a_command_that_fails_is_shown_with_what_it_said() {
        let result = block_on(succeed(Command::new("sh").args(["-c", "echo no >&2; exit 4"])));
        let err = format!("{:#}", result.unwrap_err());
        assert_eq!(err, "`sh -c echo no >&2; exit 4` ended with exit status: 4: no");
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<_> = (1..=100).map(|line| format!("line {line}")).collect();
        fs::write(folder.path().join("a.log"), lines.join("\n")).unwrap();
        let shown = tails(folder.path());
        assert!(shown.contains("line 81\n") && shown.contains("line 100"));
        assert!(!shown.contains("line 80\n"));
    }
}
