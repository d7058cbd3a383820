//! Backups that tell of themselves in the Windows event log.
//!
//! Which events of which product mean what is a table in a data file
//! ([`adapter`]). The event log is asked for what is new since the last look
//! ([`log`]), each event is read ([`xml`]) and told to its product's [`story`],
//! and the runs that this makes known are dropped into the inbox. This probe's
//! own answer is the list of jobs, so that one that was deleted is missed.
//!
//! # Invariants
//!
//! - A run is told once. Where the last look ended is on disk only after its
//!   runs are; a crash in between tells them again under the same ids.
//! - A log that was cleared or made anew loses nothing that is in it: its
//!   record numbers are compared with the last event's time.
//! - On the first look only the newest run of each job is told. What was over
//!   before we came is nobody's alert.
//! - A log that may not be read is named in a partial answer, and no product
//!   at all is "not on this machine".
//!
//! # Not tried
//!
//! No live Veeam, Windows Server Backup or other product has been read. The
//! tables follow the vendors' documentation; the tests feed XML in the
//! documented shape through the same path. See `docs/coverage.md`.

pub mod adapter;
pub mod log;
mod memory;
pub mod story;
#[cfg(test)]
mod tests;
pub mod xml;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Answer, BackupRun, BackupScan, Body, Chain, Completeness};

use self::{
    adapter::{Adapter, Log},
    log::{EventLog, LogError, Question, Select},
    memory::{Mark, Memory},
    xml::Event,
};
use crate::{
    inbox::DropBox,
    probe::{Probe, ProbeError, Sample, Turn},
};

/// How far back the first look goes: the longest usual rhythm of a backup.
const PAST: SignedDuration = SignedDuration::from_hours(32 * 24);
/// How many events are asked for at a time, and how many times at one look.
const BATCH: usize = 256;
const BATCHES: usize = 16;
/// Logs that are there without any backup product.
const SHARED: [&str; 2] = ["Application", "System"];

/// Asks the event log about backups.
pub struct EventsProbe {
    log: Box<dyn EventLog>,
    adapters: Vec<Adapter>,
    inbox: DropBox,
    path: PathBuf,
}

/// What one look at one log has found.
#[derive(Default)]
struct Look {
    events: Vec<Event>,
    unreadable: usize,
    mark: Option<Mark>,
}

impl EventsProbe {
    /// A probe of this log by these tables, which remembers in this folder.
    pub fn new(
        log: Box<dyn EventLog>,
        adapters: Vec<Adapter>,
        inbox: DropBox,
        state_dir: &Path,
    ) -> Self {
        Self { log, adapters, inbox, path: state_dir.join("backup-events.json") }
    }

    /// All events of a log since the last look. Where nobody has written
    /// anything since, that is found out without a search.
    fn look(&mut self, log: &Log, mark: Option<Mark>, now: Timestamp) -> Result<Look, LogError> {
        let mut look = Look { mark, ..Look::default() };
        let newest = self.one(log, Select::Newest)?;
        if newest.is_some() && newest == mark {
            return Ok(look);
        }
        let (mut select, after) = match mark {
            None => (Select::Since(now - PAST), None),
            Some(mark) => self.resume(log, mark, newest)?,
        };
        for _ in 0..BATCHES {
            let texts = self.ask(log, select, BATCH)?;
            let is_last = texts.len() < BATCH;
            let mut last = None;
            for text in texts {
                match Event::parse(&text) {
                    Ok(event) => {
                        last = last.max(Some(event.record));
                        if after.is_none_or(|it| event.at > it) {
                            look.mark = Some(Mark::of(&event));
                            look.events.push(event);
                        }
                    }
                    Err(_) => {
                        last = last.max(xml::record_of(&text));
                        look.unreadable += 1;
                    }
                }
            }
            match last {
                Some(last) if !is_last => select = Select::After(last),
                // All is read up to the event that was the newest before.
                Some(_) | None if is_last => {
                    let is_later =
                        |it: &Mark| look.events.last().is_none_or(|last| last.record < it.record);
                    look.mark = newest.filter(is_later).or(look.mark);
                    break;
                }
                Some(_) | None => break,
            }
        }
        Ok(look)
    }

    /// Where to go on: after the last event if its number is still its own,
    /// else after its time, since then somebody has made the log anew.
    fn resume(
        &mut self,
        log: &Log,
        mark: Mark,
        newest: Option<Mark>,
    ) -> Result<(Select, Option<Timestamp>), LogError> {
        let is_on = match self.one(log, Select::Only(mark.record))? {
            Some(event) => event == mark,
            // Cleared, or so full that it has dropped its oldest events. Either
            // way its numbers go on, unless the newest is below ours.
            None => newest.is_none_or(|it| it.record >= mark.record),
        };
        Ok(match is_on {
            true => (Select::After(mark.record), None),
            false => (Select::Since(mark.at), Some(mark.at)),
        })
    }

    /// One event of a log, whoever wrote it.
    fn one(&mut self, log: &Log, select: Select) -> Result<Option<Mark>, LogError> {
        let question = Question { channel: &log.channel, provider: None, select, most: 1 };
        let texts = self.log.read(&question)?;
        Ok(texts.first().and_then(|it| Event::parse(it).ok()).map(|it| Mark::of(&it)))
    }

    fn ask(&mut self, log: &Log, select: Select, most: usize) -> Result<Vec<String>, LogError> {
        let (channel, provider) = (&*log.channel, log.provider.as_deref());
        self.log.read(&Question { channel, provider, select, most })
    }

    fn put(&self, runs: Vec<BackupRun>, now: Timestamp) -> Result<(), ProbeError> {
        for run in runs {
            let answer = Answer::full(self.name(), self.source(), now, Body::Run(run));
            self.inbox.put(now, vec![answer]).map_err(|err| failed("the inbox", &err))?;
        }
        Ok(())
    }
}

impl Probe for EventsProbe {
    fn name(&self) -> &'static str {
        "backup-events"
    }

    fn source(&self) -> &'static str {
        "Windows event log"
    }

    fn sample(&mut self, turn: Turn) -> Result<Sample, ProbeError> {
        let (path, mut missing) = (self.path.clone(), Vec::new());
        let mut memory = match Memory::read(&path).map_err(|err| failed("its memory", &err))? {
            Ok(memory) => memory.unwrap_or_default(),
            Err(aside) => {
                let aside = aside.display();
                missing.push(format!("its memory made no sense and was moved to {aside}"));
                Memory::default()
            }
        };
        let before = memory.clone();
        let (mut runs, mut present) = (Vec::new(), Vec::new());
        let (mut refused, mut unsupported) = (None, None);
        for adapter in self.adapters.clone() {
            let mut is_here = memory.stories.contains_key(&adapter.product);
            let mut heard = Vec::new();
            for log in &adapter.logs {
                let place = place(log);
                let mark = memory.marks.get(&place).copied();
                let look = match self.look(log, mark, turn.now) {
                    Ok(look) => look,
                    Err(LogError::NoChannel(_)) => continue,
                    Err(err @ LogError::Unsupported(_)) => {
                        unsupported = Some(err);
                        continue;
                    }
                    Err(err) => {
                        missing.push(err.to_string());
                        refused = Some(err);
                        continue;
                    }
                };
                is_here |= !look.events.is_empty() || !SHARED.contains(&&*log.channel);
                if look.unreadable > 0 {
                    let (count, channel) = (look.unreadable, &log.channel);
                    missing.push(format!("{count} events of `{channel}` made no sense"));
                }
                // A log without a mark is looked at as a whole every time.
                if let Some(mark) = look.mark {
                    memory.marks.insert(place, mark);
                }
                heard.extend(look.events.into_iter().map(|it| (log, mark.is_none(), it)));
            }
            if !is_here {
                continue;
            }
            // Logs are read one after the other; what happened, happened in
            // the order of its times.
            heard.sort_by_key(|it| it.2.at);
            let story = memory.stories.entry(adapter.product.clone()).or_default();
            let mut first = BTreeMap::new();
            for (log, is_first, event) in heard {
                match story.hear(&adapter, log, &event) {
                    Some(run) if is_first => {
                        first.insert(run.job.clone(), run);
                    }
                    Some(run) => runs.push(run),
                    None => {}
                }
            }
            runs.splice(..0, first.into_values());
            present.push(adapter);
        }
        if present.is_empty() {
            return Err(nothing(unsupported, refused));
        }
        self.put(runs, turn.now)?;
        if memory != before {
            memory.write(&path).map_err(|err| failed("its memory", &err))?;
        }
        Ok(sample(&present, &memory, missing))
    }
}

fn sample(present: &[Adapter], memory: &Memory, missing: Vec<String>) -> Sample {
    let stories = present.iter().filter_map(|it| Some((it, memory.stories.get(&it.product)?)));
    let jobs = stories.flat_map(|(adapter, story)| story.jobs(&adapter.product)).collect();
    let scan = BackupScan { product: "event-log".into(), jobs, newest: Vec::new() };
    let named = present.iter().map(|it| match it.experimental {
        true => format!("{}: experimental", it.product),
        false => it.product.clone(),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    Sample {
        source: Some(format!("Windows event log ({named})").into()),
        completeness: if missing.is_empty() { Completeness::Full } else { Completeness::Partial },
        missing: missing.join("; "),
        ..Sample::full(Body::Backups(scan))
    }
}

/// Why no product was found: a log that may not be read proves nothing.
fn nothing(unsupported: Option<LogError>, refused: Option<LogError>) -> ProbeError {
    match refused.or(unsupported) {
        Some(LogError::NoPermission(channel)) => {
            ProbeError::NoPermission { what: format!("the event log `{channel}`") }
        }
        Some(LogError::Failed { channel, said }) => {
            ProbeError::Program { what: format!("the event log `{channel}`"), said }
        }
        Some(err @ (LogError::NoChannel(_) | LogError::Unsupported(_))) => {
            ProbeError::Unsupported { why: err.to_string() }
        }
        None => {
            ProbeError::Unsupported { why: "no backup product has written to the event log".into() }
        }
    }
}

fn place(log: &Log) -> String {
    match &log.provider {
        Some(provider) => format!("{}/{provider}", log.channel),
        None => log.channel.clone(),
    }
}

fn failed(what: &str, err: &(dyn std::error::Error + 'static)) -> ProbeError {
    ProbeError::Program { what: what.into(), said: Chain(err).to_string() }
}
