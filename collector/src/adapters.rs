//! The ports' implementations.

pub mod catalogue;
pub mod matrices;
pub mod memory;
pub mod notify;
mod points;
pub mod remote_write;
pub mod sealed;
pub mod sled;
mod tables;
