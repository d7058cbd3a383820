//! Unix, with systemd where it runs.

pub mod heap;
pub mod host;
pub mod process;
pub mod service;

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown,
    },
    path::{Path, PathBuf},
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

/// How to start the agent, for people.
pub const START_ADVICE: &str = "`systemctl start remit-agent`, or `remit-agent run` in a terminal";
/// How to make the clock right, for people.
pub const CLOCK_ADVICE: &str =
    "switch on time synchronization here: `timedatectl set-ntp true`, or install chrony";

/// Owner and group may drop and collect; new files belong to the same group.
const SHARED_FOLDER: u32 = 0o2770;
/// Owner and group may read and write.
const SHARED_FILE: u32 = 0o660;

/// Where the settings are.
pub fn config() -> PathBuf {
    "/etc/remit/agent.toml".into()
}

/// Where the agent keeps what it must remember.
pub fn state_dir() -> PathBuf {
    "/var/lib/remit-agent".into()
}

/// Where programs are looked for, in this order.
pub fn folders() -> Vec<PathBuf> {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"]
        .map(PathBuf::from)
        .into()
}

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

/// Who else may use what the agent must have for itself. Here modes are set
/// when a file is made, and `doctor` looks at them.
pub fn exposed(_path: &Path) -> io::Result<Option<String>> {
    Ok(None)
}

/// How to make a file its owner's alone, for people.
pub fn make_private_advice(path: &Path) -> String {
    format!("chmod 600 {}", path.display())
}

/// Makes a folder that its owner and its group may leave files in, and gives
/// it to whom the one above belongs: the agent's own user, even if it is
/// `root` who runs the first backup.
///
/// A unit that may not set the bit by which files inherit the group makes it
/// without: root gives its files away, see [`create_shared_file`].
pub fn make_shared_folder(folder: &Path) -> io::Result<()> {
    match make_shared(folder, SHARED_FOLDER) {
        Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
            make_shared(folder, SHARED_FOLDER & 0o777)
        }
        done => done,
    }
}

fn make_shared(folder: &Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(mode & 0o777).create(folder) {
        // Half made, by an attempt whose mode was refused.
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
            if mode == SHARED_FOLDER {
                return Err(err);
            }
        }
        made => made?,
    }
    if let Some(above) = folder.parent().filter(|it| !it.as_os_str().is_empty()) {
        let above = fs::metadata(above)?;
        // Only root may; everybody else made a folder of their own.
        chown(folder, Some(above.uid()), Some(above.gid())).ok();
    }
    fs::set_permissions(folder, Permissions::from_mode(mode))
}

/// Makes a file in such a folder.
pub fn create_shared_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(SHARED_FILE).open(path)?;
    // The umask of whoever runs a backup is not made for us, and what root leaves
    // must be the agent's to read.
    let given = path.parent().map_or(Ok(()), |folder| give_to_owner(folder, path));
    match given.and_then(|()| file.set_permissions(Permissions::from_mode(SHARED_FILE))) {
        Ok(()) => Ok(file),
        Err(err) => {
            // The first error is the one to tell.
            fs::remove_file(path).ok();
            Err(err)
        }
    }
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

/// Waits until somebody wants us gone, and gives why.
pub async fn stop_requested() -> io::Result<Departure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(departure().await)
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
async fn departure() -> Departure {
    let asked =
        Command::new("/usr/bin/systemctl").arg("is-system-running").kill_on_drop(true).output();
    match time::timeout(Duration::from_millis(500), asked).await {
        Ok(Ok(answer)) if answer.stdout.starts_with(b"stopping") => Departure::Shutdown,
        _ => Departure::ServiceStop,
    }
}
