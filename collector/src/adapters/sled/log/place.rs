//! Where long values of history are: in which file, and at which byte.
//!
//! sled keeps neighbours in a node, and for each node a few hundred bytes stay in memory
//! for as long as there is the node. So the places of an endpoint's pieces are not values
//! of their own, but some [`TOGETHER`](super::lists::TOGETHER) in a row are one, a list.
//!
//! The key of a list is [`LISTS`] and a key of history that is not greater than any in it. A list is
//! numbers in the alphabet of [`bytes`](crate::adapters::sled::bytes), five for each
//! place: folded, by how much its start, revision and file are more than those of the place before;
//! at which byte it is, less the end of the place before if that is in the same file; how long
//! its record is.

use remit_shared::EndpointId;

use crate::adapters::sled::{
    bytes::{Reader, fold, put_number, unfold},
    keys::Key,
    log::{FILED, LogError, MOST_PIECES, head},
};

/// Marks the keys of lists; behind all others.
pub(super) const LISTS: u8 = 0x7f;

/// No place takes more bytes in a list.
pub(super) const LONGEST: usize = 50;

/// What stands in front of the body of a record.
pub(super) const HEAD: u64 = 8;

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: u64,
    pub(super) at: u64,
    /// Of the body.
    pub(super) length: u64,
}

/// The place of a piece of some endpoint's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) start: i64,
    pub(super) revision: u64,
    pub(super) place: Place,
}

impl Place {
    /// As a value would be that is not in a file.
    pub(super) fn encode(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        [self.file, self.at, self.length]
            .iter()
            .for_each(|it| put_number(&mut bytes, (*it).into()));
        head(FILED * MOST_PIECES, &bytes)
    }

    /// That, if a value is in a file.
    pub(super) fn decode(first: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(first);
        let is_filed = reader.number().ok()? == (FILED * MOST_PIECES) as u128;
        let mut number = || reader.u64().ok();
        let place = Self { file: number()?, at: number()?, length: number()? };
        (is_filed && reader.is_at_end()).then_some(place)
    }

    fn end(self) -> u64 {
        self.at.saturating_add(HEAD).saturating_add(self.length)
    }
}

impl Listed {
    const NOTHING: Self =
        Self { start: 0, revision: 0, place: Place { file: 0, at: 0, length: 0 } };

    /// What lists are in order of.
    pub(super) fn order(&self) -> (i64, u64) {
        (self.start, self.revision)
    }

    /// The key of the piece.
    pub(super) fn key(&self, endpoint: EndpointId) -> Key {
        Key::History { endpoint, start: self.start, revision: self.revision }
    }
}

/// The key of a list that begins with a key.
pub(super) fn list_key(key: &[u8]) -> Vec<u8> {
    [&[LISTS], key].concat()
}

/// The value of a list.
pub(super) fn encode(list: &[Listed]) -> Vec<u8> {
    let (mut bytes, mut last) = (Vec::new(), Listed::NOTHING);
    for it in list {
        let more = |now: i128, before: i128| fold(now - before);
        put_number(&mut bytes, more(it.start.into(), last.start.into()));
        put_number(&mut bytes, more(it.revision.into(), last.revision.into()));
        put_number(&mut bytes, more(it.place.file.into(), last.place.file.into()));
        put_number(&mut bytes, more(it.place.at.into(), begin(it.place.file, last).into()));
        put_number(&mut bytes, it.place.length.into());
        last = *it;
    }
    bytes
}

/// Whose list this is, and the places in it.
pub(super) fn decode(key: &[u8], value: &[u8]) -> Result<(EndpointId, Vec<Listed>), LogError> {
    let first = key.strip_prefix(&[LISTS]).and_then(|it| Key::from_bytes(it).ok());
    if let Some(Key::History { endpoint, .. }) = first
        && let Some(list) = places(value)
    {
        return Ok((endpoint, list));
    }
    let key = match first {
        Some(key) => key.to_string(),
        None => String::from_utf8_lossy(key).into_owned(),
    };
    Err(LogError::List { key })
}

fn places(bytes: &[u8]) -> Option<Vec<Listed>> {
    let (mut reader, mut list, mut last) = (Reader::new(bytes), Vec::new(), Listed::NOTHING);
    while !reader.is_at_end() {
        let mut number = || reader.number().ok();
        let start = add(last.start.into(), number()?)?;
        let revision = add(last.revision.into(), number()?)?;
        let file = add(last.place.file.into(), number()?)?;
        let at = add(begin(file, last).into(), number()?)?;
        let place = Place { file, at, length: u64::try_from(number()?).ok()? };
        last = Listed { start, revision, place };
        list.push(last);
    }
    Some(list)
}

/// Where a place is looked for first.
fn begin(file: u64, last: Listed) -> u64 {
    if file == last.place.file { last.place.end() } else { 0 }
}

fn add<T: TryFrom<i128>>(before: i128, more: u128) -> Option<T> {
    before.checked_add(unfold(more))?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listed() -> impl Strategy<Value = Listed> {
        let place = (any::<u64>(), any::<u64>(), any::<u64>());
        let place = place.prop_map(|(file, at, length)| Place { file, at, length });
        (any::<i64>(), any::<u64>(), place).prop_map(|(start, revision, place)| Listed {
            start,
            revision,
            place,
        })
    }

    proptest! {
        #[test]
        fn a_list_is_read_as_it_was_written(list in prop::collection::vec(listed(), 0..9)) {
            let value = encode(&list);
            prop_assert!(value.len() <= LONGEST * list.len());
            prop_assert_eq!(places(&value).unwrap(), list);
        }

        #[test]
        fn a_place_stands_where_a_value_would(listed in listed(), value: Vec<u8>) {
            prop_assert_eq!(Place::decode(&listed.place.encode()), Some(listed.place));
            prop_assert_eq!(Place::decode(&head(0, &value)), None);
        }

        #[test]
        fn whatever_is_damaged_is_no_reason_to_panic(bytes: Vec<u8>) {
            let _ = (decode(&bytes, &bytes), places(&bytes), Place::decode(&bytes));
        }
    }

    #[test]
    fn a_place_takes_some_thirteen_bytes() {
        // Of one of 15,000 endpoints that report each minute, beside the others.
        let piece = |nth: u64| Listed {
            start: 1_800_000_000_000 + 7_500_000 * nth as i64,
            revision: 1_800_000_000_000 + 7_500_000 * nth,
            place: Place { file: 40 + nth / 3, at: nth % 3 * 24_000_000, length: 1_600 },
        };
        let list: Vec<_> = (0..32).map(piece).collect();
        let length = encode(&list).len();
        assert!(length <= 32 * 16, "{length}");
    }
}
