//! Windows, with its service control manager.
//!
//! What is private here is private by access list: see [`access`].

pub(crate) mod ask;
mod call;
pub mod heap;
pub mod host;
pub mod process;
pub mod service;

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use remit_shared::Departure;
use tokio::signal::windows;

pub use self::call::own::usage as own_usage;
use self::call::{
    folder::{self, Known},
    security, volume,
};
pub(crate) use self::call::{task_scheduler, update_agent};
use crate::{
    access::{self, Share},
    status::Status,
};

/// How to start the agent, for people.
pub const START_ADVICE: &str = "`remit-agent service start`, or `remit-agent run` in a terminal";
/// How to make the clock right, for people.
pub const CLOCK_ADVICE: &str =
    "switch on time synchronization here: `w32tm /resync`, and see `w32tm /query /status`";

/// Who is asked what this process takes.
pub const OWN_USAGE: &str = "GetProcessTimes, GetProcessMemoryInfo";

/// Where the settings are.
pub fn config() -> PathBuf {
    folder().join("agent.toml")
}

/// Where the agent keeps what it must remember.
pub fn state_dir() -> PathBuf {
    folder().join("agent")
}

fn folder() -> PathBuf {
    known(Known::ProgramData, r"C:\ProgramData").join("Remit")
}

/// Where programs are looked for, in this order.
pub fn folders() -> Vec<PathBuf> {
    let programs = known(Known::ProgramFiles, r"C:\Program Files");
    vec![known(Known::System, r"C:\Windows\System32"), programs.join("restic")]
}

fn known(folder: Known, usual: &str) -> PathBuf {
    folder::path(folder).unwrap_or_else(|_| usual.into())
}

/// Makes a folder, with all above it, for the agent and administrators.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folder(above, Share::Read)?;
    }
    make_folder(folder, Share::Keep)
}

fn make_folder(folder: &Path, share: Share) -> io::Result<()> {
    if folder.is_dir() || folder.parent().is_none() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|it| !it.as_os_str().is_empty()) {
        make_folder(above, share)?;
    }
    match security::create_folder(folder, &list(share)?) {
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn list(share: Share) -> io::Result<String> {
    // An administrator's files are for all administrators, not for the one.
    let also = if security::is_elevated()? { None } else { Some(security::own_sid()?) };
    Ok(access::list(share, also.as_deref()))
}

/// Gives a file the access list that it should have inherited: not every
/// system passes it on, and a key must not depend on that.
pub fn give_to_owner(_like: &Path, path: &Path) -> io::Result<()> {
    security::write(path, &list(Share::Keep)?)
}

/// Whether a file or folder is for nobody but the agent and administrators,
/// and for whom it is otherwise.
pub fn private_mode(path: &Path) -> io::Result<Result<(), String>> {
    Ok(access::judge(&security::read(path)?, &security::own_sid()?))
}

/// Who else may use what the agent must have for itself.
pub fn exposed(path: &Path) -> io::Result<Option<String>> {
    private_mode(path).map(Result::err)
}

/// How to make a file its owner's alone, for people.
pub fn make_private_advice(path: &Path) -> String {
    format!("icacls \"{}\" /inheritance:r /grant *S-1-5-18:F *S-1-5-32-544:F", path.display())
}

/// Makes a folder that whoever may write to the one above may leave files in.
pub fn make_shared_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir(folder)
}

/// Makes a file in such a folder.
pub fn create_shared_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Bytes that are free on the disk that holds this folder.
pub fn free_space(folder: &Path) -> io::Result<u64> {
    volume::room(folder).map(|it| it.available)
}

/// Waits until somebody wants us gone, and gives why.
pub async fn stop_requested() -> io::Result<Departure> {
    if let Some(asked) = service::asked_to_stop().await {
        return asked;
    }
    let mut interrupt = windows::ctrl_c()?;
    let mut pause = windows::ctrl_break()?;
    let mut close = windows::ctrl_close()?;
    let mut shutdown = windows::ctrl_shutdown()?;
    Ok(tokio::select! {
        _ = interrupt.recv() => Departure::ServiceStop,
        _ = pause.recv() => Departure::ServiceStop,
        _ = close.recv() => Departure::ServiceStop,
        _ = shutdown.recv() => Departure::Shutdown,
    })
}

/// Tells the service manager that we are at work.
pub fn announce_ready(endpoint: &str) {
    service::announce_ready(endpoint);
}

/// The service manager takes no words.
pub fn announce_status(_status: &Status) {}

/// Tells the service manager that we have been heard.
pub fn announce_stopping() {
    service::announce_stopping();
}
