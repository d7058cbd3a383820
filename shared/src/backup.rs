//! What is known about backups: jobs, runs and what a repository holds.

use jiff::{SignedDuration, Timestamp};

use crate::{RunId, RunResult};

/// A job as its owner declared it, or as the product's own schedule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupJob {
    /// Its name, unique on the endpoint.
    pub name: String,
    /// The product that does the work: `restic`, `borg`, `systemd-timer`, `ping`.
    pub product: String,
    /// When it should run.
    pub schedule: Schedule,
    /// How late a start may be before the run is missed.
    pub start_grace: SignedDuration,
    /// How long a run may take before it is stuck.
    pub run_grace: SignedDuration,
    /// Whether it is switched on where the schedule lives.
    pub enabled: bool,
}

/// When a job should run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Nobody said. Runs are judged when they come; none is ever missed.
    Undeclared,
    /// At most this long between two starts.
    Every(SignedDuration),
    /// By a five-field cron expression, read in an IANA time zone.
    Cron {
        /// `30 2 * * *`.
        expression: String,
        /// `Europe/Berlin`.
        zone: String,
    },
    /// Somebody else computes it: the product's own next start.
    NextAt(Timestamp),
}

/// One run of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRun {
    /// Names the run, so that telling of it twice is telling of it once.
    pub run_id: RunId,
    /// The job.
    pub job: String,
    /// The product.
    pub product: String,
    /// When it began, if known.
    pub started_at: Option<Timestamp>,
    /// When it ended; `None` while it runs.
    pub ended_at: Option<Timestamp>,
    /// How it ended, in our words.
    pub result: RunResult,
    /// How it ended, in the product's words: `exit 3`, `Result=timeout`.
    pub raw_result: String,
    /// Names the state that can be restored from this run: a snapshot id.
    pub recovery_point: Option<String>,
    /// Bytes that were read.
    pub bytes_processed: Option<u64>,
    /// Bytes that the repository grew by.
    pub bytes_added: Option<u64>,
    /// Files that were read.
    pub files: Option<u64>,
    /// What went wrong, most telling first; bounded.
    pub errors: Vec<String>,
    /// What the job itself said, shortened.
    pub evidence: String,
}

/// What one product holds, seen by asking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupScan {
    /// The product that was asked.
    pub product: String,
    /// Its jobs, or repositories that stand for jobs.
    pub jobs: Vec<BackupJob>,
    /// What each can restore, newest only.
    pub newest: Vec<RecoveryPoint>,
}

/// A state that can be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// The job it belongs to.
    pub job: String,
    /// The product's own name for it.
    pub id: String,
    /// The time of the data in it.
    pub taken_at: Timestamp,
    /// How many points the job has in all.
    pub count: u64,
}
