//! One child process, from its start to its end or its deadline.
//!
//! One thread starts it, two read, and one waits until both streams are
//! closed and the child is dead, without collecting it. Only the caller
//! collects, so that the group it kills cannot be somebody else's by then.
//!
//! A grandchild that keeps the streams open counts as the child's work: it is
//! waited for, and killed with it. One that left the group can outlive us; its
//! reader is then left behind and ends with it.

use std::{
    io::{self, Read},
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::platform::process::{Group, killed_by};

/// How long a killed group has to let go of its streams.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is left of a child.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    /// Standard output had more than was allowed.
    pub(super) overflow: bool,
}

/// Why nothing is left.
#[derive(Debug)]
pub(super) enum RunError {
    Timeout,
    Io(io::Error),
}

impl From<io::Error> for RunError {
    fn from(err: io::Error) -> Self {
        Self::Io(err)
    }
}

/// Runs a child to its end, or kills its group when the time is up.
pub(super) fn run(
    mut command: Command,
    deadline: Duration,
    limit: usize,
) -> Result<Ended, RunError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, group) = Group::spawn(command)?;
    let watcher = group.watcher()?;

    let (sender, receiver) = mpsc::channel();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::Builder::new().name("command".into()).spawn(move || {
        let said = thread::scope(|scope| {
            // Complaints are cut; they are read to the end so that nobody
            // blocks on them.
            let complaints = scope.spawn(move || read(stderr, limit, true));
            (read(stdout, limit, false), complaints.join().unwrap_or_default())
        });
        watcher.wait();
        // Nobody listens after a timeout.
        sender.send(said).ok();
    })?;

    match receiver.recv_timeout(deadline) {
        Ok(((stdout, overflow), (stderr, _))) => {
            let status = child.wait()?;
            let code = status.code().unwrap_or_else(|| 128 + killed_by(status).unwrap_or_default());
            Ok(Ended { code, stdout, stderr, overflow })
        }
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            group.kill();
            child.wait()?;
            // Closed streams mean that the rest of the group is gone, too.
            receiver.recv_timeout(FAREWELL).ok();
            Err(RunError::Timeout)
        }
    }
}

/// Reads up to `limit` bytes, and says whether there were more. Without
/// `drain` the rest is refused, and whoever writes it is told so.
fn read(stream: Option<impl Read>, limit: usize, drain: bool) -> (Vec<u8>, bool) {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return (kept, false) };
    // A broken pipe ends the stream like its end does.
    stream.by_ref().take(limit as u64).read_to_end(&mut kept).ok();
    let more = stream.by_ref().take(1).read_to_end(&mut Vec::new()).unwrap_or(0) > 0;
    if drain {
        io::copy(&mut stream, &mut io::sink()).ok();
    }
    (kept, more)
}
