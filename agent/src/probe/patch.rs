//! Updates that are not installed, one probe per package manager.
//!
//! # Invariants
//!
//! - A catalog that is missing, expired or being replaced makes an answer
//!   partial, whatever it counts: "0 updates" out of an old list is no news.
//! - Whether an update is a security update is read from where it comes, never
//!   from its name or description.

#[cfg(unix)]
pub mod apt;
pub mod wua;
