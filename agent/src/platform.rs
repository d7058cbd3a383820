//! What differs between operating systems: paths, owners, child processes, the
//! service manager. Both modules have the same names, and nothing outside them
//! and the list of [probes](crate::probe) asks which system this is.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use self::unix::*;
#[cfg(windows)]
pub use self::windows::*;
