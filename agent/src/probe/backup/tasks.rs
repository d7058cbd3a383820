//! Backups that the Task Scheduler of Windows starts, as an administrator named
//! them.
//!
//! The Task Scheduler is asked through its interfaces, in a child process that
//! can be killed (`remit-agent task-scan --json`), and not through `schtasks`:
//! that one's tables have their headings, words and dates in the language of
//! the machine, and its XML says how a task is defined and nothing of how it
//! ended. The interfaces give numbers.
//!
//! The tasks are this probe's answer; their last runs are dropped into the
//! inbox, each under an id made of the task and its start, so that telling of
//! one again after a restart changes nothing. When a run ended, nobody says.
//!
//! # Not tried
//!
//! No live Windows has run this. The child was run under Wine, whose Task
//! Scheduler knows tasks but no results. See `docs/coverage.md`.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, env, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use remit_shared::{
    Answer, BackupJob, BackupRun, BackupScan, Body, Chain, Completeness, RunId, RunResult, Schedule,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    command::Command,
    inbox::DropBox,
    probe::{Probe, ProbeError, Sample, Turn, patch::wua::scan::Fault},
};

const DEADLINE: Duration = Duration::from_secs(60);
const PRODUCT: &str = "windows-task";
/// The Task Scheduler starts tasks to the minute; this leaves room for a boot.
const START_GRACE: SignedDuration = SignedDuration::from_mins(30);
const RUN_GRACE: SignedDuration = SignedDuration::from_hours(24);

/// What the Task Scheduler says, as the child writes it down.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskScan {
    /// Why it says nothing.
    pub error: Option<Fault>,
    /// The tasks that were asked for, in the order of asking.
    pub tasks: Vec<Task>,
}

/// One `IRegisteredTask`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    /// Its path, as asked: `\Backup\Nightly`.
    pub path: String,
    /// Why nothing is known of it.
    pub error: Option<Fault>,
    /// `Enabled`.
    pub enabled: bool,
    /// `State`: 1 disabled, 2 queued, 3 ready, 4 running.
    pub state: i32,
    /// `LastRunTime`, in days since 1899-12-30, local.
    pub last_run: f64,
    /// `LastTaskResult`.
    pub last_result: i32,
    /// `NumberOfMissedRuns`.
    pub missed: i32,
    /// `NextRunTime`, in days since 1899-12-30, local.
    pub next_run: f64,
}

/// Asks the Task Scheduler.
pub trait Scheduler: Send {
    /// What it says of these tasks, as JSON of a [`TaskScan`].
    fn ask(&mut self, paths: &[String]) -> Result<String, ProbeError>;
}

/// The Task Scheduler, asked by a child of ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnChild;

impl Scheduler for OwnChild {
    fn ask(&mut self, paths: &[String]) -> Result<String, ProbeError> {
        let program = env::current_exe().map_err(|err| ProbeError::read("our own program", err))?;
        let output = Command::new("remit-agent")
            .at(Some(&program))
            .args(["task-scan", "--json", "--"])
            .args(paths)
            .what("the Task Scheduler")
            .deadline(DEADLINE)
            .run()?;
        output.expect().map(str::to_owned)
    }
}

/// Asks the Task Scheduler about backups.
pub struct TasksProbe {
    scheduler: Box<dyn Scheduler>,
    paths: Vec<String>,
    inbox: DropBox,
    zone: TimeZone,
    told: BTreeMap<String, (RunId, RunResult)>,
}

impl TasksProbe {
    /// A probe of these tasks, by their paths. Times are those of this zone.
    pub fn new(
        scheduler: Box<dyn Scheduler>,
        paths: Vec<String>,
        zone: TimeZone,
        inbox: DropBox,
    ) -> Self {
        Self { scheduler, paths, inbox, zone, told: BTreeMap::new() }
    }

    /// Reports runs that are new, or that went on since the last look.
    fn tell(&mut self, run: BackupRun, now: Timestamp) -> Result<(), ProbeError> {
        let is = (run.run_id, run.result);
        if self.told.get(&run.job) == Some(&is) {
            return Ok(());
        }
        let job = run.job.clone();
        let answer = Answer::full(self.name(), self.source(), now, Body::Run(run));
        self.inbox.put(now, vec![answer]).map_err(|err| ProbeError::Program {
            what: "the inbox".into(),
            said: Chain(&err).to_string(),
        })?;
        self.told.insert(job, is);
        Ok(())
    }
}

impl Probe for TasksProbe {
    fn name(&self) -> &'static str {
        "backup-tasks"
    }

    fn source(&self) -> &'static str {
        "Windows Task Scheduler"
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        let json = self.scheduler.ask(&self.paths)?;
        let scan: TaskScan = serde_json::from_str(&json).map_err(|err| ProbeError::Parse {
            what: "the Task Scheduler's answer".into(),
            field: format!("tasks ({err})"),
        })?;
        if let Some(fault) = scan.error {
            return Err(explain(&fault));
        }
        let (mut jobs, mut missing) = (Vec::new(), Vec::new());
        for task in &scan.tasks {
            match &task.error {
                None => {
                    jobs.push(job(task, &self.zone));
                    if let Some(run) = run(task, &self.zone) {
                        self.tell(run, turn.now)?;
                    }
                }
                Some(fault) if is_gone(fault) => {
                    jobs.push(BackupJob { enabled: false, ..job(task, &self.zone) });
                    missing.push(format!("there is no task {}", task.path));
                }
                // One that may not be looked at may be well.
                Some(fault) => missing.push(format!("task {}: {fault}", task.path)),
            }
        }
        let scan = BackupScan { product: PRODUCT.into(), jobs, newest: Vec::new() };
        let mut sample = Sample::full(Body::Backups(scan));
        if !missing.is_empty() {
            sample.completeness = Completeness::Partial;
            sample.missing = missing.join("; ");
        }
        Ok(sample)
    }
}

fn job(task: &Task, zone: &TimeZone) -> BackupJob {
    BackupJob {
        name: name(task),
        product: PRODUCT.into(),
        schedule: local(task.next_run, zone).map_or(Schedule::Undeclared, Schedule::NextAt),
        start_grace: START_GRACE,
        run_grace: RUN_GRACE,
        enabled: task.enabled && task.state != 1,
    }
}

/// The last run, if there was one.
fn run(task: &Task, zone: &TimeZone) -> Option<BackupRun> {
    let started_at = local(task.last_run, zone)?;
    let code = task.last_result.cast_unsigned();
    let result = if task.state == 4 { RunResult::Running } else { verdict(code)? };
    let name = name(task);
    let id = format!("{}\n{started_at}", task.path);
    let evidence = match task.missed {
        0 => String::new(),
        missed => format!("the Task Scheduler has missed {missed} runs"),
    };
    Some(BackupRun {
        run_id: RunId::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes())),
        job: name,
        product: PRODUCT.into(),
        started_at: Some(started_at),
        ended_at: None,
        result,
        raw_result: format!("{code:#010x}"),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: Vec::new(),
        evidence,
    })
}

/// What a result code means; `None` if the task never ran.
fn verdict(code: u32) -> Option<RunResult> {
    match code {
        0 => Some(RunResult::Success),
        0x0004_1301 => Some(RunResult::Running),
        0x0004_1303 => None,
        0x0004_1306 => Some(RunResult::Cancelled),
        _ => Some(RunResult::Failed),
    }
}

fn name(task: &Task) -> String {
    task.path.trim_start_matches('\\').to_owned()
}

/// A local date of OLE automation. An hour that comes twice is taken for its
/// first.
fn local(days: f64, zone: &TimeZone) -> Option<Timestamp> {
    let as_utc = crate::probe::patch::wua::scan::from_ole(days)?;
    let civil: DateTime = TimeZone::UTC.to_datetime(as_utc);
    zone.to_timestamp(civil).ok()
}

fn is_gone(fault: &Fault) -> bool {
    // No such file, no such path.
    matches!(fault.hresult.cast_unsigned(), 0x8007_0002 | 0x8007_0003)
}

fn explain(fault: &Fault) -> ProbeError {
    let what = "the Task Scheduler".to_owned();
    match fault.hresult.cast_unsigned() {
        0x8004_0154 | 0x8000_4001 => ProbeError::Unsupported { why: fault.to_string() },
        0x8007_0005 => ProbeError::NoPermission { what },
        _ => ProbeError::Program { what, said: fault.to_string() },
    }
}
