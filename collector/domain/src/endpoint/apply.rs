//! One record of an agent's spool becomes part of the truth.

mod answer;
pub mod limit;
mod measure;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Entry, Record, Series, Stream};

use crate::{
    detect::{Checks, Rules, presence},
    endpoint::{Backlog, Endpoint, Facts, Presence, apply::limit::Refusal, preview::Settled},
    signal::Signal,
};

/// Older than this when it arrives, and an answer is told as delayed and opens
/// no alert about a level.
pub(super) const LIVE: SignedDuration = SignedDuration::from_mins(5);

/// A clock that is off by less than this is believed.
const BELIEVED: SignedDuration = SignedDuration::from_secs(5);

/// How a record arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// When, by the collector's clock.
    pub received_at: Timestamp,
    /// The same in the collector's listening time.
    pub listening: SignedDuration,
    /// Whether the endpoint was heard before in this life of the collector.
    pub heard_before: bool,
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
    /// Set once all is applied that the agent had to tell late.
    pub caught_up: Option<Backlog>,
    /// What became of the record.
    pub verdict: Verdict,
}

/// The values that changed at one moment, for history. None may have: that the
/// endpoint measured then tells a value that holds from one that nobody knows.
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
    let next = applied.saturating_add(1);
    let verdict = if record.seq <= applied {
        Verdict::Duplicate
    } else if record.first_seq().min(record.seq) > next {
        Verdict::Ahead { expected: next }
    } else {
        Verdict::Applied
    };
    if verdict != Verdict::Applied {
        return Applied { endpoint, signals: Vec::new(), frame: None, caught_up: None, verdict };
    }
    let mut work = Work::new(endpoint, record, arrival, rules);
    match &record.entry {
        Entry::Gap { reason, .. } => work.lose(record.seq - applied, reason, record.at),
        Entry::Answers(answers) => answers.iter().for_each(|it| work.answer(it)),
    }
    work.finish()
}

/// An endpoint while a record becomes part of it.
pub(super) struct Work<'a> {
    endpoint: Endpoint,
    /// A private copy of the facts, made when the first of them changes.
    facts: Option<Facts>,
    checks: Checks,
    signals: Vec<Signal>,
    changed: Vec<(u32, Option<i64>)>,
    /// Whether anything was measured, changed or not.
    measured: bool,
    /// Where each series stands, made when the first is not where it was
    /// expected.
    places: Option<BTreeMap<(usize, Series), usize>>,
    refused: Option<Refusal>,
    /// When what is looked at was true, by our clock.
    at: Timestamp,
    record: &'a Record,
    arrival: &'a Arrival,
    rules: &'a Rules,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        endpoint: Endpoint,
        record: &'a Record,
        arrival: &'a Arrival,
        rules: &'a Rules,
    ) -> Self {
        let checks = Checks::clone(&endpoint.checks);
        Self {
            endpoint,
            facts: None,
            checks,
            signals: Vec::new(),
            changed: Vec::new(),
            measured: false,
            places: None,
            refused: None,
            at: arrival.received_at,
            record,
            arrival,
            rules,
        }
    }

    /// The facts and the checks, to be changed.
    fn truth(&mut self) -> (&mut Facts, &mut Checks) {
        let known = &self.endpoint.facts;
        (self.facts.get_or_insert_with(|| Facts::clone(known)), &mut self.checks)
    }

    /// A time of the endpoint's clock in terms of ours: shifted if that clock
    /// is known to be off, and never in the future.
    fn ours(&self, theirs: Timestamp) -> Timestamp {
        let ahead = self.endpoint.pulse.clock_ahead;
        let shift = if ahead.abs() > BELIEVED { ahead } else { SignedDuration::ZERO };
        let shifted = theirs.checked_sub(shift).unwrap_or(self.arrival.received_at);
        shifted.min(self.arrival.received_at)
    }

    /// The same for something that the agent saw itself: it cannot have seen
    /// anything before it was enrolled, whatever a dead clock battery says.
    fn seen(&self, theirs: Timestamp) -> Timestamp {
        let enrolled = self.endpoint.registration.enrolled_at.min(self.arrival.received_at);
        self.ours(theirs).max(enrolled)
    }

    fn is_late(&self) -> bool {
        self.arrival.received_at.duration_since(self.at) > LIVE
    }

    /// A gap is an edge: it is told, however late.
    fn lose(&mut self, count: u64, reason: &str, at: Timestamp) {
        self.at = self.seen(at);
        let pulse = &mut self.endpoint.pulse;
        pulse.lost = pulse.lost.saturating_add(count);
        let summary = format!("{count} records of the agent are lost: {reason}");
        let evidence = format!("{} records in all", pulse.lost);
        let late = self.is_late();
        self.signals.push(self.rules.edge("records-lost", summary, evidence, self.at, late));
    }

    fn finish(mut self) -> Applied {
        self.tell_refused();
        let pulse = &mut self.endpoint.pulse;
        match self.record.stream {
            Stream::Events => pulse.events = self.record.seq,
            Stream::Metrics => pulse.metrics = self.record.seq,
        }
        let (events, metrics) = (pulse.events, pulse.metrics);
        let backfill = pulse.backfill.take();
        pulse.backfill = backfill.filter(|it| events < it.events || metrics < it.metrics);
        let caught_up = backfill
            .filter(|_| pulse.backfill.is_none())
            .and_then(|it| Some(Backlog { from: it.from?, until: it.since }));
        pulse.resume.previous = None;
        self.hear();
        self.tell();
        let frame = std::mem::take(&mut self.changed);
        let frame = self.measured.then_some(Frame { at: self.at, changed: frame });
        let (endpoint, signals) = self.close();
        Applied { endpoint, signals, frame, caught_up, verdict: Verdict::Applied }
    }

    /// The same for what is told ahead of its turn.
    pub(super) fn previewed(mut self) -> (Endpoint, Vec<Signal>) {
        self.tell_refused();
        self.hear();
        self.tell();
        self.close()
    }

    /// Whoever says something is there.
    fn hear(&mut self) {
        let now = self.arrival.received_at;
        let pulse = &mut self.endpoint.pulse;
        pulse.heard_at = Some(now);
        pulse.heard_listening = self.arrival.listening;
        match pulse.presence {
            // A goodbye may be followed by what was measured before it.
            Presence::Online | Presence::ExpectedOff(_) => {}
            Presence::NeverSeen | Presence::Late | Presence::Offline => {
                let back = presence::turn(&mut self.endpoint, Presence::Online, self.rules, now);
                self.signals.extend(back);
            }
        }
    }

    /// Tells what is so now, of what is known to be.
    fn tell(&mut self) {
        if !self.is_late() {
            let settled = Settled::of(&self.endpoint, self.rules, self.arrival.received_at);
            self.signals.extend(self.checks.announce(self.rules, |it| settled.has(it)));
        }
    }

    fn close(self) -> (Endpoint, Vec<Signal>) {
        let mut endpoint = self.endpoint;
        if let Some(facts) = self.facts.filter(|it| *it != *endpoint.facts) {
            endpoint.facts = Arc::new(facts);
        }
        if *endpoint.checks != self.checks {
            endpoint.checks = Arc::new(self.checks);
        }
        (endpoint, self.signals)
    }
}
