//! Whatever is in sled, in files of values, and in the journal only: all of it is
//! seen, and comes back.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use proptest::prelude::*;
use sled::IVec;
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

#[test]
fn a_file_is_not_worn_before_what_it_has_is_seen_in_sled() {
    let folder = TempDir::new().unwrap();
    let db = sled::open(folder.path()).unwrap();
    let path = folder.path().join("db");
    let file = Arc::new(DatabaseFile { file: File::open(&path).unwrap(), path });
    let values = ValueFiles::open(folder.path(), None, 2_000).unwrap();
    let mut target = Target { db: db.clone(), file, values, files_values: true };
    let pending = Arc::new(Pending::default());
    let reader = LogReader { db, pending: Arc::clone(&pending), folder: folder.path().into() };
    let keys = (1..40).step_by(2).map(|it| key(it).to_bytes());
    let all =
        |value: Option<Vec<u8>>| keys.clone().map(move |it| (it, value.as_deref().map(IVec::from)));

    pending.put(all(Some(head(0, &[7; 600]))).collect());
    target.take(&pending.settle(), 1).unwrap();
    assert!(reader.worn(0).unwrap().is_none(), "what it has lies above it still");
    pending.settled(target.values.newest());
    assert!(reader.worn(0).unwrap().is_none(), "all of it is asked for");
    pending.put(all(None).collect());
    assert_eq!(reader.worn(0).unwrap().unwrap().number, 1);
}

#[test]
fn whoever_reads_meanwhile_finds_everything_and_each_value_whole() {
    /// A value of several pieces, beside those in files.
    const LONG: u64 = 2;
    let folder = TempDir::new().unwrap();
    let mut log = open(folder.path());
    let (reader, is_done) = (log.reader(), AtomicBool::new(false));
    let numbers = || (1..24).step_by(2).chain([LONG]);
    let length = |number| if number == LONG { 9_000 } else { 700 };
    let all = |round: u8| numbers().map(|it| (key(it), Some(vec![round; length(it)]))).collect();
    log.write(all(0)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=250 {
                log.write(all(round)).unwrap();
                log.settle_now().unwrap();
                clear_out(&mut log);
            }
            is_done.store(true, Ordering::Relaxed);
        });
        while !is_done.load(Ordering::Relaxed) {
            assert_eq!(reader.scan(b'h').map(Result::unwrap).count(), 12);
            for number in numbers() {
                let value = reader.get(&key(number)).unwrap().unwrap();
                let is_whole = value.iter().all(|it| *it == value[0]);
                assert!(value.len() == length(number) && is_whole, "of {number}");
            }
        }
    });
}

#[test]
fn what_does_not_get_to_sled_is_told_and_comes_back() {
    let folder = TempDir::new().unwrap();
    let in_the_way = folder.path().join("values.1");
    let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
    fs::create_dir(&in_the_way).unwrap();
    let put = |number| [(key(number), Some(vec![7; 900]))].into();
    log.write(put(1)).unwrap();
    // It goes wrong on the way, and nobody asks at once.
    log.settle().unwrap();
    let told = log.settle_now().unwrap_err();
    assert!(told.to_string().contains("values.1"), "{told}");
    assert!(matches!(log.write(put(3)), Err(LogError::Unsettled)));
    assert_eq!(log.reader().get(&key(1)).unwrap().unwrap(), [7; 900]);
    drop(log);
    fs::remove_dir(&in_the_way).unwrap();
    let log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
    assert_eq!(log.reader().get(&key(1)).unwrap().unwrap(), [7; 900]);
    assert_eq!(log.reader().get(&key(3)).unwrap(), None);
}

#[test]
fn a_folder_that_has_lost_writes_keeps_its_files_of_values() {
    let folder = TempDir::new().unwrap();
    let mut log = open(folder.path());
    for nth in 0..600 {
        log.write([(key(2 * nth + 1), Some(vec![nth as u8; 600]))].into()).unwrap();
    }
    drop(log);
    let files = || {
        let numbers = values::numbers(folder.path()).unwrap();
        numbers.into_iter().map(|it| fs::read(values::path(folder.path(), it)).unwrap())
    };
    let before: Vec<_> = files().collect();
    assert!(before.len() > 10);
    fs::remove_file(folder.path().join("db")).unwrap();
    let told = Log::open(folder.path(), CACHE, SMALL).unwrap_err();
    assert!(matches!(told, LogError::Lost { written: 0, .. }), "{told}");
    assert!(files().eq(before), "whoever brings sled's file back finds all of them");
}

#[test]
fn a_folder_of_an_earlier_format_has_no_values_in_files_until_it_is_of_this_one() {
    let folder = TempDir::new().unwrap();
    let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
    log.write([(Key::Meta(Meta::Format), Some(b"5".to_vec()))].into()).unwrap();
    log.settle_now().unwrap();
    log.write([(key(1), Some(vec![1; 900]))].into()).unwrap();
    let left = copy(folder.path());
    drop(log);
    let mut log = Log::open(left.path(), CACHE, JOURNAL_BYTES).unwrap();
    assert_eq!(values::numbers(left.path()).unwrap(), [0; 0]);
    assert_eq!(log.reader().get(&key(1)).unwrap().unwrap(), [1; 900]);
    log.write([(key(3), Some(vec![3; 900]))].into()).unwrap();
    log.settle_now().unwrap();
    assert_eq!(values::numbers(left.path()).unwrap(), [1]);
}

/// Format 5 had the place of each value under the key of that.
#[test]
fn places_that_are_in_no_list_are_kept_until_they_go() {
    let folder = TempDir::new().unwrap();
    let (mut values, db) =
        (ValueFiles::open(folder.path(), None, 1_200).unwrap(), sled::open(folder.path()).unwrap());
    let mut model = BTreeMap::new();
    for number in (1..24).step_by(2) {
        let (key, value) = (key(number).to_bytes(), vec![number as u8; 600]);
        let place = values.append(&key, &head(0, &value)).unwrap();
        db.insert(key, place.encode()).unwrap();
        model.insert(number, value);
    }
    values.sync().unwrap();
    for (mark, value) in [(VALUES, values.end()), (WRITTEN, b"0".to_vec())] {
        db.insert(mark.to_bytes(), head(0, &value)).unwrap();
    }
    drop((values, db));
    let mut log = open(folder.path());
    check(&log, &model);
    let mut write = |number: u64, length: Option<usize>| {
        let value = length.map(|it| vec![99; it]);
        log.write([(key(number), value.clone())].into()).unwrap();
        log.settle_now().unwrap();
        clear_out(&mut log);
        match value {
            Some(value) => drop(model.insert(number, value)),
            None => drop(model.remove(&number)),
        }
        check(&log, &model);
    };
    // One that was there, one that was not, one that is short now, and all but two go.
    write(1, Some(700));
    write(25, Some(700));
    write(3, Some(20));
    write(3, Some(700));
    (1..22).step_by(2).for_each(|it| write(it, None));
    assert!(values::numbers(folder.path()).unwrap().len() < 6);
}

#[test]
fn places_between_others_are_kept_however_many_and_no_value_becomes_long() {
    let folder = TempDir::new().unwrap();
    let mut log = open(folder.path());
    let mut model = BTreeMap::new();
    // As if the clock were set back before the last one again and again.
    for number in [1, 9_999].into_iter().chain((3..2_400).step_by(2)) {
        let value = vec![number as u8; 600];
        log.write([(key(number), Some(value.clone()))].into()).unwrap();
        model.insert(number, value);
    }
    for _ in 0..2 {
        log.settle_now().unwrap();
        check(&log, &model);
        let longest = log.db.iter().map(|it| it.unwrap().1.len()).max();
        assert!(longest.unwrap() <= PIECE, "{longest:?}");
        // Some of those in the list, and of those in none, go.
        for number in (3..2_400).step_by(6) {
            log.write([(key(number), None)].into()).unwrap();
            model.remove(&number);
        }
    }
    drop(log);
    check(&open(folder.path()), &model);
}
