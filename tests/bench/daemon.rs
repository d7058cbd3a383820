//! The programs that are measured.

use std::{fs::OpenOptions, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::{
    process::{Child, Command},
    time,
};

/// How long a process may take to end when asked to.
const FAREWELL: Duration = Duration::from_secs(20);

/// A process that stays until it is ended; if it is dropped, it is killed with
/// all that it has started.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    pid: u32,
}

impl Daemon {
    /// Starts it, with all that it says at the end of `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Whatever it starts is in its group.
            .process_group(0)
            .spawn()
            .with_context(|| format!("failed to start {:?}", command.as_std().get_program()))?;
        let pid = child.id().context("it has ended already")?;
        Ok(Self { child, pid })
    }

    /// Its id, and that of its group.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Fails if it has ended.
    pub(crate) fn must_run(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("it ended with {status}"),
            None => Ok(()),
        }
    }

    /// Ends it as a power cut would.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        kill_process_group(self.id()?, Signal::KILL)?;
        Ok(self.child.wait().await.map(drop)?)
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        kill_process(self.id()?, Signal::TERM)?;
        match time::timeout(FAREWELL, self.child.wait()).await {
            Ok(ended) => Ok(ended.map(drop)?),
            Err(_) => bail!("it did not stop within {} s", FAREWELL.as_secs()),
        }
    }

    fn id(&self) -> anyhow::Result<Pid> {
        Pid::from_raw(self.pid.cast_signed()).context("no process id")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Until somebody has waited for it, the number is nobody else's.
        if let (Ok(None), Ok(id)) = (self.child.try_wait(), self.id()) {
            // It may have ended meanwhile.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// Runs a command that ends by itself and must succeed; gives what it said.
pub(crate) async fn succeed(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let program = format!("{:?}", command.as_std().get_program());
    let output = time::timeout(Duration::from_secs(60), output).await;
    let output = output.with_context(|| format!("{program} gave no answer"))??;
    if !output.status.success() {
        bail!(
            "{program} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
