//! History is summed up while the process dies again and again.

use std::{
    env,
    io::{BufRead, BufReader},
    process::Command,
};

use remit_collector_domain::{
    endpoint::Frame,
    rollup::{Rollups, Step},
};

use super::{
    crash::{FOLDER, child, say},
    *,
};
use crate::ports::store::{Horizon, Point, Summed};

const CHILD: &str = "adapters::sled::tests::summed::sums_up_until_it_is_killed";
const KILLS: u64 = 8;
/// How many reports a commit has, a minute apart.
const REPORTS: i64 = 90;
/// How many minutes are kept as they came.
const KEPT: i64 = 300;

/// The reports of a commit.
fn reports(revision: u64) -> Vec<Frame> {
    let first = i64::try_from(revision).unwrap() * REPORTS;
    let value = |at: i64| at * at % 1_009 - 500;
    let changed = |at: i64| [(0, Some(value(at))), (1, (at % 70 > 5).then_some(at / 9))];
    (first..first + REPORTS).map(|at| sample::frame(at, &changed(at))).collect()
}

/// The same with so many more values that pieces get to files of their own.
fn noisy(revision: u64) -> Vec<Frame> {
    let mut frames = reports(revision);
    for frame in &mut frames {
        let at = frame.at.as_second() / 60;
        frame.changed.extend((2..30).map(|it| (it, Some(at * at * i64::from(it + 7) % 9_973))));
    }
    frames
}

/// Does nothing, unless the test below has started it.
#[tokio::test]
async fn sums_up_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let options = Options { journal_bytes: 24 << 10, ..OPTIONS };
    let store = SledStore::open(Path::new(&folder), options).unwrap();
    loop {
        let stored = store.load::<Endpoint>(&sample::endpoint_id(1)).await.unwrap();
        let expected = stored.map_or(0, |it| it.revision);
        let frames = noisy(expected);
        let commit = Commit { frames, ..Commit::new(sample::endpoint(1), expected, vec![]) };
        let revision = store.commit(commit).await.unwrap();
        say(&format!("committed {revision}"));
        let newest = i64::try_from(revision).unwrap() * REPORTS;
        let never = Timestamp::MIN;
        let history = sample::minute(newest - KEPT);
        let horizon = Horizon { history, hours: never, feed: never, audit: never, alerts: never };
        store.prune(horizon).await.unwrap();
        say("pruned");
    }
}

#[tokio::test]
async fn every_report_is_counted_once_wherever_the_process_is_killed() {
    let folder = TempDir::new().unwrap();
    let mut seed = 20_261_130_u64;
    for kill in 0..KILLS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let lines = 5 + (seed >> 33) % 60;
        let mut child = child(&mut Command::new(env::current_exe().unwrap()), CHILD, folder.path());
        let mut heard = 0;
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            heard += u64::from(line.starts_with("committed") || line == "pruned");
            if heard == lines {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(heard >= lines, "the child was killed in the middle of its work");
        compare(&open(folder.path()), &format!("kill {kill}, after {lines} lines")).await;
    }
    let names = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name());
    let numbers = names.filter_map(|it| it.to_str()?.strip_prefix("values.")?.parse::<u64>().ok());
    assert!(numbers.max() > Some(2), "pieces have got to files of their own");
}

#[tokio::test]
async fn whoever_reads_meanwhile_counts_every_report_once() {
    const COMMITS: u64 = 40;
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    for expected in 0..COMMITS {
        let frames = reports(expected);
        let commit = Commit { frames, ..Commit::new(sample::endpoint(1), expected, vec![]) };
        store.commit(commit).await.unwrap();
    }
    let (expected, end) = expected(COMMITS);
    let (is_done, reads) = (Cell::new(false), Cell::new(0));
    let forget = async {
        let never = Timestamp::MIN;
        for minute in (0..i64::try_from(COMMITS).unwrap() * REPORTS).step_by(60) {
            let history = sample::minute(minute);
            let horizon =
                Horizon { history, hours: never, feed: never, audit: never, alerts: never };
            store.prune(horizon).await.unwrap();
        }
        is_done.set(true);
    };
    let look = async {
        while !is_done.get() {
            assert!(read(&store, end).await == expected, "after {} reads", reads.get());
            reads.set(reads.get() + 1);
        }
    };
    tokio::join!(forget, look);
    assert!(reads.get() > 2, "somebody read meanwhile");
    assert!(read(&store, end).await == expected);
}

#[tokio::test]
async fn whoever_reads_while_pieces_are_joined_counts_every_report_once() {
    const COMMITS: u64 = 60;
    let folder = TempDir::new().unwrap();
    let store = open(folder.path());
    let (is_done, reads, id) = (Cell::new(false), Cell::new(0), sample::endpoint_id(1));
    let work = async {
        for expected in 0..COMMITS {
            let frames = reports(expected);
            let commit = Commit { frames, ..Commit::new(sample::endpoint(1), expected, vec![]) };
            store.commit(commit).await.unwrap();
        }
        is_done.set(true);
    };
    let look = async {
        while !is_done.get() {
            let Some(stored) = store.load::<Endpoint>(&id).await.unwrap() else { continue };
            let (expected, end) = expected(stored.revision);
            let (read, points) = (read(&store, end).await, points(&store, end).await);
            // The last hour may have gone on meanwhile.
            let whole = |it: Hours| it.into_iter().map(|mut it| (it.pop(), it).1);
            assert!(whole(read).eq(whole(expected)), "at revision {}", stored.revision);
            assert_eq!(points, expected_points(stored.revision));
            reads.set(reads.get() + 1);
        }
    };
    tokio::join!(work, look);
    assert!(reads.get() > 2, "somebody read meanwhile");
    let (expected, end) = expected(COMMITS);
    assert!(read(&store, end).await == expected);
    let pieces = pieces(&store);
    let sealed = i64::try_from(COMMITS).unwrap() * REPORTS / 61;
    assert!(pieces * 3 < sealed, "{pieces} of {sealed} pieces are left");
    drop(store);
    assert!(read(&open(folder.path()), end).await == expected, "after a restart, too");
}

/// How many sealed pieces of history there are.
fn pieces(store: &SledStore) -> i64 {
    let found = store.reader.as_ref().unwrap().scan(b'h').map(|it| it.unwrap());
    found.count().try_into().unwrap()
}

/// Each value of the first series, as it changed.
async fn points(store: &SledStore, end: Timestamp) -> Vec<Point> {
    let (id, series) = (sample::endpoint_id(1), sample::series("memory_used", ""));
    store.history(id, &series, Timestamp::MIN, end, usize::MAX).await.unwrap()
}

fn expected_points(revision: u64) -> Vec<Point> {
    let frames = (0..revision).flat_map(reports);
    let mut points: Vec<Point> = frames.map(|it| (it.at, it.changed[0].1)).collect();
    points.dedup_by_key(|it| it.1);
    points
}

/// What is kept of both series, by the hour.
type Hours = Vec<Vec<Summed>>;

async fn compare(store: &SledStore, context: &str) {
    let id = sample::endpoint_id(1);
    let revision = store.load::<Endpoint>(&id).await.unwrap().unwrap().revision;
    let (expected, end) = expected(revision);
    let found = read(store, end).await;
    assert!(found == expected, "{context}: {found:?}, not {expected:?}");
}

/// What must be kept after so many commits, and the time of the last report.
fn expected(revision: u64) -> (Hours, Timestamp) {
    let frames: Vec<Frame> = (0..revision).flat_map(reports).collect();
    let end = frames.last().unwrap().at;
    let mut rollups = Rollups::default();
    let rows = frames.iter().map(|it| (it.at, it.changed.as_slice()));
    rollups.gather(rows, end, Step::Hour, |_| true);
    let of = |number: u32| {
        let of = rollups.0.iter().filter(|it| it.0.0 == number);
        of.map(|((_, begin), it)| (*begin, *it)).collect()
    };
    (vec![of(0), of(1)], end)
}

async fn read(store: &SledStore, end: Timestamp) -> Hours {
    let series = [sample::series("memory_used", ""), sample::series("disk_used", "/srv")];
    let of = store.rollups(sample::endpoint_id(1), &series, sample::minute(0), end, Step::Hour);
    of.await.unwrap()
}
