//! Random histories: whatever is sent again, out of turn or lost, what was
//! produced is applied once or declared lost.

use proptest::prelude::*;
use remit_shared::{Entry, Record};

use super::*;
use crate::endpoint::tests::stage::{arrival, at};

/// One record of a spool: a value, or a gap of some length.
#[derive(Clone, Copy, Debug)]
enum Item {
    Value(i64),
    Gap(u64),
}

fn spool() -> impl Strategy<Value = Vec<Item>> {
    let item = prop_oneof![
        5 => (0..1000_i64).prop_map(Item::Value),
        1 => (1..5_u64).prop_map(Item::Gap),
    ];
    prop::collection::vec(item, 1..30)
}

/// A spool's records, numbered from 1 without holes.
fn records(stream: Stream, items: &[Item]) -> Vec<Record> {
    let mut seq = 0;
    let mut number = |item: &Item| {
        let first = seq + 1;
        let entry = match item {
            Item::Value(value) => {
                seq += 1;
                Entry::Answers(vec![disk(seq as i64, &[("/", *value)])])
            }
            Item::Gap(count) => {
                seq += count;
                Entry::Gap { from: first, reason: "spool full".into() }
            }
        };
        Record { stream, seq, at: at(seq as i64), entry }
    };
    items.iter().map(&mut number).collect()
}

fn lost(items: &[Item]) -> u64 {
    let count = |it: &Item| match it {
        Item::Value(_) => 0,
        Item::Gap(count) => *count,
    };
    items.iter().map(count).sum()
}

proptest! {
    #[test]
    fn what_was_produced_is_applied_once_or_declared_lost(
        items in spool(), other in spool(), order in prop::collection::vec(any::<u16>(), 0..200),
    ) {
        let streams = [
            records(Stream::Metrics, &items),
            records(Stream::Events, &other),
        ];
        let mut stage = Stage::default();
        let mut applied = 0;
        // At random first, then to the end as a well-behaved agent would.
        let chaos = order.iter().map(|it| usize::from(*it));
        let chaos = chaos.map(|it| &streams[it % 2][it / 2 % streams[it % 2].len()]);
        for record in chaos.chain(streams.iter().flatten()) {
            let before = stage.endpoint.applied(record.stream);
            match stage.takes(record, 100) {
                Verdict::Applied => applied += 1,
                Verdict::Duplicate => prop_assert!(record.seq <= before),
                Verdict::Ahead { expected } => {
                    prop_assert_eq!(expected, before + 1);
                    prop_assert!(record.first_seq() > expected);
                }
            }
        }
        let pulse = &stage.endpoint.pulse;
        prop_assert_eq!(applied, items.len() + other.len(), "each exactly once");
        prop_assert_eq!(pulse.lost, lost(&items) + lost(&other));
        prop_assert_eq!(pulse.metrics, streams[0].last().unwrap().seq);
        prop_assert_eq!(pulse.events, streams[1].last().unwrap().seq);
    }

    #[test]
    fn sending_again_changes_nothing(items in spool(), again in prop::collection::vec(any::<u16>(), 30)) {
        let records = records(Stream::Metrics, &items);
        let (mut once, mut twice) = (Stage::default(), Stage::default());
        for (index, record) in records.iter().enumerate() {
            once.takes(record, 100);
            twice.takes(record, 100);
            let back = usize::from(again[index % again.len()]) % (index + 1);
            for repeated in &records[back..=index] {
                let known = twice.endpoint.clone();
                let result = apply(known.clone(), repeated, &arrival(200), &twice.rules);
                prop_assert_eq!(result.verdict, Verdict::Duplicate);
                prop_assert_eq!(&result.endpoint, &known);
                prop_assert!(result.signals.is_empty() && result.frame.is_none());
            }
        }
        prop_assert_eq!(once.endpoint, twice.endpoint);
    }

    #[test]
    fn the_same_log_gives_the_same_endpoint(items in spool(), seconds in 0..10_000_i64) {
        let play = || {
            let mut stage = Stage::default();
            stage.greets(1, None, (0, items.len() as u64), 0);
            for record in records(Stream::Metrics, &items) {
                stage.takes(&record, 100);
                stage.waits(seconds);
            }
            (stage.endpoint.clone(), stage.told())
        };
        prop_assert_eq!(play(), play());
    }
}
