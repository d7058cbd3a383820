//! From events to runs: one product's story so far, and its next event.
//!
//! [`Story::hear`] takes one event and gives the run that it makes known, if
//! it does. A run that began keeps its place until it ends, with what was said
//! of its objects meanwhile: a job can be green although one of them was
//! skipped, and then the run is not.
//!
//! # Invariants
//!
//! - Equal events make equal runs, also their ids: hearing one twice, after a
//!   crash or out of a log that was made anew, tells nothing new.
//! - A run ends no better than its objects did.
//! - Whatever a product writes, no more is remembered than the bounds below.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_agent_domain::evidence::{MAX_EVIDENCE, head, tail};
use remit_shared::{BackupJob, BackupRun, RunId, RunResult, Schedule};
use uuid::Uuid;

use super::{
    adapter::{Adapter, Log, Row, Tells, first},
    xml::Event,
};

/// The longest name of a job.
const LONGEST: usize = 200;
/// The longest error, and the most of one run.
const ERROR: usize = 500;
const ERRORS: usize = 20;
/// The most runs that are open, and ends and jobs that are remembered.
const OPEN: usize = 200;
const CLOSED: usize = 100;
const JOBS: usize = 500;
/// The most objects of one run that are told apart.
const OBJECTS: usize = 2_000;
/// A run that has said nothing for this long will not end.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What is known of one product on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Its jobs, and whether they are still there.
    pub jobs: BTreeMap<String, bool>,
    /// Runs that have not ended, the newest last.
    pub open: Vec<Open>,
    /// Runs that ended not long ago, the newest last.
    pub closed: Vec<Closed>,
}

/// A run that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What it is known by: its session, or its job where there are none.
    pub key: String,
    /// Its id.
    pub run_id: RunId,
    /// Its job, if an event has said so.
    pub job: Option<String>,
    /// When it began, if an event has said so.
    pub started_at: Option<Timestamp>,
    /// Its objects: how each ended, and what was said.
    pub objects: BTreeMap<String, (RunResult, String)>,
    /// What was said of it, with how well it can end at best.
    pub remarks: Vec<(RunResult, String)>,
    /// When it was heard of last.
    pub touched: Timestamp,
}

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// What it was known by.
    pub key: String,
    /// Its id.
    pub run_id: RunId,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub result: RunResult,
    /// Whether only a weak word has said so.
    pub weak: bool,
}

impl Story {
    /// Hears one event. Gives the run that it makes known.
    pub fn hear(&mut self, adapter: &Adapter, log: &Log, event: &Event) -> Option<BackupRun> {
        let row = Adapter::row(log, event)?;
        let told = self.tell(adapter, log, row, event);
        self.forget(event.at);
        told
    }

    /// Its jobs, as the collector knows jobs. No schedule is in a log.
    pub fn jobs(&self, product: &str) -> impl Iterator<Item = BackupJob> {
        self.jobs.iter().map(move |(name, enabled)| BackupJob {
            name: name.clone(),
            product: product.into(),
            schedule: Schedule::Undeclared,
            start_grace: SignedDuration::from_hours(1),
            run_grace: SignedDuration::from_hours(24),
            enabled: *enabled,
        })
    }

    fn tell(
        &mut self,
        adapter: &Adapter,
        log: &Log,
        row: &Row,
        event: &Event,
    ) -> Option<BackupRun> {
        let job = first(&row.job, event).map(|it| head(&it, LONGEST));
        let session = first(&row.session, event).map(|it| session_key(&it));
        match row.tells {
            Tells::Nothing => None,
            Tells::Removed => {
                // One that was never heard of is nobody's loss.
                *self.jobs.get_mut(&job?)? = false;
                None
            }
            Tells::Started => {
                let key = key(session.as_deref(), job.as_deref(), adapter);
                let started_at = started(row, event).or(Some(event.at));
                let run_id = run_id(session.as_deref(), event);
                // The one before it under the same name never ended.
                self.open.retain(|it| it.key != key);
                self.push(Open { started_at, job: job.clone(), ..open(key, run_id, event) });
                let run = BackupRun { started_at, ..run(adapter, &self.known(job?), run_id) };
                Some(BackupRun { raw_result: format!("event {}", event.id), ..run })
            }
            Tells::Object => {
                let object = head(&first(&row.object, event)?, LONGEST);
                let (result, word) = row.outcome.of(event);
                if result != RunResult::Running {
                    let open = self.opened(&session?, job.as_deref(), event);
                    let said = said(row, event).unwrap_or(word);
                    if open.objects.len() < OBJECTS || open.objects.contains_key(&object) {
                        open.objects.insert(object, (result, said));
                    }
                }
                None
            }
            Tells::Remark => {
                let key = key(session.as_deref(), job.as_deref(), adapter);
                let at_best = row.outcome.of(event).0;
                let said = said(row, event).unwrap_or_else(|| format!("event {}", event.id));
                let open = self.opened(&key, job.as_deref(), event);
                if open.remarks.len() < ERRORS {
                    open.remarks.push((at_best, said));
                }
                None
            }
            Tells::Finished => self.finish(adapter, log, row, event, session.as_deref(), job),
        }
    }

    fn finish(
        &mut self,
        adapter: &Adapter,
        log: &Log,
        row: &Row,
        event: &Event,
        session: Option<&str>,
        job: Option<String>,
    ) -> Option<BackupRun> {
        let key = key(session, job.as_deref(), adapter);
        let place = self.open.iter().position(|it| it.key == key);
        let mut ended = place.map(|it| self.open.remove(it));
        let before = self.closed.iter().rposition(|it| {
            it.key == key && event.at.duration_since(it.ended_at) <= log.same_run_within
        });
        let (mut result, mut word) = row.outcome.of(event);
        let mut run_id = run_id(session, event);
        if let (None, Some(before)) = (&ended, before) {
            let before = self.closed.remove(before);
            // Who says how it ended outweighs who says that it did; of two who
            // say how, the worse one counts.
            let counts = !row.weak && (before.weak || gravity(before.result) < gravity(result));
            if !counts {
                self.closed.push(before);
                return None;
            }
            run_id = before.run_id;
            ended =
                Some(Open { started_at: before.started_at, ..open(key.clone(), run_id, event) });
        }
        let mut ended = ended.unwrap_or_else(|| open(key.clone(), run_id, event));
        // What was said of the product as a whole holds for the run that ends.
        let product = self.open.iter().position(|it| it.key == product_key(adapter));
        if let Some(product) = product {
            ended.remarks.append(&mut self.open.remove(product).remarks);
        }
        let mut errors = Vec::new();
        let said = said(row, event);
        if result != RunResult::Success {
            errors.extend(said.clone());
        }
        for (at_best, remark) in &ended.remarks {
            result = worse(result, *at_best);
            errors.push(remark.clone());
        }
        for (object, (how, said)) in &ended.objects {
            result = worse(result, of_object(*how));
            if gravity(*how) > gravity(RunResult::Success) {
                errors.push(format!("{object}: {how}: {said}"));
            }
        }
        for (object, code) in row.items.iter().flat_map(|it| it.failed(event)) {
            result = worse(result, RunResult::Partial);
            errors.push(format!("{object} failed with {code}"));
        }
        if first(&row.retried, event).is_some_and(|it| it.eq_ignore_ascii_case("true")) {
            word += ", will be retried";
        }
        let job = job.or(ended.job).unwrap_or_else(|| adapter.title.clone());
        let started_at = started(row, event).or(ended.started_at);
        self.closed.push(Closed {
            key,
            run_id: ended.run_id,
            started_at,
            ended_at: event.at,
            result,
            weak: row.weak,
        });
        let run = run(adapter, &self.known(job), ended.run_id);
        Some(BackupRun {
            started_at,
            ended_at: Some(event.at),
            result,
            raw_result: head(&format!("event {}, {word}", event.id), LONGEST),
            errors: bounded(errors),
            evidence: said.map(|it| tail(&it, MAX_EVIDENCE)).unwrap_or_default(),
            ..run
        })
    }

    /// The open run of this name; a new one if nobody has told of it.
    fn opened(&mut self, key: &str, job: Option<&str>, event: &Event) -> &mut Open {
        let at = self.open.iter().position(|it| it.key == key);
        let mut found = match at {
            Some(at) => self.open.remove(at),
            None => open(key.to_owned(), run_id(Some(key), event), event),
        };
        found.touched = event.at;
        found.job = found.job.or_else(|| job.map(str::to_owned));
        self.push(found)
    }

    fn push(&mut self, open: Open) -> &mut Open {
        let at = self.open.len();
        self.open.push(open);
        &mut self.open[at]
    }

    /// Remembers a job. It runs, so it is there.
    fn known(&mut self, job: String) -> String {
        if self.jobs.len() < JOBS || self.jobs.contains_key(&job) {
            self.jobs.insert(job.clone(), true);
        }
        job
    }

    fn forget(&mut self, now: Timestamp) {
        self.open.retain(|it| now.duration_since(it.touched) <= FORGOTTEN);
        self.open.drain(..self.open.len().saturating_sub(OPEN));
        self.closed.drain(..self.closed.len().saturating_sub(CLOSED));
    }
}

fn open(key: String, run_id: RunId, event: &Event) -> Open {
    Open {
        key,
        run_id,
        job: None,
        started_at: None,
        objects: BTreeMap::new(),
        remarks: Vec::new(),
        touched: event.at,
    }
}

fn run(adapter: &Adapter, job: &str, run_id: RunId) -> BackupRun {
    BackupRun {
        run_id,
        job: job.into(),
        product: adapter.product.clone(),
        started_at: None,
        ended_at: None,
        result: RunResult::Running,
        raw_result: String::new(),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: Vec::new(),
        evidence: String::new(),
    }
}

fn session_key(session: &str) -> String {
    head(&session.trim_matches(['{', '}']).to_ascii_lowercase(), LONGEST)
}

fn key(session: Option<&str>, job: Option<&str>, adapter: &Adapter) -> String {
    match (session, job) {
        (Some(session), _) => session.to_owned(),
        (None, Some(job)) => format!("job {job}"),
        (None, None) => product_key(adapter),
    }
}

fn product_key(adapter: &Adapter) -> String {
    format!("product {}", adapter.product)
}

/// A session that has a UUID lends it to the run, whatever happens to the log.
/// Others are named by the event that tells of them first.
fn run_id(session: Option<&str>, event: &Event) -> RunId {
    if let Some(uuid) = session.and_then(|it| Uuid::try_parse(it).ok()) {
        return RunId::from_uuid(uuid);
    }
    let name = format!(
        "{}\n{}\n{}\n{}",
        event.computer,
        event.channel,
        session.map_or_else(|| event.record.to_string(), str::to_owned),
        if session.is_some() { String::new() } else { event.at.to_string() },
    );
    RunId::from_uuid(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()))
}

fn started(row: &Row, event: &Event) -> Option<Timestamp> {
    first(&row.started, event)?.parse().ok()
}

fn said(row: &Row, event: &Event) -> Option<String> {
    first(&row.says, event).map(|it| head(&it.replace(['\r', '\n'], " "), ERROR))
}

/// What a run is at best, one of whose objects ended like this.
fn of_object(result: RunResult) -> RunResult {
    match result {
        RunResult::Success | RunResult::Running => RunResult::Success,
        RunResult::Warning => RunResult::Warning,
        RunResult::Partial | RunResult::Failed | RunResult::Cancelled | RunResult::Skipped => {
            RunResult::Partial
        }
        RunResult::Unknown => RunResult::Unknown,
    }
}

fn worse(a: RunResult, b: RunResult) -> RunResult {
    if gravity(b) > gravity(a) { b } else { a }
}

/// How much less than a good backup it is.
fn gravity(result: RunResult) -> u8 {
    match result {
        RunResult::Running => 0,
        RunResult::Success => 1,
        RunResult::Unknown => 2,
        RunResult::Skipped => 3,
        RunResult::Warning => 4,
        RunResult::Partial => 5,
        RunResult::Cancelled => 6,
        RunResult::Failed => 7,
    }
}

fn bounded(mut errors: Vec<String>) -> Vec<String> {
    let more = errors.len().saturating_sub(ERRORS);
    errors.truncate(ERRORS);
    if more > 0 {
        errors.push(format!("and {more} more"));
    }
    errors.iter().map(|it| head(it, ERROR)).collect()
}
