//! Whatever is in sled and whatever is in the journal only: all of it is seen,
//! and comes back.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::adapters::sled::{JOURNAL_BYTES, tests::CACHE};

/// So little that most writes make it go to sled.
const SMALL: u64 = 2 << 10;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Deed {
    /// Values of so many bytes, or their end.
    Write(Vec<(u64, Option<usize>)>),
    Settle,
    /// It is closed and opened again.
    Close,
    /// The process ends, and somebody opens what it leaves.
    Crash,
}

fn deed() -> impl Strategy<Value = Deed> {
    let value =
        prop::option::weighted(0.7, prop_oneof![4 => 0..200_usize, 1 => 4_000..9_000_usize]);
    prop_oneof![
        12 => prop::collection::vec((0..24_u64, value), 1..6).prop_map(Deed::Write),
        1 => Just(Deed::Settle),
        1 => Just(Deed::Close),
        1 => Just(Deed::Crash),
    ]
}

fn open(folder: &Path) -> Log {
    let mut log = Log::open(folder, CACHE, SMALL).unwrap();
    // Whoever loads a folder notes this of all values.
    let found: Vec<_> = log.reader().scan(b'f').collect();
    for found in found {
        let (key, (_, pieces)) = found.unwrap();
        log.note_pieces(Key::from_bytes(&key).unwrap(), pieces);
    }
    log
}

/// What is in the files at this moment, whatever sled is about to do.
fn copy(folder: &Path) -> TempDir {
    let left = TempDir::new().unwrap();
    for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
        }
    }
    left
}

fn check(log: &Log, model: &BTreeMap<u64, Vec<u8>>) {
    let reader = log.reader();
    let feed = |key: &[u8]| {
        let key = Key::from_bytes(key).unwrap();
        if let Key::Feed(number) = key { number } else { panic!("nobody wrote {key}") }
    };
    let found: BTreeMap<u64, Vec<u8>> = reader
        .everything()
        .map(Result::unwrap)
        .filter(|it| *it.0 != *WRITTEN.to_bytes())
        .map(|(key, (value, _))| (feed(&key), value))
        .collect();
    assert_eq!(&found, model);
    let (from, to) = (Key::Feed(5), Key::Feed(15));
    let keys: Vec<u64> = reader.range_keys(&from, &to).rev().map(|it| feed(&it.unwrap())).collect();
    let expected: Vec<u64> = model.range(5..=15).rev().map(|it| *it.0).collect();
    assert_eq!(keys, expected);
    for number in 0..24 {
        assert_eq!(reader.get(&Key::Feed(number)).unwrap().as_ref(), model.get(&number));
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
                    for (key, length) in values {
                        let value = length.map(|it| vec![nth as u8; it]);
                        match &value {
                            Some(value) => drop(model.insert(key, value.clone())),
                            None => drop(model.remove(&key)),
                        }
                        writes.insert(Key::Feed(key), value);
                    }
                    log.write(writes).unwrap();
                }
                Deed::Settle => log.settle().unwrap(),
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
