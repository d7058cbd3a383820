//! Whatever is in sled, in files of values, and in the journal only: all of it is
//! seen, and comes back.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{
    adapters::sled::{JOURNAL_BYTES, tests::CACHE},
    ports::store::conformance::sample,
};

/// So little that most writes make it go to sled.
const SMALL: u64 = 2 << 10;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Deed {
    /// Values of so many bytes, or their end.
    Write(Vec<(u64, Option<usize>)>),
    Settle,
    /// Files of values of which hardly anything is asked for are removed.
    ClearOut,
    /// It is closed and opened again.
    Close,
    /// The process ends, and somebody opens what it leaves.
    Crash,
}

fn deed() -> impl Strategy<Value = Deed> {
    let value =
        prop::option::weighted(0.7, prop_oneof![4 => 0..900_usize, 1 => 4_000..9_000_usize]);
    prop_oneof![
        12 => prop::collection::vec((0..24_u64, value), 1..6).prop_map(Deed::Write),
        1 => Just(Deed::Settle),
        2 => Just(Deed::ClearOut),
        1 => Just(Deed::Close),
        1 => Just(Deed::Crash),
    ]
}

/// Every other key is one of history, whose values can be in files of their own.
fn key(number: u64) -> Key {
    if number.is_multiple_of(2) {
        return Key::Feed(number);
    }
    Key::History { endpoint: sample::endpoint_id(1), start: number as i64, revision: 0 }
}

fn number(key: &[u8]) -> u64 {
    let key = Key::from_bytes(key).unwrap();
    if let Key::Feed(number) = key {
        number
    } else if let Key::History { start, .. } = key {
        start as u64
    } else {
        panic!("nobody wrote {key}")
    }
}

fn open(folder: &Path) -> Log {
    let mut log = Log::open(folder, CACHE, SMALL).unwrap();
    // Whoever loads a folder notes this of all values.
    let found: Vec<_> = log.reader().everything().collect();
    for found in found {
        let (key, (_, pieces)) = found.unwrap();
        log.note_pieces(Key::from_bytes(&key).unwrap(), pieces);
    }
    log
}

/// What is in the files at this moment, whatever sled is about to do: nothing that
/// was written first is copied last.
fn copy(folder: &Path) -> TempDir {
    let left = TempDir::new().unwrap();
    let are_journal = |name: &str| name.starts_with("journal.");
    let are_values = |name: &str| name.starts_with("values.");
    let are_of_sled = |name: &str| !are_journal(name) && !are_values(name);
    for is_next in [&are_journal as &dyn Fn(&str) -> bool, &are_of_sled, &are_values] {
        for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            if file.file_type().unwrap().is_file() && is_next(&name) {
                fs::copy(file.path(), left.path().join(name)).unwrap();
            }
        }
    }
    left
}

fn clear_out(log: &mut Log) {
    let (reader, mut after) = (log.reader(), 0);
    while let Some(Worn { number, keys }) = reader.worn(after).unwrap() {
        let value = |key: Key| {
            let value = reader.get(&key).unwrap();
            (key, value)
        };
        log.write(keys.into_iter().map(value).collect()).unwrap();
        reader.discard(number).unwrap();
        after = number;
    }
}

fn check(log: &Log, model: &BTreeMap<u64, Vec<u8>>) {
    let reader = log.reader();
    let found: BTreeMap<u64, Vec<u8>> = reader
        .everything()
        .map(Result::unwrap)
        .filter(|it| ![WRITTEN, VALUES].iter().any(|mark| *it.0 == *mark.to_bytes()))
        .map(|(key, (value, _))| (number(&key), value))
        .collect();
    assert_eq!(&found, model);
    for odd in [0, 1] {
        let (from, to) = (key(4 + odd), key(14 + odd));
        let keys = reader.range_keys(&from, &to).rev();
        let keys: Vec<u64> = keys.map(|it| number(&it.unwrap())).collect();
        let expected = model.range(4 + odd..=14 + odd).rev().map(|it| *it.0);
        assert_eq!(keys, expected.filter(|it| it % 2 == odd).collect::<Vec<_>>());
    }
    for number in 0..24 {
        assert_eq!(reader.get(&key(number)).unwrap().as_ref(), model.get(&number));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_written_is_seen_and_comes_back(
        deeds in prop::collection::vec(deed(), 1..40),
    ) {
        let mut folder = TempDir::new().unwrap();
        let (mut log, mut model) = (open(folder.path()), BTreeMap::new());
        for (nth, deed) in deeds.into_iter().enumerate() {
            match deed {
                Deed::Write(values) => {
                    let mut writes = Writes::new();
                    for (number, length) in values {
                        let value = length.map(|it| vec![nth as u8; it]);
                        match &value {
                            Some(value) => drop(model.insert(number, value.clone())),
                            None => drop(model.remove(&number)),
                        }
                        writes.insert(key(number), value);
                    }
                    log.write(writes).unwrap();
                }
                Deed::Settle => log.settle().unwrap(),
                Deed::ClearOut => clear_out(&mut log),
                Deed::Close => {
                    drop(log);
                    for name in ["journal.0", "journal.1"] {
                        assert_eq!(fs::metadata(folder.path().join(name)).unwrap().len(), 0);
                    }
                    log = open(folder.path());
                }
                Deed::Crash => {
                    let left = copy(folder.path());
                    drop(log);
                    folder = left;
                    log = open(folder.path());
                }
            }
            check(&log, &model);
        }
    }
}

#[test]
fn a_journal_without_its_end_is_found_out_if_that_was_noted() {
    let folder = TempDir::new().unwrap();
    let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
    for number in 0..600 {
        log.write([(Key::Feed(number), Some(b"x".to_vec()))].into()).unwrap();
    }
    let left = copy(folder.path());
    fs::write(left.path().join("journal.0"), b"").unwrap();
    let told = Log::open(left.path(), CACHE, JOURNAL_BYTES).unwrap_err();
    assert!(matches!(told, LogError::Lost { written: 0, noted: 512 }), "{told}");
}
