//! What this process takes of the machine.

#[cfg(unix)]
mod proc;

use std::time::Duration;

#[cfg(unix)]
pub use self::proc::{OWN_USAGE, own_usage};
#[cfg(windows)]
pub use super::windows::{OWN_USAGE, own_usage};

/// What a process takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnUsage {
    /// Processor time since its start, with that of children that have ended.
    pub cpu: Duration,
    /// Resident bytes.
    pub memory: u64,
    /// Open files, sockets and the like.
    pub handles: u64,
}
