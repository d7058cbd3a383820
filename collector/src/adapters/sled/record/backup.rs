//! What is known of backup jobs.

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::endpoint::{JobSource, JobState};
use remit_shared::{BackupJob, BackupRun, RecoveryPoint, Schedule};
use serde::{Deserialize, Serialize};

use crate::adapters::sled::record::{
    Invalid,
    form::{Form, form, words},
};

form! {
    JobStateRecordV1 of JobState {
        job: BackupJobRecordV1,
        source: JobSourceRecordV1,
        known_since: String,
        last_run: Option<BackupRunRecordV1>,
        last_heard_at: Option<String>,
        last_success_at: Option<String>,
        last_good_data_at: Option<String>,
        sizes: Vec<u64>,
        last_start_at: Option<String>,
        warnings_in_a_row: u32,
        newest: Option<RecoveryPointRecordV1>,
    }

    BackupJobRecordV1 of BackupJob {
        name: String,
        product: String,
        schedule: ScheduleRecordV1,
        start_grace: String,
        run_grace: String,
        enabled: bool,
    }

    BackupRunRecordV1 of BackupRun {
        run_id: String,
        job: String,
        product: String,
        started_at: Option<String>,
        ended_at: Option<String>,
        result: String,
        raw_result: String,
        recovery_point: Option<String>,
        bytes_processed: Option<u64>,
        bytes_added: Option<u64>,
        files: Option<u64>,
        errors: Vec<String>,
        evidence: String,
    }

    RecoveryPointRecordV1 of RecoveryPoint {
        job: String,
        id: String,
        taken_at: String,
        count: u64,
    }
}

words! {
    JobSourceRecordV1 of JobSource {
        Reported = "reported",
        Scanned = "scanned",
        Declared = "declared",
    }
}

/// When a job should run.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ScheduleRecordV1 {
    Undeclared,
    Every(String),
    Cron { expression: String, zone: String },
    NextAt(String),
}

impl Form<Schedule> for ScheduleRecordV1 {
    fn store(value: &Schedule) -> Self {
        match value {
            Schedule::Undeclared => Self::Undeclared,
            Schedule::Every(length) => Self::Every(Form::store(length)),
            Schedule::Cron { expression, zone } => {
                Self::Cron { expression: expression.clone(), zone: zone.clone() }
            }
            Schedule::NextAt(at) => Self::NextAt(Form::store(at)),
        }
    }

    fn load(self) -> Result<Schedule, Invalid> {
        Ok(match self {
            Self::Undeclared => Schedule::Undeclared,
            Self::Every(length) => Schedule::Every(Form::<SignedDuration>::load(length)?),
            Self::Cron { expression, zone } => Schedule::Cron { expression, zone },
            Self::NextAt(at) => Schedule::NextAt(Form::<Timestamp>::load(at)?),
        })
    }
}
