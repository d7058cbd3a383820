//! Why the data folder did not do as told.

use std::{io, path::PathBuf};

/// Why the log did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder cannot be used.
    #[error("failed to prepare {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it.
    #[error("data folder {path} is already in use")]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// It was written by a later version.
    #[error(
        "the data folder has format {found}, and this version knows formats up to {known}: \
         use the version that wrote it, or a later one"
    )]
    Newer {
        /// Its format.
        found: u32,
        /// The newest format that is known.
        known: u32,
    },
    /// The database does not work.
    #[error("the database failed to {attempt}")]
    Database {
        /// What it was doing.
        attempt: &'static str,
        /// Why it failed.
        #[source]
        source: sled::Error,
    },
    /// The disk did not say that it has the data.
    #[error("failed to sync {path}")]
    Sync {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the journal, or of values, does not work.
    #[error("failed to {attempt} {path}")]
    File {
        /// What was tried.
        attempt: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file of the journal, or of values, has something that makes no sense where
    /// there must be something.
    #[error("{path} is damaged at byte {at}: restore an export or a copy")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
    /// Writes are missing between the files.
    #[error(
        "the journal has lost writes: the database ends after {after}, and the journal begins \
         with {before}; restore an export or a copy"
    )]
    Gap {
        /// The last one that is there.
        after: u64,
        /// The next one that is there.
        before: u64,
    },
    /// There can be no thread.
    #[error("failed to start a thread of the store")]
    Thread(#[source] io::Error),
    /// The database cannot be given what the journal has.
    #[error("there is no room in {folder} for what its journal has: make some")]
    NoRoom {
        /// Where.
        folder: PathBuf,
    },
    /// The thread that takes writes to sled has ended.
    #[error("writes do not get from the journal to the database any more")]
    Unsettled,
    /// The database ends too early.
    #[error(
        "the database has lost writes: it ends after {written}, and {noted} were synced; restore \
         an export or a copy, or remove the file `written` to go on without them"
    )]
    Lost {
        /// How many writes it has.
        written: u64,
        /// How many it had at least.
        noted: u64,
    },
    /// A value has lost a piece.
    #[error("a piece of the value is missing")]
    Torn,
    /// What says where values are does not say it.
    #[error("where history is kept from `{key}` on cannot be read: restore an export or a copy")]
    List {
        /// Where it begins.
        key: String,
    },
    /// A value that was packed does not come out again.
    #[error("the stored value `{key}` is damaged: it cannot be unpacked")]
    Packed {
        /// Where it is.
        key: String,
    },
}

impl LogError {
    /// Whether a value is damaged, and others need not be.
    pub(in crate::adapters::sled) fn is_of_a_value(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Torn | Self::List { .. } | Self::Packed { .. } => true,
            Self::File { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::Folder { .. }
            | Self::InUse { .. }
            | Self::Newer { .. }
            | Self::Database { .. }
            | Self::Sync { .. }
            | Self::Gap { .. }
            | Self::Thread(_)
            | Self::NoRoom { .. }
            | Self::Unsettled
            | Self::Lost { .. } => false,
        }
    }
}

/// What to say of a read that sled failed at.
pub(super) fn reading(source: sled::Error) -> LogError {
    LogError::Database { attempt: "read", source }
}

/// What to say of a write that sled failed at.
pub(super) fn writing(source: sled::Error) -> LogError {
    LogError::Database { attempt: "write", source }
}
