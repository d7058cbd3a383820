//! How history lasts by the hour.

use jiff::Timestamp;
use remit_collector_domain::{
    endpoint::Frame,
    rollup::{Rollups, Span, Step},
};
use remit_shared::Series;

use crate::ports::store::{
    Horizon, Store, Summed,
    conformance::{
        history::{read, write},
        sample,
    },
};

/// Longer than a week: many pieces, many hours.
const LONG: i64 = 11_000;

/// A report a minute, but none for four hours, and one whose value did not change.
fn reports() -> Vec<Frame> {
    let minutes = (0..LONG).filter(|it| !(3_000..3_240).contains(it));
    let frame = |at: i64| {
        let value = at * at % 977 - 300;
        let changed = [(0, Some(value)), (1, (at % 90 > 3).then_some(at / 60))];
        let changed = if at == 500 { &changed[..0] } else { &changed };
        sample::frame(at, changed)
    };
    minutes.map(frame).collect()
}

/// What the rollups of one series must be.
fn expected(frames: &[Frame], series: u32, to: i64, step: Step) -> Vec<Summed> {
    let mut rollups = Rollups::default();
    let rows = frames.iter().map(|it| (it.at, it.changed.as_slice()));
    rollups.gather(rows, sample::minute(to), step, |it| it == series);
    rollups.0.into_iter().map(|((_, begin), it)| (begin, it)).collect()
}

async fn rollups<S: Store>(
    store: &S,
    series: &Series,
    (from, to): (i64, i64),
    step: Step,
) -> Vec<Summed> {
    let (id, from, to) = (sample::endpoint_id(1), sample::minute(from), sample::minute(to));
    let series = [sample::series("unknown", ""), series.clone()];
    let mut found = store.rollups(id, &series, from, to, step).await.expect("rollups");
    assert_eq!(found.len(), 2, "there is a list for each series that was asked for");
    assert_eq!(found[0], [], "nothing is known of an unknown series");
    found.pop().expect("there are two")
}

fn horizon(history: i64, hours: Timestamp) -> Horizon {
    let never = Timestamp::MIN;
    Horizon { history: sample::minute(history), hours, feed: never, audit: never, alerts: never }
}

/// By hour and by day, the same is known whatever was forgotten of the changes.
pub(super) async fn lasts_by_the_hour<S: Store>(store: &S) {
    let (memory, disk) = (sample::series("memory_used", ""), sample::series("disk_used", "/srv"));
    let frames = reports();
    for (expected, some) in (0..).zip(frames.chunks(40)) {
        write(store, expected, some.to_vec()).await;
    }
    let never = Timestamp::MIN;
    // More than one write can take, a little more, nothing more, and all but the newest.
    for forgotten in [0, 7_000, 7_500, 7_500, LONG + 600] {
        store.prune(horizon(forgotten, never)).await.expect("prune");
        for step in [Step::Hour, Step::Day] {
            for (number, series) in [(0, &memory), (1, &disk)] {
                let found = rollups(store, series, (0, LONG), step).await;
                let expected = expected(&frames, number, LONG, step);
                assert!(
                    found == expected,
                    "rollups are as if nothing before {forgotten} was forgotten: {found:?}, not \
                     {expected:?}"
                );
            }
        }
    }
    let hours = expected(&frames, 0, LONG, Step::Hour);
    let some = rollups(store, &memory, (600, 900), Step::Hour).await;
    let wanted: Vec<Summed> = hours
        .iter()
        .filter(|it| (Step::Hour.begin(sample::minute(600))..=sample::minute(900)).contains(&it.0))
        .copied()
        .collect();
    assert_eq!(some, wanted, "a read begins with the hour that it begins in");

    let day = Step::Day.begin(sample::minute(5_000));
    store.prune(horizon(LONG, sample::minute(5_000))).await.expect("prune");
    let left = rollups(store, &memory, (0, LONG), Step::Hour).await;
    let expected: Vec<Summed> = hours.into_iter().filter(|it| day <= it.0).collect();
    assert!(left == expected, "days that are too old are forgotten whole: {left:?}");
}

/// While changes are known, minutes are, and silence is.
pub(super) async fn is_known_by_the_minute_while_it_is_new<S: Store>(store: &S) {
    let memory = sample::series("memory_used", "");
    let frames = reports();
    write(store, 0, frames.clone()).await;
    let found = rollups(store, &memory, (0, LONG), Step::FiveMinutes).await;
    assert!(found == expected(&frames, 0, LONG, Step::FiveMinutes), "minutes are known");
    let heard = async |from, to| {
        let (from, to) = (sample::minute(from), sample::minute(to));
        store.heard(sample::endpoint_id(1), from, to).await.expect("heard")
    };
    let span = |from, to| -> Span { (sample::minute(from), sample::minute(to)) };
    assert_eq!(heard(2_000, 4_000).await, [span(2_000, 3_004), span(3_240, 4_000)]);
    assert_eq!(heard(3_100, 3_200).await, [], "nothing was heard");

    store.prune(horizon(9_000, Timestamp::MIN)).await.expect("prune");
    let since = store.history_since().await.expect("since when");
    assert_eq!(since, sample::minute(9_000));
    let found = rollups(store, &memory, (0, LONG), Step::FiveMinutes).await;
    let expected = expected(&frames, 0, LONG, Step::FiveMinutes);
    let left: Vec<Summed> = expected.into_iter().filter(|it| since <= it.0).collect();
    assert!(found == left, "of what was forgotten no minutes are known");
    assert_eq!(heard(8_000, 9_500).await, [span(9_000, 9_500)]);
}

/// What an endpoint tells late becomes part of hours that are long kept.
pub(super) async fn what_comes_late_is_added<S: Store>(store: &S) {
    let memory = sample::series("memory_used", "");
    let minutes = |range: std::ops::Range<i64>| -> Vec<Frame> {
        range.map(|it| sample::frame(it, &[(0, Some(it % 7))])).collect()
    };
    write(store, 0, [minutes(0..300), minutes(9_000..9_010)].concat()).await;
    store.prune(horizon(8_000, Timestamp::MIN)).await.expect("prune");
    write(store, 1, [minutes(400..500), minutes(9_010..9_020)].concat()).await;
    let all = [minutes(0..300), minutes(400..500), minutes(9_000..9_020)].concat();
    let expected = expected(&all, 0, 9_020, Step::Hour);
    let found = rollups(store, &memory, (0, 9_020), Step::Hour).await;
    assert!(found == expected, "what is late is seen: {found:?}, not {expected:?}");
    store.prune(horizon(8_500, Timestamp::MIN)).await.expect("prune");
    let found = rollups(store, &memory, (0, 9_020), Step::Hour).await;
    assert!(found == expected, "and kept: {found:?}, not {expected:?}");
    assert_eq!(read(store, &memory, 0, 8_999, 9).await.len(), 1, "only what held is left of it");
}
