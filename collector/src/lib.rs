//! The collector: gathers, decides, tells.

pub mod adapters;
pub mod app;
pub mod auditor;
pub mod changes;
pub mod cli;
pub mod config;
pub mod daybook;
pub mod edge;
pub mod engine;
pub mod ingest;
mod itself;
pub mod losses;
pub mod morning;
pub mod outbox;
pub mod outgoing;
pub mod pki;
pub mod ports;
pub mod reports;
pub mod sources;
pub mod storekeeper;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod timekeeper;
