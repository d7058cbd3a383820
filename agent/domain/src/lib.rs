//! The agent's decisions, as functions.

pub mod evidence;
