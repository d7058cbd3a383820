//! The collector: gathers, decides, tells.

pub mod adapters;
pub mod ports;
