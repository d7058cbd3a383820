use expect_test::{Expect, expect};
use jiff::{civil::date, tz::TimeZone};

use super::*;
use crate::{
    matrix::{Quiet, parse_turn, testing::*},
    rota::{Layer, Rota},
};

/// The provider's rota: kim, then lee, by night only, from 2026-03-02 on.
fn staffed() -> Matrix {
    let mut matrix = matrix([row("base", "*", "always", "provider-noc")]);
    let person = |name: &str| Person {
        name: name.parse().unwrap(),
        title: String::new(),
        teams: vec!["provider-noc".parse().unwrap()],
        notify: vec![format!("email:{name}@provider.example").parse().unwrap()],
        disabled: false,
    };
    matrix.persons = ["kim", "lee"].map(person).into();
    matrix.rotas = vec![Rota {
        name: "noc-nights".parse().unwrap(),
        zone: TimeZone::get("America/New_York").unwrap(),
        layers: vec![Layer {
            title: "nights".into(),
            people: ["kim", "lee"].map(|it| it.parse().unwrap()).into(),
            from: date(2026, 3, 2),
            turn: parse_turn("1w").unwrap(),
            handoff: jiff::civil::time(8, 0, 0, 0),
            hours: Some(crate::calendar::parse_hours("daily 17:00-08:00").unwrap()),
        }],
        overrides: vec![],
    }];
    matrix.teams[1].notify = vec!["slack:noc".parse().unwrap()];
    matrix.teams[1].oncall = Some("noc-nights".parse().unwrap());
    matrix
}

#[track_caller]
fn check(matrix: &Matrix, target: &str, severity: Severity, when: &str, expected: Expect) {
    let found = reach(matrix, &target.parse().unwrap(), severity, at(when));
    let mut text = format!("{}\n", found.because);
    text.extend(found.channels.iter().map(|(who, channel)| match who {
        Some(who) => format!("+ {channel} ({who})\n"),
        None => format!("+ {channel}\n"),
    }));
    text.extend(found.quieted.iter().map(|it| format!("- {it}\n")));
    expected.assert_eq(&text);
}

#[test]
fn a_team_is_its_channels_and_whoever_is_on_call() {
    check(
        &staffed(),
        "provider-noc",
        Severity::High,
        "2026-03-03T22:00-05:00",
        expect![[r#"
            provider-noc by its channels; kim is on call in `noc-nights` until Wed 2026-03-04 08:00
            + slack:noc
            + email:kim@provider.example (kim)
        "#]],
    );
}

#[test]
fn an_empty_rota_says_so() {
    check(
        &staffed(),
        "rota:noc-nights",
        Severity::Critical,
        "2026-03-03T12:00-05:00",
        expect![[r#"
            nobody is on call in `noc-nights` (no layer of `noc-nights` applies)
        "#]],
    );
}

#[test]
fn e13_person_leaves() {
    let mut matrix = staffed();
    matrix.persons[0].disabled = true;
    check(
        &matrix,
        "rota:noc-nights",
        Severity::Critical,
        "2026-03-03T22:00-05:00",
        expect![[r#"
            kim is disabled, and is on call in `noc-nights` until Wed 2026-03-04 08:00
        "#]],
    );
}

#[test]
fn what_is_critical_is_never_quiet_unless_the_rule_says_so() {
    let mut matrix = staffed();
    let night = "2026-03-03T22:00-05:00";
    matrix.quiet.push(Quiet {
        who: Recipient::Person("kim".parse().unwrap()),
        when: "outside office".parse().unwrap(),
        below: Severity::Critical,
        even_critical: false,
    });
    let ask = |matrix: &Matrix, severity, when| {
        reach(matrix, &"person:kim".parse().unwrap(), severity, at(when))
    };
    assert!(!ask(&matrix, Severity::Critical, night).is_empty());
    let quieted = ask(&matrix, Severity::High, night);
    assert!(quieted.is_empty());
    assert_eq!(quieted.quieted, ["person:kim is quiet outside office for what is high"]);
    assert!(!ask(&matrix, Severity::High, "2026-03-03T12:00-05:00").is_empty());
    matrix.quiet[0].even_critical = true;
    assert!(ask(&matrix, Severity::Critical, night).is_empty());
}

#[test]
fn whoever_does_not_exist_is_not_reached_and_is_named() {
    for (target, because) in [
        ("nobody", "there is no team `nobody`"),
        ("rota:x", "there is no rota `x`"),
        ("person:x", "there is no person `x`"),
    ] {
        let found =
            reach(&staffed(), &target.parse().unwrap(), Severity::High, at("2026-03-02T12:00Z"));
        assert_eq!((found.because.as_str(), found.is_empty()), (because, true));
    }
}
