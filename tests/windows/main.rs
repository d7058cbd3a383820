//! The agent for Windows as it ships, under Wine: a service, and a package.
//!
//! What Wine cannot show is said where it is missing: it runs every service as
//! the same user, starts none again that failed, and keeps access lists as
//! modes of files.

#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

mod bcrypt;
mod library;
mod msi;
mod service;
mod wine;
