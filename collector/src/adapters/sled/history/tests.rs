//! Whatever changes, the same is read.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::adapters::points::from_milliseconds;

fn frame(at: i64, changed: &[(u32, Option<i64>)]) -> Frame {
    Frame { at: from_milliseconds(at), changed: changed.to_vec() }
}

/// What a tail makes of frames: the blocks that were sealed, and itself.
fn keep(frames: &[Frame]) -> (Vec<Sealed>, Option<Tail>) {
    let (mut sealed, mut tail) = (Vec::new(), None);
    for frame in frames {
        let (next, full) = Tail::push(tail.take(), frame);
        sealed.extend(full);
        tail = Some(next);
    }
    (sealed, tail)
}

/// All values after each moment, by series.
fn replay(rows: impl IntoIterator<Item = Row>) -> Vec<(i64, Vec<Option<i64>>)> {
    let (mut values, mut moments) = (Vec::new(), Vec::new());
    for (at, changed) in rows {
        changed.into_iter().for_each(|(index, value)| put(&mut values, index, value));
        while values.last() == Some(&None) {
            values.pop();
        }
        moments.push((at, values.clone()));
    }
    moments
}

fn rows_of(sealed: &[Sealed], tail: Option<&Tail>) -> Vec<Row> {
    let blocks = sealed.iter().flat_map(|it| block::decode(&it.bytes).unwrap());
    blocks.chain(tail.into_iter().flat_map(Tail::rows)).collect()
}

#[test]
fn a_tail_lasts_an_hour_at_most() {
    let frames = [0, 3_599_999, 3_600_000, 3_600_001].map(|it| frame(it, &[(0, Some(it))]));
    let (sealed, tail) = keep(&frames);
    assert_eq!(sealed.len(), 1);
    assert_eq!(tail.unwrap().start, 3_600_001);
}

#[test]
fn a_new_piece_begins_with_all_that_is_known() {
    let frames = [
        frame(0, &[(0, Some(1)), (1, Some(2)), (2, Some(3))]),
        frame(9, &[(1, None)]),
        frame(4_000_000, &[(2, Some(4))]),
    ];
    let (_, tail) = keep(&frames);
    let known = vec![(0, Some(1)), (1, None), (2, Some(4))];
    assert_eq!(tail.unwrap().rows(), [(4_000_000, known)]);
}

#[test]
fn a_clock_that_is_set_back_far_begins_a_new_piece() {
    let frames = [100_000, 99_000, 1_000].map(|it| frame(it, &[(0, Some(it))]));
    let (sealed, tail) = keep(&frames);
    let times: Vec<i64> = rows_of(&sealed, tail.as_ref()).iter().map(|it| it.0).collect();
    assert_eq!(times, [100_000, 100_000, 1_000]);
}

#[test]
fn no_two_pieces_begin_at_one_time_however_many_series_there_are() {
    let many: Vec<_> = (0..2_000).map(|it| (it, Some(i64::from(it) << 20))).collect();
    let frames = [(0, &many[..]), (0, &[(7, Some(1))]), (0, &[(8, Some(2))]), (9, &[(7, Some(3))])];
    let frames = frames.map(|(at, changed)| frame(at, changed));
    let (sealed, tail) = keep(&frames);
    let starts: Vec<i64> = sealed.iter().map(|it| it.start).collect();
    assert_eq!(starts, [0, 1, 2]);
    assert_eq!(rows_of(&sealed, tail.as_ref()).len(), 4, "every frame is there");
}

/// An agent whose clock stands still, or whose records are all older than its
/// endpoint.
#[test]
fn whoever_says_everything_of_one_moment_can_still_be_read() {
    let frames: Vec<_> = (0..10_000).map(|it| frame(77, &[(it % 9, Some(it.into()))])).collect();
    let (sealed, tail) = keep(&frames);
    let starts: BTreeSet<i64> = sealed.iter().map(|it| it.start).collect();
    assert_eq!(starts.len(), sealed.len(), "no two begin at one time");
    assert!(sealed.iter().all(|it| it.bytes.len() < 4 * LONGEST), "none grows without end");
    assert_eq!(rows_of(&sealed, tail.as_ref()).len(), frames.len(), "every frame is there");
}

#[test]
fn a_report_of_twenty_values_takes_few_bytes() {
    // Three counters, three gauges that wander, fourteen that seldom move.
    let mut values = [0_i64; 20];
    let mut seed = 7_u64;
    let mut random = |below: i64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as i64 % below
    };
    let mut frames = Vec::new();
    for minute in 0..1_000 {
        for value in &mut values[..3] {
            *value += 100_000 + random(20_000);
        }
        for value in &mut values[3..6] {
            *value += random(200) - 100;
        }
        for value in &mut values[6..] {
            *value += i64::from(random(20) == 0) * (random(50) - 25);
        }
        let changed: Vec<_> = (0..).zip(values.iter().map(|it| Some(*it))).collect();
        frames.push(frame(minute * 60_000 + random(20), &changed));
    }
    let (sealed, _) = keep(&frames);
    let bytes: usize = sealed.iter().map(|it| it.bytes.len()).sum();
    let rows: usize = sealed.iter().map(|it| block::decode(&it.bytes).unwrap().len()).sum();
    assert!(bytes <= 18 * rows, "{bytes} bytes for {rows} reports");
}

proptest! {
    #[test]
    fn what_changed_is_what_is_read(
        steps in proptest::collection::vec(
            (0_i64..500_000, proptest::collection::btree_map(0_u32..40, any::<Option<i64>>(), 0..9)),
            1..80,
        ),
        start in -1_000_000_000_000_i64..2_000_000_000_000,
    ) {
        let mut at = start;
        let mut frames = Vec::new();
        for (step, changed) in steps {
            at += step;
            frames.push(frame(at, &changed.into_iter().collect::<Vec<_>>()));
        }
        let (sealed, tail) = keep(&frames);
        let expected = replay(frames.into_iter().map(|it| (in_milliseconds(it.at), it.changed)));
        prop_assert_eq!(replay(rows_of(&sealed, tail.as_ref())), expected);
        let tail = tail.unwrap();
        prop_assert_eq!(Tail::decode(tail.as_bytes()).unwrap(), Some(tail.clone()));
    }

    #[test]
    fn nonsense_is_refused_and_never_a_panic(bytes: Vec<u8>) {
        for version in [0, VERSION] {
            let bytes = [&[version], bytes.as_slice()].concat();
            drop(Tail::decode(&bytes));
            drop(block::decode(&bytes));
        }
    }
}
