//! `remit-agent backup run`: a backup, and the news of it.
//!
//! Put in front of a backup's command line, it reports that the run began and
//! how it ended. It needs neither the agent running nor any password.
//!
//! # Invariants
//!
//! - Monitoring never prevents a backup: if nothing can be reported, the
//!   program runs all the same, and a warning says so.
//! - The program has the caller's terminal, environment, folder and signals,
//!   and its exit code is ours. A program that is missing gives 127 and one
//!   that may not be run 126, as a shell does.
//! - Neither the environment nor the command line is reported, because both
//!   may contain secrets. What the program said is, shortened.
//!
//! # Not here
//!
//! What a product says and means is in the module of its name.

mod borg;
mod child;
mod ear;
mod restic;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::{ffi::OsString, future, io, path::Path};

use remit_agent_domain::evidence::{MAX_EVIDENCE, head, tail};
use remit_shared::{Answer, BackupRun, Body, Chain, Clock, RunId, RunResult};

use crate::{
    backup_run::{
        child::{End, Human},
        ear::{Ear, Verdict},
    },
    inbox::DropBox,
    platform::process::{StopSignal, StopSignals},
};

/// The most errors that are told of one run.
const MAX_ERRORS: usize = 20;
/// The longest of them.
const MAX_ERROR: usize = 500;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Order {
    /// The job whose run it is.
    pub job: String,
    /// The product, where the program's name does not tell it.
    pub product: Option<String>,
    /// The program, found as a shell would.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// Runs it and reports into the drop folder. Gives the exit code to end with.
pub async fn run(order: &Order, run_id: RunId, clock: &dyn Clock, inbox: &Path) -> i32 {
    let mut human = Human::terminal();
    match StopSignals::listen() {
        Ok(mut signals) => {
            attend(order, run_id, clock, inbox, &mut human, async || signals.next().await).await
        }
        Err(err) => {
            human.complain(&format!("failed to listen for signals: {err}")).await;
            attend(order, run_id, clock, inbox, &mut human, future::pending).await
        }
    }
}

async fn attend(
    order: &Order,
    run_id: RunId,
    clock: &dyn Clock,
    inbox: &Path,
    human: &mut Human,
    signals: impl AsyncFnMut() -> StopSignal,
) -> i32 {
    let mut ear = Ear::new(order);
    let begun = BackupRun {
        run_id,
        job: order.job.clone(),
        product: ear.product().into(),
        started_at: Some(clock.now()),
        ended_at: None,
        result: RunResult::Running,
        raw_result: "running".into(),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: Vec::new(),
        evidence: String::new(),
    };
    report(inbox, clock, begun.clone(), human).await;

    let ended = child::attend(order, &mut ear, human, signals).await;
    let (code, verdict) = match ended {
        Ok(end) => (end.exit_code(), judge(&ear, &end)),
        Err(err) => {
            let (code, why) = not_started(order, &err);
            human.complain(&why).await;
            let raw = format!("exit {code}");
            (code, Verdict { errors: vec![why], ..Verdict::new(RunResult::Failed, raw) })
        }
    };
    let run = BackupRun {
        ended_at: Some(clock.now()),
        result: verdict.result,
        raw_result: verdict.raw,
        recovery_point: verdict.recovery_point,
        bytes_processed: verdict.bytes_processed,
        bytes_added: verdict.bytes_added,
        files: verdict.files,
        errors: bounded(verdict.errors),
        evidence: tail(&ear.evidence(), MAX_EVIDENCE),
        ..begun
    };
    report(inbox, clock, run, human).await;
    code
}

/// What a program's end means. That somebody stopped it explains a failure,
/// and spoils no success.
fn judge(ear: &Ear, end: &End) -> Verdict {
    let verdict = ear.verdict(end);
    if end.stopped && verdict.result == RunResult::Failed {
        Verdict { result: RunResult::Cancelled, ..verdict }
    } else {
        verdict
    }
}

async fn report(inbox: &Path, clock: &dyn Clock, run: BackupRun, human: &mut Human) {
    let now = clock.now();
    let answer = Answer::full("backup-run", "remit-agent backup run", now, Body::Run(run));
    let put = DropBox::open(inbox).and_then(|it| it.put(now, vec![answer]));
    if let Err(err) = put {
        human.complain(&format!("warning: this run is not reported: {}", Chain(&err))).await;
    }
}

fn not_started(order: &Order, err: &io::Error) -> (i32, String) {
    let program = order.program.to_string_lossy();
    if err.kind() == io::ErrorKind::NotFound {
        (127, format!("`{program}` is not installed, or not in a folder of PATH"))
    } else {
        (126, format!("failed to run `{program}`: {err}"))
    }
}

fn bounded(errors: Vec<String>) -> Vec<String> {
    let more = errors.len().saturating_sub(MAX_ERRORS);
    let kept = errors.into_iter().take(MAX_ERRORS).map(|it| head(&it, MAX_ERROR));
    kept.chain((more > 0).then(|| format!("and {more} more"))).collect()
}
