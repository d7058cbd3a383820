use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::sla::testing::{at, holder};

const NOW: &str = "2026-03-09T14:00:00Z";

fn week() -> Segment {
    Segment { from: at("2026-03-02T14:00Z"), to: at(NOW) }
}

fn of(inputs: &Inputs) -> Vec<Section> {
    agenda(&Tenant::new("acme").unwrap(), inputs, week()).sections
}

/// What is said of the points of the only section there is.
fn reasons(inputs: &Inputs) -> Vec<(String, String)> {
    let sections = of(inputs);
    assert!(sections.len() <= 1, "{sections:?}");
    let points = sections.into_iter().flat_map(|it| it.points);
    points.map(|it| (it.about, it.why)).collect()
}

#[track_caller]
fn check(inputs: &Inputs, expected: &[(&str, &str)]) {
    let reasons = reasons(inputs);
    let reasons: Vec<_> = reasons.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    assert_eq!(reasons, expected);
}

fn volume(team: &str, week: u32, before: [u32; 4]) -> Volume {
    Volume { holder: holder(team), week, before }
}

#[test]
fn a_week_without_anything_has_an_empty_agenda() {
    assert_eq!(of(&Inputs::default()), []);
}

#[test]
fn what_waits_longest_is_reviewed_first() {
    let review = |number, since: &str, auto| JointReview {
        alert: AlertId::from_uuid(Uuid::from_u128(number)),
        summary: "disk is full".into(),
        severity: Severity::High,
        holder: holder("provider-noc"),
        since: at(since),
        auto,
    };
    let joint_reviews =
        vec![review(1, "2026-03-09T12:00Z", false), review(2, "2026-03-04T13:00Z", true)];
    check(
        &Inputs { joint_reviews, ..Inputs::default() },
        &[
            (
                "alr_00000000000000000000000000000002",
                "nobody dealt with it by the end of a shift, 5 days ago",
            ),
            ("alr_00000000000000000000000000000001", "somebody asked for it, 2 hours ago"),
        ],
    );
}

#[test]
fn a_known_issue_is_named_two_weeks_ahead() {
    let known = |number, expires_at: &str| KnownIssue {
        id: KnownIssueId::from_uuid(Uuid::from_u128(number)),
        title: "old printer".into(),
        owner: Party::Internal,
        expires_at: at(expires_at),
    };
    let known_issues = vec![
        known(1, "2026-03-23T14:00:00.001Z"),
        known(2, "2026-03-23T14:00Z"),
        known(3, "2026-03-08T14:00Z"),
    ];
    check(
        &Inputs { known_issues, ..Inputs::default() },
        &[
            ("kni_00000000000000000000000000000003", "expired 1 day ago"),
            (
                "kni_00000000000000000000000000000002",
                "expires in 14 days; then its alerts come back",
            ),
        ],
    );
}

#[test]
fn a_change_names_whom_it_waits_for() {
    let change = |number, waits_for: &[Party]| OpenChange {
        id: ChangeId::from_uuid(Uuid::from_u128(number)),
        title: "raise a threshold".into(),
        proposed_at: at("2026-03-06T14:00Z"),
        waits_for: waits_for.to_vec(),
    };
    let changes = vec![
        change(1, &[Party::Internal]),
        change(2, &[Party::Internal, Party::Provider]),
        change(3, &[]),
    ];
    let inputs = Inputs { changes, ..Inputs::default() };
    check(
        &inputs,
        &[
            ("chg_00000000000000000000000000000001", "waits for internal, for 3 days"),
            ("chg_00000000000000000000000000000002", "waits for internal and provider, for 3 days"),
            ("chg_00000000000000000000000000000003", "waits to be applied, for 3 days"),
        ],
    );
    let parties: Vec<_> = of(&inputs)[0].points.iter().map(|it| it.party).collect();
    assert_eq!(parties, [Some(Party::Internal), None, None]);
}

#[test]
fn a_breach_of_another_week_was_talked_about() {
    let breach = |number, when: &str, severity| Breach {
        alert: AlertId::from_uuid(Uuid::from_u128(number)),
        summary: "backup failed".into(),
        severity,
        clock: ClockKind::Response,
        holder: holder("provider-noc"),
        at: at(when),
    };
    let update =
        Breach { clock: ClockKind::Update, ..breach(3, "2026-03-06T14:00Z", Severity::Critical) };
    let breaches = vec![
        update,
        breach(1, "2026-03-02T13:59:59.999Z", Severity::Critical),
        breach(2, "2026-03-02T14:00Z", Severity::High),
        breach(3, "2026-03-05T14:00Z", Severity::Critical),
        breach(4, NOW, Severity::Critical),
    ];
    check(
        &Inputs { breaches, ..Inputs::default() },
        &[
            (
                "alr_00000000000000000000000000000003",
                "the response, update targets were missed, the first at 2026-03-05T14:00:00Z",
            ),
            (
                "alr_00000000000000000000000000000002",
                "the response target was missed at 2026-03-02T14:00:00Z",
            ),
        ],
    );
}

#[test]
fn a_row_is_due_after_ninety_days() {
    let row = |name: &str, reviewed| ReviewedRow { row: RowId::new(name).unwrap(), reviewed };
    let rows = vec![
        row("fresh", date(2025, 12, 25)),
        row("soon", date(2025, 12, 24)),
        row("due", date(2025, 12, 9)),
        row("red", date(2025, 11, 9)),
    ];
    check(
        &Inputs { rows, ..Inputs::default() },
        &[
            ("red", "long overdue: 120 days without a review, 90 were agreed on"),
            ("due", "due: 90 days without a review, 90 were agreed on"),
            ("soon", "due soon: 75 days without a review, 90 were agreed on"),
        ],
    );
}

#[test]
fn noise_is_what_tells_much_and_moves_nobody() {
    let rule = |check: &str, alerts, acted_on| Rule { check: check.into(), alerts, acted_on };
    let rules = vec![
        rule("rare", 4, 0),
        rule("acted_on", 8, 2),
        rule("noisy", 9, 2),
        rule("noisiest", 100, 3),
    ];
    check(
        &Inputs { rules, ..Inputs::default() },
        &[
            ("noisiest", "somebody did something about 3 of them"),
            ("noisy", "somebody did something about 2 of them"),
        ],
    );
}

#[test]
fn much_more_or_much_less_than_usual_is_unusual() {
    let volumes = vec![
        volume("provider-noc", 40, [20, 20, 20, 300]),  // twice
        volume("provider-field", 39, [20, 20, 20, 20]), // not quite
        volume("internal-it", 2, [12, 12, 0, 12]),      // a sixth
        volume("internal-app", 9, [0, 0, 0, 0]),        // few
        volume("internal-new", 10, [0, 0, 0, 0]),       // many, and never any
    ];
    let usual = "than usual: the median of the four weeks before is";
    check(
        &Inputs { volumes, ..Inputs::default() },
        &[
            ("provider-noc", &format!("more {usual} 20")),
            ("internal-it", &format!("fewer {usual} 12")),
            ("internal-new", &format!("more {usual} 0")),
        ],
    );
}

#[test]
fn who_is_silent_and_what_is_new_is_named() {
    let silent = Silent {
        endpoint: EndpointId::from_uuid(Uuid::from_u128(1)),
        hostname: "till-3".into(),
        last_heard: at("2026-03-01T14:00Z"),
    };
    let new = |check: &str, first_at: &str| NewCheck {
        check: check.into(),
        first_at: at(first_at),
        endpoints: 3,
    };
    let new_checks = vec![new("smart", "2026-03-03T10:00Z"), new("disk", "2026-02-03T10:00Z")];
    check(
        &Inputs { silent: vec![silent], new_checks, ..Inputs::default() },
        &[
            ("end_00000000000000000000000000000001", "not heard of for 8 days"),
            ("smart", "told something for the first time at 2026-03-03T10:00:00Z"),
        ],
    );
}

proptest! {
    #[test]
    fn a_section_is_bounded_and_counts_the_rest(weeks in prop::collection::vec(0..100u32, 0..200)) {
        let volumes: Vec<_> = weeks.iter().map(|it| volume("provider-noc", *it, [0; 4])).collect();
        let expected = weeks.iter().filter(|it| **it >= 10).count();
        let sections = of(&Inputs { volumes, ..Inputs::default() });
        let named: usize = sections.iter().map(|it| it.points.len()).sum();
        let more: usize = sections.iter().map(|it| it.more).sum();
        prop_assert!(named <= MOST_POINTS);
        prop_assert_eq!(named + more, expected);
        prop_assert!(sections.iter().all(|it| !it.points.is_empty()));
    }
}

#[test]
fn an_emergency_is_looked_at_together() {
    let emergency = Emergency {
        id: ChangeId::from_uuid(Uuid::from_u128(3)),
        title: "the night goes to internal IT".into(),
        by: "tom".into(),
        party: Party::Internal,
        at: at("2026-03-07T14:00Z"),
        why: "the provider is cut off".into(),
    };
    check(
        &Inputs { emergencies: vec![emergency], ..Inputs::default() },
        &[(
            "chg_00000000000000000000000000000003",
            "tom did it alone 2 days ago: the provider is cut off",
        )],
    );
}
