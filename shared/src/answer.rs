//! What a probe answers, and the records that carry answers.
//!
//! An answer says where it comes from, when it was true, how old the catalog
//! behind it is and how complete it is. "Nothing to report" is an answer; "no
//! tool", "locked", "no permission" are others ([`FailureKind`]).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    BackupJob, BackupRun, BackupScan, Completeness, Departure, FailureKind, PatchScan, Reading,
    ServiceScan, Stream,
};

/// One answer of one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The probe, a stable name: `memory`, `patch-apt`.
    pub probe: Arc<str>,
    /// The command or file it comes from.
    pub source: Arc<str>,
    /// When it was true, by the endpoint's own clock.
    pub observed_at: Timestamp,
    /// When the catalog behind it was refreshed, for probes that have one.
    pub catalog_at: Option<Timestamp>,
    /// How long asking took.
    pub took: SignedDuration,
    /// How much of the truth it covers.
    pub completeness: Completeness,
    /// What is missing from a partial answer; empty from a full one.
    pub missing: String,
    /// What it says.
    pub body: Body,
}

impl Answer {
    /// A full answer without a catalog.
    pub fn full(probe: &str, source: &str, observed_at: Timestamp, body: Body) -> Self {
        Self {
            probe: probe.into(),
            source: source.into(),
            observed_at,
            catalog_at: None,
            took: SignedDuration::ZERO,
            completeness: Completeness::Full,
            missing: String::new(),
            body,
        }
    }

    /// The queue it travels in.
    pub fn stream(&self) -> Stream {
        match &self.body {
            Body::Readings(_) => Stream::Metrics,
            Body::Failure(_)
            | Body::Unchanged
            | Body::Services(_)
            | Body::Patches(_)
            | Body::Backups(_)
            | Body::Jobs(_)
            | Body::Run(_)
            | Body::Lifecycle(_) => Stream::Events,
        }
    }
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Measured values. A series that this probe gave before and that is not
    /// among them is gone.
    Readings(Vec<Reading>),
    /// There is no answer, and why.
    Failure(Failure),
    /// The same as this probe's last answer. Only on the wire: whoever keeps
    /// facts keeps them and notes the newer time.
    Unchanged,
    /// The state of the service manager.
    Services(ServiceScan),
    /// The state of a package manager.
    Patches(PatchScan),
    /// What a backup product holds.
    Backups(BackupScan),
    /// The backup jobs that this endpoint's own configuration declares, all of them.
    Jobs(Vec<BackupJob>),
    /// A backup run began or ended.
    Run(BackupRun),
    /// The agent itself.
    Lifecycle(Lifecycle),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which of the reasons.
    pub kind: FailureKind,
    /// The reason in words, with what the operating system said.
    pub message: String,
}

/// What happened to the agent itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// It started.
    Started {
        /// Its version.
        version: String,
        /// Whether its last run ended without a goodbye.
        after_crash: bool,
    },
    /// It is about to stop.
    Stopping(Departure),
}

/// One entry of an agent's spool: what was found out at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The queue.
    pub stream: Stream,
    /// Its place in the queue, counted from 1 without holes within an epoch.
    pub seq: u64,
    /// When it was written, by the endpoint's own clock.
    pub at: Timestamp,
    /// What it says.
    pub entry: Entry,
}

/// What a spool entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Answers, each of another probe or moment.
    Answers(Vec<Answer>),
    /// The records from the one after the last applied up to and including
    /// this one's number are lost, and why. A gap takes the place of all of them.
    Gap {
        /// The first number that is lost; this record's number is the last.
        from: u64,
        /// Why: `spool full`, `damaged record`.
        reason: String,
    },
}

impl Record {
    /// The first sequence number that this record stands for.
    pub fn first_seq(&self) -> u64 {
        match &self.entry {
            Entry::Answers(_) => self.seq,
            Entry::Gap { from, .. } => *from,
        }
    }
}
