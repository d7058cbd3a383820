//! What Windows tells through unsafe calls only: the one module of ours with
//! `unsafe` in it.
//!
//! # Invariants
//!
//! - Every function is safe to call with any argument. It owns its buffers,
//!   tells Windows their true sizes, and gives plain values or owned handles.
//! - Nothing here decides anything: what an answer means is its caller's
//!   business.
//! - What a safe wrapper offers is not here: services come from
//!   `windows-service`, the registry from `windows-registry`, the rest from
//!   the standard library.

#![expect(unsafe_code, reason = "Windows tells these things through unsafe calls only")]

pub(crate) mod com;
pub(crate) mod event;
pub(crate) mod event_log;
pub(crate) mod folder;
pub(crate) mod job;
pub(crate) mod machine;
pub(crate) mod network;
pub(crate) mod own;
pub(crate) mod registry;
pub(crate) mod security;
pub(crate) mod task_scheduler;
pub(crate) mod update_agent;
pub(crate) mod volume;

use std::{ffi::OsStr, io, os::windows::ffi::OsStrExt as _};

/// Text as Windows wants it: UTF-16 with a zero at its end, and none before.
fn wide(text: &OsStr) -> io::Result<Vec<u16>> {
    let mut units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "there is a zero in the name"));
    }
    units.push(0);
    Ok(units)
}

/// Text as Windows gives it, up to its first zero.
fn narrow(units: &[u16]) -> String {
    let end = units.iter().position(|it| *it == 0).unwrap_or(units.len());
    String::from_utf16_lossy(&units[..end])
}

/// The answer of a call that says "no" with 0.
fn checked(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
