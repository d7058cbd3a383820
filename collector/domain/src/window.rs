//! Maintenance windows.

pub mod rule;
