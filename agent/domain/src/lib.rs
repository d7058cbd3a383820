//! The agent's decisions, as functions.

pub mod evidence;
pub mod ping;
