//! Backups that systemd starts: their timers, and how their services ended.
//!
//! A timer that triggered says nothing of the service that it started, so both
//! are asked. The timers are this probe's answer; runs of their services are
//! dropped into the inbox, each under the id that systemd gave the invocation,
//! so that telling of one again after a restart changes nothing.
//!
//! Timers are those that the configuration names, and those whose name looks
//! like a backup tool's. A timer that is disabled, masked or gone is a job
//! that is switched off, which is worth more attention than a failed one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{
    Answer, BackupJob, BackupRun, BackupScan, Body, Chain, Completeness, RunId, RunResult, Schedule,
};
use uuid::Uuid;

use crate::{
    inbox::DropBox,
    probe::{
        Probe, ProbeError, Sample, Turn,
        systemd::{Properties, blocks, require, said, systemctl, time},
    },
};

/// What backup timers are called.
const TOOLS: [&str; 14] = [
    "backup",
    "bacula",
    "bareos",
    "barman",
    "borg",
    "duplicati",
    "duplicity",
    "kopia",
    "pgbackrest",
    "proxmox-backup",
    "rdiff",
    "restic",
    "rsnapshot",
    "sanoid",
];
/// Saves the list of packages, which nobody would miss.
const NO_BACKUPS: [&str; 1] = ["dpkg-db-backup.timer"];

/// systemd starts timers within a minute; this leaves room for a busy boot.
const START_GRACE: SignedDuration = SignedDuration::from_mins(30);
/// Longer than any night.
const RUN_GRACE: SignedDuration = SignedDuration::from_hours(24);

const PRODUCT: &str = "systemd-timer";
const TIMER: &str = "--property=Id,LoadState,UnitFileState,ActiveState,Unit,NextElapseUSecRealtime";
const SERVICE: &str = "--property=Id,ActiveState,Result,ExecMainStatus,ExecMainStartTimestamp,\
                       ExecMainExitTimestamp,InactiveEnterTimestamp,InvocationID";

/// Asks systemd for backup timers and what they started.
#[derive(Debug)]
pub struct TimerProbe {
    named: BTreeSet<String>,
    inbox: DropBox,
    told: BTreeMap<String, (RunId, RunResult)>,
}

impl TimerProbe {
    /// A probe of these timers and of those that look like backups. `named`
    /// has whole unit names: `nightly.timer`.
    pub fn new(named: impl IntoIterator<Item = String>, inbox: DropBox) -> Self {
        Self { named: named.into_iter().collect(), inbox, told: BTreeMap::new() }
    }

    /// Reports runs that are new, or that went on since the last look.
    fn tell(&mut self, runs: Vec<BackupRun>, now: Timestamp) -> Result<(), ProbeError> {
        let is_new = |it: &BackupRun| self.told.get(&it.job) != Some(&(it.run_id, it.result));
        for run in runs.into_iter().filter(is_new).collect::<Vec<_>>() {
            let key = (run.job.clone(), (run.run_id, run.result));
            let answer = Answer::full(self.name(), self.source(), now, Body::Run(run));
            self.inbox.put(now, vec![answer]).map_err(|err| ProbeError::Program {
                what: "the inbox".into(),
                said: Chain(&err).to_string(),
            })?;
            self.told.insert(key.0, key.1);
        }
        Ok(())
    }
}

impl Probe for TimerProbe {
    fn name(&self) -> &'static str {
        "backup-timer"
    }

    fn source(&self) -> &'static str {
        "systemctl show"
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        require()?;
        // Disabled timers are not loaded, so that only their files are found.
        let files = systemctl()
            .args(["list-unit-files", "--type=timer", "--plain", "--no-legend"])
            .run()?;
        let mut wanted = self.named.clone();
        wanted.extend(unit_files(files.expect()?).filter(|it| is_backup(it)).map(str::to_owned));

        let shown = systemctl().args(["show", TIMER, "--", "*.timer"]).args(&wanted).run()?;
        let timers = timers(shown.expect()?, &self.named);
        let services = timers.iter().filter_map(|it| it.service.clone());
        let services: BTreeSet<_> = services.collect();
        if !services.is_empty() {
            let shown = systemctl().args(["show", SERVICE, "--"]).args(&services).run()?;
            self.tell(runs(shown.expect()?, &timers), turn.now)?;
        }
        Ok(sample(timers))
    }
}

/// A timer that starts backups.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Timer {
    job: BackupJob,
    service: Option<String>,
    is_there: bool,
}

fn sample(timers: Vec<Timer>) -> Sample {
    let gone = timers.iter().filter(|it| !it.is_there).map(|it| format!("{}.timer", it.job.name));
    let gone = gone.collect::<Vec<_>>().join(", ");
    let jobs = timers.into_iter().map(|it| it.job).collect();
    let scan = BackupScan { product: PRODUCT.into(), jobs, newest: Vec::new() };
    let mut sample = Sample::full(Body::Backups(scan));
    if !gone.is_empty() {
        sample.completeness = Completeness::Partial;
        sample.missing = format!("systemd knows no {gone}");
    }
    sample
}

/// Names from `list-unit-files`; templates are not units.
fn unit_files(listed: &str) -> impl Iterator<Item = &str> {
    let names = listed.lines().filter_map(|it| it.split_whitespace().next());
    names.filter(|it| !it.contains("@."))
}

fn is_backup(timer: &str) -> bool {
    !NO_BACKUPS.contains(&timer) && TOOLS.iter().any(|it| timer.contains(it))
}

fn timers(shown: &str, named: &BTreeSet<String>) -> Vec<Timer> {
    let timers = blocks(shown).into_iter().filter_map(|unit| {
        let id = said(&unit, "Id")?;
        if !named.contains(id) && !is_backup(id) {
            return None;
        }
        Some((id.to_owned(), timer(id.strip_suffix(".timer")?, &unit)))
    });
    // A unit that was asked for twice is shown twice.
    timers.collect::<BTreeMap<_, _>>().into_values().collect()
}

fn timer(name: &str, unit: &Properties<'_>) -> Timer {
    let state = said(unit, "UnitFileState").unwrap_or_default();
    // One that only happens to run will not survive a restart.
    let enabled = said(unit, "ActiveState") == Some("active")
        && !matches!(state, "disabled" | "masked" | "masked-runtime");
    let schedule =
        time(unit, "NextElapseUSecRealtime").map_or(Schedule::Undeclared, Schedule::NextAt);
    let job = BackupJob {
        name: name.into(),
        product: PRODUCT.into(),
        schedule,
        start_grace: START_GRACE,
        run_grace: RUN_GRACE,
        enabled,
    };
    let is_there = said(unit, "LoadState") != Some("not-found");
    Timer { job, service: said(unit, "Unit").map(str::to_owned), is_there }
}

fn runs(shown: &str, timers: &[Timer]) -> Vec<BackupRun> {
    let services = blocks(shown);
    let run = |it: &Timer| {
        let is_its = |unit: &&Properties<'_>| said(unit, "Id") == it.service.as_deref();
        run(&it.job.name, services.iter().find(is_its)?)
    };
    timers.iter().filter_map(run).collect()
}

/// The last run of a service, if there was one since the machine started.
fn run(job: &str, unit: &Properties<'_>) -> Option<BackupRun> {
    let run_id = RunId::from_uuid(Uuid::try_parse(said(unit, "InvocationID")?).ok()?);
    let result = said(unit, "Result").unwrap_or("unknown");
    let active = said(unit, "ActiveState").unwrap_or_default();
    let status = said(unit, "ExecMainStatus").unwrap_or("?");
    let is_running = matches!(active, "active" | "activating" | "deactivating" | "reloading");
    // What was skipped has no process, and no times of one.
    let ended_at = time(unit, "ExecMainExitTimestamp").or(time(unit, "InactiveEnterTimestamp"));
    Some(BackupRun {
        run_id,
        job: job.into(),
        product: PRODUCT.into(),
        started_at: time(unit, "ExecMainStartTimestamp"),
        ended_at: ended_at.filter(|_| !is_running),
        result: if is_running { RunResult::Running } else { verdict(result) },
        raw_result: format!("Result={result}, exit {status}"),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: Vec::new(),
        evidence: String::new(),
    })
}

fn verdict(result: &str) -> RunResult {
    match result {
        "success" => RunResult::Success,
        "exec-condition" => RunResult::Skipped,
        "unknown" => RunResult::Unknown,
        _ => RunResult::Failed,
    }
}

#[cfg(test)]
mod tests;
