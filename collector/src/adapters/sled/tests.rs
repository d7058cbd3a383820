//! What only this adapter promises.

mod crash;
mod disk_full;
mod export;
mod history;
mod summed;

use std::{cell::Cell, collections::HashMap, fs};

use remit_collector_domain::{
    enroll::Token,
    source::{Active, Fingerprint, Source},
};
use tempfile::TempDir;

use super::{
    keys::{Key, Meta},
    log::Log,
    record::{encode, encode_whole},
    state::RECENT,
    *,
};
use crate::ports::store::{
    AnyRecord,
    conformance::{self, sample},
};

/// Enough for tests.
pub(super) const CACHE: u64 = 16 << 20;

pub(super) const OPTIONS: Options =
    Options { cache_bytes: CACHE, reserve_bytes: 1 << 20, journal_bytes: JOURNAL_BYTES };

fn open(folder: &Path) -> SledStore {
    SledStore::open(folder, OPTIONS).unwrap()
}

/// What opening says, cause by cause.
fn refusal(folder: &Path) -> String {
    Chain(&SledStore::open(folder, OPTIONS).unwrap_err()).to_string()
}

/// So many letters, of which nothing can be left out.
fn noise(length: usize) -> String {
    let mut random = 20_260_301_u64;
    let mut letter = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + (random >> 33) as u8 % 90)
    };
    (0..length).map(|_| letter()).collect()
}

async fn commit<R: Record>(store: &SledStore, record: R, expected: u64) {
    store.commit(Commit::new(record, expected, vec![])).await.unwrap();
}

#[tokio::test]
async fn conforms() {
    let folders = TempDir::new().unwrap();
    let count = Cell::new(0);
    let fresh = async || {
        count.set(count.get() + 1);
        open(&folders.path().join(count.get().to_string()))
    };
    conformance::check(fresh).await;
}

#[tokio::test]
async fn conforms_after_reopening() {
    let folders = TempDir::new().unwrap();
    conformance::check_durable(async |name: &str| open(&folders.path().join(name))).await;
}

#[test]
fn a_folder_has_one_user() {
    let folder = TempDir::new().unwrap();
    let _store = open(folder.path());
    let told = refusal(folder.path());
    assert!(told.ends_with("is already in use"), "{told}");
    let told = Chain(&export(folder.path(), &mut Vec::new()).unwrap_err()).to_string();
    assert!(told.ends_with("is already in use"), "{told}");
}

#[test]
fn a_folder_from_a_newer_version_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    let (found, known) = (migrate::FORMAT + 1, migrate::FORMAT);
    write(folder.path(), Key::Meta(Meta::Format), found.to_string().as_bytes());
    let told = refusal(folder.path());
    let why = format!("has format {found}, and this version knows formats up to {known}");
    assert!(told.contains(&why), "{told}");
}

/// What an earlier version left: text that is not packed, and news that are
/// still owed.
#[tokio::test]
async fn a_folder_of_an_earlier_format_is_taken_over() {
    let folder = TempDir::new().unwrap();
    let mut token = sample::token(1);
    token.created_by = "long ".repeat(400);
    let key = EffectKey { record: Token::record_key(&token.id), revision: 1, position: 0 };
    let news = Owed { key, effect: sample::event(1, 1) };
    drop(open(folder.path()));
    write(folder.path(), Key::Owed(1), &encode(&news));
    let record = AnyRecord::Token(Arc::new(token.clone()));
    let plain = [
        (Key::Meta(Meta::Format), b"1".to_vec()),
        (Key::whole(&Token::record_key(&token.id)).unwrap(), encode_whole(&record, 1).unwrap()),
    ];
    let db = sled::open(folder.path()).unwrap();
    for (key, value) in plain {
        assert!(value.len() < 4_096, "one piece");
        db.insert(key.to_bytes(), [&[0], value.as_slice()].concat()).unwrap();
    }
    db.flush().unwrap();
    drop(db);

    for opened in ["at once", "and again"] {
        let store = open(folder.path());
        let found = store.load::<Token>(&token.id).await.unwrap().unwrap();
        assert_eq!((&*found.record, found.revision), (&token, 1), "{opened}");
        assert_eq!(store.owed(0, 9).await.unwrap(), [], "{opened}: news are owed no more");
        assert_eq!(store.feed_end().await.unwrap(), 1, "{opened}: and are in the feed once");
        let format = store.reader.clone().unwrap().get(&Key::Meta(Meta::Format)).unwrap();
        assert_eq!(format.unwrap(), migrate::FORMAT.to_string().into_bytes());
    }
}

/// Up to format 2 what holds of a source stood in the source.
#[tokio::test]
async fn what_holds_of_a_source_of_an_earlier_format_is_kept_and_can_end() {
    let folder = TempDir::new().unwrap();
    let mut source = sample::source(1);
    let active = Active::clone(source.active.values().next().unwrap());
    source.active =
        (0..50).map(|it| (Fingerprint::of(&[&it.to_string()]), Arc::new(active.clone()))).collect();
    drop(open(folder.path()));
    let whole = serde_json::from_slice::<serde_json::Value>(&encode(&source)).unwrap();
    let kept = serde_json::json!({"revision": 7, "record": whole}).to_string();
    write(folder.path(), Key::Source(source.id), kept.as_bytes());
    write(folder.path(), Key::Meta(Meta::Format), b"2");

    for opened in ["at once", "and again"] {
        let store = open(folder.path());
        let found = store.load::<Source>(&source.id).await.unwrap().unwrap();
        assert_eq!((&*found.record, found.revision), (&source, 7), "{opened}");
    }
    source.active.pop_first();
    commit(&open(folder.path()), source.clone(), 7).await;
    let found = open(folder.path()).load::<Source>(&source.id).await.unwrap().unwrap();
    assert_eq!((&*found.record, found.revision), (&source, 8));
}

/// Killed between two sources, and between the last and the mark.
#[tokio::test]
async fn a_migration_that_is_cut_off_goes_on() {
    let folder = TempDir::new().unwrap();
    let sources = [sample::source(1), sample::source(2)];
    drop(open(folder.path()));
    let old = |source: &Source| {
        let whole = serde_json::from_slice::<serde_json::Value>(&encode(source)).unwrap();
        serde_json::json!({"revision": 3, "record": whole}).to_string()
    };
    for source in &sources {
        write(folder.path(), Key::Source(source.id), old(source).as_bytes());
    }
    write(folder.path(), Key::Meta(Meta::Format), b"2");
    drop(open(folder.path()));
    // The first is done, the second is as it was, and nothing is marked.
    write(folder.path(), Key::Source(sources[1].id), old(&sources[1]).as_bytes());
    let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
    let matters = sources[1].active.keys().map(|it| Key::Active(sources[1].id, *it));
    log.write(matters.map(|it| (it, None)).collect()).unwrap();
    drop(log);
    for _ in 0..2 {
        write(folder.path(), Key::Meta(Meta::Format), b"2");
        let store = open(folder.path());
        for source in &sources {
            let found = store.load::<Source>(&source.id).await.unwrap().unwrap();
            assert_eq!((&*found.record, found.revision), (source, 3));
        }
    }
}

#[tokio::test]
async fn of_a_source_only_what_changed_is_written() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    let mut source = sample::source(1);
    let active = Active::clone(source.active.values().next().unwrap());
    let named = |it: &str| Fingerprint::of(&[it]);
    source.active =
        ["stays", "changes", "ends"].map(|it| (named(it), Arc::new(active.clone()))).into();
    commit(&store, source.clone(), 0).await;
    let reader = store.reader.clone().unwrap();
    let stored = |it: &str| reader.get(&Key::Active(source.id, named(it))).unwrap();
    drop(store);
    let marks = ["stays", "changes"].map(|it| {
        let marked = [stored(it).unwrap().as_slice(), b" "].concat();
        (Key::Active(source.id, named(it)), Some(marked))
    });
    drop(reader);
    // A mark that the next write of this matter would wipe out.
    let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
    log.write(marks.clone().into()).unwrap();
    drop(log);

    let store = open(folder.path());
    let found = store.load::<Source>(&source.id).await.unwrap().unwrap();
    let mut next = Source::clone(&found.record);
    Arc::make_mut(next.active.get_mut(&named("changes")).unwrap()).summary = "worse".into();
    next.active.remove(&named("ends"));
    commit(&store, next.clone(), 1).await;
    let reader = store.reader.clone().unwrap();
    let stored = |it: &str| reader.get(&Key::Active(source.id, named(it))).unwrap();
    assert_eq!(stored("stays"), marks[0].1);
    assert_ne!(stored("changes"), marks[1].1);
    assert_eq!(stored("ends"), None);
    drop((reader, store));
    let found = open(folder.path()).load::<Source>(&source.id).await.unwrap().unwrap();
    assert_eq!(*found.record, next);
}

#[tokio::test]
async fn a_value_that_cannot_be_unpacked_is_named() {
    let folder = TempDir::new().unwrap();
    let mut token = sample::token(1);
    token.created_by = "long ".repeat(400);
    commit(&open(folder.path()), token.clone(), 0).await;
    let key = Key::whole(&Token::record_key(&token.id)).unwrap();
    let db = sled::open(folder.path()).unwrap();
    let stored = db.get(key.to_bytes()).unwrap().unwrap();
    assert!(stored.len() < 1_500, "it is packed: {} bytes", stored.len());
    db.insert(key.to_bytes(), &stored[..stored.len() - 9]).unwrap();
    db.flush().unwrap();
    drop(db);
    let told = refusal(folder.path());
    assert!(told.contains(&format!("the stored value `{key}` is damaged")), "{told}");
}

#[tokio::test]
async fn a_damaged_value_is_named() {
    let folder = TempDir::new().unwrap();
    commit(&open(folder.path()), sample::endpoint(1), 0).await;
    let name = "e/end_00000000000000000000000000000001/facts";
    write(folder.path(), name.parse().unwrap(), br#"{"version":"1","is":{"probes":5}}"#);
    let told = refusal(folder.path());
    assert!(told.contains(&format!("the stored value `{name}` is damaged")), "{told}");
}

#[tokio::test]
async fn a_missing_part_is_named() {
    for part in
        ["p/end_00000000000000000000000000000001", "e/end_00000000000000000000000000000001/layout"]
    {
        let folder = TempDir::new().unwrap();
        commit(&open(folder.path()), sample::endpoint(1), 0).await;
        let mut log = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap();
        log.write(HashMap::from([(part.parse().unwrap(), None)])).unwrap();
        drop(log);
        let told = refusal(folder.path());
        assert!(told.contains(&format!("the stored value `{part}` is missing")), "{told}");
    }
}

fn write(folder: &Path, key: Key, value: &[u8]) {
    let mut log = Log::open(folder, CACHE, JOURNAL_BYTES).unwrap();
    log.write(HashMap::from([(key, Some(value.to_vec()))])).unwrap();
}

#[tokio::test]
async fn long_values_come_back_whole_and_leave_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let mut token = sample::token(1);
    for (revision, length) in [(0, 300_000), (1, 9_000), (2, 1), (3, 10_000)] {
        token.created_by = noise(length);
        commit(&open(folder.path()), token.clone(), revision).await;
        let stored = open(folder.path()).load::<Token>(&token.id).await.unwrap().unwrap();
        assert!(*stored.record == token, "a value of {length} letters comes back whole");
    }
    let blobs = fs::read_dir(folder.path().join("blobs")).unwrap().count();
    assert_eq!(blobs, 0, "no value is in a file that is never synced");
    let db = sled::open(folder.path()).unwrap();
    let pieces = db.scan_prefix("~").count();
    assert_eq!(pieces, 2, "pieces of older values are gone");
}

#[tokio::test]
async fn only_the_parts_that_changed_are_written() {
    let folder = TempDir::new().unwrap();
    let mut endpoint = sample::endpoint(1);
    let store = open(folder.path());
    commit(&store, endpoint.clone(), 0).await;
    let layout = Key::Part(endpoint.id(), keys::Part::Layout);
    let reader = store.reader.clone().unwrap();
    let written = reader.get(&layout).unwrap().unwrap();
    drop((store, reader));
    // A mark that the next write of this part would wipe out.
    let marked = [written.as_slice(), b" "].concat();
    write(folder.path(), layout.clone(), &marked);
    let store = open(folder.path());
    let stored = store.load::<Endpoint>(&endpoint.id()).await.unwrap().unwrap();
    endpoint = Endpoint::clone(&stored.record);
    endpoint.pulse.metrics += 1;
    commit(&store, endpoint.clone(), 1).await;
    let reader = store.reader.clone().unwrap();
    assert_eq!(reader.get(&layout).unwrap().unwrap(), marked);
    endpoint.layout = Arc::default();
    commit(&store, endpoint, 2).await;
    assert_ne!(reader.get(&layout).unwrap().unwrap(), marked);
}

#[tokio::test]
async fn watchers_who_fell_far_behind_are_served_from_the_disk() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    let count = RECENT + 10;
    let owes = (0..count).map(|_| sample::event(1, 1)).collect();
    store.commit(Commit::new(sample::token(1), 0, owes)).await.unwrap();
    let cursors = async |store: &SledStore, after, limit| {
        let entries = store.feed(after, limit).await.unwrap();
        entries.into_iter().map(|it| it.0).collect::<Vec<_>>()
    };
    assert_eq!(cursors(&store, 0, 3).await, [1, 2, 3], "from the disk");
    let newest: Vec<u64> = (count as u64 - 4..=count as u64).collect();
    assert_eq!(cursors(&store, count as u64 - 5, 9).await, newest, "from memory");
    assert_eq!(cursors(&store, 9, count).await.len(), count - 9, "from the disk to the end");
    drop(store);
    let store = open(folder.path());
    assert_eq!(cursors(&store, 0, 3).await, [1, 2, 3], "from the disk after reopening");
    assert_eq!(cursors(&store, count as u64 - 5, 9).await, newest, "from memory after reopening");
}

#[tokio::test]
async fn a_damaged_database_is_not_taken_for_a_younger_one() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    for n in 0..20 {
        commit(&store, sample::endpoint(n), 0).await;
    }
    drop(store);
    let whole = fs::read(folder.path().join("db")).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(9_999) {
        let copy = TempDir::new().unwrap();
        for name in ["conf", "db", "written"] {
            fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        fs::write(copy.path().join("db"), damaged).unwrap();
        match SledStore::open(copy.path(), OPTIONS) {
            Ok(store) => assert_eq!(store.all::<Endpoint>().await.unwrap().len(), 20, "at {at}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0, "some of the damage was to what is used");
}
