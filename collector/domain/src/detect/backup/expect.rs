//! When a job should start, and when it should have ended.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use remit_shared::{RunResult, Schedule};

use crate::{
    endpoint::{JobSource, JobState},
    schedule::{Cron, CronError},
};

/// A start so long before its time is the one that was meant: the endpoint's
/// clock need not agree with ours to the second.
const EARLY: SignedDuration = SignedDuration::from_mins(2);

/// So long may it take until a scan shows what is in a repository.
const BETWEEN_SCANS: SignedDuration = SignedDuration::from_mins(90);

/// Why nobody can tell when a job should run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The expression makes no sense.
    #[error("cron expression `{expression}` cannot be read: {source}")]
    Cron {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        source: CronError,
    },
    /// There is no such zone here.
    #[error("time zone `{0}` is not known")]
    Zone(String),
}

/// Where the next start of a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// None is expected: the job is off, or nobody said when it runs.
    Never,
    /// What was expected has come, and the next is not known yet.
    Made,
    /// It is expected at this time.
    Pending(Timestamp),
    /// It was expected, and has not come.
    Overdue {
        /// When it was expected.
        due: Timestamp,
        /// Until when it would have been in time.
        deadline: Timestamp,
    },
    /// Nobody can tell.
    Unreadable(ScheduleError),
}

/// When the next start of a job is expected, also if that is past; `None` if
/// nobody knows.
pub fn expected_at(state: &JobState) -> Option<Timestamp> {
    if state.job.enabled { due(state).ok().flatten() } else { None }
}

pub(super) fn start(state: &JobState, now: Timestamp) -> Start {
    if !state.job.enabled || state.job.schedule == Schedule::Undeclared {
        return Start::Never;
    }
    let due = match due(state) {
        Err(error) => return Start::Unreadable(error),
        Ok(None) => return Start::Made,
        Ok(Some(due)) => due,
    };
    let deadline = deadline(state, due);
    if deadline < now { Start::Overdue { due, deadline } } else { Start::Pending(due) }
}

fn due(state: &JobState) -> Result<Option<Timestamp>, ScheduleError> {
    let begun = state.last_start_at.and_then(|it| it.checked_add(EARLY).ok());
    let after = begun.map_or(state.known_since, |it| it.max(state.known_since));
    match &state.job.schedule {
        Schedule::Undeclared => Ok(None),
        Schedule::Every(period) => {
            let last = state.last_start_at.unwrap_or(state.known_since).max(state.known_since);
            Ok(last.checked_add(*period).ok())
        }
        Schedule::NextAt(at) => Ok(Some(*at).filter(|it| *it > after)),
        Schedule::Cron { expression, zone } => {
            let cron = Cron::parse(expression).map_err(|source| {
                let expression = expression.chars().take(80).collect();
                ScheduleError::Cron { expression, source }
            })?;
            let zone = TimeZone::get(zone).map_err(|_| ScheduleError::Zone(zone.clone()))?;
            Ok(cron.next_after(after, &zone))
        }
    }
}

fn deadline(state: &JobState, due: Timestamp) -> Timestamp {
    let deadline = later(due, state.job.start_grace);
    if state.source != JobSource::Scanned || state.last_run.is_some() {
        return deadline;
    }
    // All we see of this job is what its repository holds, and a run shows
    // there only when it is over and somebody looks.
    let deadline = later(deadline, state.job.run_grace);
    if state.last_heard_at.is_some_and(|it| deadline < it) {
        deadline
    } else {
        later(deadline, BETWEEN_SCANS)
    }
}

/// Since when a run has been going on that should be over.
pub(super) fn stuck_since(state: &JobState, now: Timestamp) -> Option<Timestamp> {
    let run = state.last_run.as_ref().filter(|it| it.result == RunResult::Running)?;
    let began = run.started_at.or(state.last_start_at)?;
    (later(began, state.job.run_grace) < now).then_some(began)
}

/// The zone on whose dial the job's times are best read.
pub(super) fn zone_of(state: &JobState) -> Option<&str> {
    match &state.job.schedule {
        Schedule::Cron { zone, .. } => Some(zone),
        Schedule::Undeclared | Schedule::Every(_) | Schedule::NextAt(_) => None,
    }
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
