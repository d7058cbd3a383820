//! The agent's decisions, as functions.

pub mod session;
pub mod spool;
