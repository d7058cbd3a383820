//! A spool that is gone with its process. For tests.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use remit_agent_domain::spool::{Evicted, FULL, Lane, Ledger, Limits, Marks, may_be_sent};
use remit_shared::Stream;

use crate::spool::{
    Draft, EARLIER, Spool, SpoolError, State, Waiting,
    reading::{Gathering, decode, encode},
};

/// Stands for the disk: outlives the spools that are opened on it.
#[derive(Clone, Debug)]
pub struct Medium(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    epoch: u64,
    token: Vec<u8>,
    earlier: Vec<Vec<u8>>,
    ledger: Ledger,
    records: BTreeMap<(Stream, u64), Vec<u8>>,
    closed: bool,
    had_session: bool,
    known: Marks,
}

impl Medium {
    /// An empty one.
    pub fn new(limits: Limits, epoch: u64) -> Self {
        let ledger = Ledger::new(limits, Lane::default(), Lane::default());
        Self(Arc::new(Mutex::new(Inner {
            epoch,
            token: Vec::new(),
            earlier: Vec::new(),
            ledger,
            records: BTreeMap::new(),
            closed: true,
            had_session: false,
            known: Marks::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps records in memory.
#[derive(Debug)]
pub struct MemorySpool {
    medium: Medium,
    after_crash: bool,
}

impl MemorySpool {
    /// Opens what the medium holds.
    pub fn open(medium: &Medium) -> Self {
        let mut inner = medium.lock();
        let after_crash = !std::mem::replace(&mut inner.closed, false);
        let had_session = std::mem::take(&mut inner.had_session);
        inner.known = may_be_sent(had_session, inner.known, inner.ledger.last());
        drop(inner);
        Self { medium: medium.clone(), after_crash }
    }
}

impl Inner {
    fn remove(&mut self, evicted: Vec<Evicted>) {
        for Evicted { stream, .. } in evicted {
            let kept = self.ledger.holding(stream, 0).map_or(u64::MAX, |it| it.first);
            self.records.retain(|(of, place), _| *of != stream || *place >= kept);
        }
    }
}

impl Spool for MemorySpool {
    fn state(&self) -> State {
        let inner = self.medium.lock();
        State {
            epoch: inner.epoch,
            resume_token: inner.token.clone(),
            last: inner.ledger.last(),
            known: inner.known,
            queued: inner.ledger.queued(),
            bytes: inner.ledger.waiting_bytes(),
            earlier: inner.earlier.clone(),
            lost: inner.ledger.lost(),
            after_crash: self.after_crash,
        }
    }

    fn append(&mut self, drafts: &[Draft]) -> Result<(), SpoolError> {
        let mut inner = self.medium.lock();
        for draft in drafts {
            let (stream, place) = (draft.stream, inner.ledger.next(draft.stream));
            let bytes = match encode(draft, place) {
                Ok(bytes) => bytes,
                Err(err) => {
                    inner.ledger.lose(stream, 1, "too long");
                    return Err(err);
                }
            };
            let size = bytes.len() as u64;
            let room = inner.ledger.make_room(stream, size);
            inner.remove(room.evicted);
            if room.granted {
                inner.ledger.append(stream, size, draft.at);
                inner.ledger.seal(stream);
                inner.records.insert((stream, place), bytes);
            } else {
                inner.ledger.lose(stream, 1, FULL);
            }
        }
        Ok(())
    }

    fn read(&mut self, after: Marks, bytes: u64) -> Result<Vec<Waiting>, SpoolError> {
        let inner = self.medium.lock();
        let mut gathering = Gathering::new(&inner.ledger, bytes);
        for stream in Stream::ALL.iter().copied() {
            let Some(mut wanted) = gathering.start(stream, after) else { continue };
            for (&(_, place), bytes) in inner.records.range((stream, wanted)..=(stream, u64::MAX)) {
                if !gathering.is_open() {
                    break;
                }
                if let Some((record, bytes)) = decode(bytes, place) {
                    gathering.take(wanted, record, bytes);
                    wanted = place + 1;
                }
            }
        }
        Ok(gathering.found)
    }

    fn keep(&mut self, resume_token: &[u8], through: Marks) -> Result<(), SpoolError> {
        let mut inner = self.medium.lock();
        let before = std::mem::replace(&mut inner.token, resume_token.to_vec());
        if !before.is_empty() && before != resume_token {
            inner.earlier.push(before);
        }
        let surplus = inner.earlier.len().saturating_sub(EARLIER);
        inner.earlier.drain(..surplus);
        inner.had_session = true;
        let evicted = inner.ledger.resume(through);
        inner.remove(evicted);
        Ok(())
    }

    fn frees(&self, through: Marks) -> bool {
        self.medium.lock().ledger.frees(through)
    }

    fn forget(&mut self, through: Marks) -> Result<(), SpoolError> {
        let mut inner = self.medium.lock();
        let evicted = inner.ledger.acknowledge(through);
        inner.remove(evicted);
        Ok(())
    }

    fn renumber(&mut self, epoch: u64, applied: Marks) -> Result<(), SpoolError> {
        let mut inner = self.medium.lock();
        inner.epoch = epoch;
        inner.token.clear();
        inner.earlier.clear();
        (inner.had_session, inner.known) = (false, Marks::default());
        let evicted = inner.ledger.renumber(applied);
        inner.remove(evicted);
        Ok(())
    }

    fn expire(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        let mut inner = self.medium.lock();
        let evicted = inner.ledger.expire(now);
        inner.remove(evicted);
        Ok(())
    }

    fn close(&mut self) -> Result<(), SpoolError> {
        self.medium.lock().closed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::conformance;

    #[test]
    fn conforms() {
        conformance::check(|limits| {
            let medium = Medium::new(limits, 1);
            Box::new(move || MemorySpool::open(&medium))
        });
    }
}
