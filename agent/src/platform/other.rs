//! Systems that the agent compiles on and is not yet at home on.

use std::{fs, io, path::Path};

use remit_shared::Departure;

use crate::status::Status;

/// Where the settings are.
pub const CONFIG: &str = "C:\\ProgramData\\Remit\\agent.toml";
/// Where the agent keeps what it must remember.
pub const STATE_DIR: &str = "C:\\ProgramData\\Remit\\agent";
/// There are no units here.
pub const UNIT: &str = "";
/// There are no units here.
pub const UNIT_TEXT: &str = "";

/// Makes a folder, with all above it. Its access list is inherited.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Owners are inherited here.
pub fn give_to_owner(_like: &Path, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Access lists are inherited here.
pub fn private_mode(path: &Path) -> io::Result<Result<(), String>> {
    fs::metadata(path).map(|_| Ok(()))
}

/// Nobody is root here.
pub fn is_root() -> bool {
    false
}

/// There is no systemd here.
pub fn has_systemd() -> bool {
    false
}

/// Not known here.
pub fn free_space(_folder: &Path) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Where what the agent takes would be read.
pub const OWN_USAGE: &str = "the operating system";

/// What a process takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnUsage {
    /// Processor time since its start.
    pub cpu: std::time::Duration,
    /// Resident bytes.
    pub memory: u64,
    /// Open handles.
    pub handles: u64,
}

/// Not known here.
pub fn own_usage() -> io::Result<OwnUsage> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Waits until somebody wants us gone.
pub async fn stop_requested() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Nobody is told here.
pub fn announce_ready(_endpoint: &str) {}

/// Nobody is told here.
pub fn announce_status(_status: &Status) {}

/// Nobody is told here.
pub fn announce_stopping() {}

/// Why we are stopped.
pub async fn departure() -> Departure {
    Departure::ServiceStop
}
