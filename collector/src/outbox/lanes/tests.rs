use remit_collector_domain::{effect::EffectKey, endpoint::Endpoint};
use remit_shared::SourceId;
use uuid::Uuid;

use super::*;
use crate::ports::store::conformance::sample;

fn source(n: u128) -> RecordKey {
    RecordKey::Source(SourceId::from_uuid(Uuid::from_u128(n)))
}

/// A signal of a record about an instance, named by its summary.
fn owed(record: &RecordKey, instance: &str, summary: &str, subject: Option<EndpointId>) -> Owed {
    let Effect::Signal(mut signal) = sample::signal(summary) else { unreachable!() };
    (signal.instance, signal.subject) = (instance.into(), subject);
    let key = EffectKey { record: record.clone(), revision: 1, position: 0 };
    Owed { key, effect: Effect::Signal(signal) }
}

/// The summaries of each lane; what is no signal is a dash.
fn lanes(all: Vec<Owed>) -> Vec<Vec<String>> {
    let mut lanes = Lanes::default();
    all.into_iter().for_each(|it| lanes.add(it));
    let word = |it: Owed| if let Effect::Signal(it) = it.effect { it.summary } else { "-".into() };
    lanes.into_iter().map(|lane| lane.into_iter().map(word).collect()).collect()
}

#[test]
fn what_is_about_one_alert_stays_in_its_order() {
    let (one, two) = (source(1), source(2));
    let all = vec![
        owed(&one, "a", "full", None),
        owed(&one, "b", "also full", None),
        owed(&two, "a", "of another", None),
        owed(&one, "a", "no more", None),
    ];
    assert_eq!(
        lanes(all),
        [vec!["full", "no more"], vec!["also full"], vec!["of another"]],
        "one lane for each alert"
    );
}

#[test]
fn an_endpoint_is_the_same_whether_or_not_it_names_itself() {
    let id = sample::endpoint_id(1);
    let itself = RecordKey::Endpoint(id);
    let all = vec![owed(&itself, "a", "full", None), owed(&itself, "a", "no more", Some(id))];
    assert_eq!(lanes(all), [["full", "no more"]]);
}

#[test]
fn whatever_is_no_signal_keeps_its_place() {
    let record = source(1);
    let admit = Owed {
        key: EffectKey { record: record.clone(), revision: 1, position: 0 },
        effect: Effect::Admit(Box::new(
            Endpoint::clone(&sample::endpoint(1)).registration.as_ref().clone(),
        )),
    };
    let all = vec![admit, owed(&record, "a", "full", None), owed(&record, "b", "also full", None)];
    assert_eq!(lanes(all), [["-", "full", "also full"]]);
}
