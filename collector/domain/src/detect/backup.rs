//! The truth about backups, from declarations, scans and runs.
//!
//! An agent tells what it sees: the jobs that its own configuration declares,
//! what a product holds when asked, and the runs that begin and end. Whether
//! one is missing is decided here, from the schedule, so that it is noticed
//! with the agent dead.
//!
//! # Invariants
//!
//! - A run is told once, by its id; each failed run is told, also the second
//!   in a row.
//! - A missed run stays missed until the job starts: that the next one lies in
//!   the future is no excuse.
//! - A job whose schedule nobody said is never missed. One whose schedule
//!   cannot be read is not silently never missed.

mod age;
mod expect;
mod size;
mod status;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{BackupJob, BackupRun, BackupScan, RunResult, Schedule};

pub use crate::detect::backup::{
    age::{RPO, data_time},
    expect::{ScheduleError, expected_at},
    size::{SIZE, SIZES},
    status::{rank, status},
};
use crate::{
    detect::{
        Checks, Finding, Level, Policy,
        backup::expect::{Start, zone_of},
        words::{moment, span},
    },
    endpoint::{Facts, JobSource, JobState},
};

/// The check that speaks of runs that did not succeed.
pub const FAILED: &str = "backup-failed";
/// The check that speaks of jobs that are not there any more.
pub const GONE: &str = "backup-gone";
/// The check that speaks of runs that did not start.
pub const MISSED: &str = "backup-missed";
/// The check that speaks of runs that do not end.
pub const STUCK: &str = "backup-stuck";
/// The check that speaks of runs that end with remarks.
pub const WARNING: &str = "backup-warning";

/// So many warnings in a row are worth telling.
const WARNINGS: u32 = 3;

/// What a job may take if nobody said.
const RUN_GRACE: SignedDuration = SignedDuration::from_hours(24);

/// Takes the jobs that the endpoint's own configuration declares, all of them.
pub fn declared(facts: &mut Facts, checks: &mut Checks, jobs: &[BackupJob], at: Timestamp) {
    for job in jobs {
        learn(facts, checks, job, JobSource::Declared, at);
    }
    let is_left = |it: &JobState| it.source == JobSource::Declared && !names(jobs, &it.job.name);
    for state in facts.jobs.values_mut().filter(|it| is_left(it)) {
        switch_off(state, checks, "is no longer declared in the agent's configuration", at);
    }
}

/// Takes what a product says it holds. Only a whole answer tells what is gone.
pub fn scanned(
    facts: &mut Facts,
    checks: &mut Checks,
    scan: &BackupScan,
    is_whole: bool,
    at: Timestamp,
) {
    for job in &scan.jobs {
        learn(facts, checks, job, JobSource::Scanned, at);
    }
    for point in &scan.newest {
        let Some(state) = facts.jobs.get_mut(&point.job) else { continue };
        state.newest = Some(point.clone());
        if state.last_success_at.is_none_or(|it| it < point.taken_at) {
            state.last_success_at = Some(point.taken_at);
        }
        started(state, checks, point.taken_at, at);
    }
    for state in facts.jobs.values_mut().filter(|it| it.job.product == scan.product) {
        let name = &state.job.name;
        if names(&scan.jobs, name) || scan.newest.iter().any(|it| it.job == *name) {
            state.last_heard_at = state.last_heard_at.max(Some(at));
        } else if is_whole && state.source == JobSource::Scanned {
            switch_off(state, checks, &format!("is no longer known to {}", scan.product), at);
        }
    }
}

/// Takes word that a probe's scan said the same as the one before.
pub fn unchanged(facts: &mut Facts, probe: &str, at: Timestamp) {
    let Some(product) = probe.strip_prefix("backup-") else { return };
    let is_meant =
        |it: &&mut JobState| it.job.product == product && it.source == JobSource::Scanned;
    for state in facts.jobs.values_mut().filter(is_meant) {
        state.last_heard_at = state.last_heard_at.max(Some(at));
    }
}

fn names(jobs: &[BackupJob], name: &str) -> bool {
    jobs.iter().any(|it| it.name == name)
}

fn learn(
    facts: &mut Facts,
    checks: &mut Checks,
    job: &BackupJob,
    source: JobSource,
    at: Timestamp,
) {
    let Some(known) = facts.jobs.get_mut(&job.name) else {
        facts.jobs.insert(job.name.clone(), unheard(job.clone(), source, at));
        return;
    };
    if source < known.source && known.job.enabled {
        return;
    }
    let returns = job.enabled && !known.job.enabled;
    if returns || is_another_rhythm(&known.job.schedule, &job.schedule) {
        known.known_since = at;
    }
    if known.job.enabled && !job.enabled {
        switch_off(known, checks, "was switched off where its schedule lives", at);
    } else if returns {
        let summary = format!("backup `{}` is switched on again", job.name);
        checks.clear(GONE, &job.name, &summary, at);
    }
    known.job = job.clone();
    known.source = source;
}

fn unheard(job: BackupJob, source: JobSource, at: Timestamp) -> JobState {
    JobState {
        job,
        source,
        known_since: at,
        last_run: None,
        last_heard_at: None,
        last_success_at: None,
        last_start_at: None,
        warnings_in_a_row: 0,
        last_good_data_at: None,
        sizes: Vec::new(),
        newest: None,
    }
}

/// Whether what was due by one schedule says nothing about the other.
fn is_another_rhythm(before: &Schedule, after: &Schedule) -> bool {
    match (before, after) {
        (Schedule::NextAt(_), Schedule::NextAt(_)) => false,
        (
            Schedule::Undeclared | Schedule::Every(_) | Schedule::Cron { .. } | Schedule::NextAt(_),
            _,
        ) => before != after,
    }
}

/// A backup that somebody has switched off is news, whoever it was.
fn switch_off(state: &mut JobState, checks: &mut Checks, how: &str, at: Timestamp) {
    if !state.job.enabled {
        return;
    }
    state.job.enabled = false;
    let name = &state.job.name;
    let evidence = match state.last_success_at {
        Some(success) => format!("last good backup: {}", moment(success, zone_of(state))),
        None => "no good backup is known".to_owned(),
    };
    checks.set(GONE, name, Level::Warn, format!("backup `{name}` {how}"), evidence, at);
}

/// Takes a run that was true at `at` and heard of at `heard`. Says whether it
/// is one that must be told even if the one before it said the same.
pub fn ran(
    facts: &mut Facts,
    checks: &mut Checks,
    run: &BackupRun,
    at: Timestamp,
    heard: Timestamp,
) -> bool {
    let state = facts
        .jobs
        .entry(run.job.clone())
        .or_insert_with(|| unheard(reported(run), JobSource::Reported, at));
    state.last_heard_at = Some(heard);
    let newest = state.last_run.take();
    let began = run.started_at.or(run.ended_at).unwrap_or(at);
    let ended = run.ended_at.unwrap_or(at);
    let is_same = newest.as_ref().is_some_and(|it| it.run_id == run.run_id);
    if let Some(newest) = &newest {
        let is_over = newest.result != RunResult::Running;
        let is_known = is_same && is_over && (newest.result == run.result || !is_end(run));
        let is_old =
            !is_same && newest.started_at.or(newest.ended_at).is_some_and(|it| ended <= it);
        if is_known || is_old {
            state.last_run = Some(newest.clone());
            return false;
        }
    }
    let mut run = run.clone();
    if is_same {
        run.started_at = run.started_at.or(newest.as_ref().and_then(|it| it.started_at));
    }
    let began = run.started_at.unwrap_or(began);
    // Runs may overlap; the one that began last is the newest.
    let overlapped = newest.filter(|it| !is_same && it.started_at.is_some_and(|last| began < last));
    let is_newest = overlapped.is_none();
    state.last_run = Some(overlapped.unwrap_or_else(|| run.clone()));
    started(state, checks, began, heard);
    if is_newest && (is_end(&run) || !is_same) {
        let summary = format!("backup `{}` is not stuck any more", run.job);
        checks.clear(STUCK, &run.job, &summary, at);
    }
    size::judge(state, checks, &run, ended);
    judge(state, checks, &run, ended)
}

/// Whether a check says what is so until it changes, and not what somebody has
/// done to a job: that is news, and whoever has taken note of it is done with
/// it. Nor does what is bad about a job that is switched off.
pub(super) fn stands(facts: &Facts, check: &str, instance: &str) -> bool {
    match check {
        GONE => false,
        FAILED | MISSED | RPO | SIZE | STUCK | WARNING => {
            facts.jobs.get(instance).is_some_and(|it| it.job.enabled)
        }
        _ => true,
    }
}

fn reported(run: &BackupRun) -> BackupJob {
    BackupJob {
        name: run.job.clone(),
        product: run.product.clone(),
        schedule: Schedule::Undeclared,
        start_grace: SignedDuration::ZERO,
        run_grace: RUN_GRACE,
        enabled: true,
    }
}

fn is_end(run: &BackupRun) -> bool {
    run.result != RunResult::Running
}

/// What a run's end says. Whether it must be told in any case.
fn judge(state: &mut JobState, checks: &mut Checks, run: &BackupRun, ended: Timestamp) -> bool {
    let name = run.job.as_str();
    let (level, how) = match run.result {
        RunResult::Running | RunResult::Skipped | RunResult::Unknown => return false,
        RunResult::Success | RunResult::Warning => {
            state.last_success_at = state.last_success_at.max(Some(ended));
            let data = run.started_at.unwrap_or(ended);
            state.last_good_data_at = state.last_good_data_at.max(Some(data));
            checks.clear(FAILED, name, &format!("backup `{name}` has succeeded"), ended);
            if run.result == RunResult::Success {
                state.warnings_in_a_row = 0;
                checks.clear(WARNING, name, &format!("backup `{name}` has no remarks"), ended);
                return false;
            }
            state.warnings_in_a_row = state.warnings_in_a_row.saturating_add(1);
            let count = state.warnings_in_a_row;
            if count >= WARNINGS {
                let summary = format!(
                    "backup `{name}` has ended with warnings {count} times in a row: {}",
                    cause(run)
                );
                let finding = Finding::now(Level::Warn, summary, evidence(run));
                checks.observe(WARNING, name, finding, ended);
            }
            return false;
        }
        RunResult::Partial => (Level::Warn, "is incomplete"),
        RunResult::Failed => (Level::Crit, "failed"),
        RunResult::Cancelled => (Level::Crit, "was cancelled"),
    };
    state.warnings_in_a_row = 0;
    let summary = format!("backup `{name}` {how}: {}", cause(run));
    checks.set(FAILED, name, level, summary, evidence(run), ended);
    true
}

/// Why, in one line: the product's word and the most telling error.
fn cause(run: &BackupRun) -> String {
    let error = run.errors.iter().map(|it| it.trim()).find(|it| !it.is_empty());
    let words = [run.raw_result.trim(), error.unwrap_or_default()];
    let words: Vec<&str> = words.into_iter().filter(|it| !it.is_empty()).collect();
    if words.is_empty() { "it did not say why".to_owned() } else { words.join(": ") }
}

fn evidence(run: &BackupRun) -> String {
    let parts = run.errors.iter().chain([&run.evidence]);
    let parts: Vec<&str> = parts.map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    parts.join("\n")
}

/// Notes a start. It ends a missed run only if it makes up for it.
fn started(state: &mut JobState, checks: &mut Checks, began: Timestamp, heard: Timestamp) {
    if state.last_start_at.is_some_and(|it| began <= it) {
        return;
    }
    state.last_start_at = Some(began);
    if !matches!(expect::start(state, heard), Start::Overdue { .. }) {
        let name = &state.job.name;
        let summary = format!("backup `{name}` started at {}", moment(began, zone_of(state)));
        checks.clear(MISSED, name, &summary, heard);
    }
}

/// Finds the runs that did not start and those that do not end. `heard` is
/// when the endpoint itself was last heard.
pub fn tick(
    facts: &Facts,
    checks: &mut Checks,
    policy: &Policy,
    heard: Option<Timestamp>,
    now: Timestamp,
) {
    for (name, state) in &facts.jobs {
        age::tick(state, checks, policy, heard, now);
        match expect::start(state, now) {
            Start::Never => {
                let summary = format!("backup `{name}` has no start to wait for any more");
                checks.clear(MISSED, name, &summary, now);
            }
            Start::Unreadable(error) => {
                let summary = format!("nobody can tell when backup `{name}` should run: {error}");
                let finding = Finding::now(Level::Warn, summary, String::new());
                checks.observe(MISSED, name, finding, now);
            }
            Start::Overdue { due, deadline } => {
                let finding = missed(state, due, deadline, heard);
                checks.observe(MISSED, name, finding, now);
            }
            Start::Pending(_) if checks.level(MISSED, name) == Level::Warn => {
                let summary = format!("the schedule of backup `{name}` can be read");
                checks.clear(MISSED, name, &summary, now);
            }
            Start::Pending(_) | Start::Made => {}
        }
        if !state.job.enabled {
            checks.clear(STUCK, name, &format!("backup `{name}` is switched off"), now);
        } else if let Some(began) = expect::stuck_since(state, now) {
            let summary = format!(
                "backup `{name}` has been running since {}; it may take {}",
                moment(began, zone_of(state)),
                span(state.job.run_grace)
            );
            checks.observe(STUCK, name, Finding::now(Level::Crit, summary, String::new()), now);
        }
    }
}

fn missed(
    state: &JobState,
    due: Timestamp,
    deadline: Timestamp,
    heard: Option<Timestamp>,
) -> Finding {
    let (name, zone) = (&state.job.name, zone_of(state));
    let summary = format!("backup `{name}` did not start at {}", moment(due, zone));
    let mut lines = vec![format!("it had until {}", moment(deadline, zone))];
    lines.push(match state.last_success_at {
        Some(at) => format!("last good backup: {}", moment(at, zone)),
        None => "no good backup is known".to_owned(),
    });
    if let Some(heard) = heard.filter(|it| *it < deadline) {
        let silent = moment(heard, zone);
        lines.push(format!("the endpoint itself was last heard at {silent}: it may have run"));
    }
    Finding::now(Level::Crit, summary, lines.join("\n"))
}
