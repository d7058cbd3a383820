//! Where records wait for the collector.
//!
//! # Contract
//!
//! - [`Spool::append`] gives each stream's records the next numbers. Once it
//!   has returned `Ok`, what it was given survives a crash and a power cut, or
//!   its loss is declared.
//! - [`Spool::read`] gives the records after a mark in the order of their
//!   numbers and without holes: what was dropped, damaged or refused comes as
//!   an [`Entry::Gap`](remit_shared::Entry::Gap), and a gap only when a record
//!   follows it.
//! - [`Spool::keep`] is durable before it returns. So are a new epoch and the
//!   order to forget.
//! - After an error that [is fatal](SpoolError::is_fatal) the spool does
//!   nothing more: whoever holds it opens it again, which looks at everything
//!   anew. An operating system that failed to flush a file may well say the
//!   next time that it succeeded.
//! - One process at a time.
//!
//! What is kept and what is dropped is the
//! [`Ledger`](remit_agent_domain::spool::Ledger)'s to say, for every adapter.
//! An adapter that passes the suite in `conformance.rs` keeps this contract.

#[cfg(test)]
pub(crate) mod conformance;
pub mod handle;
pub mod memory;
mod reading;
pub mod segments;
#[cfg(test)]
mod week;

use std::{io, path::PathBuf};

use jiff::Timestamp;
use remit_agent_domain::spool::Marks;
use remit_runtime::files::{LockError, WriteError};
use remit_shared::{Answer, Record, Stream};

/// The longest record, in bytes. A collector takes no longer message.
pub const LONGEST: usize = 1 << 20;

/// So many of the collector's tokens are remembered besides the newest. By one
/// of them a collector that was restored from an older copy of itself knows
/// that the spool is still the same.
pub const EARLIER: usize = 16;

/// Keeps records until the collector has them, and events for a day longer.
pub trait Spool: Send + 'static {
    /// What the spool has to say about itself.
    fn state(&self) -> State;

    /// Adds records, all of them in one durable write per stream.
    fn append(&mut self, drafts: &[Draft]) -> Result<(), SpoolError>;

    /// The records after a mark, events first, up to about so many bytes and
    /// at least one if there is one.
    fn read(&mut self, after: Marks, bytes: u64) -> Result<Vec<Waiting>, SpoolError>;

    /// Makes the token durable and goes on after these numbers.
    fn keep(&mut self, resume_token: &[u8], through: Marks) -> Result<(), SpoolError>;

    /// Whether the disk must hear of it if everything up to these numbers is forgotten.
    fn frees(&self, through: Marks) -> bool;

    /// Forgets everything up to these numbers.
    fn forget(&mut self, through: Marks) -> Result<(), SpoolError>;

    /// Begins a new epoch, in which what is not `applied` counts from 1.
    fn renumber(&mut self, epoch: u64, applied: Marks) -> Result<(), SpoolError>;

    /// Drops what is too old.
    fn expire(&mut self, now: Timestamp) -> Result<(), SpoolError>;

    /// Notes that this run ends in peace.
    fn close(&mut self) -> Result<(), SpoolError>;
}

/// A record that has no number yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// When it is written.
    pub at: Timestamp,
    /// The queue it goes to.
    pub stream: Stream,
    /// What it says.
    pub answers: Vec<Answer>,
}

/// A record that waits, or the declaration of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The record.
    pub record: Record,
    /// About how long it is.
    pub bytes: u64,
}

/// What a spool says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Names this life of the spool.
    pub epoch: u64,
    /// What the collector gave it last; empty before the first time.
    pub resume_token: Vec<u8>,
    /// What the collector gave it before that in this epoch, oldest first; at
    /// most [`EARLIER`].
    pub earlier: Vec<Vec<u8>>,
    /// The newest numbers that it holds, or ever held.
    pub last: Marks,
    /// The newest numbers that may ever have been sent, as of the opening.
    pub known: Marks,
    /// How many records wait.
    pub queued: u64,
    /// How many bytes the files take in which they are.
    pub bytes: u64,
    /// How many records were lost since it was opened.
    pub lost: Marks,
    /// Whether it was not closed the last time.
    pub after_crash: bool,
}

/// Why the spool did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another process has it.
    #[error("the state folder is already in use")]
    InUse(#[source] LockError),
    /// The disk is full. What was to be added counts as lost, and is declared.
    #[error("no space left to {attempt} {}", path.display())]
    NoSpace {
        /// What could not be done.
        attempt: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// The disk does not do its work.
    #[error("failed to {attempt} {}", path.display())]
    Io {
        /// What could not be done.
        attempt: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A record is longer than any collector takes. It counts as lost.
    #[error("a record of {bytes} bytes, from {probes}, is longer than {LONGEST}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// Whose answers it carries.
        probes: String,
    },
    /// An earlier error was fatal.
    #[error("the spool failed before and must be opened again")]
    Failed,
}

impl SpoolError {
    /// Whether only opening the spool again can help.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::InUse(_) | Self::Io { .. } | Self::Failed => true,
            Self::NoSpace { .. } | Self::TooLong { .. } => false,
        }
    }

    pub(crate) fn io(attempt: &'static str, path: PathBuf, source: io::Error) -> Self {
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
        if full.contains(&source.kind()) {
            Self::NoSpace { attempt, path, source }
        } else {
            Self::Io { attempt, path, source }
        }
    }
}

impl From<WriteError> for SpoolError {
    fn from(err: WriteError) -> Self {
        Self::io(err.attempt, err.path, err.source)
    }
}
