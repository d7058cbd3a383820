//! Pings: what a script says about its own run, by calling an address.
//!
//! The addresses are those of Healthchecks, so that scripts written for it
//! work unchanged: `/ping/nightly/start`, `/ping/nightly`, `/ping/nightly/3`.
//! [`parse`] understands one call; a [`Ledger`] remembers which runs have
//! begun, and makes a run of a start and the end that belongs to it.
//!
//! # Invariants
//!
//! - A start and its end have one run id. They belong together by `rid`, or,
//!   where neither has one, by being the job's latest.
//! - Where a `rid` is given, the run id follows from it, so that the two find
//!   each other even if the ledger is lost in between.
//! - What is remembered is bounded; the oldest is forgotten first.

mod ledger;

use std::fmt;

use remit_shared::MAX_NAME;
use uuid::Uuid;

pub use crate::ping::ledger::{Ledger, MAX_OPEN, Open};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The job's name.
    pub job: String,
    /// What it says of the job.
    pub signal: Signal,
    /// The run it speaks of, where the script names its runs.
    pub rid: Option<Uuid>,
    /// Whether a job of this name may be made if there is none; `None` leaves
    /// it to the configuration.
    pub create: Option<bool>,
}

/// What a call says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// A run begins.
    Start,
    /// A run has ended well.
    Success,
    /// A run has ended badly.
    Fail,
    /// A run has ended with this exit status, 0 being well.
    Exit(u8),
    /// Only words for the record.
    Log,
}

/// Why a call is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPing {
    /// Another method than `GET`, `HEAD` and `POST`.
    #[error("method not allowed")]
    Method,
    /// No ping address, or no job could have this name.
    #[error("not found")]
    Address,
    /// The address ends in something that is no signal and no exit status.
    #[error("`{0}` is neither start, fail, log nor an exit status of 0 to 255")]
    Signal(String),
    /// A parameter has a value that it cannot have.
    #[error("invalid value of `{0}`")]
    Parameter(&'static str),
}

/// Understands one call.
pub fn parse(method: &str, path: &str, query: Option<&str>) -> Result<Ping, NoPing> {
    if !matches!(method, "GET" | "HEAD" | "POST") {
        return Err(NoPing::Method);
    }
    let rest = path.strip_prefix("/ping/").ok_or(NoPing::Address)?;
    let (job, end) = rest.split_once('/').unwrap_or((rest, ""));
    if !is_slug(job) {
        return Err(NoPing::Address);
    }
    let signal = match end {
        "" => Signal::Success,
        "start" => Signal::Start,
        "fail" => Signal::Fail,
        "log" => Signal::Log,
        status => exit(status)?,
    };
    let mut ping = Ping { job: job.into(), signal, rid: None, create: None };
    for parameter in query.unwrap_or_default().split('&') {
        match parameter.split_once('=') {
            Some(("rid", value)) => {
                let rid = Uuid::try_parse(value).map_err(|_| NoPing::Parameter("rid"))?;
                ping.rid = Some(rid);
            }
            Some(("create", "1")) => ping.create = Some(true),
            Some(("create", "0")) => ping.create = Some(false),
            Some(("create", _)) => return Err(NoPing::Parameter("create")),
            // Somebody else's parameters are no reason to lose a ping.
            Some(_) | None => {}
        }
    }
    Ok(ping)
}

fn exit(text: &str) -> Result<Signal, NoPing> {
    let is_number = text.bytes().all(|it| it.is_ascii_digit());
    let status = text.parse().ok().filter(|_| is_number);
    status.map(Signal::Exit).ok_or_else(|| {
        NoPing::Signal(text.chars().take(40).flat_map(char::escape_default).collect())
    })
}

/// Names, and the UUIDs that Healthchecks uses in their place.
fn is_slug(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-_.".contains(&it);
    let starts_well = text.starts_with(|it: char| it.is_ascii_lowercase() || it.is_ascii_digit());
    starts_well && text.len() <= MAX_NAME && text.bytes().all(fits)
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::Success => f.write_str("success"),
            Self::Fail => f.write_str("fail"),
            Self::Exit(status) => write!(f, "exit {status}"),
            Self::Log => f.write_str("log"),
        }
    }
}

#[cfg(test)]
mod tests;
