//! The ports' implementations.

pub mod matrices;
pub mod notify;
