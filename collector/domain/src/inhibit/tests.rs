use std::sync::Arc;

use proptest::prelude::*;
use remit_shared::{EndpointId, Function, Site, Tag, function};
use uuid::Uuid;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_409_600 + second).unwrap()
}

/// An alert of a check on an endpoint of a site.
fn alert(id: u128, check: &str, endpoint: u128, site: Option<&str>) -> Candidate {
    Candidate {
        alert: AlertId::from_uuid(Uuid::from_u128(id)),
        tenant: Tenant::new("acme").unwrap(),
        endpoint: Some(EndpointId::from_uuid(Uuid::from_u128(endpoint))),
        hostname: format!("db-{endpoint}"),
        site: site.map(|it| Site::new(it).unwrap()),
        tags: vec![],
        check: check.into(),
        instance: "".into(),
        function: function::infra_monitoring(),
        opened_at: at(id as i64),
        closed_at: None,
    }
}

fn rule(source: &str, target: &str, equal: &[&str]) -> Rule {
    Rule {
        name: "r".into(),
        sources: vec![source.into()],
        targets: Targets::These(vec![target.into()]),
        equal: equal.iter().map(|it| it.parse().unwrap()).collect(),
    }
}

fn is_quiet(child: &Candidate, parent: &Candidate, rules: &[Rule]) -> bool {
    let all = [child.clone(), parent.clone()];
    !inhibitors(child, &all, rules, at(1_000)).is_empty()
}

#[test]
fn an_endpoint_that_is_off_says_what_its_checks_would_say() {
    let off = alert(1, "endpoint-offline", 7, Some("hq"));
    let disk = alert(2, "probe-failing", 7, Some("hq"));
    let reasons = inhibitors(&disk, &[off.clone(), disk.clone()], &shipped(), at(5));
    let expected = Suppression {
        kind: SuppressionKind::Dependency,
        reference: off.alert.to_string(),
        why: "endpoint-offline of db-7 says it already (rule `endpoint-says-its-checks`)".into(),
        since: at(2),
        until: None,
        covers_open: true,
    };
    assert_eq!(reasons, [expected]);
    assert!(!is_quiet(&off, &disk, &shipped()));
    assert!(!is_quiet(&alert(3, "probe-failing", 8, Some("hq")), &off, &shipped()));
}

#[test]
fn backups_and_security_are_told_also_of_an_endpoint_that_is_off() {
    let off = alert(1, "endpoint-offline", 7, Some("hq"));
    for name in ["backup_monitoring", "backup_validation", "security_tooling"] {
        let function = Function::new(name).unwrap();
        let child = Candidate { function, ..alert(2, "any", 7, Some("hq")) };
        assert!(!is_quiet(&child, &off, &shipped()), "{name}");
    }
}

#[test]
fn a_site_says_what_its_endpoints_would_say_and_they_what_theirs_would() {
    let site = alert(1, "site-unreachable", 1, Some("hq"));
    let off = alert(2, "endpoint-offline", 7, Some("hq"));
    let disk = alert(3, "disk-space", 7, Some("hq"));
    let elsewhere = alert(4, "endpoint-offline", 8, Some("branch"));
    let all = [site.clone(), off.clone(), disk.clone(), elsewhere.clone()];
    let rules = shipped();
    let parents = Parents::among(&rules, &all, at(9));
    let who = |child| parents.of(child).into_iter().map(|it| it.reference).collect::<Vec<_>>();
    assert_eq!(who(&site), [""; 0]);
    assert_eq!(who(&off), [site.alert.to_string()]);
    // By its own parent, although that one is not told either.
    assert_eq!(who(&disk), [off.alert.to_string()]);
    assert_eq!(who(&elsewhere), [""; 0]);
}

#[test]
fn e21_inhibit_missing_label() {
    let rules = [rule("router-down", "port-down", &["site"])];
    let (parent, child) = (alert(1, "router-down", 1, None), alert(2, "port-down", 2, None));
    assert!(!is_quiet(&child, &parent, &rules), "missing on both is not equal");
    let somewhere =
        |it: &Candidate| Candidate { site: Some(Site::new("hq").unwrap()), ..it.clone() };
    assert!(!is_quiet(&child, &somewhere(&parent), &rules));
    assert!(!is_quiet(&somewhere(&child), &parent, &rules));
    assert!(is_quiet(&somewhere(&child), &somewhere(&parent), &rules));

    // The same of every label that can be missing.
    for label in ["instance", "tag:erp", "site"] {
        let rules = [rule("router-down", "port-down", &["endpoint", label])];
        let child = Candidate { endpoint: parent.endpoint, ..child.clone() };
        assert!(!is_quiet(&child, &parent, &rules), "{label}");
        let with = |it: &Candidate| Candidate {
            instance: "eth0".into(),
            tags: vec![Tag::new("erp").unwrap()],
            ..somewhere(it)
        };
        assert!(is_quiet(&with(&child), &with(&parent), &rules), "{label}");
    }
}

#[test]
fn a_rule_without_labels_silences_nobody() {
    let (parent, child) = (alert(1, "a", 1, Some("hq")), alert(2, "b", 1, Some("hq")));
    assert!(is_quiet(&child, &parent, &[rule("a", "b", &["site"])]));
    assert!(!is_quiet(&child, &parent, &[rule("a", "b", &[])]));
}

#[test]
fn what_is_cause_and_consequence_at_once_is_not_quiet_because_of_its_like() {
    let rules = [Rule {
        sources: vec!["a".into(), "b".into()],
        targets: Targets::These(vec!["b".into(), "c".into()]),
        ..rule("", "", &["site"])
    }];
    let (one, two) = (alert(1, "b", 1, Some("hq")), alert(2, "b", 2, Some("hq")));
    assert!(!is_quiet(&one, &two, &rules));
    assert!(!is_quiet(&two, &one, &rules));
    assert!(is_quiet(&one, &alert(3, "a", 3, Some("hq")), &rules));
    assert!(is_quiet(&alert(4, "c", 4, Some("hq")), &one, &rules));
}

#[test]
fn an_alert_is_not_quiet_because_of_its_own_earlier_life() {
    let rules = [Rule { targets: Targets::AllBut(vec![]), ..rule("a", "", &["endpoint"]) }];
    let earlier = Candidate { closed_at: Some(at(999)), ..alert(1, "a", 1, None) };
    assert!(!is_quiet(&alert(2, "a", 1, None), &earlier, &rules));
}

#[test]
fn a_parent_that_is_over_is_believed_for_two_more_minutes() {
    let rules = [rule("a", "b", &["endpoint"])];
    let parent = Candidate { closed_at: Some(at(100)), ..alert(1, "a", 1, None) };
    let child = alert(2, "b", 1, None);
    let ask = |now| inhibitors(&child, std::slice::from_ref(&parent), &rules, at(now));
    assert_eq!(ask(219).first().unwrap().until, Some(at(220)));
    assert_eq!(ask(220), []);
}

#[test]
fn a_label_reads_back() {
    for good in ["endpoint", "site", "instance", "tag:erp"] {
        assert_eq!(good.parse::<Label>().unwrap().to_string(), good);
    }
    for bad in ["", "host", "tag:", "tag:A B", "Site"] {
        assert!(bad.parse::<Label>().is_err(), "{bad:?}");
    }
}

const CHECKS: [&str; 4] = ["a", "b", "c", "d"];

fn some_alert() -> impl Strategy<Value = Candidate> {
    let site = prop::option::of(prop::sample::select(vec!["hq", "branch"]));
    let tenant = prop::sample::select(vec!["acme", "umbrella"]);
    (0..4_usize, 0..3_u128, site, tenant).prop_map(|(check, endpoint, site, tenant)| Candidate {
        tenant: Tenant::new(tenant).unwrap(),
        ..alert(0, CHECKS[check], endpoint, site)
    })
}

fn some_rule() -> impl Strategy<Value = Rule> {
    let checks = || prop::collection::vec(prop::sample::select(CHECKS.to_vec()), 0..3);
    let labels = vec![Label::Endpoint, Label::Site, Label::Instance];
    (checks(), checks(), any::<bool>(), prop::collection::vec(prop::sample::select(labels), 0..3))
        .prop_map(|(sources, targets, all, equal)| {
            let arcs = |it: Vec<&str>| it.into_iter().map(Arc::from).collect::<Vec<_>>();
            let targets = if all { Targets::AllBut(vec![]) } else { Targets::These(arcs(targets)) };
            Rule { name: "r".into(), sources: arcs(sources), targets, equal }
        })
}

proptest! {
    #[test]
    fn somebody_always_speaks_and_only_of_what_is_shared(
        alerts in prop::collection::vec(some_alert(), 1..12),
        rules in prop::collection::vec(some_rule(), 0..6),
    ) {
        let alerts: Vec<Candidate> = alerts
            .into_iter()
            .enumerate()
            .map(|(id, it)| Candidate { alert: AlertId::from_uuid(Uuid::from_u128(id as u128)), ..it })
            .collect();
        let parents = Parents::among(&rules, &alerts, at(0));
        let find = |id: &str| alerts.iter().find(|it| it.alert.to_string() == id).unwrap();
        for start in &alerts {
            let (mut who, mut steps) = (start, 0);
            while let Some(reason) = parents.of(who).first() {
                let parent = find(&reason.reference);
                prop_assert_eq!(&parent.tenant, &who.tenant);
                prop_assert!(parent.alert != who.alert);
                let shared = parent.endpoint == who.endpoint
                    || (parent.site.is_some() && parent.site == who.site);
                prop_assert!(shared);
                who = parent;
                steps += 1;
                prop_assert!(steps <= alerts.len(), "a circle of alerts that are all quiet");
            }
        }
    }
}
