//! Updates that are not installed, one probe per package manager.
//!
//! # Invariants
//!
//! - A catalog that is missing, expired or being replaced makes an answer
//!   partial, whatever it counts: "0 updates" out of an old list is no news.
//! - Whether an update is a security update is read from where it comes or from
//!   the distributor's advisories, never from its name or description.
//! - No probe refreshes a catalog: the agent makes no traffic of its own.

#[cfg(unix)]
pub mod apt;
#[cfg(unix)]
pub mod dnf;
#[cfg(unix)]
mod locks;
#[cfg(unix)]
mod rpm;
pub mod wua;
#[cfg(unix)]
pub mod zypper;

/// A path of the system below a folder.
#[cfg(unix)]
fn below(root: &std::path::Path, path: &str) -> std::path::PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// A file's time, unless it lies in the future and proves nothing.
#[cfg(unix)]
fn past(modified: std::time::SystemTime, now: jiff::Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::try_from(modified).ok().filter(|it| *it <= now)
}
