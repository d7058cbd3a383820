//! The collector: gathers, decides, tells.

pub mod ports;
