use expect_test::expect;
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::date, tz::TimeZone};
use proptest::prelude::*;
use remit_shared::{
    AlertId, ChangeId, Function, KnownIssueId, Party, RowId, Severity, Team, Tenant,
};
use uuid::Uuid;

use super::*;
use crate::{
    noise::{Mark, Past, tests::past},
    shift::Counts,
    sla::{ClockKind, Judged, Verdict, testing::holder},
};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Monday 2026-11-16 to Sunday 2026-11-22, in UTC.
fn input() -> Input {
    Input {
        tenant: Tenant::new("acme").unwrap(),
        title: "Acme".into(),
        period: week(&TimeZone::UTC, date(2026, 11, 18)),
        asked_at: at("2026-11-23T08:00:00Z"),
        endpoints: 120,
        facts: Facts { heard: always(), ..Facts::default() },
        before: None,
        review: vec![],
        known_issues: vec![],
        changes: vec![],
        office: None,
        known_since: Timestamp::MIN,
    }
}

/// An alert that nobody did anything about.
fn cry(n: u128, check: &str) -> Past {
    let mut it = past(n, n);
    it.about.check = check.into();
    it
}

/// Somebody listened all week.
fn always() -> Vec<HeardDay> {
    let heard = SignedDuration::from_hours(24);
    (16..=22).map(|it| HeardDay { day: date(2026, 11, it), heard }).collect()
}

fn alert(n: u128, opened_at: &str) -> AlertFact {
    AlertFact {
        id: AlertId::from_uuid(Uuid::from_u128(n)),
        endpoint: "db-7".into(),
        function: Function::new("infra_monitoring").unwrap(),
        severity: Severity::High,
        owner: holder("provider-noc"),
        opened_at: at(opened_at),
        resolved_at: None,
        acked_at: None,
        by_itself: false,
        hand_backs: 0,
        night: false,
    }
}

fn judged(kind: ClockKind, severity: Severity, verdict: Verdict) -> Judged {
    Judged { kind, holder: holder("provider-noc"), severity, verdict, took: None }
}

fn of(facts: Facts) -> Report {
    report(&Input { facts: Facts { heard: always(), ..facts }, ..input() })
}

#[test]
fn periods_begin_and_end_at_midnight_where_the_tenant_is() {
    let show = |it: Period| {
        let hours = it.within.lasts().as_hours();
        format!("{it} {} {} {} {hours}h\n", it.first, it.last, it.within.from)
    };
    let periods = [
        week(&zone("Europe/Berlin"), date(2026, 3, 29)),
        week(&zone("America/New_York"), date(2026, 11, 1)),
        week(&TimeZone::UTC, date(2027, 1, 1)),
        month(&zone("Europe/Berlin"), date(2026, 10, 31)),
        month(&TimeZone::UTC, date(2028, 2, 1)),
        quarter(&zone("America/New_York"), date(2026, 12, 31)),
        // Midnight is skipped: the day begins at one.
        month(&zone("Africa/Cairo"), date(2026, 4, 24)),
    ];
    expect![[r#"
        2026-W13 2026-03-23 2026-03-29 2026-03-22T23:00:00Z 167h
        2026-W44 2026-10-26 2026-11-01 2026-10-26T04:00:00Z 169h
        2026-W53 2026-12-28 2027-01-03 2026-12-28T00:00:00Z 168h
        2026-10 2026-10-01 2026-10-31 2026-09-30T22:00:00Z 745h
        2028-02 2028-02-01 2028-02-29 2028-02-01T00:00:00Z 696h
        2026-Q4 2026-10-01 2026-12-31 2026-10-01T04:00:00Z 2209h
        2026-04 2026-04-01 2026-04-30 2026-03-31T22:00:00Z 719h
    "#]]
    .assert_eq(&periods.map(show).concat());
}

#[test]
fn a_period_is_over_at_its_end_and_not_before() {
    let it = week(&TimeZone::UTC, date(2026, 11, 18));
    assert!(!it.is_over(at("2026-11-22T23:59:59.999Z")));
    assert!(it.is_over(at("2026-11-23T00:00:00Z")));
    let newest = |now| Period::newest_over(Span::Week, &TimeZone::UTC, at(now));
    assert_eq!(newest("2026-11-23T00:00:00Z"), it);
    assert_eq!(newest("2026-11-22T23:59:59Z"), it.before());
}

#[test]
fn a_period_reads_back_as_it_is_written() {
    let utc = &TimeZone::UTC;
    for (span, text) in Span::ALL.into_iter().zip(["2026-W53", "2026-11", "2026-Q4"]) {
        assert_eq!(span.parse(utc, text).unwrap().to_string(), text);
    }
    for bad in ["", "2026", "2026-W54", "2026-W5", "2026-13", "2026-Q0", "2026-Q99", "-1-W01"] {
        for span in Span::ALL {
            assert!(span.parse(utc, bad).is_err(), "{bad}");
        }
    }
    expect!["`2026-48` is not a period of a weekly report: write it like `2026-W45`"]
        .assert_eq(&Span::Week.parse(utc, "2026-48").unwrap_err().to_string());
}

#[test]
fn time_has_an_end_and_periods_end_there_too() {
    for span in Span::ALL {
        for day in [jiff::civil::Date::MIN, jiff::civil::Date::MAX] {
            let it = span.of(&TimeZone::UTC, day);
            assert!(it.first <= day && day <= it.last);
            assert!(!it.buckets().is_empty());
            assert!(it.before().first <= it.first);
        }
    }
}

proptest! {
    #[test]
    fn periods_follow_one_another_without_a_gap(
        days in -20_000i32..40_000,
        zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Apia"]),
        span in prop::sample::select(Span::ALL.to_vec()),
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let it = span.of(&zone, date(2000, 1, 1).saturating_add(days.days()));
        prop_assert_eq!(it.before().within.to, it.within.from);
        let buckets = it.buckets();
        prop_assert_eq!(buckets[0].within.from, it.within.from);
        prop_assert_eq!(buckets[buckets.len() - 1].within.to, it.within.to);
        for pair in buckets.windows(2) {
            prop_assert_eq!(pair[0].within.to, pair[1].within.from);
        }
    }

    #[test]
    fn the_order_of_facts_does_not_matter(
        facts in prop::collection::vec((0u8..4, 0i64..240, any::<bool>(), 0u32..3), 0..40),
        by in 0usize..40,
    ) {
        let alerts = facts.iter().enumerate().map(|(n, &(which, hour, by_itself, times))| AlertFact {
            endpoint: format!("host-{}", which % 2),
            opened_at: at("2026-11-14T00:00:00Z") + hour.hours(),
            by_itself,
            hand_backs: times,
            resolved_at: by_itself.then(|| at("2026-11-14T00:00:00Z") + (hour + 3).hours()),
            ..alert(n as u128, "2026-11-16T00:00:00Z")
        });
        let alerts: Vec<_> = alerts.collect();
        let mut turned = alerts.clone();
        turned.rotate_left(by % alerts.len().max(1));
        let one = of(Facts { alerts, ..Facts::default() });
        let total = one.totals.opened;
        prop_assert_eq!(&one, &of(Facts { alerts: turned, ..Facts::default() }));
        let sum = |loads: &mut dyn Iterator<Item = usize>| loads.sum::<usize>();
        prop_assert_eq!(sum(&mut one.volume.by_owner.iter().map(|it| it.opened.total())), total);
        prop_assert_eq!(sum(&mut one.volume.over_time.iter().map(|it| it.opened.total())), total);
        prop_assert_eq!(one.volume.by_severity.total(), total);
    }
}

#[test]
fn an_alert_is_counted_where_it_opened_and_where_it_was_over() {
    let resolved = |it: AlertFact, at_: &str| AlertFact { resolved_at: Some(at(at_)), ..it };
    let it = of(Facts {
        alerts: vec![
            // Open since long, over in the period.
            resolved(alert(1, "2026-11-02T00:00:00Z"), "2026-11-16T00:00:00Z"),
            // Opened at the first instant, over after the last.
            resolved(alert(2, "2026-11-16T00:00:00Z"), "2026-11-23T00:00:00Z"),
            // Not this week's.
            alert(3, "2026-11-23T00:00:00Z"),
            resolved(alert(4, "2026-11-14T00:00:00Z"), "2026-11-15T23:59:59Z"),
        ],
        ..Facts::default()
    });
    let Totals { opened, resolved, left, .. } = it.totals;
    assert_eq!((opened, resolved, left), (1, 1, 1));
    assert_eq!(it.volume.over_time.len(), 7);
    assert_eq!(it.volume.over_time[0].opened.of(Severity::High), 1);
    assert_eq!(it.volume.over_time[6].left, 1);
}

#[test]
fn a_quarter_is_shown_by_weeks() {
    let period = quarter(&TimeZone::UTC, date(2026, 11, 18));
    let weeks = period.buckets();
    assert_eq!(
        (weeks.len(), weeks[0].first, weeks[0].last),
        (14, date(2026, 10, 1), date(2026, 10, 4))
    );
    assert_eq!(weeks[13].last, date(2026, 12, 31));
}

#[test]
fn the_contract_is_apart_from_what_teams_promise_each_other() {
    use ClockKind::{Resolution, Response, TeamResponse};
    use Verdict::{Breached, Met, Open, Unanswered};
    let it = of(Facts {
        clocks: vec![
            judged(Response, Severity::High, Met),
            judged(Response, Severity::Low, Breached),
            judged(Response, Severity::Low, Unanswered),
            judged(Resolution, Severity::High, Open),
            judged(TeamResponse, Severity::High, Breached),
        ],
        ..Facts::default()
    });
    let lines: Vec<_> = it
        .promises
        .contract
        .iter()
        .map(|it| {
            let of = it.attainment;
            let counts = (of.met, of.breached, of.open, of.unanswered);
            (it.kind.as_str(), it.severity.map(Severity::as_str), of.permille(), counts)
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("response", None, Some(500), (1, 1, 0, 1)),
            ("response", Some("high"), Some(1000), (1, 0, 0, 0)),
            ("response", Some("low"), Some(0), (0, 1, 0, 1)),
            ("resolution", None, None, (0, 0, 1, 0)),
            ("resolution", Some("high"), None, (0, 0, 1, 0)),
        ]
    );
    assert_eq!(it.promises.teams.len(), 1);
    assert_eq!(it.totals.teams.breached, 1);
    let broken = Remark::Broken { kind: Response, times: 1, urgent: 0 };
    assert_eq!(it.remarks, [broken]);
}

#[test]
fn nineteen_times_have_no_percentiles_and_twenty_do() {
    let times = |n: i64| {
        let took = |minutes| Judged {
            took: Some(SignedDuration::from_mins(minutes)),
            ..judged(ClockKind::Response, Severity::High, Verdict::Met)
        };
        let it = of(Facts { clocks: (1..=n).map(took).collect(), ..Facts::default() });
        it.totals.response.percentiles.map(|it| [it.p50, it.p90, it.p95].map(|it| it.as_mins()))
    };
    assert_eq!(times(19), None);
    assert_eq!(times(20), Some([10, 18, 19]));
}

#[test]
fn what_is_unknown_is_never_in_order() {
    let patches = PatchDay {
        day: date(2026, 11, 18),
        compliant: 90,
        pending: 0,
        security_pending: 0,
        unknown: 10,
    };
    let backups = BackupDay { day: date(2026, 11, 18), ok: 2, breach: 0, unknown: 1, uncovered: 0 };
    assert_eq!((patches.permille(), backups.permille()), (Some(900), Some(666)));
    let it = of(Facts { patches: vec![patches], backups: vec![backups], ..Facts::default() });
    assert_eq!(it.remarks, [Remark::Unknown { patches: 10, backups: 1 }]);
    let known: Vec<_> = it.patches.iter().map(|it| it.day.is_some()).collect();
    assert_eq!(known, [false, false, true, false, false, false, false]);
}

#[test]
fn noise_is_what_nobody_did_anything_about() {
    let mut cried: Vec<_> = (1..=5).map(|it| cry(it, "cpu")).collect();
    cried[0].marks = vec![Mark { by: "nora".into(), why: "not actionable".into() }];
    cried[1].acted_at = Some(cried[1].opened_at);
    let useful = Past { acted_at: Some(at("2026-11-17T02:10:00Z")), ..cry(6, "disk") };
    cried.push(useful);
    let it = of(Facts { past: cried, ..Facts::default() });
    assert_eq!((it.noise.for_nothing, it.noise.marked), (4, 1));
    assert_eq!(it.noise.checks.first.len(), 1);
    let cpu = &it.noise.checks.first[0];
    assert_eq!((&*cpu.check, cpu.alerts, cpu.acted_on), ("cpu", 5, 1));
    assert_eq!(it.remarks, [Remark::Noisy { check: "cpu".into(), alerts: 5, for_nothing: 4 }]);
}

#[test]
fn the_noise_in_a_report_is_the_noise_report() {
    let cried: Vec<_> =
        (1..=7).map(|it| cry(it, if it % 3 == 0 { "disk" } else { "cpu" })).collect();
    let it = of(Facts { past: cried.clone(), ..Facts::default() });
    let mut whole = crate::noise::report(&cried, None);
    whole.retain(|it| it.narrow.is_none());
    let sorted = |mut all: Vec<crate::noise::Entry>| {
        all.sort_by(|a, b| a.check.cmp(&b.check));
        all
    };
    assert_eq!(sorted(it.noise.checks.first), sorted(whole));
}

#[test]
fn what_nobody_heard_is_said_to_be_unknown() {
    let mut heard = always();
    heard.remove(2);
    heard[4].heard = SignedDuration::from_hours(20);
    let input = |facts| Input { known_since: at("2026-11-16T06:00:00Z"), facts, ..input() };
    let it = report(&input(Facts { heard, ..Facts::default() }));
    let expected = Coverage {
        known_since: Some(at("2026-11-16T06:00:00Z")),
        unheard: SignedDuration::from_hours(24 + 4),
        days: 2,
    };
    assert_eq!((it.coverage, it.remarks), (expected, vec![Remark::NotKnown(expected)]));

    // Of a week that is not over, only what is over can be unknown.
    let early = Input { asked_at: at("2026-11-17T12:00:00Z"), ..input(Facts::default()) };
    let it = report(&early).coverage;
    assert_eq!((it.unheard.as_mins(), it.days), ((18 + 12) * 60 - 5, 2));
}

#[test]
fn hand_backs_are_counted_by_work_and_owner() {
    let back = |n, hand_backs| AlertFact { hand_backs, ..alert(n, "2026-11-17T09:00:00Z") };
    let other = AlertFact { owner: holder("internal-it"), ..back(4, 4) };
    let it =
        of(Facts { alerts: vec![back(1, 2), back(2, 1), back(3, 0), other], ..Facts::default() });
    let lines: Vec<_> =
        it.hand_backs.iter().map(|it| (it.owner.team.as_str(), it.alerts, it.times)).collect();
    assert_eq!(lines, [("internal-it", 1, 4), ("provider-noc", 2, 3)]);
    assert_eq!(it.totals.hand_backs, 7);
}

#[test]
fn nights_are_added_up() {
    let night = |day, joint_review_auto| NightFact {
        day,
        counts: Counts { resolved: 3, joint_review_auto, gone: 2, ..Counts::default() },
    };
    let nights = vec![night(date(2026, 11, 18), 1), night(date(2026, 11, 17), 0)];
    let it = of(Facts { nights, ..Facts::default() });
    assert_eq!(it.nights.each[0].day, date(2026, 11, 17));
    assert_eq!((it.nights.all.total(), it.nights.permille()), (11, Some(857)));
    assert_eq!(it.remarks, [Remark::LeftOver { alerts: 1 }]);
}

#[test]
fn the_period_before_is_measured_with_the_same_rule() {
    let facts = |opened| Facts { alerts: vec![alert(1, opened)], ..Facts::default() };
    let input = Input {
        facts: Facts { heard: always(), ..facts("2026-11-17T09:00:00Z") },
        before: Some(facts("2026-11-10T09:00:00Z")),
        ..input()
    };
    let it = report(&input);
    assert_eq!(it.before.map(|it| it.opened), Some(it.totals.opened));
}

#[test]
fn what_must_be_looked_at_comes_first() {
    let row = |row: &str, age| RowReview {
        row: RowId::new(row).unwrap(),
        responsible: Team::new("provider-noc").unwrap(),
        reviewed: None,
        age,
        state: ReviewState::of(age),
        alerts: None,
        hand_backs: 0,
        reroutes: 0,
    };
    let issue = |n, expires_at| KnownIssueFact {
        id: KnownIssueId::from_uuid(Uuid::from_u128(n)),
        title: "old tape drive".into(),
        owner: Team::new("provider-noc").unwrap(),
        kept_quiet: 4,
        review_at: at("2026-11-20T00:00:00Z"),
        expires_at: at(expires_at),
    };
    let change = |n| ChangeFact {
        id: ChangeId::from_uuid(Uuid::from_u128(n)),
        title: "nights to the provider".into(),
        proposed_by: "kim".into(),
        proposed_at: at("2026-11-20T00:00:00Z"),
        waits_for: vec![Party::Internal],
    };
    let input = Input {
        review: vec![row("fresh", Some(3)), row("old", Some(130)), row("never", None)],
        known_issues: vec![issue(1, "2027-01-20T00:00:00Z"), issue(2, "2026-11-25T00:00:00Z")],
        changes: (0..MOST_LISTED as u128 + 2).map(change).collect(),
        ..input()
    };
    let it = report(&input);
    let rows: Vec<_> = it.review.first.iter().map(|it| it.row.as_str()).collect();
    assert_eq!(rows, ["never", "old", "fresh"]);
    assert_eq!(it.known_issues.first[0].id.as_uuid().as_u128(), 2);
    assert_eq!((it.changes.first.len(), it.changes.more, it.changes.total()), (100, 2, 102));
    assert_eq!(
        it.remarks,
        [
            Remark::RowsOverdue { rows: 2 },
            Remark::ChangesWait { changes: 102, by_party: vec![(Party::Internal, 102)] },
            Remark::IssuesEnd { issues: 1 },
        ]
    );
}

#[test]
fn nothing_happened_and_nothing_is_wrong() {
    let it = report(&input());
    assert_eq!(it.remarks, [Remark::AllWell]);
    assert_eq!((it.totals.opened, it.totals.response.permille()), (0, None));
}
