//! What a listing says of a backup job.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{CheckStatus, RunResult, Schedule};

use crate::{
    detect::{
        Checks, Level,
        backup::{
            FAILED, GONE, MISSED, RPO, SIZE, STUCK, WARNING,
            expect::{self, Start, zone_of},
        },
        words::{moment, span},
    },
    endpoint::JobState,
};

/// A job without a schedule that has not succeeded for so long is not known to
/// be well.
const UNSCHEDULED: SignedDuration = SignedDuration::from_hours(24 * 8);

/// Where a status belongs in a list that begins with the worst.
pub const fn rank(status: CheckStatus) -> u8 {
    match status {
        CheckStatus::Crit => 0,
        CheckStatus::Unknown => 1,
        CheckStatus::Stale => 2,
        CheckStatus::Warn => 3,
        CheckStatus::Ok => 4,
    }
}

/// What a job's status is, and why. While the endpoint is not `online`,
/// nothing is known to be well, nor to have failed since.
pub fn status(
    state: &JobState,
    checks: &Checks,
    online: bool,
    now: Timestamp,
) -> (CheckStatus, String) {
    let last_good = match state.last_success_at {
        Some(at) => format!("the last good backup is of {}", moment(at, zone_of(state))),
        None => "no good backup is known".to_owned(),
    };
    if !online {
        let status = if state.last_success_at.is_some() || state.last_run.is_some() {
            CheckStatus::Stale
        } else {
            CheckStatus::Unknown
        };
        return (status, format!("the endpoint is not heard, so this is unverified: {last_good}"));
    }
    let name = state.job.name.as_str();
    let told = [STUCK, FAILED, MISSED, RPO, GONE, SIZE, WARNING].into_iter();
    let told = told.filter_map(|check| checks.get(check, name)).filter(|it| it.level != Level::Ok);
    if let Some(worst) = told.reduce(|a, b| if b.level > a.level { b } else { a }) {
        let status = if worst.level == Level::Crit { CheckStatus::Crit } else { CheckStatus::Warn };
        return (status, worst.summary.clone());
    }
    if !state.job.enabled {
        return (CheckStatus::Unknown, format!("switched off; {last_good}"));
    }
    if state.last_run.as_ref().is_some_and(|it| it.result == RunResult::Unknown) {
        return (CheckStatus::Unknown, format!("nobody can tell how it ended; {last_good}"));
    }
    let Some(success) = state.last_success_at else {
        let waits = match expect::start(state, now) {
            Start::Pending(due) => format!("; expected at {}", moment(due, zone_of(state))),
            Start::Never | Start::Made | Start::Overdue { .. } | Start::Unreadable(_) => {
                String::new()
            }
        };
        return (CheckStatus::Unknown, format!("{last_good}{waits}"));
    };
    let age = now.duration_since(success);
    if state.job.schedule == Schedule::Undeclared && age > UNSCHEDULED {
        let reason = format!("{last_good}, and nobody said how often it should run");
        return (CheckStatus::Stale, reason);
    }
    (CheckStatus::Ok, format!("{last_good}, {} ago", span(age)))
}
