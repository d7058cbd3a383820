//! Probes: one small thing each that can be measured on this machine.
//!
//! A probe is synchronous, because the things it asks (`/proc`, a package
//! manager) are. The scheduler gives it a thread, a deadline and a turn; a
//! probe knows nothing of intervals, retries, buffering or the network, and
//! asks no clock: its [`Turn`] says what time it is.
//!
//! To add one: a module that fetches and a pure `parse` beside it, tested on
//! text captured from real machines. Then list it: what one system alone can
//! tell in the folder and the list of that system, the rest in [`registry`].
//!
//! # Contract
//!
//! - Read-only. What needs more rights than the agent has is
//!   [`ProbeError::NoPermission`], never a zero.
//! - "No such tool", "locked", "no permission" and "nothing to report" are
//!   four different answers.

pub mod backup;
pub mod fake;
pub mod itself;
#[cfg(unix)]
pub mod linux;
pub mod patch;
pub mod registry;
mod systemd;
mod traffic;
mod value;
pub mod windows;

use std::{io, sync::Arc, time::Duration};

use jiff::Timestamp;
use remit_shared::{Body, Completeness, Failure, FailureKind};

/// Something that can be measured on this machine.
pub trait Probe: Send {
    /// A stable name, part of the protocol: `memory`, `patch-apt`.
    fn name(&self) -> &'static str;

    /// The command or file that is asked, unless a sample says otherwise.
    fn source(&self) -> &'static str;

    /// Whether what it asks may keep it waiting: a disk, a server, a lock, another
    /// program. One that asks nothing but what the system always knows shares
    /// a thread with others like it.
    fn may_hang(&self) -> bool {
        true
    }

    /// Measures once.
    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError>;
}

/// When a probe is asked.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Wall time.
    pub now: Timestamp,
    /// Time that only ever goes forward, from some point in the past; for rates.
    pub monotonic: Duration,
}

/// What a probe found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What it says.
    pub body: Body,
    /// The source, where it differs from [`Probe::source`], say by a version.
    pub source: Option<Arc<str>>,
    /// When the catalog behind it was refreshed, if there is one.
    pub catalog_at: Option<Timestamp>,
    /// How much of the truth it covers.
    pub completeness: Completeness,
    /// What is missing from a partial sample; empty in a full one.
    pub missing: String,
}

impl Sample {
    /// All that was asked, and no catalog behind it.
    pub fn full(body: Body) -> Self {
        Self {
            body,
            source: None,
            catalog_at: None,
            completeness: Completeness::Full,
            missing: String::new(),
        }
    }
}

/// Why there is no sample.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// This machine does not have the thing. Not a fault; the probe rests.
    #[error("not on this machine: {why}")]
    Unsupported {
        /// What is not there.
        why: String,
    },
    /// The program that would know is not installed.
    #[error("`{tool}` is not installed")]
    MissingTool {
        /// The program.
        tool: &'static str,
    },
    /// Somebody else holds the lock. The next turn is the retry.
    #[error("{what} is locked")]
    Locked {
        /// What is locked, and by whom if known.
        what: String,
    },
    /// The operating system did not let us look.
    #[error("no permission to read {what}")]
    NoPermission {
        /// The file, key or call.
        what: String,
    },
    /// There was no answer in time.
    #[error("{what} gave no answer within {} s", .deadline.as_secs())]
    Timeout {
        /// What was asked.
        what: String,
        /// How long it had.
        deadline: Duration,
    },
    /// Reading failed.
    #[error("failed to read {what}")]
    Read {
        /// The file, key or call.
        what: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A program ended badly.
    #[error("{what} failed: {said}")]
    Program {
        /// The command.
        what: String,
        /// Its exit and the end of what it said, on one line.
        said: String,
    },
    /// There was an answer that we do not understand.
    #[error("failed to find {field} in {what}")]
    Parse {
        /// The file, key or command.
        what: String,
        /// What was missing.
        field: String,
    },
    /// The agent takes too much of the machine, and this is what it can do without.
    #[error("not asked, because the agent takes {why}")]
    Shed {
        /// What it takes too much of.
        why: Arc<str>,
    },
    /// The probe itself has a fault. It is asked again at its next turn.
    #[error("the probe panicked")]
    Panicked,
}

impl ProbeError {
    /// Sorts an error of the operating system: "not there", "not allowed" and
    /// "went wrong" are different answers.
    pub fn read(what: impl Into<String>, source: io::Error) -> Self {
        let what = what.into();
        if source.kind() == io::ErrorKind::PermissionDenied {
            Self::NoPermission { what }
        } else if source.kind() == io::ErrorKind::NotFound {
            Self::Unsupported { why: format!("there is no {what}") }
        } else {
            Self::Read { what, source }
        }
    }

    /// The answer that this error is.
    pub fn to_failure(&self) -> Failure {
        let kind = match self {
            Self::Unsupported { .. } => FailureKind::Unsupported,
            Self::MissingTool { .. } => FailureKind::MissingTool,
            Self::Locked { .. } => FailureKind::Locked,
            Self::NoPermission { .. } => FailureKind::NoPermission,
            Self::Timeout { .. } => FailureKind::Timeout,
            Self::Shed { .. } => FailureKind::Shed,
            Self::Read { .. } | Self::Program { .. } | Self::Parse { .. } | Self::Panicked => {
                FailureKind::Failed
            }
        };
        Failure { kind, message: remit_shared::Chain(self).to_string() }
    }
}
