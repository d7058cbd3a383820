//! Programs whose system calls are counted, spoiled or cut off.
//!
//! The tracer runs beside its program (`-D`), so that the program is our child
//! and ends by its own id. Counting is per thread and per call: a sweep goes
//! through one call after the other.

use std::{fs, path::Path, process::Stdio};

use tests::{SOON, eventually, within};
use tokio::process::{Child, Command};

/// The calls after which the disk has something.
pub(crate) const SYNCS: [&str; 3] = ["fdatasync", "fsync", "rename"];

/// The same command, killed when a thread of it makes a call for the `nth` time:
/// the call is not carried out any more.
pub(crate) fn killed_at(command: &Command, call: &str, nth: u32) -> Command {
    spoiled(command, &format!("{call}:signal=SIGKILL:when={nth}"))
}

/// The same command, with some calls as strace is told to make them.
pub(crate) fn spoiled(command: &Command, injection: &str) -> Command {
    let call = injection.split(':').next().unwrap_or(injection);
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    strace.arg("-e").arg(format!("inject={injection}")).arg("--");
    within(strace, command)
}

/// The same command, with some calls written down in a file: in seconds since
/// 1970, with paths for files, and with so many bytes of what is written.
pub(crate) fn traced(command: &Command, calls: &str, bytes: u32, to: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-qq", "-ttt", "-y", "-x", "-s"]).arg(bytes.to_string());
    strace.arg("-o").arg(to).arg("-e").arg(format!("trace={calls}")).arg("--");
    within(strace, command)
}

/// Kills a running program when it next makes a call: the call is not carried out
/// any more. What the tracer says goes to a file in `folder`.
pub(crate) async fn dies_at_next(pid: u32, call: &str, folder: &Path) -> Child {
    let log = folder.join("attached");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    strace.arg("-e").arg(format!("inject={call}:signal=SIGKILL:when=1"));
    strace.arg("-p").arg(pid.to_string());
    let said = fs::File::create(&log).expect("the row's folder can be written");
    strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).kill_on_drop(true);
    let tracer = strace.spawn().expect("strace is installed");
    eventually(SOON, "strace is attached", async || {
        fs::read_to_string(&log).ok().filter(|it| it.contains("attached")).map(drop)
    })
    .await;
    tracer
}
