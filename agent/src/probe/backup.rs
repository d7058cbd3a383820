//! What backup products hold, seen by asking them.
//!
//! Asking a repository is the second opinion beside a job's own report: a job
//! can be green for weeks and leave nothing that could be restored.
//!
//! # Invariants
//!
//! - A repository that could not be asked is named in a partial answer. Its
//!   job is listed nevertheless; only its recovery point is missing.
//! - No lock is taken, so that asking never delays a backup.
//! - Passwords stay in their files.
//!
//! # Not here
//!
//! Runs are told by the wrapper and by pings; whether one is missing, and
//! whether a recovery point is too old, is decided by the collector.

pub mod borg;
pub mod events;
pub mod restic;
pub mod tasks;
pub mod timer;

use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;
use remit_shared::{Answer, BackupJob, BackupScan, Body, Completeness, RecoveryPoint};

use crate::probe::{ProbeError, Sample};

/// Repositories are often far away.
const DEADLINE: Duration = Duration::from_secs(120);

/// A repository to be asked for what can be restored from it.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The job that fills it, as declared.
    pub job: BackupJob,
    /// Where it is, in the product's own words: `/srv/backup`, `sftp:nas:/backup`.
    pub location: String,
    /// The file that has its password; without one, none is needed.
    pub password_file: Option<PathBuf>,
    /// The product's program, where it is not in one of the usual places.
    pub binary: Option<PathBuf>,
    /// Count only what this host backed up, where several share the
    /// repository: another host's backup proves nothing for this one.
    pub host: Option<String>,
}

/// The backup jobs that the configuration declares, all of them: what the
/// agent tells when it starts.
pub fn declared(jobs: Vec<BackupJob>, now: Timestamp) -> Answer {
    Answer::full("backup-jobs", "agent.toml", now, Body::Jobs(jobs))
}

/// Asks each repository in turn, and gives the error only if all failed.
fn survey(
    product: &str,
    repositories: &[Repository],
    mut ask: impl FnMut(&Repository) -> Result<Option<RecoveryPoint>, ProbeError>,
) -> Result<Sample, ProbeError> {
    let (mut newest, mut failures) = (Vec::new(), Vec::new());
    for repository in repositories {
        match ask(repository) {
            Ok(point) => newest.extend(point),
            Err(err) => failures.push((&repository.job.name, err)),
        }
    }
    if failures.len() == repositories.len()
        && let Some((_, err)) = failures.pop()
    {
        return Err(err);
    }
    let jobs = repositories.iter().map(|it| it.job.clone()).collect();
    let scan = BackupScan { product: product.into(), jobs, newest };
    let mut sample = Sample::full(Body::Backups(scan));
    if !failures.is_empty() {
        let missing =
            failures.iter().map(|(job, err)| format!("job {job}: {}", err.to_failure().message));
        sample.missing = missing.collect::<Vec<_>>().join("; ");
        sample.completeness = Completeness::Partial;
    }
    Ok(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository for a job of the same name.
    pub(super) fn repository(job: &str, product: &str, location: &str) -> Repository {
        let hour = jiff::SignedDuration::from_hours(1);
        let job = BackupJob {
            name: job.into(),
            product: product.into(),
            schedule: remit_shared::Schedule::Undeclared,
            start_grace: hour,
            run_grace: hour,
            enabled: true,
        };
        let location = location.into();
        Repository { job, location, password_file: None, binary: None, host: None }
    }

    fn point(job: &str) -> RecoveryPoint {
        RecoveryPoint { job: job.into(), id: "1".into(), taken_at: Timestamp::UNIX_EPOCH, count: 1 }
    }

    fn ask(repository: &Repository) -> Result<Option<RecoveryPoint>, ProbeError> {
        match &*repository.location {
            "empty" => Ok(None),
            "full" => Ok(Some(point(&repository.job.name))),
            what => Err(ProbeError::Locked { what: what.into() }),
        }
    }

    #[test]
    fn a_repository_that_fails_hides_no_other() {
        let repositories =
            [("a", "full"), ("b", "empty"), ("c", "it")].map(|(job, at)| repository(job, "x", at));
        let sample = survey("x", &repositories, ask).unwrap();
        let Body::Backups(scan) = sample.body else { panic!() };
        let jobs: Vec<_> = scan.jobs.iter().map(|it| &*it.name).collect();
        assert_eq!((jobs, scan.newest), (vec!["a", "b", "c"], vec![point("a")]));
        assert_eq!(sample.completeness, Completeness::Partial);
        assert_eq!(sample.missing, "job c: it is locked");
    }

    #[test]
    fn if_none_answers_there_is_no_answer() {
        let repositories = ["p", "q"].map(|at| repository("job", "x", at));
        let err = survey("x", &repositories, ask).unwrap_err();
        assert!(matches!(err, ProbeError::Locked { .. }), "{err}");
    }
}
