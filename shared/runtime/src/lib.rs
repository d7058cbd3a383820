//! What every Remit binary does to live: clock, randomness, files, settings,
//! tasks, logs, and connections that both ends can trust.
//!
//! Nothing here knows what an endpoint or an alert is.

pub mod clock;
pub mod config;
pub mod credential;
pub mod dial;
pub mod duration;
pub mod files;
pub mod listen;
pub mod random;
pub mod supervise;
pub mod telemetry;
pub mod tls;
