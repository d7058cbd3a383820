//! Files of values that can go.
//!
//! Values go in about the order in which they came, so a file is asked for by many
//! keys, and then soon by hardly any. What is left is written once more, and the file
//! is removed. Of a file that is still asked for, no more is read than shows that.

use std::{
    fs::File,
    io::{BufReader, Read},
    ops::Range,
    path::Path,
};

use remit_shared::Chain;

use crate::adapters::sled::{
    keys::Key,
    log::{
        LogError,
        place::{HEAD, Place},
        values::{failed, numbers, path, split},
    },
};

/// A file goes when no more than this part of it is still asked for.
const REST: u64 = 16;

/// A file of which hardly anything is asked for.
#[derive(Debug)]
pub(in crate::adapters::sled) struct Worn {
    pub(in crate::adapters::sled) number: u64,
    /// What is, nevertheless.
    pub(in crate::adapters::sled) keys: Vec<Key>,
}

/// The oldest worn file of some; `is_there` says whether a key's value is at a place.
pub(super) fn worn(
    folder: &Path,
    of: Range<u64>,
    is_there: impl Fn(&[u8], Place) -> Result<bool, LogError>,
) -> Result<Option<Worn>, LogError> {
    for number in numbers(folder)?.into_iter().filter(|it| of.contains(it)) {
        match look(folder, number, &is_there) {
            Ok(Some(keys)) => return Ok(Some(Worn { number, keys })),
            Ok(None) => {}
            Err(err @ LogError::Damaged { .. }) => {
                // It stays as it is, for people to look at, and keeps no other.
                tracing::error!(error = %Chain(&err), "a file of history is kept");
            }
            Err(err) => return Err(err),
        }
    }
    Ok(None)
}

/// What is still asked for in a file; `None` if that is too much.
fn look(
    folder: &Path,
    number: u64,
    is_there: impl Fn(&[u8], Place) -> Result<bool, LogError>,
) -> Result<Option<Vec<Key>>, LogError> {
    let path = path(folder, number);
    let failed = || failed("read", &path);
    let file = File::open(&path).map_err(failed())?;
    let length = file.metadata().map_err(failed())?.len();
    let (mut file, mut body) = (BufReader::new(file), Vec::new());
    let (mut keys, mut rest, mut at) = (Vec::new(), 0, 0);
    while at < length {
        let damaged = || LogError::Damaged { path: path.clone(), at };
        let mut head = [0; HEAD as usize];
        if length - at < HEAD {
            return Err(damaged());
        }
        file.read_exact(&mut head).map_err(failed())?;
        let (says, sum) = head.split_at(4);
        let long = u32::from_le_bytes(says.try_into().expect("four bytes"));
        let place = Place { file: number, at, length: long.into() };
        if length - at - HEAD < place.length {
            return Err(damaged());
        }
        body.resize(long as usize, 0);
        file.read_exact(&mut body).map_err(failed())?;
        let is_whole = crc32fast::hash(&body).to_le_bytes() == sum;
        let (key, _) = is_whole.then(|| split(&body)).flatten().ok_or_else(damaged)?;
        if is_there(key, place)? {
            keys.push(Key::from_bytes(key).map_err(|_| damaged())?);
            rest += place.length;
        }
        if rest > length / REST {
            return Ok(None);
        }
        at += HEAD + place.length;
    }
    Ok(Some(keys))
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, fs};

    use tempfile::TempDir;

    use super::*;
    use crate::adapters::sled::log::values::ValueFiles;

    fn key(nth: u64) -> Key {
        Key::Feed(nth)
    }

    /// Files of ten values each.
    fn fill(folder: &Path, count: u64) -> Vec<Place> {
        let each = 10 * (HEAD + 1 + key(0).to_bytes().len() as u64 + 50);
        let mut files = ValueFiles::open(folder, None, each).unwrap();
        let places = (0..count).map(|it| files.append(&key(it).to_bytes(), &[0; 50]).unwrap());
        let places = places.collect();
        files.sync().unwrap();
        places
    }

    #[test]
    fn the_oldest_goes_first_and_one_that_is_asked_for_stays() {
        let folder = TempDir::new().unwrap();
        let places = fill(folder.path(), 50);
        let kept = RefCell::new((0..50).collect::<Vec<u64>>());
        let look = || {
            let is_there = |of: &[u8], place| {
                let is_it = |it: &u64| of == key(*it).to_bytes() && places[*it as usize] == place;
                Ok(kept.borrow().iter().any(is_it))
            };
            worn(folder.path(), 1..5, is_there).unwrap()
        };
        assert!(look().is_none(), "all of it is asked for");
        // Four of ten in the second file are asked for, and all in the third.
        kept.borrow_mut().retain(|it| (16..30).contains(it));
        for number in [1, 4] {
            let found = look().unwrap();
            assert_eq!((found.number, found.keys), (number, vec![]));
            fs::remove_file(path(folder.path(), number)).unwrap();
        }
        assert!(look().is_none(), "the fifth is not looked at");
    }

    #[test]
    fn what_is_left_is_named() {
        let folder = TempDir::new().unwrap();
        let mut files = ValueFiles::open(folder.path(), None, 1_200).unwrap();
        for nth in 0..40 {
            files.append(&key(nth).to_bytes(), &[0; 50]).unwrap();
        }
        files.sync().unwrap();
        let is_there = |of: &[u8], _| Ok(of == key(7).to_bytes());
        let found = worn(folder.path(), 1..2, is_there).unwrap().unwrap();
        assert_eq!((found.number, found.keys), (1, vec![key(7)]));
    }

    #[test]
    fn a_damaged_file_stays_and_keeps_no_other() {
        let folder = TempDir::new().unwrap();
        fill(folder.path(), 30);
        let path = path(folder.path(), 1);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            assert_eq!(worn(folder.path(), 1..4, |_, _| Ok(false)).unwrap().unwrap().number, 2);
        }
    }
}
