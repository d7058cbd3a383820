//! What is in memory of a data folder, and how it gets there at start.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use remit_collector_domain::{
    detect::Checks,
    effect::RecordKey,
    endpoint::{Endpoint, Facts, Layout, Pulse, Registration},
    source::{Active, Fingerprint, Source},
};
use remit_shared::{EndpointId, SourceId};

use crate::{
    adapters::{
        sled::{
            history::{Tail, joined::Loose},
            keys::{Key, KeyError, Meta, Part},
            log::{Log, LogError, LogReader, Scanned},
            record::{Cold, DecodeError, decode, decode_source, decode_whole, pulse},
            spread::spread,
        },
        tables::{Change, Journal, Tables},
    },
    ports::store::{AnyRecord, Kind},
};

/// How many entries of the feed and of the audit trail are kept in memory:
/// what watchers who fell behind a little ask for. Each entry of the feed has
/// its alert with it, which takes some 3 KB.
pub(super) const RECENT: usize = 512;

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
        let decoded = |(key, value): (Key, Vec<u8>)| {
            let Some(name) = key.record() else { return Ok(None) };
            let decoded = checked(&key, decode_whole(&name, &value))?;
            Ok(decoded.map(|(record, revision)| (name, record, revision)))
        };
        self.each(reader, kind, decoded, |state, found| {
            if let Some((name, record, revision)) = found {
                state.put(name, record, revision);
            }
        })
    }

    fn sources(&mut self, reader: &LogReader) -> Result<(), LoadError> {
        let mut sources = BTreeMap::new();
        let mut active = BTreeMap::<SourceId, BTreeMap<_, _>>::new();
        let decoded = |(key, value): (Key, Vec<u8>)| {
            if let Key::Active(id, fingerprint) = &key {
                let matter = Arc::new(checked(&key, decode(&value))?);
                return Ok(OfSource::Active(*id, *fingerprint, matter));
            }
            Ok(OfSource::Itself(Box::new(checked(&key, decode_source(&value))?)))
        };
        self.each(reader, b's', decoded, |_, found| match found {
            OfSource::Itself(it) => drop(sources.insert(it.0.id, *it)),
            OfSource::Active(id, fingerprint, it) => {
                active.entry(id).or_default().insert(fingerprint, it);
            }
        })?;
        for (id, (mut source, revision)) in sources {
            // Up to format 2 it has them with it.
            source.active.extend(active.remove(&id).unwrap_or_default());
            self.state.put(RecordKey::Source(id), AnyRecord::Source(Arc::new(source)), revision);
        }
        match active.into_keys().next() {
            Some(id) => Err(missing(&Key::Source(id))),
            None => Ok(()),
        }
    }

    fn endpoints(&mut self, reader: &LogReader) -> Result<(), LoadError> {
        let mut pulses = HashMap::new();
        let decoded = |(key, value): (Key, Vec<u8>)| {
            let Key::Pulse(id) = key else { return Ok(None) };
            let (revision, pulse, tail) = checked(&key, pulse::decode(&value))?;
            Ok(Some((id, (revision, pulse), checked(&key, Tail::decode(tail))?)))
        };
        self.each(reader, b'p', decoded, |state, found| {
            let Some((id, pulse, tail)) = found else { return };
            state.tails.extend(tail.map(|it| (id, it)));
            pulses.insert(id, pulse);
        })?;
        let mut endpoints = BTreeMap::<EndpointId, Parts>::new();
        let decoded = |(key, value): (Key, Vec<u8>)| {
            let Key::Part(id, part) = key else { return Ok(None) };
            Ok(Some((id, DecodedPart::of(&key, part, &value)?)))
        };
        self.each(reader, b'e', decoded, |_, found| {
            if let Some((id, part)) = found {
                endpoints.entry(id).or_default().take(part);
            }
        })?;
        for (id, parts) in endpoints {
            let pulse = pulses.remove(&id).ok_or_else(|| missing(&Key::Pulse(id)))?;
            let (endpoint, revision) = parts.into_endpoint(id, pulse)?;
            let record = AnyRecord::Endpoint(Arc::new(endpoint));
            self.state.put(RecordKey::Endpoint(id), record, revision);
        }
        match pulses.into_keys().next() {
            Some(id) => Err(missing(&Key::Part(id, Part::Registration))),
            None => Ok(()),
        }
    }

    fn owed(&mut self, reader: &LogReader) -> Result<(), LoadError> {
        let decoded = |(key, value): (Key, Vec<u8>)| {
            let Key::Owed(order) = key else { return Ok(None) };
            Ok(Some((order, checked(&key, decode(&value))?)))
        };
        self.each(reader, b'o', decoded, |state, found| {
            if let Some((order, owed)) = found {
                state.tables.apply(Change::Owe(order, owed));
            }
        })
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

    /// Decodes everything of a kind, and takes it into memory in whatever order.
    fn each<T: Send>(
        &mut self,
        reader: &LogReader,
        kind: u8,
        decode: impl Fn((Key, Vec<u8>)) -> Result<T, LoadError> + Sync,
        mut take: impl FnMut(&mut State, T),
    ) -> Result<(), LoadError> {
        let decode = |found: Result<Scanned, LogError>| {
            let (key, (value, pieces)) = found?;
            let key = Key::from_bytes(&key)?;
            let in_pieces = (pieces > 0).then(|| (key.clone(), pieces));
            Ok((decode((key, value))?, in_pieces))
        };
        spread(reader.scan(kind), decode, |(decoded, in_pieces)| {
            if let Some((key, pieces)) = in_pieces {
                self.log.note_pieces(key, pieces);
            }
            take(&mut self.state, decoded);
        })
    }
}

impl State {
    fn put(&mut self, key: RecordKey, record: AnyRecord, revision: u64) {
        let put = Change::Put { key, record, revision, before: None, frames: Vec::new() };
        self.tables.apply(put);
    }
}

/// A source, or a matter of one.
enum OfSource {
    Itself(Box<(Source, u64)>),
    Active(SourceId, Fingerprint, Arc<Active>),
}

/// A part of an endpoint.
enum DecodedPart {
    Checks(Arc<Checks>),
    Facts(Arc<Facts>),
    Layout(Arc<Layout>),
    Registration(Arc<Registration>),
}

impl DecodedPart {
    fn of(key: &Key, part: Part, value: &[u8]) -> Result<Self, LoadError> {
        fn shared<T: Cold>(key: &Key, value: &[u8]) -> Result<Arc<T>, LoadError> {
            checked(key, decode(value)).map(Arc::new)
        }
        Ok(match part {
            Part::Checks => Self::Checks(shared(key, value)?),
            Part::Facts => Self::Facts(shared(key, value)?),
            Part::Layout => Self::Layout(shared(key, value)?),
            Part::Registration => Self::Registration(shared(key, value)?),
        })
    }
}

#[derive(Default)]
struct Parts {
    checks: Option<Arc<Checks>>,
    facts: Option<Arc<Facts>>,
    layout: Option<Arc<Layout>>,
    registration: Option<Arc<Registration>>,
}

impl Parts {
    fn take(&mut self, part: DecodedPart) {
        match part {
            DecodedPart::Checks(it) => self.checks = Some(it),
            DecodedPart::Facts(it) => self.facts = Some(it),
            DecodedPart::Layout(it) => self.layout = Some(it),
            DecodedPart::Registration(it) => self.registration = Some(it),
        }
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
