use proptest::{collection::vec, option, prelude::*};
use remit_shared::{
    Answer, Body, Completeness, Entry, FailedUnit, Failure, FailureKind, Reading, ServiceScan,
    Stream, Unit,
};

use super::*;

fn at(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap()
}

fn measurement(probe: &str, ms: i64, values: &[(&str, i64)]) -> Answer {
    let readings =
        values.iter().map(|(name, value)| Reading::new(name, Unit::Bytes, *value)).collect();
    Answer::full(probe, "/proc", at(ms), Body::Readings(readings))
}

fn record(seq: u64, ms: i64, answers: Vec<Answer>) -> Record {
    Record { stream: Stream::Metrics, seq, at: at(ms), entry: Entry::Answers(answers) }
}

#[test]
fn what_has_not_changed_does_not_travel() {
    let mut encoder = Encoder::default();
    let values = [("total", 16_000_000_000), ("free", 8_000_000_000)];
    let first = encoder.encode(&record(1, 1_000, vec![measurement("memory", 1_000, &values)]));
    let second = encoder.encode(&record(2, 11_000, vec![measurement("memory", 11_000, &values)]));
    assert_eq!((first.series.len(), first.changed.len()), (2, 2));
    assert_eq!((second.series.len(), second.changed.len()), (0, 0));
    assert_eq!(second.encoded_len(), 11, "stream, number, time and one probe");
}

#[test]
fn a_series_that_vanishes_is_gone_and_may_come_back() {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    for (seq, values) in [
        vec![("a", 1), ("b", 2)],
        vec![("a", 1)],
        vec![("a", 5), ("b", 2)],
        vec![],
        vec![("b", -7)],
    ]
    .into_iter()
    .enumerate()
    {
        let record = record(seq as u64 + 1, 1_000, vec![measurement("disk", 1_000, &values)]);
        assert_eq!(decoder.decode(encoder.encode(&record)), Ok(record));
    }
}

#[test]
fn what_is_packed_comes_out_and_names_stand_once() {
    let records: Vec<_> = (1..=9_i64)
        .map(|nth| {
            let ms = nth * 10_000;
            let values = [("total", 16_000_000_000), ("free", 8_000_000_000 + nth)];
            record(nth.unsigned_abs() * 2, ms, vec![measurement("memory", ms, &values)])
        })
        .collect();
    let bytes = pack(&records);
    let unpacked = unpack(&bytes).unwrap();
    assert_eq!(unpacked.iter().map(|it| it.1).sum::<u64>(), bytes.len() as u64);
    assert!(unpacked.iter().map(|it| &it.0).eq(&records));
    let alone: usize = records.iter().map(|it| to_bytes(it).len()).sum();
    assert!(bytes.len() * 3 < alone, "{} of {alone}", bytes.len());
    for end in 0..bytes.len() {
        let cut = unpack(&bytes[..end]);
        assert!(cut.is_err() || cut.is_ok_and(|it| it.len() < records.len()), "cut at {end}");
    }
}

#[test]
fn a_scan_that_says_the_same_again_travels_as_unchanged() {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    let scan = ServiceScan {
        manager: "systemd".into(),
        failed: vec![FailedUnit {
            name: "a.service".into(),
            state: "failed/exit-code".into(),
            description: "A".into(),
        }],
        running: 31,
    };
    let answer = |ms| Answer::full("services", "systemctl", at(ms), Body::Services(scan.clone()));
    let first = record(1, 0, vec![answer(0)]);
    assert_eq!(decoder.decode(encoder.encode(&first)), Ok(first));
    let again = decoder.decode(encoder.encode(&record(2, 60_000, vec![answer(60_000)]))).unwrap();
    let Entry::Answers(answers) = again.entry else { panic!("answers") };
    assert_eq!((&answers[0].body, answers[0].observed_at), (&Body::Unchanged, at(60_000)));
}

#[test]
fn an_id_that_nobody_defined_is_refused_by_field() {
    let report = v1::Report { stream: 2, seq: 1, measured: vec![7], ..Default::default() };
    let err = Decoder::default().decode(report).unwrap_err();
    let expected = "field `measured` names an id that this session has not defined";
    assert_eq!(err.to_string(), expected);
}

#[test]
fn a_session_cannot_define_without_end() {
    let probes = (0..).map(|id| v1::ProbeDefinition { id, ..Default::default() });
    let probes = probes.take(MAX_PROBES + 1).collect();
    let report = v1::Report { stream: 2, seq: 1, probes, ..Default::default() };
    assert_eq!(Decoder::default().decode(report).unwrap_err().field, "probes");
}

prop_compose! {
    fn any_answer()(
        probe in "[a-c]",
        source in "[xy]",
        offset in prop_oneof![Just(0_i64), -5_000..5_000_i64],
        catalog in option::of(0..4_000_000_000_i64),
        missing in "[a-z]{0,3}",
        values in vec(("[a-d]", any::<i64>()), 0..4),
        failed in option::weighted(0.2, "[a-z]{0,9}"),
    ) -> (String, String, i64, Option<i64>, String, Vec<(String, i64)>, Option<String>) {
        (probe, source, offset, catalog, missing, values, failed)
    }
}

proptest! {
    #[test]
    fn every_history_survives_the_wire(
        history in vec((any::<u32>(), vec(any_answer(), 0..4)), 1..12),
    ) {
        let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
        for (index, (ms, answers)) in history.into_iter().enumerate() {
            let ms = i64::from(ms);
            let answers = answers
                .into_iter()
                .map(|(probe, source, offset, catalog, missing, mut values, failed)| {
                    values.sort();
                    values.dedup_by(|a, b| a.0 == b.0);
                    let body = match failed {
                        Some(message) => Body::Failure(Failure { kind: FailureKind::Locked, message }),
                        None => Body::Readings(
                            values.iter().map(|(n, v)| Reading::of("m", n, Unit::Count, *v)).collect(),
                        ),
                    };
                    let completeness =
                        if missing.is_empty() { Completeness::Full } else { Completeness::Partial };
                    Answer {
                        catalog_at: catalog.map(|it| jiff::Timestamp::from_second(it).unwrap()),
                        missing,
                        completeness,
                        ..Answer::full(&probe, &source, at(ms + offset), body)
                    }
                })
                .collect();
            let sent = record(index as u64 + 1, ms, answers);
            let alone = from_bytes(&to_bytes(&sent)).unwrap();
            prop_assert_eq!(canonical(alone), canonical(sent.clone()));
            let received = decoder.decode(encoder.encode(&sent)).unwrap();
            prop_assert_eq!(canonical(received), canonical(sent));
        }
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        let _ = from_bytes(&bytes);
    }
}

/// Answers in one order: measurements that travel compactly come first.
fn canonical(mut record: Record) -> Record {
    if let Entry::Answers(answers) = &mut record.entry {
        for answer in &mut *answers {
            if let Body::Readings(readings) = &mut answer.body {
                readings.sort_by(|a, b| a.series.cmp(&b.series));
            }
        }
        answers.sort_by_key(|it| format!("{it:?}"));
    }
    record
}
