//! Which runs have begun and not ended.

use jiff::Timestamp;
use remit_shared::{BackupRun, RunId, RunResult};
use uuid::Uuid;

use crate::{
    evidence::{MAX_EVIDENCE, head, tail},
    ping::{Ping, Signal},
};

/// The most runs that are remembered as open.
pub const MAX_OPEN: usize = 1_000;

/// The longest error that is taken out of a script's words.
const MAX_ERROR: usize = 500;

/// Run ids that follow from a `rid` are derived below this.
const RIDS: Uuid = Uuid::from_u128(0x5c2e_97a5_d2b1_4c55_8a7e_3f0b_6b0c_91d4);

/// The open runs, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    open: Vec<Open>,
}

/// A run that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Its job.
    pub job: String,
    /// Its id.
    pub run_id: RunId,
    /// What the script calls it.
    pub rid: Option<Uuid>,
    /// When it began.
    pub started_at: Timestamp,
}

impl Ledger {
    /// A ledger as it was kept.
    pub fn new(mut open: Vec<Open>) -> Self {
        open.drain(..open.len().saturating_sub(MAX_OPEN));
        Self { open }
    }

    /// The open runs, oldest first.
    pub fn open(&self) -> &[Open] {
        &self.open
    }

    /// Whether this ping begins a run that was not open before.
    pub fn is_begun_by(&self, ping: &Ping) -> bool {
        ping.signal == Signal::Start && (ping.rid.is_none() || self.find(ping).is_none())
    }

    /// Takes one ping into account. Gives the next ledger and what is to be
    /// told about runs. `fresh` names a run that nothing else names.
    pub fn apply(
        &self,
        ping: &Ping,
        product: &str,
        words: &str,
        fresh: RunId,
        now: Timestamp,
    ) -> (Self, Vec<BackupRun>) {
        let mut next = self.clone();
        let found = self.find(ping);
        let known = found.map(|at| self.open[at].clone());
        let run_id = ping.rid.map_or(fresh, |rid| derived(&ping.job, rid));
        let tell = |result, open: Option<&Open>, ended_at| BackupRun {
            run_id: open.map_or(run_id, |it| it.run_id),
            job: ping.job.clone(),
            product: product.into(),
            started_at: open.map(|it| it.started_at),
            ended_at,
            result,
            raw_result: ping.signal.to_string(),
            recovery_point: None,
            bytes_processed: None,
            bytes_added: None,
            files: None,
            errors: errors(result, words),
            evidence: tail(words, MAX_EVIDENCE),
        };
        let runs = match (ping.signal, known) {
            // The script says it twice; the run begins once.
            (Signal::Start, Some(open)) if ping.rid.is_some() => {
                vec![tell(RunResult::Running, Some(&open), None)]
            }
            (Signal::Start, known) => {
                // A run that nobody ended and that cannot be ended any more:
                // the next end belongs to the next run.
                let lost = known.map(|open| BackupRun {
                    raw_result: "another start came before its end".into(),
                    evidence: String::new(),
                    ..tell(RunResult::Unknown, Some(&open), Some(now))
                });
                if let Some(at) = found {
                    next.open.remove(at);
                }
                let (job, rid) = (ping.job.clone(), ping.rid);
                let open = Open { job, run_id, rid, started_at: now };
                let begun = tell(RunResult::Running, Some(&open), None);
                next.open.push(open);
                next = Self::new(next.open);
                lost.into_iter().chain([begun]).collect()
            }
            (Signal::Success | Signal::Fail | Signal::Exit(_), known) => {
                if let Some(at) = found {
                    next.open.remove(at);
                }
                vec![tell(verdict(ping.signal), known.as_ref(), Some(now))]
            }
            (Signal::Log, Some(open)) => vec![tell(RunResult::Running, Some(&open), None)],
            // Words about no run have no place to be kept.
            (Signal::Log, None) => vec![],
        };
        (next, runs)
    }

    /// The open run that a ping speaks of.
    fn find(&self, ping: &Ping) -> Option<usize> {
        self.open.iter().rposition(|it| it.job == ping.job && it.rid == ping.rid)
    }
}

fn derived(job: &str, rid: Uuid) -> RunId {
    RunId::from_uuid(Uuid::new_v5(&RIDS, format!("{job}\n{rid}").as_bytes()))
}

fn verdict(signal: Signal) -> RunResult {
    match signal {
        Signal::Success | Signal::Exit(0) => RunResult::Success,
        Signal::Fail | Signal::Exit(_) => RunResult::Failed,
        Signal::Start | Signal::Log => RunResult::Running,
    }
}

/// What a script said last before it failed is most likely why.
fn errors(result: RunResult, words: &str) -> Vec<String> {
    let last = words.lines().rev().find(|it| !it.trim().is_empty());
    let last = last.filter(|_| result == RunResult::Failed);
    last.map(|it| head(it.trim(), MAX_ERROR)).into_iter().collect()
}
