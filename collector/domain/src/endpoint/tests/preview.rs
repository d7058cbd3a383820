//! What is now, while what was is still to come.

use proptest::{collection::vec, prelude::*};
use remit_shared::{Entry, FailureKind, Record};

use super::*;
use crate::endpoint::tests::stage::{at, fails};

const HOUR: i64 = 3600;

fn value(stage: &Stage) -> Option<i64> {
    stage.endpoint.value("disk_used", "/").map(|it| it.0)
}

/// A machine whose disk was well, and comes back with a hundred measurements.
fn back_again() -> Stage {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    stage.measures(1, 0, 500);
    stage.greets(1, stage.token(), (0, 100), 6 * HOUR);
    stage
}

#[test]
fn what_is_now_is_seen_before_what_was() {
    let mut stage = back_again();
    assert!(stage.shows(100, 6 * HOUR, disk(6 * HOUR, &[("/", 700)])));
    assert_eq!(stage.endpoint.value("disk_used", "/"), Some((700, at(6 * HOUR))));
    for seq in 2..100 {
        stage.gives(seq, 6 * HOUR, disk(seq as i64 * 200, &[("/", 990)]));
        assert_eq!(value(&stage), Some(700), "record {seq}");
    }
    stage.gives(100, 6 * HOUR, disk(6 * HOUR, &[("/", 700)]));
    assert_eq!((value(&stage), stage.endpoint.pulse.previews.len()), (Some(700), 0));
    stage.measures(101, 6 * HOUR + 60, 701);
    assert_eq!(value(&stage), Some(701));
    assert_eq!(stage.told(), [""; 0], "what was bad is over");
    let frames: Vec<_> = stage.frames.iter().map(|it| it.changed.clone()).collect();
    assert_eq!(frames.len(), 101, "history is kept once");
    assert_eq!(frames[1], [(0, Some(990))]);
    assert_eq!(frames[99], [(0, Some(700))]);
}

#[test]
fn a_level_is_judged_by_what_is_now_and_held_as_ever() {
    let mut stage = back_again();
    let full = |second| disk(second, &[("/", 990)]);
    stage.shows(100, 6 * HOUR, full(6 * HOUR));
    stage.gives(2, 6 * HOUR + 10, disk(HOUR, &[("/", 500)]));
    stage.shows(101, 6 * HOUR + 30, full(6 * HOUR + 30));
    assert_eq!(stage.told(), [""; 0]);
    stage.shows(102, 6 * HOUR + 60, full(6 * HOUR + 60));
    assert_eq!(stage.told(), ["disk-space high: disk space in use on /: 99.0 % (limit 95.0 %)"]);
    // Neither the past nor its own turn says it again, or ends it.
    for seq in 3..=101 {
        stage.gives(seq, 6 * HOUR + 90, disk(2 * HOUR + seq as i64, &[("/", 500)]));
        stage.waits(6 * HOUR + 90);
    }
    stage.gives(102, 6 * HOUR + 90, full(6 * HOUR + 60));
    assert_eq!(stage.told(), [""; 0]);
    for (seq, second) in [(103, 120), (104, 150)] {
        stage.measures(seq, 6 * HOUR + second, 500);
    }
    assert_eq!(stage.told(), ["disk-space over: disk space in use on / is well again: 50.0 %"]);
}

#[test]
fn what_was_told_before_the_silence_is_over_as_soon_as_it_is_seen_to_be() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    for (seq, second) in [(1, 0), (2, 60), (3, 120)] {
        stage.measures(seq, second, 990);
    }
    assert_eq!(stage.told().len(), 1);
    stage.greets(1, stage.token(), (0, 100), 6 * HOUR);
    for (seq, second) in [(100, 0), (101, 30)] {
        let second = 6 * HOUR + second;
        stage.shows(seq, second, disk(second, &[("/", 500)]));
    }
    assert_eq!(stage.told(), ["disk-space over: disk space in use on / is well again: 50.0 %"]);
}

#[test]
fn nobody_saw_that_it_went_on_while_nothing_was_heard() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    // About to be told; then silence.
    stage.measures(1, 0, 990);
    stage.greets(1, stage.token(), (0, 100), 6 * HOUR);
    stage.shows(100, 6 * HOUR + 5, disk(6 * HOUR + 5, &[("/", 990)]));
    stage.waits(6 * HOUR + 6);
    assert_eq!(stage.told(), [""; 0]);
    stage.shows(101, 6 * HOUR + 65, disk(6 * HOUR + 65, &[("/", 990)]));
    assert_eq!(stage.told().len(), 1);
}

#[test]
fn what_was_measured_long_ago_is_shown_and_tells_nobody() {
    let mut stage = back_again();
    for (seq, second) in [(99, HOUR), (100, 2 * HOUR)] {
        stage.shows(seq, 6 * HOUR, disk(second, &[("/", 990)]));
    }
    stage.waits(6 * HOUR + 10);
    assert_eq!((value(&stage), stage.told()), (Some(990), vec![]));
}

#[test]
fn what_is_known_or_older_or_happened_is_no_preview() {
    let mut stage = back_again();
    let of = |value| disk(6 * HOUR, &[("/", value)]);
    assert!(!stage.shows(1, 6 * HOUR, of(1)), "it was applied");
    assert!(stage.shows(90, 6 * HOUR, of(2)));
    assert!(!stage.shows(90, 6 * HOUR, of(3)), "it was seen");
    assert!(!stage.shows(89, 6 * HOUR, of(4)), "it is older");
    let entry = Entry::Answers(vec![of(5)]);
    let event = Record { stream: Stream::Events, seq: 99, at: at(0), entry };
    assert!(!stage.foresees(&event, 6 * HOUR));
    let entry = Entry::Gap { from: 1, reason: "spool full".into() };
    let gap = Record { stream: Stream::Metrics, seq: 99, at: at(0), entry };
    assert!(!stage.foresees(&gap, 6 * HOUR));
    assert!(!stage.shows(95, 6 * HOUR, services(&["a.service"])));
    assert_eq!((value(&stage), stage.endpoint.pulse.lost), (Some(2), 0));
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn what_is_lost_after_it_was_shown_stays_what_is_known() {
    let mut stage = back_again();
    stage.shows(100, 6 * HOUR, disk(6 * HOUR, &[("/", 700)]));
    stage.loses(2, 100);
    assert_eq!(value(&stage), Some(700));
    stage.measures(101, 6 * HOUR + 60, 600);
    assert_eq!((value(&stage), stage.endpoint.pulse.previews.len()), (Some(600), 0));
}

#[test]
fn a_spool_that_is_numbered_anew_takes_nothing_back() {
    let mut stage = back_again();
    stage.shows(100, 6 * HOUR, disk(6 * HOUR, &[("/", 700)]));
    // It goes on under other numbers, with what it has left: eighty.
    stage.greets(2, None, (0, 80), 6 * HOUR + 10);
    for seq in 1..80 {
        stage.gives(seq, 6 * HOUR + 20, disk(HOUR + seq as i64, &[("/", 990)]));
        assert_eq!(value(&stage), Some(700));
    }
    stage.shows(81, 6 * HOUR + 30, disk(6 * HOUR + 30, &[("/", 710)]));
    assert_eq!(value(&stage), Some(710));
}

#[test]
fn a_mount_that_is_gone_is_gone_at_once_and_one_that_was_not_seen_is_not() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    stage.gives(1, 0, disk(0, &[("/", 100), ("/mnt", 200)]));
    stage.greets(1, stage.token(), (0, 100), 6 * HOUR);
    let mut part = disk(6 * HOUR, &[("/", 300)]);
    part.completeness = Completeness::Partial;
    stage.shows(99, 6 * HOUR, part);
    assert_eq!(stage.endpoint.value("disk_used", "/mnt").unwrap().0, 200);
    stage.shows(100, 6 * HOUR, disk(6 * HOUR, &[("/", 300)]));
    assert_eq!(stage.endpoint.value("disk_used", "/mnt"), None);
    stage.gives(2, 6 * HOUR, disk(60, &[("/", 100), ("/mnt", 200)]));
    assert_eq!(stage.endpoint.value("disk_used", "/mnt"), None);
}

#[test]
fn what_happened_is_told_once_all_of_it_is_known_and_waits_for_no_measurement() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    stage.measures(1, 0, 500);
    stage.greets(1, stage.token(), (3, 100), 6 * HOUR);
    stage.said(1, 6 * HOUR, services(&["a.service"]));
    stage.waits(6 * HOUR);
    assert_eq!(stage.told(), [""; 0], "there is more to come");
    // It may have answered again since, as a measurement in the backlog says.
    let broken = |second| Answer { observed_at: at(second), ..fails("disk", FailureKind::Timeout) };
    stage.said(2, 6 * HOUR, broken(HOUR));
    stage.said(3, 6 * HOUR, broken(5 * HOUR));
    stage.waits(6 * HOUR);
    assert_eq!(stage.told(), ["service-failed high: a.service has failed (failed/exit-code)"]);
    stage.shows(100, 6 * HOUR, disk(6 * HOUR, &[("/", 500)]));
    assert!(stage.endpoint.facts.probes.contains_key("services"));
    assert!(!stage.endpoint.facts.probes.contains_key("disk"));
}

/// What a record of the backlog says.
#[derive(Clone, Debug)]
enum Item {
    Root(i64),
    Both(i64, i64),
    Part(i64),
    Gap,
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let level = || prop::sample::select(vec![500_i64, 700, 900, 990]);
    let item = prop_oneof![
        4 => level().prop_map(Item::Root),
        2 => (level(), level()).prop_map(|(one, other)| Item::Both(one, other)),
        1 => level().prop_map(Item::Part),
        1 => Just(Item::Gap),
    ];
    vec(item, 2..30)
}

fn second(seq: u64) -> i64 {
    seq as i64 * 100
}

fn record(items: &[Item], seq: u64) -> Record {
    let second = second(seq);
    let mut answer = match &items[seq as usize - 1] {
        Item::Root(value) | Item::Part(value) => disk(second, &[("/", *value)]),
        Item::Both(one, other) => disk(second, &[("/", *one), ("/mnt", *other)]),
        Item::Gap => {
            let entry = Entry::Gap { from: seq, reason: "spool full".into() };
            return Record { stream: Stream::Metrics, seq, at: at(second), entry };
        }
    };
    if matches!(items[seq as usize - 1], Item::Part(_)) {
        answer.completeness = Completeness::Partial;
    }
    let entry = Entry::Answers(vec![answer]);
    Record { stream: Stream::Metrics, seq, at: at(second), entry }
}

/// History by the names of its series, in whatever order they became known.
fn history(stage: &Stage) -> Vec<String> {
    let change = |(index, value): &(u32, Option<i64>)| {
        format!("{} {value:?}", stage.endpoint.layout.series[*index as usize].1)
    };
    let line = |frame: &Frame| {
        let mut changes: Vec<String> = frame.changed.iter().map(change).collect();
        changes.sort();
        format!("{}: {}", frame.at, changes.join(", "))
    };
    stage.frames.iter().map(line).collect()
}

fn values(stage: &Stage) -> Vec<Option<i64>> {
    ["/", "/mnt"].map(|it| stage.endpoint.value("disk_used", it).map(|it| it.0)).to_vec()
}

proptest! {
    #[test]
    fn whatever_is_shown_between_history_is_the_same_and_nothing_goes_back(
        items in items(), order in vec((0..5_u8, any::<u16>()), 0..120),
    ) {
        let last = items.len() as u64;
        let now = second(last) + 20;
        let mut plain = Stage::default();
        plain.greets(1, None, (0, last), now);
        for seq in 1..=last {
            plain.takes(&record(&items, seq), now);
        }
        let mut stage = Stage::default();
        stage.greets(1, None, (0, last), now);
        let mut applied = 0;
        // At random first, then to the end as a well-behaved agent would.
        let rest = std::iter::repeat_n((0, 0), items.len());
        for (what, which) in order.into_iter().chain(rest) {
            let before = stage.endpoint.clone();
            let seen = before.pulse.measured_at(0);
            match what {
                _ if applied == last => {}
                0 | 1 => {
                    applied += 1;
                    let next = record(&items, applied);
                    prop_assert_eq!(stage.takes(&next, now), Verdict::Applied);
                    if seen >= Some(next.at) {
                        prop_assert_eq!(&before.checks.states, &stage.endpoint.checks.states);
                    }
                }
                2 | 3 => {
                    let ahead = u64::from(which) % last + 1;
                    stage.foresees(&record(&items, ahead), now);
                }
                _ if which % 2 == 0 => stage.waits(now),
                _ => {
                    let token = stage.token();
                    prop_assert!(!stage.greets(1, token, (0, last), now));
                }
            }
            prop_assert!(stage.endpoint.pulse.measured_at(0) >= seen);
        }
        prop_assert_eq!(history(&stage), history(&plain));
        prop_assert_eq!(stage.endpoint.pulse.lost, plain.endpoint.pulse.lost);
        // What was shown and is not lost has had its turn.
        prop_assert_eq!(values(&stage), values(&plain));
        prop_assert!(stage.endpoint.pulse.previews.is_empty());
    }
}
