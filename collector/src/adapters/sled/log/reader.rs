//! Reads, while the writer writes.

use std::{ops::Bound, path::Path, sync::Arc};

use sled::{Db, IVec};

use crate::adapters::sled::{
    bytes::Reader,
    keys::Key,
    log::{
        FILED, FURTHER, LogError, MOST_PIECES, Worn,
        error::reading,
        further_key,
        merged::Merged,
        pending::Pending,
        values::{self, Place},
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
            Ok(first.is_some_and(|it| place_of(&it) == Some(place)))
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
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, Found), LogError>> {
        let from = Key::prefix(kind);
        let after = [from[0], from[1] + 1];
        let above = self.pending.range(Bound::Included(&from), Bound::Excluded(&after));
        self.found(Merged::new(above, self.db.scan_prefix(from)))
    }

    /// Everything, in order.
    pub(in crate::adapters::sled) fn everything(
        &self,
    ) -> impl Iterator<Item = Result<(IVec, Found), LogError>> {
        // Further pieces come with the value that they belong to.
        let above = self.pending.range(Bound::Unbounded, Bound::Excluded(&[FURTHER]));
        self.found(Merged::new(above, self.db.range(..[FURTHER].as_slice())))
    }

    /// Everything between two keys, both included, in order.
    pub(in crate::adapters::sled) fn range<'a>(
        &'a self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, Found), LogError>> + use<'a> {
        self.found(self.between(from, to))
    }

    /// The keys of that, and how long each value is as it is kept.
    pub(in crate::adapters::sled) fn range_lengths(
        &self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, u64), LogError>> + use<> {
        self.between(from, to).map(|found| {
            let (key, first) = found.map_err(reading)?;
            let length = place_of(&first).map_or(first.len() as u64, |it| it.length);
            Ok((key, length))
        })
    }

    /// The keys of that.
    pub(in crate::adapters::sled) fn range_keys(
        &self,
        from: &Key,
        to: &Key,
    ) -> impl DoubleEndedIterator<Item = Result<IVec, LogError>> + use<> {
        self.between(from, to).map(|it| it.map(|it| it.0).map_err(reading))
    }

    fn between(&self, from: &Key, to: &Key) -> Merged {
        let (from, to) = (from.to_bytes(), to.to_bytes());
        if from > to {
            return Merged::new([].into(), self.db.range::<&[u8], _>(..[].as_slice()));
        }
        let above = self.pending.range(Bound::Included(&from), Bound::Included(&to));
        Merged::new(above, self.db.range(from..=to))
    }

    fn raw(&self, key: &[u8]) -> Result<Option<IVec>, LogError> {
        match self.pending.get(key) {
            Some(above) => Ok(above),
            None => self.db.get(key).map_err(reading),
        }
    }

    fn found(
        &self,
        entries: Merged,
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, Found), LogError>> {
        entries.filter_map(|entry| {
            let found = entry
                .map_err(reading)
                .and_then(|(key, value)| Ok(self.whole(&key, value)?.map(|found| (key, found))));
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
        let filed = place_of(first).map(|it| values::read(&self.folder, key, it)).transpose()?;
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

/// Where a value is, if it is in a file of values.
fn place_of(first: &[u8]) -> Option<Place> {
    let mut reader = Reader::new(first);
    let is_filed = reader.number().ok()? == (FILED * MOST_PIECES) as u128;
    is_filed.then(|| Place::decode(reader.rest())).flatten()
}

fn packed_at(key: &[u8]) -> LogError {
    let key = match Key::from_bytes(key) {
        Ok(key) => key.to_string(),
        Err(_) => String::from_utf8_lossy(key).into_owned(),
    };
    LogError::Packed { key }
}
