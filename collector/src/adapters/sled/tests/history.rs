//! What becomes of sealed history.

use std::collections::BTreeSet;

use jiff::SignedDuration;
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

#[tokio::test]
async fn files_go_with_the_history_in_them_and_nothing_else_does() {
    let folder = TempDir::new().unwrap();
    let store = SledStore::open(folder.path(), SMALL).unwrap();
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
    let store = SledStore::open(folder.path(), SMALL).unwrap();
    let before = files(folder.path());
    assert!(before.len() > 4, "{before:?}");
    let horizon = sample::minute(COMMITS * REPORTS - 600);
    let long_ago = horizon - SignedDuration::from_hours(1_000);
    let mut expected = Vec::new();
    for of in 0..ENDPOINTS {
        let whole = history(&store, of, long_ago).await;
        // The last piece from before the horizon says what held then, and stays.
        let held = whole.iter().rfind(|it| it.0 <= horizon).unwrap().1;
        let later = whole.into_iter().filter(|it| it.0 > horizon);
        expected.push([(horizon, held)].into_iter().chain(later).collect::<Vec<_>>());
    }
    prune(&store, horizon).await;
    let after = files(folder.path());
    assert!(after.len() <= 3 && after.is_subset(&before), "{before:?}, then {after:?}");
    drop(store);
    let store = SledStore::open(folder.path(), SMALL).unwrap();
    for of in 0..ENDPOINTS {
        assert_eq!(history(&store, of, long_ago).await, expected[of as usize], "of {of}");
    }
    assert!(files(folder.path()).is_subset(&before), "nothing is written but what was left");
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
