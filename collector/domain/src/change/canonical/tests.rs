use std::collections::BTreeSet;

use expect_test::expect;
use jiff::{SignedDuration, Timestamp};
use proptest::{collection::btree_set, option, prelude::*, sample::select};
use remit_shared::{EndpointId, EndpointKind, OperatorId, Party, Severity, Team};
use uuid::Uuid;

use super::*;
use crate::{known_issue::Condition, operator::Role};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z :#\\\\]{0,12}",
        any::<String>(),
        select(vec!["", " ", "a: b", "\\n", "one\ntwo\r\n", "\u{85}\u{2028}\t\u{0}", "ends \\"])
            .prop_map(str::to_owned),
    ]
}

fn name<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>() -> impl Strategy<Value = T>
{
    "[a-z][a-z0-9_.-]{0,8}".prop_map(|it| it.parse().unwrap())
}

fn names<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug + Ord>()
-> impl Strategy<Value = BTreeSet<T>> {
    btree_set(name(), 0..4)
}

fn endpoints() -> impl Strategy<Value = BTreeSet<EndpointId>> {
    btree_set(any::<u128>().prop_map(|it| EndpointId::from_uuid(Uuid::from_u128(it))), 0..4)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (-1_000_000_000i64..4_000_000_000, 0i32..1_000_000_000)
        .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

fn length() -> impl Strategy<Value = SignedDuration> {
    (0i64..300_000_000, 1i32..1_000_000_000).prop_map(|(s, n)| SignedDuration::new(s, n))
}

fn selector() -> impl Strategy<Value = Selector> {
    (endpoints(), names(), names(), names()).prop_map(|(endpoints, sites, tags, functions)| {
        Selector { endpoints, sites, tags, functions }
    })
}

fn party() -> impl Strategy<Value = Party> {
    select(Party::ALL)
}

fn windows() -> impl Strategy<Value = Spec> {
    let words = (text(), text(), text(), text());
    (name(), words, selector(), instant(), length(), any::<bool>()).prop_map(
        |(tenant, (title, why, zone, repeats), selector, starts_at, lasts, earlier)| {
            Spec::Window(WindowSpec {
                tenant,
                title,
                why,
                selector,
                zone,
                starts_at,
                lasts,
                repeats,
                earlier,
            })
        },
    )
}

fn works() -> impl Strategy<Value = Spec> {
    let words = (text(), text(), text(), text());
    (name(), words, selector(), instant(), length(), any::<bool>()).prop_map(
        |(tenant, (title, why, zone, who), selector, starts_at, lasts, quiet)| {
            Spec::Work(WorkSpec {
                tenant,
                title,
                why,
                who,
                selector,
                zone,
                starts_at,
                lasts,
                quiet,
            })
        },
    )
}

fn roles() -> impl Strategy<Value = Spec> {
    let operator =
        option::of(any::<u128>().prop_map(|it| OperatorId::from_uuid(Uuid::from_u128(it))));
    let role = select(&Role::ALL[..]);
    (name(), operator, text(), role, party(), names(), names()).prop_map(
        |(tenant, operator, name, role, party, teams, tenants)| Spec::Role {
            tenant,
            grant: Grant { operator, name, role, party, teams, tenants },
        },
    )
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        select(Severity::ALL).prop_map(Condition::SeverityAbove),
        (1u32..=1_000).prop_map(Condition::PerDayAbove),
        (1u32..=1_000).prop_map(Condition::InstancesAbove),
        any::<i64>().prop_map(Condition::ValueAbove),
        any::<i64>().prop_map(Condition::ValueBelow),
    ]
}

fn issues() -> impl Strategy<Value = Spec> {
    let what = (select(vec![Kind::KnownIssue, Kind::Silence]), name(), text(), text(), text());
    let matcher = (text(), text(), endpoints(), names(), names());
    let evidence = btree_set(text().prop_filter("says something", |it| !it.is_empty()), 0..3);
    let owner = (name::<Team>(), party());
    let until = (option::of(instant()), instant());
    let limits = (select(Severity::ALL), btree_set(condition(), 0..4));
    (what, matcher, evidence, owner, until, limits).prop_map(
        |(what, matcher, evidence, owner, until, limits)| {
            let (kind, tenant, title, why, ticket) = what;
            let (check, instance, endpoints, sites, functions) = matcher;
            Spec::KnownIssue(IssueSpec {
                kind,
                tenant,
                title,
                why,
                matcher: Matcher { check, instance, endpoints, sites, functions },
                evidence,
                ticket,
                owner: owner.0,
                party: owner.1,
                review_at: until.0,
                expires_at: until.1,
                max_severity: limits.0,
                breaks_when: limits.1,
            })
        },
    )
}

fn tokens() -> impl Strategy<Value = Spec> {
    let kind = option::of(select(EndpointKind::ALL));
    (name(), name(), kind, names(), any::<u32>(), length()).prop_map(
        |(tenant, site, kind, tags, uses, ttl)| {
            Spec::Token(TokenSpec { tenant, site, kind, tags, uses, ttl })
        },
    )
}

fn others() -> impl Strategy<Value = Spec> {
    let records = text().prop_filter("says something", |it| !it.is_empty());
    prop_oneof![
        (name(), records, length()).prop_map(|(tenant, records, keep)| Spec::Retention(
            Retention { tenant, records, keep }
        )),
        (name(), endpoints(), text()).prop_map(|(tenant, endpoints, why)| {
            Spec::Revocation(Revocation { tenant, endpoints, why })
        }),
    ]
}

fn specs() -> impl Strategy<Value = Spec> {
    prop_oneof![windows(), works(), roles(), issues(), tokens(), others()]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(spec in specs()) {
        let text = canonical(&spec);
        prop_assert_eq!(parse(&text).as_ref(), Ok(&spec), "{}", text);
    }

    #[test]
    fn two_texts_never_mean_the_same(spec in specs(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let text = canonical(&spec);
        let mut other: Vec<char> = text.chars().collect();
        let index = at.index(other.len());
        other[index] = with;
        let other: String = other.into_iter().collect();
        if let Ok(read) = parse(&other) {
            prop_assert_eq!(canonical(&read), other);
            prop_assert_eq!(read == spec, canonical(&read) == text);
        }
    }

    #[test]
    fn anything_else_is_an_error_and_no_panic(text in any::<String>()) {
        prop_assert!(parse(&text).is_err());
        prop_assert!(parse(&format!("subject: window\n{text}")).is_err());
    }
}

const REVOCATION: &str = "\
subject: revocation
endpoint: end_00000000000000000000000000000001
endpoint: end_00000000000000000000000000000002
tenant: acme
why: stolen\\nfrom a car
";

#[test]
fn it_is_a_text_that_a_person_can_read() {
    let endpoint = |it| EndpointId::from_uuid(Uuid::from_u128(it));
    let spec = Spec::Revocation(Revocation {
        tenant: "acme".parse().unwrap(),
        endpoints: [endpoint(2), endpoint(1)].into(),
        why: "stolen\nfrom a car".into(),
    });
    assert_eq!(canonical(&spec), REVOCATION);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let swapped = {
        let mut lines: Vec<_> = REVOCATION.lines().collect();
        lines.swap(1, 2);
        lines.join("\n") + "\n"
    };
    let mut said = String::new();
    for bad in [
        "",
        "subject: lunch\ntenant: acme\n",
        "subject: revocation\n",
        "subject: revocation\ntenant: acme\ntenant: acme\n",
        "subject: revocation\ntenant: acme\nwhy:\n",
        "subject: revocation\ntenant: Acme\n",
        "subject: revocation\ntenant: acme\nwhy: a\\q\n",
        "subject: revocation\ntenant: acme\nzone: UTC\n",
        "subject: retention\nkeep: -PT1H\nrecords: audit\ntenant: acme\n",
        swapped.as_str(),
        REVOCATION.trim_end(),
        &REVOCATION.replace('\n', "\r\n"),
        &REVOCATION.replace("stolen", "stolen\\u{61}"),
    ] {
        said.push_str(&format!("{}\n", parse(bad).unwrap_err()));
    }
    expect![[""]].assert_eq(&said);
}
