//! The collector: gathers, decides, tells.

pub mod engine;
pub mod outbox;
pub mod ports;
