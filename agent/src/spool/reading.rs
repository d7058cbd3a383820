//! From what a spool keeps to what it gives out: numbers, and gaps for holes.

use remit_agent_domain::spool::{Ledger, Marks};
use remit_proto::convert::report;
use remit_shared::{Entry, Record, Stream};

use crate::spool::{Draft, LONGEST, SpoolError, Waiting};

/// The bytes that are kept of a record at this place.
pub(super) fn encode(draft: &Draft, place: u64) -> Result<Vec<u8>, SpoolError> {
    let Draft { at, stream, answers } = draft;
    let entry = Entry::Answers(answers.clone());
    let bytes = report::to_bytes(&Record { stream: *stream, seq: place, at: *at, entry });
    if bytes.len() > LONGEST {
        let mut probes: Vec<&str> = answers.iter().map(|it| it.probe.as_ref()).collect();
        probes.dedup();
        return Err(SpoolError::TooLong { bytes: bytes.len(), probes: probes.join(", ") });
    }
    Ok(bytes)
}

/// The record that was kept at this place, and its length. None if the bytes
/// make no sense: then it becomes part of the next gap.
pub(super) fn decode(bytes: &[u8], place: u64) -> Option<(Record, u64)> {
    let record = report::from_bytes(bytes).ok()?;
    Some((Record { seq: place, ..record }, bytes.len() as u64))
}

/// Gathers what one call of `read` gives out.
pub(super) struct Gathering<'a> {
    ledger: &'a Ledger,
    budget: u64,
    pub(super) found: Vec<Waiting>,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(ledger: &'a Ledger, budget: u64) -> Self {
        Self { ledger, budget, found: Vec::new() }
    }

    /// Whether there is room for another record.
    pub(super) fn is_open(&self) -> bool {
        self.found.is_empty() || self.budget > 0
    }

    /// The place to look for first, if anything is there.
    pub(super) fn start(&self, stream: Stream, after: Marks) -> Option<u64> {
        self.ledger.after(stream, after.of(stream))
    }

    /// Takes a record, whose number is the place where it was kept; `wanted`
    /// was looked for. Whatever lies in between is a gap.
    pub(super) fn take(&mut self, wanted: u64, mut record: Record, bytes: u64) {
        let (stream, place, at) = (record.stream, record.seq, record.at);
        if let Some(gap) = self.ledger.gap(stream, wanted, place) {
            let entry = Entry::Gap { from: gap.from, reason: gap.reason.into() };
            let record = Record { stream, seq: gap.through, at, entry };
            self.push(Waiting { record, bytes: 32 });
        }
        record.seq = self.ledger.number(stream, place);
        self.push(Waiting { record, bytes });
    }

    fn push(&mut self, waiting: Waiting) {
        self.budget = self.budget.saturating_sub(waiting.bytes);
        self.found.push(waiting);
    }
}
