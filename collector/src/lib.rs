//! The collector: gathers, decides, tells.

pub mod adapters;
pub mod config;
pub mod ports;
