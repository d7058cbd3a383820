//! What differs between operating systems: paths, owners, the service manager.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod usage;

#[cfg(not(unix))]
pub use self::other::*;
#[cfg(unix)]
pub use self::{unix::*, usage::*};
