//! Unix, with systemd where it runs.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown},
    path::Path,
    time::Duration,
};

use remit_shared::Departure;
use sd_notify::NotifyState;
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
    time,
};

use crate::status::Status;

/// Where the settings are.
pub const CONFIG: &str = "/etc/remit/agent.toml";
/// Where the agent keeps what it must remember.
pub const STATE_DIR: &str = "/var/lib/remit-agent";
/// Where systemd looks for units that an administrator adds.
pub const UNIT: &str = "/etc/systemd/system/remit-agent.service";
/// What tells the service manager about the agent.
pub const UNIT_TEXT: &str = include_str!("../../../packaging/linux/remit-agent.service");

/// Makes a folder, with all above it, that only its owner may look into.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Gives a file to the owner of another, if we may and it has another one.
pub fn give_to_owner(like: &Path, path: &Path) -> io::Result<()> {
    let (like, ours) = (fs::metadata(like)?, fs::metadata(path)?);
    if (like.uid(), like.gid()) == (ours.uid(), ours.gid()) || !is_root() {
        return Ok(());
    }
    chown(path, Some(like.uid()), Some(like.gid()))
}

/// Whether a private file is its owner's alone, and what it is otherwise.
pub fn private_mode(path: &Path) -> io::Result<Result<(), String>> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    Ok(if mode & 0o077 == 0 { Ok(()) } else { Err(format!("mode {mode:04o}")) })
}

/// Whether we are the administrator.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether systemd runs this machine.
pub fn has_systemd() -> bool {
    sd_notify::booted().unwrap_or(false)
}

/// Bytes that are free on the disk that holds this folder.
pub fn free_space(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Waits until somebody wants us gone.
pub async fn stop_requested() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Tells the service manager that we are at work.
pub fn announce_ready(endpoint: &str) {
    let text = format!("endpoint {endpoint}, connecting");
    announce(&[NotifyState::Ready, NotifyState::Status(&text)]);
}

/// Tells the service manager how we stand.
pub fn announce_status(status: &Status) {
    let link = if status.connected { "connected" } else { "not connected" };
    let text = format!("{link}, {} records wait", status.queued);
    announce(&[NotifyState::Status(&text)]);
}

/// Tells the service manager that we have been heard.
pub fn announce_stopping() {
    announce(&[NotifyState::Stopping]);
}

fn announce(states: &[NotifyState<'_>]) {
    // Where there is no service manager nobody needs to know.
    let _ = sd_notify::notify(states);
}

/// Why we are stopped: with the machine, or alone.
pub async fn departure() -> Departure {
    let asked =
        Command::new("/usr/bin/systemctl").arg("is-system-running").kill_on_drop(true).output();
    match time::timeout(Duration::from_millis(500), asked).await {
        Ok(Ok(answer)) if answer.stdout.starts_with(b"stopping") => Departure::Shutdown,
        _ => Departure::ServiceStop,
    }
}
