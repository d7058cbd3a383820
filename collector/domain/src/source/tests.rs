use proptest::prelude::*;

use super::*;
use crate::signal::{Say, Signal};

fn at(seconds: i64) -> Timestamp {
    Timestamp::constant(1_772_550_000 + seconds, 0)
}

/// Long ago enough for silence to count.
const LISTENING: Timestamp = Timestamp::constant(1_772_000_000, 0);

fn db_7() -> EndpointId {
    EndpointId::from_uuid(Uuid::from_u128(7))
}

fn find(name: &str) -> Option<EndpointId> {
    (name == "db-7").then(db_7)
}

fn source(kind: SourceKind) -> Source {
    Source {
        id: SourceId::from_uuid(Uuid::from_u128(1)),
        tenant: Tenant::new("acme").unwrap(),
        site: Site::new("hq").unwrap(),
        name: SourceName::new("prom").unwrap(),
        kind,
        token_sha256: [0; 32],
        function: Function::new("infra_monitoring").unwrap(),
        mapping: String::new(),
        created_at: at(0),
        created_by: "test".into(),
        revoked: None,
        active: BTreeMap::new(),
    }
}

fn posted(labels: &[(&str, &str)]) -> Posted {
    let own = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
    Posted { labels: labels.iter().map(own).collect(), ..Posted::default() }
}

fn disk(severity: &str) -> Posted {
    posted(&[("alertname", "DiskFull"), ("instance", "db-7:9100"), ("severity", severity)])
}

fn over(mut posted: Posted, at: Timestamp) -> Posted {
    posted.ends_at = Some(at);
    posted
}

fn tell(source: &Source, posted: &Posted, now: Timestamp) -> (Source, Vec<String>) {
    let received = receive(source, vec![read(posted, now)], find, now);
    assert_eq!(received.refused, []);
    (received.source, said(&received.signals))
}

fn said(signals: &[Signal]) -> Vec<String> {
    let word = |it: &Signal| match &it.say {
        Say::Raised { severity, .. } => format!("{} {}: {severity}", it.check, it.instance),
        Say::Cleared => format!("{} {}: over", it.check, it.instance),
    };
    signals.iter().map(word).collect()
}

#[test]
fn posting_the_same_alert_again_is_a_repeat_and_not_a_new_one() {
    let prom = source(SourceKind::Alertmanager);
    let (prom, first) = tell(&prom, &disk("critical"), at(0));
    assert_eq!(first, ["prom:DiskFull instance=db-7:9100: critical"]);
    let (prom, again) = tell(&prom, &disk("critical"), at(60));
    assert!(again.is_empty(), "{again:?}");
    assert_eq!(prom.active.len(), 1);
    let (_, reminded) = tell(&prom, &disk("critical"), at(3_700));
    assert_eq!(reminded.len(), 1, "what still holds is told again by and by");
}

#[test]
fn words_that_people_edit_do_not_make_another_alert() {
    let prom = source(SourceKind::Alertmanager);
    let mut edited = disk("critical");
    let (prom, _) = tell(&prom, &edited, at(0));
    edited.annotations.insert("summary".into(), "the disk is 97 % full".into());
    let (prom, told) = tell(&prom, &edited, at(60));
    assert_eq!((prom.active.len(), told.len()), (1, 1));
    assert_eq!(prom.active.values().next().unwrap().summary, "the disk is 97 % full");
}

#[test]
fn an_end_in_the_past_resolves_and_a_second_one_does_nothing() {
    let prom = source(SourceKind::Alertmanager);
    let (prom, _) = tell(&prom, &disk("critical"), at(0));
    let (prom, told) = tell(&prom, &over(disk("critical"), at(50)), at(60));
    assert_eq!(told, ["prom:DiskFull instance=db-7:9100: over"]);
    let (prom, told) = tell(&prom, &over(disk("critical"), at(50)), at(70));
    assert!(told.is_empty() && prom.active.is_empty());
}

#[test]
fn what_has_no_end_is_over_five_minutes_after_it_was_told_last() {
    let prom = source(SourceKind::Alertmanager);
    let (prom, _) = tell(&prom, &disk("critical"), at(0));
    let (prom, _) = tell(&prom, &disk("critical"), at(200));
    assert_eq!(deadline(&prom, LISTENING), Some(at(500)));
    assert!(tick(&prom, LISTENING, at(499)).is_none());
    let (prom, signals) = tick(&prom, LISTENING, at(500)).unwrap();
    assert_eq!(said(&signals), ["prom:DiskFull instance=db-7:9100: over"]);
    assert_eq!(deadline(&prom, LISTENING), None);
}

#[test]
fn the_collectors_own_downtime_ends_nothing() {
    let prom = source(SourceKind::Alertmanager);
    let (prom, _) = tell(&prom, &disk("critical"), at(0));
    assert_eq!(deadline(&prom, at(1_000)), Some(at(1_300)));
    assert!(tick(&prom, at(1_000), at(1_299)).is_none());
    assert!(tick(&prom, at(1_000), at(1_300)).is_some());
}

#[test]
fn the_worst_of_two_rules_counts_and_the_lesser_one_outlives_it() {
    let prom = source(SourceKind::Alertmanager);
    let (prom, _) = tell(&prom, &disk("warning"), at(0));
    let (prom, told) = tell(&prom, &disk("critical"), at(10));
    assert_eq!(told, ["prom:DiskFull instance=db-7:9100: critical"]);
    let (prom, told) = tell(&prom, &over(disk("critical"), at(15)), at(20));
    assert_eq!(told, ["prom:DiskFull instance=db-7:9100: medium"]);
    let (_, told) = tell(&prom, &over(disk("warning"), at(25)), at(30));
    assert_eq!(told, ["prom:DiskFull instance=db-7:9100: over"]);
}

#[test]
fn an_event_that_gets_milder_has_one_severity() {
    let edr = source(SourceKind::Events);
    let (edr, _) = tell(&edr, &disk("critical"), at(0));
    let (edr, told) = tell(&edr, &disk("low"), at(10));
    assert_eq!(told, ["prom:DiskFull instance=db-7:9100: low"]);
    let (_, told) = tell(&edr, &over(disk("info"), at(15)), at(20));
    assert_eq!(told, ["prom:DiskFull instance=db-7:9100: over"]);
}

#[test]
fn an_alert_is_about_the_endpoint_that_it_names_or_about_its_source() {
    let prom = source(SourceKind::Alertmanager);
    let endpoint = |labels: &[(&str, &str)]| {
        let told = read(&posted(labels), at(0));
        receive(&prom, vec![told], find, at(0)).signals[0].subject.unwrap()
    };
    for label in ["remit_endpoint", "instance", "host", "hostname"] {
        assert_eq!(endpoint(&[("alertname", "Up"), (label, "DB-7:9100")]), db_7());
    }
    assert_eq!(endpoint(&[("alertname", "Up"), ("instance", "other")]), prom.stand_in_id());
    let both = [("remit_endpoint", "db-7"), ("instance", "exporter:9115")];
    assert_eq!(endpoint(&both), db_7());
}

#[test]
fn an_alert_may_say_which_work_it_is() {
    let told = |name, value| read(&posted(&[("alertname", "Up"), (name, value)]), at(0));
    let function = told("remit_function", "backup_monitoring").unwrap().function;
    assert_eq!(function, Function::new("backup_monitoring").ok());
    assert_eq!(told("function", "Payment Service").unwrap().function, None);
    let err = told("remit_function", "Backups!").unwrap_err();
    assert!(err.to_string().starts_with("`remit_function` is wrong: `Backups!` is not"), "{err}");
}

#[test]
fn what_is_too_much_is_refused_with_which() {
    let refusal = |posted: &Posted| read(posted, at(0)).unwrap_err().to_string();
    assert_eq!(refusal(&posted(&[])), "it has no labels");
    assert_eq!(refusal(&posted(&[("alertname", "")])), "it has no labels");
    let long = "x".repeat(1_025);
    let told = refusal(&posted(&[("alertname", "Up"), ("path", &long)]));
    assert_eq!(told, "`path` has 1025 bytes; at most 1024 are taken");
    let told = refusal(&posted(&[(&"n".repeat(65), "1")]));
    assert!(told.ends_with("is not 1 to 64 bytes long"), "{told}");
    let names: Vec<String> = (0..65).map(|it| format!("l{it}")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|it| (it.as_str(), "1")).collect();
    assert_eq!(refusal(&posted(&many)), "it has 65 labels and annotations; at most 64 are taken");
    let mut upside_down = over(disk("page"), at(0));
    upside_down.starts_at = Some(at(1));
    assert!(refusal(&upside_down).contains("after its end"));
}

#[test]
fn one_that_is_unfit_does_not_harm_its_neighbours() {
    let prom = source(SourceKind::Alertmanager);
    let told = vec![read(&posted(&[]), at(0)), read(&disk("page"), at(0))];
    let received = receive(&prom, told, find, at(0));
    assert_eq!(received.refused, [(0, Unfit::NoLabels)]);
    assert_eq!(received.signals.len(), 1);
}

#[test]
fn a_source_does_not_grow_without_end() {
    let prom = source(SourceKind::Alertmanager);
    let up = |n: usize| read(&posted(&[("alertname", "Up"), ("n", &n.to_string())]), at(0));
    let received = receive(&prom, (0..=MOST_ACTIVE).map(up).collect(), find, at(0));
    assert_eq!(received.refused, [(MOST_ACTIVE, Unfit::Full)]);
    assert_eq!(received.source.active.len(), MOST_ACTIVE);
}

#[test]
fn long_instances_that_begin_alike_stay_apart() {
    let labelled = |tail: &str| {
        let value = format!("{}{tail}", "x".repeat(900));
        read(&posted(&[("alertname", "Up"), ("path", &value)]), at(0)).unwrap().instance
    };
    assert_ne!(labelled("a"), labelled("b"));
    assert!(labelled("a").len() <= 260, "{}", labelled("a").len());
}

#[test]
fn a_revoked_source_ends_nothing() {
    let prom = source(SourceKind::Alertmanager);
    let (prom, _) = tell(&prom, &disk("critical"), at(0));
    let prom = revoke(&prom, "ada", "replaced", at(10));
    assert_eq!(deadline(&prom, LISTENING), None);
    assert_eq!(revoke(&prom, "bob", "again", at(20)), prom);
}

proptest! {
    /// Whoever hears the signals in their order knows what holds.
    #[test]
    fn signals_and_memory_agree(
        steps in prop::collection::vec((0u8..3, 0u8..3, any::<bool>(), 1i64..400), 1..60),
    ) {
        let mut prom = source(SourceKind::Alertmanager);
        let mut heard: BTreeMap<String, Severity> = BTreeMap::new();
        let mut now = at(0);
        for (which, severity, ends, wait) in steps {
            now += SignedDuration::from_secs(wait);
            let mut signals = Vec::new();
            if let Some((next, told)) = tick(&prom, LISTENING, now) {
                prom = next;
                signals.extend(told);
            }
            let severity = ["info", "warning", "critical"][usize::from(severity)];
            let name = which.to_string();
            let mut one = posted(&[("alertname", "Up"), ("n", &name), ("severity", severity)]);
            one.ends_at = ends.then_some(now);
            let received = receive(&prom, vec![read(&one, now)], find, now);
            prom = received.source;
            signals.extend(received.signals);
            for Signal { instance, say, .. } in signals {
                match say {
                    Say::Raised { severity, .. } => heard.insert(instance.to_string(), severity),
                    Say::Cleared => heard.remove(&*instance),
                };
            }
            let holds: BTreeMap<String, Severity> =
                prom.active.values().map(|it| (it.instance.to_string(), it.severity())).collect();
            prop_assert_eq!(&heard, &holds);
        }
    }

    #[test]
    fn nothing_posted_makes_it_panic(
        labels in prop::collection::btree_map(".{0,80}", ".{0,1100}", 0..5),
        ends in any::<i32>(),
    ) {
        let ends_at = Some(at(i64::from(ends)));
        let any = Posted { labels, ends_at, ..Posted::default() };
        let prom = source(SourceKind::Alertmanager);
        receive(&prom, vec![read(&any, at(0))], find, at(0));
    }
}
