//! Packages, on a Debian that systemd runs: installed, upgraded, spoiled, removed.
//!
//! `cargo xtask test` makes what is needed first: the packages, in this version
//! and the next, and a fresh Debian to install them into. Each test boots a
//! system of its own over it, in namespaces, so that what happens to a service
//! is what really happens to it. Only root can do that.

#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

mod ansible;
mod collector;
mod deb;
mod machine;
mod rpm;
mod service;
