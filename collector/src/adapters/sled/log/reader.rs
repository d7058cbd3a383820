//! Reads, while the writer writes.

use std::{iter, ops::Range, path::Path, sync::Arc};

use sled::{Db, IVec};

use crate::adapters::sled::{
    bytes::Reader,
    keys::Key,
    log::{
        FURTHER, LogError, MOST_PIECES, Worn,
        error::reading,
        further_key,
        lists::{self, Places},
        merged::{Merged, Source},
        pending::Pending,
        place::Place,
        values,
        worn::worn,
    },
    packed::{Packing, unpack},
};

/// Reads the data folder.
#[derive(Clone, Debug)]
pub(in crate::adapters::sled) struct LogReader {
    pub(super) db: Db,
    pub(super) pending: Arc<Pending>,
    pub(super) folder: Arc<Path>,
}

/// A value, and how many further pieces it has.
type Found = (Vec<u8>, usize);

/// That with its key.
pub(in crate::adapters::sled) type Scanned = (IVec, Found);

impl LogReader {
    /// Whether nothing was ever written.
    pub(in crate::adapters::sled) fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.db.is_empty()
    }

    /// One value.
    pub(in crate::adapters::sled) fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.find(key)?.map(|it| it.0))
    }

    /// One value, and how many further pieces it has.
    pub(in crate::adapters::sled) fn find(&self, key: &Key) -> Result<Option<Found>, LogError> {
        let bytes = key.to_bytes();
        let Some(first) = self.raw(&bytes)? else { return Ok(None) };
        self.whole(&bytes, first)
    }

    /// The oldest file of values after some number of which hardly anything is asked for.
    pub(in crate::adapters::sled) fn worn(&self, after: u64) -> Result<Option<Worn>, LogError> {
        worn(&self.folder, after + 1..self.pending.values(), |key, place| {
            let first = self.raw(key)?;
            Ok(first.is_some_and(|it| Place::decode(&it) == Some(place)))
        })
    }

    /// Takes a file of values away that nothing is asked for in any more.
    pub(in crate::adapters::sled) fn discard(&self, file: u64) -> Result<(), LogError> {
        values::remove(&self.folder, file)
    }

    /// Everything of a kind, in order.
    pub(in crate::adapters::sled) fn scan(
        &self,
        kind: u8,
    ) -> impl DoubleEndedIterator<Item = Result<Scanned, LogError>> {
        let [kind, slash] = Key::prefix(kind);
        self.found(vec![kind, slash]..vec![kind, slash + 1])
    }

    /// Everything, in order.
    pub(in crate::adapters::sled) fn everything(
        &self,
    ) -> impl Iterator<Item = Result<Scanned, LogError>> {
        // Further pieces come with the value that they belong to.
        self.found(Vec::new()..vec![FURTHER])
    }

    /// Everything between two keys, both included, in order.
    pub(in crate::adapters::sled) fn range<'a>(
        &'a self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<Scanned, LogError>> + use<'a> {
        self.found(between(from, to))
    }

    /// The keys of that, and how long each value is as it is kept.
    pub(in crate::adapters::sled) fn range_lengths(
        &self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, u64), LogError>> + use<> {
        let length = |it: &[u8]| Place::decode(it).map_or(it.len() as u64, |it| it.length);
        let found = self.first_pieces(between(from, to));
        found.map(move |it| it.map(|(key, first)| (key, length(&first))))
    }

    /// The keys of that.
    pub(in crate::adapters::sled) fn range_keys(
        &self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<IVec, LogError>> + use<> {
        self.first_pieces(between(from, to)).map(|it| it.map(|it| it.0))
    }

    /// What is asked for, whether it is above sled, in sled, or in a list of places. What is on
    /// its way from one to the next is seen: it is looked for where it came from first.
    fn first_pieces(
        &self,
        keys: Range<Vec<u8>>,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, IVec), LogError>> + use<> {
        let above = self.pending.range(&keys).into_iter();
        let above = above.map(|(key, value)| Ok((key.into(), value)));
        let in_sled = self.db.range(keys.clone());
        let in_sled = in_sled.map(|it| it.map(|it| (it.0, Some(it.1))).map_err(reading));
        let listed: Source<'static> = match Places::between(&self.db, keys) {
            Ok(places) => Box::new(places),
            Err(err) => Box::new(iter::once(Err(err))),
        };
        let below = Merged::new(Box::new(in_sled), listed);
        let all = Merged::new(Box::new(above), Box::new(below));
        all.filter_map(|it| it.map(|(key, value)| Some((key, value?))).transpose())
    }

    fn raw(&self, key: &[u8]) -> Result<Option<IVec>, LogError> {
        if let Some(above) = self.pending.get(key) {
            return Ok(above);
        }
        if let Some(value) = self.db.get(key).map_err(reading)? {
            return Ok(Some(value));
        }
        Ok(lists::find(&self.db, key)?.map(|it| it.encode().into()))
    }

    fn found(
        &self,
        keys: Range<Vec<u8>>,
    ) -> impl DoubleEndedIterator<Item = Result<Scanned, LogError>> {
        self.first_pieces(keys).filter_map(|it| {
            let found =
                it.and_then(|(key, first)| Ok(self.whole(&key, first)?.map(|it| (key, it))));
            found.transpose()
        })
    }

    /// A value with all its pieces, or nothing if it has gone meanwhile.
    fn whole(&self, key: &[u8], first: IVec) -> Result<Option<Found>, LogError> {
        let (mut first, mut is_sure) = (first, false);
        loop {
            let found = self.joined(key, &first);
            if matches!(found, Ok((_, 0))) {
                return found.map(Some);
            }
            // Its pieces were read one by one: they may be of different writes. What is not
            // where it was said to be may have got there since, or be somewhere else now.
            match self.raw(key)? {
                Some(again) if again == first && (found.is_ok() || is_sure) => {
                    return found.map(Some);
                }
                Some(again) => {
                    is_sure = again == first;
                    first = again;
                }
                None => return Ok(None),
            }
        }
    }

    fn joined(&self, key: &[u8], first: &[u8]) -> Result<Found, LogError> {
        let filed =
            Place::decode(first).map(|it| values::read(&self.folder, key, it)).transpose()?;
        let mut reader = Reader::new(filed.as_deref().unwrap_or(first));
        let further = reader.number().map_err(|_| LogError::Torn)?;
        let further = usize::try_from(further).map_err(|_| LogError::Torn)?;
        let (packing, further) = (Packing::of(further / MOST_PIECES), further % MOST_PIECES);
        let mut value = reader.rest().to_vec();
        for number in 0..further {
            let piece = self.raw(&further_key(key, number))?;
            value.extend_from_slice(&piece.ok_or(LogError::Torn)?);
        }
        let value = packing.and_then(|it| unpack(it, value)).ok_or_else(|| packed_at(key))?;
        Ok((value, further))
    }
}

/// From one key to another, both included.
fn between(from: &Key, to: &Key) -> Range<Vec<u8>> {
    let mut after = to.to_bytes();
    after.push(0);
    from.to_bytes()..after
}

fn packed_at(key: &[u8]) -> LogError {
    let key = match Key::from_bytes(key) {
        Ok(key) => key.to_string(),
        Err(_) => String::from_utf8_lossy(key).into_owned(),
    };
    LogError::Packed { key }
}
