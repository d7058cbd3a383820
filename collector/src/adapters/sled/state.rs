//! What is in memory of a data folder, and how it gets there at start.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use remit_collector_domain::{
    effect::RecordKey,
    endpoint::{Endpoint, Pulse},
    source::Source,
};
use remit_shared::EndpointId;

use crate::{
    adapters::{
        sled::{
            history::{Tail, joined::Loose},
            keys::{Key, KeyError, Meta, Part},
            log::{Log, LogError, LogReader},
            record::{Cold, DecodeError, decode, decode_source, decode_whole, pulse},
        },
        tables::{Change, Journal, Tables},
    },
    ports::store::{AnyRecord, Kind},
};

/// How many entries of the feed and of the audit trail are kept in memory:
/// what watchers who fell behind a little ask for.
pub(super) const RECENT: usize = 4_096;

/// Everything that reads are answered from.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) tables: Tables,
    pub(super) tails: HashMap<EndpointId, Tail>,
    /// Of endpoints that have sealed something since the collector has started, once
    /// somebody has looked.
    pub(super) loose: HashMap<EndpointId, Option<Loose>>,
}

/// The state, shared between readers and the one writer.
#[derive(Debug, Default)]
pub(super) struct Shared(RwLock<State>);

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self(RwLock::new(state))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a data folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A value is damaged.
    #[error("the stored value `{key}` is damaged")]
    Value {
        /// Where it is.
        key: String,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
    /// A part of an endpoint is missing, or a part is of no endpoint.
    #[error("the stored value `{0}` is missing")]
    Missing(String),
    /// A key is damaged.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database does not work.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Reads everything that belongs in memory.
pub(super) fn load(log: &mut Log) -> Result<State, LoadError> {
    let reader = log.reader();
    let mut loading = Loading { log, state: State::default() };
    for kind in *b"abcknrtwxy" {
        loading.records(&reader, kind)?;
    }
    loading.sources(&reader)?;
    loading.endpoints(&reader)?;
    loading.owed(&reader)?;
    loading.meta(&reader)?;
    let mut state = loading.state;
    let fed = kept::<u64>(&reader, Meta::Feed)?.unwrap_or_default();
    state.tables.feed = recent(&reader, b'f', fed)?;
    state.tables.audit_begin = kept(&reader, Meta::AuditBegin)?.unwrap_or_default();
    state.tables.audit_end = kept(&reader, Meta::Audit)?.unwrap_or_default();
    state.tables.audit = recent(&reader, b'd', state.tables.audit_end.whole.seq)?;
    Ok(state)
}

struct Loading<'a> {
    log: &'a mut Log,
    state: State,
}

impl Loading<'_> {
    fn records(&mut self, reader: &LogReader, kind: u8) -> Result<(), LoadError> {
        for found in reader.scan(kind) {
            let (key, value) = self.note(found)?;
            let Some(name) = key.record() else { continue };
            if let Some((record, revision)) = checked(&key, decode_whole(&name, &value))? {
                self.put(name, record, revision);
            }
        }
        Ok(())
    }

    fn sources(&mut self, reader: &LogReader) -> Result<(), LoadError> {
        let mut source: Option<(Source, u64)> = None;
        for found in reader.scan(b's') {
            let (key, value) = self.note(found)?;
            match (&key, &mut source) {
                // What holds comes behind its source in the order of keys.
                (Key::Active(id, fingerprint), Some((of, _))) if of.id == *id => {
                    let active = checked(&key, decode(&value))?;
                    of.active.insert(*fingerprint, Arc::new(active));
                }
                (Key::Active(id, _), _) => return Err(missing(&Key::Source(*id))),
                _ => {
                    self.put_source(source.take());
                    source = checked(&key, decode_source(&value)).map(Some)?;
                }
            }
        }
        self.put_source(source);
        Ok(())
    }

    fn put_source(&mut self, source: Option<(Source, u64)>) {
        if let Some((source, revision)) = source {
            let key = RecordKey::Source(source.id);
            self.put(key, AnyRecord::Source(Arc::new(source)), revision);
        }
    }

    fn endpoints(&mut self, reader: &LogReader) -> Result<(), LoadError> {
        let mut pulses = HashMap::new();
        for found in reader.scan(b'p') {
            let (key, value) = self.note(found)?;
            let Key::Pulse(id) = key else { continue };
            let (revision, pulse, tail) = checked(&key, pulse::decode(&value))?;
            if let Some(tail) = checked(&key, Tail::decode(tail))? {
                self.state.tails.insert(id, tail);
            }
            pulses.insert(id, (revision, pulse));
        }
        let mut parts = Parts::default();
        for found in reader.scan(b'e') {
            let (key, value) = self.note(found)?;
            let Key::Part(id, part) = key else { continue };
            parts.take(&key, part, &value)?;
            // The last in the order of keys.
            if part == Part::Registration {
                let pulse = pulses.remove(&id).ok_or_else(|| missing(&Key::Pulse(id)))?;
                let (endpoint, revision) = std::mem::take(&mut parts).into_endpoint(id, pulse)?;
                let record = AnyRecord::Endpoint(Arc::new(endpoint));
                self.put(RecordKey::Endpoint(id), record, revision);
            }
        }
        match pulses.into_keys().next() {
            Some(id) => Err(missing(&Key::Part(id, Part::Registration))),
            None => Ok(()),
        }
    }

    fn owed(&mut self, reader: &LogReader) -> Result<(), LoadError> {
        for found in reader.scan(b'o') {
            let (key, value) = self.note(found)?;
            let Key::Owed(order) = key else { continue };
            let owed = checked(&key, decode(&value))?;
            self.state.tables.apply(Change::Owe(order, owed));
        }
        Ok(())
    }

    fn meta(&mut self, reader: &LogReader) -> Result<(), LoadError> {
        let key = Key::Meta(Meta::Listened);
        if let Some(value) = reader.get(&key)? {
            self.state.tables.listened = checked(&key, decode(&value))?;
        }
        let key = Key::Meta(Meta::History);
        if let Some(value) = reader.get(&key)? {
            let time = checked(&key, decode(&value))?;
            self.state.tables.apply(Change::ForgetHistory(time));
        }
        Ok(())
    }

    fn note(
        &mut self,
        found: Result<(sled::IVec, (Vec<u8>, usize)), LogError>,
    ) -> Result<(Key, Vec<u8>), LoadError> {
        let (key, (value, pieces)) = found?;
        let key = Key::from_bytes(&key)?;
        if pieces > 0 {
            self.log.note_pieces(key.clone(), pieces);
        }
        Ok((key, value))
    }

    fn put(&mut self, key: RecordKey, record: AnyRecord, revision: u64) {
        let put = Change::Put { key, record, revision, before: None, frames: Vec::new() };
        self.state.tables.apply(put);
    }
}

#[derive(Default)]
struct Parts {
    checks: Option<Arc<remit_collector_domain::detect::Checks>>,
    facts: Option<Arc<remit_collector_domain::endpoint::Facts>>,
    layout: Option<Arc<remit_collector_domain::endpoint::Layout>>,
    registration: Option<Arc<remit_collector_domain::endpoint::Registration>>,
}

impl Parts {
    fn take(&mut self, key: &Key, part: Part, value: &[u8]) -> Result<(), LoadError> {
        fn part_of<T: Cold>(key: &Key, value: &[u8]) -> Result<Option<Arc<T>>, LoadError> {
            checked(key, decode(value)).map(|it| Some(Arc::new(it)))
        }
        match part {
            Part::Checks => self.checks = part_of(key, value)?,
            Part::Facts => self.facts = part_of(key, value)?,
            Part::Layout => self.layout = part_of(key, value)?,
            Part::Registration => self.registration = part_of(key, value)?,
        }
        Ok(())
    }

    fn into_endpoint(
        self,
        id: EndpointId,
        (revision, pulse): (u64, Pulse),
    ) -> Result<(Endpoint, u64), LoadError> {
        let missing = |part| move || missing(&Key::Part(id, part));
        let endpoint = Endpoint {
            registration: self.registration.ok_or_else(missing(Part::Registration))?,
            layout: self.layout.ok_or_else(missing(Part::Layout))?,
            facts: self.facts.ok_or_else(missing(Part::Facts))?,
            checks: self.checks.ok_or_else(missing(Part::Checks))?,
            pulse,
        };
        Ok((endpoint, revision))
    }
}

/// What the store keeps for itself.
fn kept<T: Cold>(reader: &LogReader, meta: Meta) -> Result<Option<T>, LoadError> {
    let key = Key::Meta(meta);
    reader.get(&key)?.map(|value| checked(&key, decode(&value))).transpose()
}

/// The newest entries of a list, and its end, which outlives them.
fn recent<T: Cold + Clone>(
    reader: &LogReader,
    kind: u8,
    end: u64,
) -> Result<Journal<T>, LoadError> {
    let mut entries = Vec::new();
    for found in reader.scan(kind).rev().take(RECENT) {
        let (key, (value, _)) = found?;
        let key = Key::from_bytes(&key)?;
        entries.push(checked(&key, decode(&value))?);
    }
    let mut journal = Journal::going_on_after(end - (entries.len() as u64).min(end));
    for (cursor, entry) in (journal.end() + 1..).zip(entries.into_iter().rev()) {
        journal.append(cursor, entry);
    }
    Ok(journal)
}

/// Names the key of what cannot be decoded.
pub(super) fn checked<T>(key: &Key, decoded: Result<T, DecodeError>) -> Result<T, LoadError> {
    decoded.map_err(|source| LoadError::Value { key: key.to_string(), source })
}

fn missing(key: &Key) -> LoadError {
    LoadError::Missing(key.to_string())
}

/// How many records of each kind there are, for the log line at start.
pub(super) fn census(tables: &Tables) -> [usize; Kind::ALL.len()] {
    Kind::ALL.map(|it| tables.rows(it).count())
}
