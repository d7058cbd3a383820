//! The agent's decisions, as functions: no IO, no clock, no runtime.

pub mod budget;
pub mod evidence;
pub mod ping;
pub mod preview;
pub mod schedule;
pub mod session;
pub mod spool;
pub mod thin;
