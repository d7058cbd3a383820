//! How values changed.

use jiff::Timestamp;
use remit_collector_domain::endpoint::Frame;
use remit_shared::Series;

use crate::ports::store::{Commit, Horizon, Store, conformance::sample};

/// More than any store keeps in one piece.
const LONG: i64 = 500;

pub(super) async fn is_read_from_anywhere<S: Store>(store: &S) {
    let (memory, disk) = (sample::series("memory_used", ""), sample::series("disk_used", "/srv"));
    write(store, 0, vec![sample::frame(0, &[(0, Some(10)), (1, Some(-70))])]).await;
    write(store, 1, vec![sample::frame(1, &[(0, Some(11))]), sample::frame(2, &[(0, Some(12))])])
        .await;
    write(store, 2, vec![sample::frame(3, &[(1, None)])]).await;
    write(store, 3, vec![sample::frame(200, &[(0, Some(i64::MIN)), (1, Some(i64::MAX))])]).await;
    let read = async |of: &Series, from, to, limit| read(store, of, from, to, limit).await;

    let whole = [(0, Some(10)), (1, Some(11)), (2, Some(12)), (200, Some(i64::MIN))];
    assert_eq!(read(&memory, 0, 300, 9).await, whole, "a whole history is read in order");
    assert_eq!(read(&memory, 0, 300, 2).await, whole[..2], "no more is given than asked for");
    assert_eq!(read(&memory, 1, 2, 9).await, whole[1..3], "both ends of the range belong to it");
    assert_eq!(
        read(&memory, 100, 250, 9).await,
        [(100, Some(12)), (200, Some(i64::MIN))],
        "a read begins with what held then"
    );
    assert_eq!(
        read(&disk, 1, 300, 9).await,
        [(1, Some(-70)), (3, None), (200, Some(i64::MAX))],
        "a series can be gone and come back"
    );
    assert_eq!(read(&disk, 50, 60, 9).await, [], "a series that is gone has no value");
    assert_eq!(read(&memory, -9, -1, 9).await, [], "there is nothing before the beginning");
    let unknown = sample::series("memory_used", "x");
    assert_eq!(read(&unknown, 0, 300, 9).await, [], "an unknown series has no history");

    let never = Timestamp::MIN;
    let horizon = Horizon {
        history: sample::minute(150),
        hours: never,
        feed: never,
        audit: never,
        alerts: never,
    };
    store.prune(horizon).await.expect("prune");
    assert_eq!(
        read(&memory, 0, 300, 9).await,
        [(150, Some(12)), (200, Some(i64::MIN))],
        "of what is forgotten, what still held stays known"
    );
}

pub(super) async fn of_a_long_time_is_read_in_order<S: Store>(store: &S) {
    for at in 0..LONG {
        let changed = [(0, Some(at * at)), (1, (at % 7 != 0).then_some(at / 3))];
        write(store, u64::try_from(at).expect("positive"), vec![sample::frame(at, &changed)]).await;
    }
    let memory = sample::series("memory_used", "");
    let points = read(store, &memory, 0, LONG, 1_000).await;
    let expected: Vec<_> = (0..LONG).map(|at| (at, Some(at * at))).collect();
    assert!(points == expected, "a long history is read without holes");
    let points = read(store, &memory, 77, 401, 1_000).await;
    assert!(points == expected[77..=401], "and from its middle to its middle");

    let never = Timestamp::MIN;
    let horizon = Horizon {
        history: sample::minute(250),
        hours: never,
        feed: never,
        audit: never,
        alerts: never,
    };
    store.prune(horizon).await.expect("prune");
    let points = read(store, &memory, 0, LONG, 1_000).await;
    assert!(points == expected[250..], "what is older is forgotten, and nothing newer");
}

pub(super) async fn write<S: Store>(store: &S, expected: u64, frames: Vec<Frame>) {
    let commit = Commit { frames, ..Commit::new(sample::endpoint(1), expected, vec![]) };
    store.commit(commit).await.expect("the commit is not stale");
}

/// The points of a series, by minute.
pub(super) async fn read<S: Store>(
    store: &S,
    series: &Series,
    from: i64,
    to: i64,
    limit: usize,
) -> Vec<(i64, Option<i64>)> {
    let (from, to) = (sample::minute(from), sample::minute(to));
    let points = store.history(sample::endpoint_id(1), series, from, to, limit).await;
    let minute = |at: Timestamp| at.duration_since(sample::minute(0)).as_mins();
    points.expect("history").into_iter().map(|(at, value)| (minute(at), value)).collect()
}
