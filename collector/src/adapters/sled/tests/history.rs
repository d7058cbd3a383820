//! What becomes of sealed history.

use std::collections::BTreeSet;

use remit_collector_domain::endpoint::Frame;

use super::*;
use crate::ports::store::{Horizon, Point};

/// How many endpoints fall silent early.
const SILENT: u128 = 6;
const ENDPOINTS: u128 = SILENT + 2;
/// How many reports a commit has, a minute apart.
const REPORTS: i64 = 40;
const COMMITS: i64 = 80;
/// So that a file of values has 96 KiB.
const SMALL: Options = Options { journal_bytes: 24 << 10, ..OPTIONS };

/// Reports that can hardly be packed: even pieces that were not joined are long.
fn reports(commit: i64) -> Vec<Frame> {
    let value = |series: i64, at: i64| (at * (series + 7_919) * at) % 1_000_003;
    let changed = |at| (0..40).map(|it| (it as u32, Some(value(it, at)))).collect::<Vec<_>>();
    let first = commit * REPORTS;
    (first..first + REPORTS).map(|at| sample::frame(at, &changed(at))).collect()
}

fn files(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    names.filter_map(|it| it.into_string().ok()).filter(|it| it.starts_with("values.")).collect()
}

async fn history(store: &SledStore, of: u128, from: Timestamp) -> Vec<Point> {
    let series = sample::series("memory_used", "");
    let to = sample::minute(COMMITS * REPORTS);
    store.history(sample::endpoint_id(of), &series, from, to, usize::MAX).await.unwrap()
}

async fn prune(store: &SledStore, history: Timestamp) {
    let never = Timestamp::MIN;
    let horizon = Horizon { history, hours: never, feed: never, audit: never, alerts: never };
    store.prune(horizon).await.unwrap();
}

/// A store with long history of all of them, some of whom have fallen silent.
async fn fill(folder: &Path) -> SledStore {
    let store = SledStore::open(folder, SMALL).unwrap();
    for nth in 0..COMMITS {
        for of in 0..ENDPOINTS {
            let is_silent = of < SILENT && nth > 2 + of as i64;
            if !is_silent {
                let (endpoint, frames) = (sample::endpoint(of), reports(nth));
                let commit = Commit { frames, ..Commit::new(endpoint, nth as u64, vec![]) };
                store.commit(commit).await.unwrap();
            }
        }
    }
    drop(store);
    assert!(files(folder).len() > 4);
    SledStore::open(folder, SMALL).unwrap()
}

fn horizon() -> Timestamp {
    sample::minute(COMMITS * REPORTS - 600)
}

/// What is left of history after the horizon: the last piece from before it says what
/// held then.
async fn later(store: &SledStore, of: u128) -> Vec<Point> {
    let whole = history(store, of, sample::minute(0)).await;
    let held = whole.iter().rfind(|it| it.0 <= horizon()).unwrap().1;
    let later = whole.into_iter().filter(|it| it.0 > horizon());
    [(horizon(), held)].into_iter().chain(later).collect()
}

#[tokio::test]
async fn files_go_with_the_history_in_them_and_nothing_else_does() {
    let folder = TempDir::new().unwrap();
    let store = fill(folder.path()).await;
    let before = files(folder.path());
    let mut expected = Vec::new();
    for of in 0..ENDPOINTS {
        expected.push(later(&store, of).await);
    }
    prune(&store, horizon()).await;
    let after = files(folder.path());
    assert!(after.len() <= 3 && after.is_subset(&before), "{before:?}, then {after:?}");
    drop(store);
    let store = SledStore::open(folder.path(), SMALL).unwrap();
    for (of, expected) in (0..).zip(expected) {
        assert_eq!(history(&store, of, sample::minute(0)).await, expected, "of {of}");
    }
}

#[tokio::test]
async fn what_is_damaged_of_one_endpoint_keeps_nothing_of_others() {
    let folder = TempDir::new().unwrap();
    drop(fill(folder.path()).await);
    let of_one = [b"h/".as_slice(), sample::endpoint_id(0).as_uuid().as_bytes()].concat();
    let path = folder.path().join("values.1");
    let mut bytes = fs::read(&path).unwrap();
    let records = (0..bytes.len() - of_one.len()).filter(|it| bytes[*it..].starts_with(&of_one));
    // The length of a record stands nine bytes before its key; the longest has been joined.
    let length = |it: &usize| u32::from_le_bytes(*bytes[*it - 9..].first_chunk().unwrap());
    let longest = records.max_by_key(length).unwrap();
    bytes[longest + 100] ^= 1;
    fs::write(&path, bytes).unwrap();

    let store = SledStore::open(folder.path(), SMALL).unwrap();
    let (endpoint, series) = (sample::endpoint_id(0), sample::series("memory_used", ""));
    let whole = store.history(endpoint, &series, Timestamp::MIN, Timestamp::MAX, usize::MAX).await;
    let told = whole.map(|it| it.len()).unwrap_err();
    let told = Chain(&told).to_string();
    assert!(told.contains("values.1 is damaged at byte"), "{told}");
    let before = files(folder.path());
    let mut expected = Vec::new();
    for of in 1..ENDPOINTS {
        expected.push(later(&store, of).await);
    }
    prune(&store, horizon()).await;
    let after = files(folder.path());
    assert!(after.contains("values.1") && after.len() <= 4, "{before:?}, then {after:?}");
    for (of, expected) in (1..).zip(expected) {
        assert_eq!(history(&store, of, sample::minute(0)).await, expected, "of {of}");
    }
}

#[tokio::test]
async fn pieces_from_before_a_start_are_joined_too() {
    const STARTS: i64 = 12;
    let folder = TempDir::new().unwrap();
    for nth in 0..STARTS {
        let store = open(folder.path());
        // A piece lasts an hour.
        for (revision, reports) in [(2 * nth, 0..60), (2 * nth + 1, 60..70)] {
            let at = |it: i64| sample::frame(nth * 70 + it, &[(0, Some(it * 77_777))]);
            let (endpoint, frames) = (sample::endpoint(1), reports.map(at).collect());
            let commit = Commit { frames, ..Commit::new(endpoint, revision as u64, vec![]) };
            store.commit(commit).await.unwrap();
        }
    }
    let store = open(folder.path());
    let whole = history(&store, 1, sample::minute(0)).await;
    assert_eq!(whole.len() as i64, STARTS * 70);
    drop(store);
    let reader = Log::open(folder.path(), CACHE, JOURNAL_BYTES).unwrap().reader();
    let key = |start| Key::History { endpoint: sample::endpoint_id(1), start, revision: 0 };
    let pieces = reader.range_keys(&key(i64::MIN), &key(i64::MAX)).count();
    assert!(pieces < 8, "{pieces}");
}
