//! The lists of places in sled: read from either end, and written in the order of keys.
//!
//! # Invariants
//!
//! - A place is in the last list of its endpoint whose key is not greater than its own, and
//!   never goes to another list. So whoever goes through lists while they change sees
//!   each place once.
//! - A list that would be empty is not there, and none is longer than a [`PIECE`].

#[cfg(test)]
mod tests;

use std::{ops::Range, vec};

use remit_shared::EndpointId;
use sled::{Db, IVec};

use crate::adapters::sled::{
    keys::Key,
    log::{
        LogError, PIECE,
        error::{reading, writing},
        merged::{End, Found},
        place::{LISTS, LONGEST, Listed, Place, decode, encode, list_key},
        values::{KIND, is_of_history},
    },
};

/// So many places are a list, and more if a clock was set back among them. A longer one
/// is written anew with each of its places; of shorter ones there are more in memory.
pub(super) const TOGETHER: usize = 32;

/// No list has more.
const MOST: usize = PIECE / LONGEST;

/// A list as sled has it.
type Stored = (IVec, IVec);

/// Places by the keys of their values.
type ByKey = vec::IntoIter<(Vec<u8>, Place)>;

/// The last list whose key is not greater.
fn last(db: &Db, key: Vec<u8>) -> Result<Option<Stored>, LogError> {
    db.range(vec![LISTS]..=key).next_back().transpose().map_err(reading)
}

/// The place of one value.
pub(super) fn find(db: &Db, key: &[u8]) -> Result<Option<Place>, LogError> {
    if !is_of_history(key) {
        return Ok(None);
    }
    let mut list = last(db, list_key(key))?.map_or(Ok(Vec::new().into_iter()), read)?;
    Ok(list.find(|it| it.0 == key).map(|it| it.1))
}

/// The places of a list, by the keys of their values.
fn read((key, value): Stored) -> Result<ByKey, LogError> {
    let (endpoint, places) = decode(&key, &value)?;
    let places = places.into_iter();
    Ok(places.map(|it| (it.key(endpoint).to_bytes(), it.place)).collect::<Vec<_>>().into_iter())
}

/// Goes through the places of the values between two keys, from either end, as if sled
/// had each by its key.
pub(super) struct Places {
    /// Gone at its end.
    lists: Option<sled::Iter>,
    span: Range<Vec<u8>>,
    front: ByKey,
    back: ByKey,
}

impl Places {
    pub(super) fn between(db: &Db, span: Range<Vec<u8>>) -> Result<Self, LogError> {
        let [kind, slash] = Key::prefix(KIND);
        let is_any = *span.start < [kind, slash + 1][..] && *span.end > [kind, slash][..];
        let (from, to) = (list_key(&span.start), list_key(&span.end));
        let lists = if is_any {
            // The list before may have some, too.
            let from = last(db, from.clone())?.map_or(from, |it| it.0.to_vec());
            Some(db.range(from..to))
        } else {
            None
        };
        Ok(Self { lists, span, front: ByKey::default(), back: ByKey::default() })
    }

    fn advance(&mut self, end: End) -> Option<Found> {
        loop {
            let (near, far) = match end {
                End::Front => (&mut self.front, &mut self.back),
                End::Back => (&mut self.back, &mut self.front),
            };
            let Some((key, place)) = end.next(near) else {
                match self.lists.as_mut().and_then(|it| end.next(it)) {
                    Some(list) => match list.map_err(reading).and_then(read) {
                        Ok(list) => *near = list,
                        Err(err) => return Some(Err(err)),
                    },
                    None => {
                        // Asked again, sled would give what has come since.
                        self.lists = None;
                        if far.len() == 0 {
                            return None;
                        }
                        std::mem::swap(near, far);
                    }
                }
                continue;
            };
            if self.span.contains(&key) {
                return Some(Ok((key.into(), Some(place.encode().into()))));
            }
        }
    }
}

impl Iterator for Places {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        self.advance(End::Front)
    }
}

impl DoubleEndedIterator for Places {
    fn next_back(&mut self) -> Option<Found> {
        self.advance(End::Back)
    }
}

/// Changes lists, one at a time.
#[derive(Debug)]
pub(super) struct ListWriter<'a> {
    db: &'a Db,
    together: usize,
    list: Option<List>,
}

/// The one that is being changed.
#[derive(Debug)]
struct List {
    endpoint: EndpointId,
    key: Vec<u8>,
    /// The key of the one after it.
    next: Option<IVec>,
    places: Vec<Listed>,
    is_changed: bool,
}

impl<'a> ListWriter<'a> {
    pub(super) fn new(db: &'a Db, together: usize) -> Self {
        Self { db, together, list: None }
    }

    /// Puts the place of a value where that of its key is, if there is one. Gives how many
    /// bytes sled was given meanwhile, as all of these do; `None` if there is no room among
    /// its neighbours, where clocks were set back again and again.
    pub(super) fn put(&mut self, key: &[u8], place: Place) -> Result<Option<usize>, LogError> {
        let (endpoint, start, revision) = parts(key)?;
        let listed = Listed { start, revision, place };
        let mut written = self.turn_to(endpoint, key)?;
        if let Some(list) = &mut self.list {
            match list.search(start, revision) {
                Ok(index) => list.places[index] = listed,
                Err(index) if index == list.places.len() && index >= self.together => {
                    let (key, next) = (list_key(key), list.next.take());
                    written += self.finish()?;
                    let places = vec![listed];
                    self.list = Some(List { endpoint, key, next, places, is_changed: true });
                    return Ok(Some(written));
                }
                Err(_) if list.places.len() >= MOST => return Ok(None),
                Err(index) => list.places.insert(index, listed),
            }
            list.is_changed = true;
        }
        Ok(Some(written))
    }

    /// Takes the place of a value away, if there is one.
    pub(super) fn remove(&mut self, key: &[u8]) -> Result<usize, LogError> {
        let (endpoint, start, revision) = parts(key)?;
        let written = self.turn_to(endpoint, key)?;
        if let Some(list) = &mut self.list
            && let Ok(index) = list.search(start, revision)
        {
            list.places.remove(index);
            list.is_changed = true;
        }
        Ok(written)
    }

    /// Has the list at hand that a key is in, or will be.
    fn turn_to(&mut self, endpoint: EndpointId, key: &[u8]) -> Result<usize, LogError> {
        let key = list_key(key);
        if self.list.as_ref().is_some_and(|it| it.has(endpoint, &key)) {
            return Ok(0);
        }
        let written = self.finish()?;
        let before = last(self.db, key.clone())?;
        let before = before.map(|(key, value)| Ok((decode(&key, &value)?, key))).transpose()?;
        let (key, places) = match before {
            Some(((of, places), key)) if of == endpoint => (key.to_vec(), places),
            Some(_) | None => (key, Vec::new()),
        };
        let next = self.db.get_gt(&key).map_err(reading)?.map(|it| it.0);
        self.list = Some(List { endpoint, key, next, places, is_changed: false });
        Ok(written)
    }

    /// Gives sled what was changed.
    pub(super) fn finish(&mut self) -> Result<usize, LogError> {
        let Some(list) = self.list.take().filter(|it| it.is_changed) else { return Ok(0) };
        if list.places.is_empty() {
            self.db.remove(&list.key).map_err(writing)?;
            return Ok(list.key.len());
        }
        let value = encode(&list.places);
        let written = list.key.len() + value.len();
        self.db.insert(&list.key, value).map_err(writing)?;
        Ok(written)
    }
}

impl List {
    /// Whether a place with this key goes here.
    fn has(&self, endpoint: EndpointId, key: &[u8]) -> bool {
        let is_before_next = self.next.as_deref().is_none_or(|next| key < next);
        self.endpoint == endpoint && *self.key <= *key && is_before_next
    }

    fn search(&self, start: i64, revision: u64) -> Result<usize, usize> {
        self.places.binary_search_by_key(&(start, revision), Listed::order)
    }
}

/// What a key of history says.
fn parts(key: &[u8]) -> Result<(EndpointId, i64, u64), LogError> {
    match Key::from_bytes(key) {
        Ok(Key::History { endpoint, start, revision }) => Ok((endpoint, start, revision)),
        _ => Err(LogError::Torn),
    }
}
