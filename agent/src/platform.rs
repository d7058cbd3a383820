//! What differs between operating systems: paths, owners, child processes, the
//! service manager. Both modules have the same names, and nothing outside them
//! and the list of [probes](crate::probe) asks which system this is.

mod placement;
#[cfg(unix)]
mod unix;
mod usage;
#[cfg(windows)]
mod windows;

pub use self::placement::Placement;
#[cfg(unix)]
pub use self::unix::*;
pub use self::usage::{OWN_USAGE, OwnUsage, own_usage};
#[cfg(windows)]
pub use self::windows::*;
