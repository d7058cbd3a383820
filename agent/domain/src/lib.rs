//! The agent's decisions, as functions: no IO, no clock, no runtime.

pub mod schedule;
