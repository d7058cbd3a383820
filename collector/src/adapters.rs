//! The ports' implementations.

pub mod notify;
