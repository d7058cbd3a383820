//! What was measured last, out of a spool's newest records.
//!
//! Behind a backlog it is told ahead of its turn. Each probe measures in its
//! own time, so what is now is spread over several records; of each probe only
//! the newest counts.

use std::collections::BTreeSet;

use remit_shared::{Body, Entry, Record, Stream};

/// What each probe measured last, as the records that say so, in their order.
/// Each holds no more than that, and is left out if that is nothing.
pub fn newest(records: impl IntoIterator<Item = Record>) -> Vec<Record> {
    let measured = records.into_iter().filter(|it| it.stream == Stream::Metrics);
    let mut records: Vec<Record> = measured.collect();
    let mut seen = BTreeSet::new();
    for record in records.iter_mut().rev() {
        let Entry::Answers(answers) = &mut record.entry else { continue };
        answers.retain(|it| matches!(it.body, Body::Readings(_)) && seen.insert(it.probe.clone()));
    }
    let says_something = |it: &Record| match &it.entry {
        Entry::Answers(answers) => !answers.is_empty(),
        Entry::Gap { .. } => false,
    };
    records.retain(says_something);
    records
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use jiff::Timestamp;
    use remit_shared::{Answer, Reading, Unit};

    use super::*;

    fn record(seq: u64, probes: &[&str]) -> Record {
        let at = Timestamp::from_second(seq as i64).unwrap();
        let answer = |probe: &&str| {
            let reading = Reading::new("value", Unit::Count, seq as i64);
            Answer::full(probe, "a test", at, Body::Readings(vec![reading]))
        };
        let entry = Entry::Answers(probes.iter().map(answer).collect());
        Record { stream: Stream::Metrics, seq, at, entry }
    }

    #[track_caller]
    fn check(records: Vec<Record>, expect: Expect) {
        let told = newest(records).into_iter().map(|it| {
            let Entry::Answers(answers) = it.entry else { panic!("a gap was measured") };
            let probes: Vec<_> = answers.iter().map(|it| &*it.probe).collect();
            format!("{}: {}\n", it.seq, probes.join(" "))
        });
        expect.assert_eq(&told.collect::<String>());
    }

    #[test]
    fn of_each_probe_the_newest_is_told_with_its_own_number() {
        check(
            vec![
                record(1, &["cpu", "clock"]),
                record(2, &["cpu", "disk"]),
                record(3, &["cpu"]),
                record(4, &["cpu", "memory"]),
                record(5, &["cpu"]),
            ],
            expect![[r#"
                1: clock
                2: disk
                4: memory
                5: cpu
            "#]],
        );
    }

    #[test]
    fn what_happened_and_what_is_lost_is_no_measurement() {
        let lost = Entry::Gap { from: 2, reason: "spool full".into() };
        let lost = Record { entry: lost, ..record(3, &[]) };
        let mut mixed = record(4, &["cpu", "disk"]);
        if let Entry::Answers(answers) = &mut mixed.entry {
            answers[0].body = Body::Unchanged;
        }
        let event = Record { stream: Stream::Events, ..record(9, &["memory"]) };
        check(
            vec![event, record(1, &["cpu"]), lost, mixed],
            expect![[r#"
                1: cpu
                4: disk
            "#]],
        );
        check(vec![], expect![""]);
    }
}
