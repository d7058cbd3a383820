//! Backups: which jobs ran, and which did not.

use jiff::SignedDuration;
use remit_proto::v1;
use remit_runtime::duration;
use serde::Serialize;

use super::{
    Look, NOTHING, View,
    table::{Field, Table},
    text::short,
    time::{Time, time},
};
use crate::word::spelled;

/// `remit backup list`, worst first.
#[derive(Debug, Serialize)]
pub(crate) struct Backups {
    pub(crate) jobs: Vec<BackupStatus>,
}

/// What is known of one job.
#[derive(Debug, Serialize)]
pub(crate) struct BackupStatus {
    pub(crate) endpoint_id: String,
    pub(crate) hostname: String,
    pub(crate) tenant: String,
    pub(crate) site: String,
    pub(crate) job: Job,
    pub(crate) status: Option<&'static str>,
    pub(crate) reason: String,
    pub(crate) last_run: Option<Run>,
    pub(crate) last_success_at: Option<Time>,
    pub(crate) newest: Option<RecoveryPoint>,
    pub(crate) expected_at: Option<Time>,
}

/// A job as declared, or as read from the product.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) product: String,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) start_grace_seconds: u64,
    pub(crate) run_grace_seconds: u64,
    pub(crate) enabled: bool,
}

/// When a job should run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Schedule {
    /// At most so many seconds between two starts.
    EverySeconds(u64),
    /// At local times.
    Cron { expression: String, zone: String },
    /// The product's own next start.
    NextAt(Option<Time>),
}

/// One run.
#[derive(Debug, Serialize)]
pub(crate) struct Run {
    pub(crate) run_id: String,
    pub(crate) job: String,
    pub(crate) product: String,
    pub(crate) started_at: Option<Time>,
    pub(crate) ended_at: Option<Time>,
    pub(crate) result: Option<&'static str>,
    pub(crate) raw_result: String,
    pub(crate) recovery_point: String,
    pub(crate) bytes_processed: Option<u64>,
    pub(crate) bytes_added: Option<u64>,
    pub(crate) files: Option<u64>,
    pub(crate) errors: Vec<String>,
    pub(crate) evidence: String,
}

/// A state that can be restored.
#[derive(Debug, Serialize)]
pub(crate) struct RecoveryPoint {
    pub(crate) job: String,
    pub(crate) id: String,
    pub(crate) taken_at: Option<Time>,
    pub(crate) count: u64,
}

impl From<v1::BackupStatus> for BackupStatus {
    fn from(it: v1::BackupStatus) -> Self {
        Self {
            endpoint_id: it.endpoint_id,
            hostname: it.hostname,
            tenant: it.tenant,
            site: it.site,
            job: it.job.map(Into::into).unwrap_or_default(),
            status: spelled::<v1::CheckStatus>(it.status),
            reason: it.reason,
            last_run: it.last_run.map(Into::into),
            last_success_at: time(it.last_success_at),
            newest: it.newest.map(Into::into),
            expected_at: time(it.expected_at),
        }
    }
}

impl From<v1::BackupJob> for Job {
    fn from(it: v1::BackupJob) -> Self {
        Self {
            name: it.name,
            product: it.product,
            schedule: it.schedule.and_then(|it| it.kind).map(Into::into),
            start_grace_seconds: it.start_grace_seconds,
            run_grace_seconds: it.run_grace_seconds,
            enabled: it.enabled,
        }
    }
}

impl From<v1::schedule::Kind> for Schedule {
    fn from(it: v1::schedule::Kind) -> Self {
        match it {
            v1::schedule::Kind::EverySeconds(seconds) => Self::EverySeconds(seconds),
            v1::schedule::Kind::Cron(it) => Self::Cron { expression: it.expression, zone: it.zone },
            v1::schedule::Kind::NextAt(at) => Self::NextAt(time(Some(at))),
        }
    }
}

impl From<v1::BackupRun> for Run {
    fn from(it: v1::BackupRun) -> Self {
        Self {
            run_id: it.run_id,
            job: it.job,
            product: it.product,
            started_at: time(it.started_at),
            ended_at: time(it.ended_at),
            result: spelled::<v1::RunResult>(it.result),
            raw_result: it.raw_result,
            recovery_point: it.recovery_point,
            bytes_processed: it.bytes_processed,
            bytes_added: it.bytes_added,
            files: it.files,
            errors: it.errors,
            evidence: it.evidence,
        }
    }
}

impl From<v1::RecoveryPoint> for RecoveryPoint {
    fn from(it: v1::RecoveryPoint) -> Self {
        Self { job: it.job, id: it.id, taken_at: time(it.taken_at), count: it.count }
    }
}

impl View for Backups {
    fn text(&self, look: &Look) -> String {
        if self.jobs.is_empty() {
            return "no backup jobs: nothing says that anything is backed up".into();
        }
        let headings = [
            "HOST",
            "JOB",
            "PRODUCT",
            "STATUS",
            "LAST RUN",
            "ENDED",
            "LAST GOOD",
            "SCHEDULE",
            "WHY",
        ];
        let mut table = Table::new(look, &headings);
        for it in &self.jobs {
            let run = it.last_run.as_ref();
            table.row([
                Field::Text(short(&it.hostname, 14)),
                Field::Text(short(&it.job.name, 14)),
                Field::Text(short(&it.job.product, 10)),
                Field::word(it.status),
                Field::word(run.and_then(|it| it.result)),
                Field::Text(look.ago(run.and_then(|it| it.ended_at))),
                Field::Text(look.ago(it.last_success_at)),
                Field::Text(it.job.schedule(look)),
                Field::text(&it.reason),
            ]);
        }
        table.text()
    }
}

impl Job {
    fn schedule(&self, look: &Look) -> String {
        match &self.schedule {
            _ if !self.enabled => "disabled".into(),
            None => NOTHING.into(),
            Some(Schedule::EverySeconds(seconds)) => {
                // A year is the most that the contract allows.
                let length = i64::try_from(*seconds).unwrap_or(i64::MAX);
                format!("every {}", duration::format(SignedDuration::from_secs(length)))
            }
            Some(Schedule::Cron { expression, .. }) => short(expression, 14),
            Some(Schedule::NextAt(at)) => look.ago(*at),
        }
    }
}
