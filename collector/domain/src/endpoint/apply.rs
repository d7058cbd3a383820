//! One record of an agent's spool becomes part of the truth.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{
    Answer, Body, Entry, Failure, Lifecycle, Reading, Record, Series, Severity, Stream, function,
};

use crate::{
    detect::{self, Checks, Rules, backup, patch},
    endpoint::{Endpoint, Facts, Layout, Presence, ProbeState},
    signal::{Say, Signal},
};

/// Older than this when it arrives, and an answer is told as delayed and opens
/// no alert about a level.
const LIVE: SignedDuration = SignedDuration::from_mins(5);

/// A clock that is off by less than this is believed.
const BELIEVED: SignedDuration = SignedDuration::from_secs(5);

/// How a record arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// When, by the collector's clock.
    pub received_at: Timestamp,
    /// The same in the collector's listening time.
    pub listening: SignedDuration,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is part of the truth now.
    Applied,
    /// It was before; nothing changed.
    Duplicate,
    /// There is a hole before it: this number is the one that must come next.
    Ahead {
        /// The number that must come next.
        expected: u64,
    },
}

/// What comes of a record.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The endpoint's next value.
    pub endpoint: Endpoint,
    /// What alerts must hear of.
    pub signals: Vec<Signal>,
    /// What history must keep.
    pub frame: Option<Frame>,
    /// What became of the record.
    pub verdict: Verdict,
}

/// The values that changed at one moment, for history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When, by the collector's clock.
    pub at: Timestamp,
    /// By the layout's series index; `None` if the series is gone.
    pub changed: Vec<(u32, Option<i64>)>,
}

/// Applies the next record of an agent's spool, or says why not.
pub fn apply(endpoint: Endpoint, record: &Record, arrival: &Arrival, rules: &Rules) -> Applied {
    let applied = endpoint.applied(record.stream);
    let verdict = if record.seq <= applied {
        Verdict::Duplicate
    } else if record.first_seq() > applied + 1
        || (record.seq != applied + 1 && matches!(record.entry, Entry::Answers(_)))
    {
        Verdict::Ahead { expected: applied + 1 }
    } else {
        Verdict::Applied
    };
    if verdict != Verdict::Applied {
        return Applied { endpoint, signals: Vec::new(), frame: None, verdict };
    }
    let mut work = Work::new(endpoint, arrival, rules);
    match &record.entry {
        Entry::Gap { reason, .. } => work.lose(record.seq - applied, reason, record.at),
        Entry::Answers(answers) => answers.iter().for_each(|it| work.answer(it)),
    }
    work.finish(record.stream, record.seq)
}

struct Work<'a> {
    endpoint: Endpoint,
    /// A private copy of the facts, made when the first of them changes.
    facts: Option<Facts>,
    checks: Checks,
    signals: Vec<Signal>,
    changed: Vec<(u32, Option<i64>)>,
    at: Timestamp,
    arrival: &'a Arrival,
    rules: &'a Rules,
}

impl<'a> Work<'a> {
    fn new(endpoint: Endpoint, arrival: &'a Arrival, rules: &'a Rules) -> Self {
        let checks = Checks::clone(&endpoint.checks);
        Self {
            endpoint,
            facts: None,
            checks,
            signals: Vec::new(),
            changed: Vec::new(),
            at: arrival.received_at,
            arrival,
            rules,
        }
    }

    fn facts(&mut self) -> &mut Facts {
        let known = &self.endpoint.facts;
        self.facts.get_or_insert_with(|| Facts::clone(known))
    }

    /// A time of the endpoint's clock in terms of ours: shifted if that clock
    /// is known to be off, and never in the future.
    fn ours(&self, theirs: Timestamp) -> Timestamp {
        let ahead = self.endpoint.pulse.clock_ahead;
        let shift = if ahead.abs() > BELIEVED { ahead } else { SignedDuration::ZERO };
        let shifted = theirs.checked_sub(shift).unwrap_or(self.arrival.received_at);
        shifted.min(self.arrival.received_at)
    }

    fn is_late(&self) -> bool {
        self.arrival.received_at.duration_since(self.at) > LIVE
    }

    fn answer(&mut self, answer: &Answer) {
        self.at = self.ours(answer.observed_at);
        if let Body::Readings(readings) = &answer.body {
            self.measure(answer, readings);
            return;
        }
        self.note_probe(answer);
        let at = self.at;
        match &answer.body {
            Body::Readings(_) | Body::Unchanged | Body::Failure(_) => {}
            Body::Services(scan) => {
                detect::services(&mut self.checks, scan, at);
                self.facts().services.insert(scan.manager.clone(), scan.clone());
            }
            Body::Patches(scan) => patch::scanned(self.facts(), scan, at),
            Body::Backups(scan) => backup::scanned(self.facts(), scan, at),
            Body::Jobs(jobs) => backup::declared(self.facts(), jobs, at),
            Body::Run(run) => {
                let heard = self.arrival.received_at;
                let mut checks = std::mem::take(&mut self.checks);
                let is_news = backup::ran(self.facts(), &mut checks, run, at, heard);
                self.checks = checks;
                if is_news {
                    // Each failure counts, also the second in a row, also late.
                    let late = self.is_late();
                    let again =
                        self.checks.announce_again(self.rules, "backup-failed", &run.job, late);
                    self.signals.extend(again);
                }
            }
            Body::Lifecycle(Lifecycle::Started { .. }) => {}
            Body::Lifecycle(Lifecycle::Stopping(departure)) => {
                self.endpoint.pulse.presence = Presence::ExpectedOff(*departure);
                self.endpoint.pulse.presence_since = self.arrival.received_at;
            }
        }
    }

    /// Notes how a probe answered. Probes that only ever measure leave no
    /// trace here, so that a report of theirs touches the pulse alone.
    fn note_probe(&mut self, answer: &Answer) {
        let failure: Option<&Failure> = match &answer.body {
            Body::Failure(failure) => Some(failure),
            Body::Readings(_)
            | Body::Unchanged
            | Body::Services(_)
            | Body::Patches(_)
            | Body::Backups(_)
            | Body::Jobs(_)
            | Body::Run(_)
            | Body::Lifecycle(_) => None,
        };
        let at = self.at;
        let before = self.facts().probes.get(&answer.probe).cloned();
        let failing_since = before.as_ref().and_then(|it| it.failure.as_ref()).map(|it| it.1);
        let state = ProbeState {
            source: Arc::clone(&answer.source),
            observed_at: at,
            catalog_at: match (&answer.body, &before) {
                (Body::Failure(_), Some(before)) => before.catalog_at,
                _ => answer.catalog_at,
            },
            completeness: answer.completeness,
            missing: answer.missing.clone(),
            ever_answered: failure.is_none() || before.is_some_and(|it| it.ever_answered),
            failure: failure.map(|it| (it.clone(), failing_since.unwrap_or(at))),
        };
        self.facts().probes.insert(Arc::clone(&answer.probe), state);
    }

    fn measure(&mut self, answer: &Answer, readings: &[Reading]) {
        let at = self.at;
        if self.facts.as_ref().unwrap_or(&self.endpoint.facts).probes.contains_key(&answer.probe)
            || !answer.missing.is_empty()
        {
            // It failed before, or is partial now: worth a line of its own.
            self.note_probe(answer);
        }
        let probe = self.probe_index(&answer.probe);
        let mut seen = Vec::with_capacity(readings.len());
        let mut hint = 0;
        for Reading { series, value } in readings {
            let index = self.series_index(probe, series, hint);
            hint = index + 1;
            seen.push(index);
            if self.endpoint.pulse.values[index] != Some(*value) {
                self.endpoint.pulse.values[index] = Some(*value);
                self.changed.push((index as u32, Some(*value)));
            }
            detect::measure(&mut self.checks, self.rules, series, *value, at);
        }
        for (index, (of, _)) in self.endpoint.layout.series.iter().enumerate() {
            let value = &mut self.endpoint.pulse.values[index];
            if *of == probe && value.is_some() && !seen.contains(&index) {
                *value = None;
                self.changed.push((index as u32, None));
            }
        }
        self.endpoint.pulse.measured[probe] = Some(at);
    }

    fn probe_index(&mut self, name: &Arc<str>) -> usize {
        if let Some(index) = self.endpoint.layout.probes.iter().position(|it| it == name) {
            return index;
        }
        let layout: &mut Layout = Arc::make_mut(&mut self.endpoint.layout);
        layout.probes.push(Arc::clone(name));
        self.endpoint.pulse.measured.push(None);
        layout.probes.len() - 1
    }

    /// Where a series stands; `hint` is a guess that is mostly right.
    fn series_index(&mut self, probe: usize, series: &Series, hint: usize) -> usize {
        let known = &self.endpoint.layout.series;
        let is_it = |it: &(usize, Series)| it.0 == probe && it.1 == *series;
        if known.get(hint).is_some_and(is_it) {
            return hint;
        }
        if let Some(index) = known.iter().position(is_it) {
            return index;
        }
        let layout: &mut Layout = Arc::make_mut(&mut self.endpoint.layout);
        layout.series.push((probe, series.clone()));
        self.endpoint.pulse.values.push(None);
        layout.series.len() - 1
    }

    fn lose(&mut self, count: u64, reason: &str, at: Timestamp) {
        self.at = self.ours(at);
        self.endpoint.pulse.lost += count;
        self.signals.push(Signal {
            check: "records-lost".into(),
            instance: "".into(),
            function: function::infra_monitoring(),
            observed_at: self.at,
            summary: format!("{count} records of the agent are lost: {reason}"),
            say: Say::Raised {
                severity: Severity::Low,
                evidence: format!("{} records in all", self.endpoint.pulse.lost),
                delayed: self.is_late(),
            },
        });
    }

    fn finish(mut self, stream: Stream, seq: u64) -> Applied {
        if !self.is_late() {
            self.signals.extend(self.checks.announce(self.rules, false));
        }
        let mut endpoint = self.endpoint;
        if let Some(facts) = self.facts {
            endpoint.facts = Arc::new(facts);
        }
        if *endpoint.checks != self.checks {
            endpoint.checks = Arc::new(self.checks);
        }
        let pulse = &mut endpoint.pulse;
        match stream {
            Stream::Events => pulse.events = seq,
            Stream::Metrics => pulse.metrics = seq,
        }
        pulse.resume.previous = None;
        pulse.heard_at = Some(self.arrival.received_at);
        pulse.heard_listening = self.arrival.listening;
        let frame =
            (!self.changed.is_empty()).then_some(Frame { at: self.at, changed: self.changed });
        Applied { endpoint, signals: self.signals, frame, verdict: Verdict::Applied }
    }
}
