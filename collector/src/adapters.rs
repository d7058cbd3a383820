//! The ports' implementations.

pub mod memory;
mod points;
pub mod sled;
mod tables;
