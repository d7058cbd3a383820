//! What the settings say about backups.

use jiff::{SignedDuration, tz::TimeZone};
use remit_runtime::{
    config::{ConfigError, Document, Effective, Setting},
    duration,
    duration::Span,
};
use remit_shared::{BackupJob, Schedule};

use super::raw::{RawConfig, RawJob, RawRepository};
use crate::probe::backup::Repository;

/// How late a run may start, unless somebody says otherwise.
const START_GRACE: SignedDuration = SignedDuration::from_hours(1);
/// How long a run may take, unless somebody says otherwise.
const RUN_GRACE: SignedDuration = SignedDuration::from_hours(12);

/// Jobs, and where their results can be looked at.
#[derive(Clone, Debug, Default)]
pub struct Backups {
    /// The jobs of this machine, as its owner declares them.
    pub jobs: Vec<BackupJob>,
    /// Repositories to ask restic about.
    pub restic: Vec<Repository>,
    /// Repositories to ask borg about.
    pub borg: Vec<Repository>,
    /// systemd timers that are backups, besides those that look like it.
    pub timers: Vec<String>,
    /// Tasks of Windows' Task Scheduler that are backups, by their paths.
    pub tasks: Vec<String>,
}

impl Backups {
    pub(super) fn check(document: &Document<RawConfig>, zone: &str) -> Result<Self, ConfigError> {
        let raw = &document.value.backup;
        let (timers, tasks) = (raw.timers.clone(), raw.tasks.clone());
        let mut backups = Self { timers, tasks, ..Self::default() };
        for (index, task) in backups.tasks.iter().enumerate() {
            if !task.starts_with('\\') || task.ends_with('\\') || task.len() > 260 {
                let message = r"must be the path of a task, as in `\Backup\Nightly`";
                return Err(document.invalid(&format!("backup.tasks.{}", index + 1), message));
            }
        }
        for (index, job) in raw.job.iter().enumerate() {
            let fail = |field: &str, message: String| {
                document.invalid(&format!("backup.job.{}.{field}", index + 1), message)
            };
            if job.name.is_empty() || job.name.len() > 100 {
                return Err(fail("name", "must have 1 to 100 bytes".into()));
            }
            if backups.jobs.iter().any(|it| it.name == job.name) {
                return Err(fail("name", format!("`{}` is declared twice", job.name)));
            }
            backups.jobs.push(BackupJob {
                name: job.name.clone(),
                product: job.product.clone().unwrap_or_else(|| "ping".into()),
                schedule: schedule(job, zone, fail)?,
                start_grace: job.start_grace.map_or(START_GRACE, |it| it.0),
                run_grace: job.run_grace.map_or(RUN_GRACE, |it| it.0),
                enabled: job.enabled.unwrap_or(true),
            });
        }
        backups.restic = repositories(document, &backups.jobs, "restic", &raw.restic)?;
        backups.borg = repositories(document, &backups.jobs, "borg", &raw.borg)?;
        Ok(backups)
    }

    pub(super) fn show(&self, effective: &mut Effective) {
        let mut row = |key: &str, value: String| {
            effective.show(key, &Setting::new(String::new()).file(Some(value)));
        };
        for job in &self.jobs {
            let when = match &job.schedule {
                Schedule::Undeclared => "no schedule".into(),
                Schedule::Every(span) => format!("every {}", duration::format(*span)),
                Schedule::Cron { expression, zone } => format!("{expression} {zone}"),
                Schedule::NextAt(at) => at.to_string(),
            };
            let grace = duration::format(job.start_grace);
            let value = format!("{} by {}, {when}, {grace} late at most", job.name, job.product);
            row("backup.job", value);
        }
        for (key, list) in [("backup.restic", &self.restic), ("backup.borg", &self.borg)] {
            for it in list {
                row(key, format!("{} in {}", it.job.name, it.location));
            }
        }
        for (key, list) in [("backup.timers", &self.timers), ("backup.tasks", &self.tasks)] {
            if !list.is_empty() {
                row(key, list.join(", "));
            }
        }
    }
}

fn schedule(
    job: &RawJob,
    zone: &str,
    fail: impl Fn(&str, String) -> ConfigError,
) -> Result<Schedule, ConfigError> {
    match (&job.schedule, job.every) {
        (Some(_), Some(_)) => Err(fail("every", "cannot be given together with `schedule`".into())),
        (None, Some(Span(every))) if every < SignedDuration::from_mins(1) => {
            Err(fail("every", "must be at least 1m".into()))
        }
        (None, Some(Span(every))) => Ok(Schedule::Every(every)),
        (None, None) => Ok(Schedule::Undeclared),
        (Some(expression), None) => {
            // What the fields mean is the collector's to say; this catches what
            // is no cron expression at all before it travels.
            let fields: Vec<_> = expression.split_whitespace().collect();
            let is_field = |it: &&str| {
                it.chars().all(|it| it.is_ascii_alphanumeric() || "*/,-?#".contains(it))
            };
            if fields.len() != 5 || !fields.iter().all(is_field) {
                let message = "is not a cron expression of five fields, as in `30 2 * * *`";
                return Err(fail("schedule", message.into()));
            }
            let zone = match &job.zone {
                Some(zone) => zone.clone(),
                None if zone.is_empty() => "UTC".into(),
                None => zone.into(),
            };
            if TimeZone::get(&zone).is_err() {
                let message = format!("`{zone}` is no time zone, as in `Europe/Berlin`");
                return Err(fail("zone", message));
            }
            Ok(Schedule::Cron { expression: fields.join(" "), zone })
        }
    }
}

fn repositories(
    document: &Document<RawConfig>,
    jobs: &[BackupJob],
    product: &str,
    raw: &[RawRepository],
) -> Result<Vec<Repository>, ConfigError> {
    let mut repositories = Vec::with_capacity(raw.len());
    for (index, it) in raw.iter().enumerate() {
        let Some(job) = jobs.iter().find(|job| job.name == it.job) else {
            let key = format!("backup.{product}.{}.job", index + 1);
            let message = format!("`{}` is not the name of any [[backup.job]]", it.job);
            return Err(document.invalid(&key, message));
        };
        repositories.push(Repository {
            job: job.clone(),
            location: it.repository.clone(),
            password_file: it.password_file.clone(),
            binary: it.binary.clone(),
            host: it.host.clone(),
        });
    }
    Ok(repositories)
}
