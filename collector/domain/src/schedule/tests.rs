use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Lists the next times after an instant, as the wall clock of the zone shows them.
#[track_caller]
fn check(expression: &str, zone_name: &str, after: &str, count: usize, expect: Expect) {
    let (cron, zone) = (Cron::parse(expression).unwrap(), zone(zone_name));
    let mut now = at(after);
    let mut lines = String::new();
    for _ in 0..count {
        let Some(next) = cron.next_after(now, &zone) else {
            lines.push_str("never\n");
            break;
        };
        let shown = next.to_zoned_datetime(zone.clone());
        lines.push_str(&shown.strftime("%a %Y-%m-%d %H:%M %z\n").to_string());
        now = next;
    }
    expect.assert_eq(&lines);
}

#[test]
fn every_field_restricts() {
    check(
        "15,45 8-10/2 * jan mon-wed",
        "Europe/Berlin",
        "2026-01-06T08:00:00Z",
        5,
        expect![[r#"
            Tue 2026-01-06 10:15 +0100
            Tue 2026-01-06 10:45 +0100
            Wed 2026-01-07 08:15 +0100
            Wed 2026-01-07 08:45 +0100
            Wed 2026-01-07 10:15 +0100
        "#]],
    );
}

#[test]
fn two_restricted_day_fields_add_up_and_a_star_does_not() {
    check(
        "0 3 13 * fri",
        "UTC",
        "2026-04-09T00:00:00Z",
        4,
        expect![[r#"
            Fri 2026-04-10 03:00 +0000
            Mon 2026-04-13 03:00 +0000
            Fri 2026-04-17 03:00 +0000
            Fri 2026-04-24 03:00 +0000
        "#]],
    );
    check(
        "0 3 */10 * fri",
        "UTC",
        "2026-03-01T00:00:00Z",
        2,
        expect![[r#"
            Fri 2026-05-01 03:00 +0000
            Fri 2026-07-31 03:00 +0000
        "#]],
    );
}

#[test]
fn a_word_stands_for_an_expression() {
    for (word, expression) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * sun"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 jan *"),
        ("@annually", "0 0 1 1 *"),
        ("  0 0 * * 7 ", "0 0 * * 0"),
        ("0 0 * * fri-sun", "0 0 * * 0,5,6"),
        ("0 0 * * sun-tue", "0 0 * * 0-2"),
        ("0 0 * * sun-sun", "0 0 * * 0"),
    ] {
        assert_eq!(Cron::parse(word), Cron::parse(expression), "{word}");
    }
}

#[test]
fn e32_backup_tz_dst() {
    // In the gap: once, and later.
    check(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-27T12:00:00Z",
        3,
        expect![[r#"
            Sat 2026-03-28 02:30 +0100
            Sun 2026-03-29 03:30 +0200
            Mon 2026-03-30 02:30 +0200
        "#]],
    );
    // In the fold: once, and the first time.
    check(
        "30 1 * * *",
        "America/New_York",
        "2026-10-31T12:00:00Z",
        2,
        expect![[r#"
            Sun 2026-11-01 01:30 -0400
            Mon 2026-11-02 01:30 -0500
        "#]],
    );
}

#[test]
fn a_skipped_time_and_the_one_that_it_falls_upon_are_one() {
    check(
        "30 2,3 * * *",
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        2,
        expect![[r#"
            Sun 2026-03-29 03:30 +0200
            Mon 2026-03-30 02:30 +0200
        "#]],
    );
    check(
        "45 2 29 3 *",
        "Europe/Berlin",
        "2026-03-29T01:15:00Z",
        1,
        expect![[r#"
            Sun 2026-03-29 03:45 +0200
        "#]],
    );
}

#[test]
fn a_skipped_day_is_run_on_the_next() {
    check(
        "0 12 30 12 *",
        "Pacific/Apia",
        "2011-12-29T00:00:00Z",
        2,
        expect![[r#"
            Sat 2011-12-31 12:00 +1400
            Sun 2012-12-30 12:00 +1400
        "#]],
    );
}

#[test]
fn a_29_february_comes_every_leap_year_and_30_february_never() {
    check(
        "0 0 29 2 *",
        "UTC",
        "2096-01-01T00:00:00Z",
        2,
        expect![[r#"
            Wed 2096-02-29 00:00 +0000
            Fri 2104-02-29 00:00 +0000
        "#]],
    );
    check(
        "0 0 29 2 */7",
        "UTC",
        "2088-03-01T00:00:00Z",
        1,
        expect![[r#"
            Sun 2128-02-29 00:00 +0000
        "#]],
    );
    check(
        "0 0 30 2 *",
        "UTC",
        "2026-01-01T00:00:00Z",
        1,
        expect![[r#"
        never
    "#]],
    );
    let never = Cron::parse("0 0 31 4,6,9,11 *").unwrap();
    let now = at("2026-01-01T00:00:00Z");
    assert_eq!(never.next_after(now, &TimeZone::UTC), None);
    assert_eq!(never.previous_at_or_before(now, &TimeZone::UTC), None);
}

#[test]
fn a_search_at_the_end_of_time_ends() {
    let daily = Cron::parse("@daily").unwrap();
    assert_eq!(daily.next_after(Timestamp::MAX, &TimeZone::UTC), None);
    assert_eq!(daily.previous_at_or_before(Timestamp::MIN, &TimeZone::UTC), None);
    assert_eq!(daily.previous_at_or_before(Timestamp::MIN, &zone("Asia/Tokyo")), None);
}

#[test]
fn an_error_names_the_field_and_what_would_be_right() {
    let mut lines = String::new();
    for text in [
        "",
        "30 2 * *",
        "0 30 2 * * *",
        "60 2 * * *",
        "30 24 * * *",
        "30 2 0 * *",
        "30 2 * 13 *",
        "30 2 * * 8",
        "30 2 * * mo",
        "30 2 * jan-sun *",
        "30-10 2 * * *",
        "30 2 * * sat-mon",
        "*/0 2 * * *",
        "5/10 2 * * *",
        "*/ 2 * * *",
        "-5 2 * * *",
        "+5 2 * * *",
        "1,,2 2 * * *",
        "? 2 * * *",
        "1\u{1b}[2J 2 * * *",
        "@reboot",
    ] {
        lines.push_str(&format!("{}\n", Cron::parse(text).unwrap_err()));
    }
    expect![[r#"
        a cron expression has five fields (minute hour day month weekday), not 0
        a cron expression has five fields (minute hour day month weekday), not 4
        a cron expression has five fields (minute hour day month weekday), not 6
        minute: `60` is not a number from 0 to 59
        hour: `24` is not a number from 0 to 23
        day of month: `0` is not a number from 1 to 31
        month: `13` is not a number from 1 to 12 or a name from jan to dec
        weekday: `8` is not a number from 0 to 7 or a name from sun to sat
        weekday: `mo` is not a number from 0 to 7 or a name from sun to sat
        month: `sun` is not a number from 1 to 12 or a name from jan to dec
        minute: the range `30-10` ends before it begins
        weekday: the range `sat-mon` ends before it begins
        minute: `*/0` needs a step of 1 or more after `*` or a range
        minute: `5/10` needs a step of 1 or more after `*` or a range
        minute: `*/` needs a step of 1 or more after `*` or a range
        minute: `` is not a number from 0 to 59
        minute: `+5` is not a number from 0 to 59
        minute: `` is not a number from 0 to 59
        minute: `?` is not a number from 0 to 59
        minute: `1\u{1b}[2J` is not a number from 0 to 59
        `@reboot` is not known: use @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually
    "#]].assert_eq(&lines);
    assert_eq!(Cron::parse(&"1,".repeat(300)), Err(CronError::TooLong(600)));
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
];

fn field(first: u8, last: u8) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("*".to_owned()),
        3 => (first..=last).prop_map(|it| it.to_string()),
        1 => (1..=last).prop_map(|it| format!("*/{it}")),
        1 => (first..=last, first..=last).prop_map(|(a, b)| format!("{a},{b}")),
        1 => (first..=last, first..=last).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7))
        .prop_map(|(a, b, c, d, e)| format!("{a} {b} {c} {d} {e}"))
}

/// Instants near the days on which the listed zones change their clocks.
fn instant() -> impl Strategy<Value = Timestamp> {
    let days = [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:00:00Z",
        "2026-04-04T15:00:00Z",
        "2026-10-03T15:30:00Z",
        "2026-02-15T02:00:00Z",
        "2026-03-22T02:00:00Z",
        "2011-12-30T10:00:00Z",
        "2026-02-28T12:00:00Z",
        "2018-11-04T03:00:00Z",
    ];
    let minutes = -3 * 24 * 60..3 * 24 * 60_i64;
    (prop::sample::select(days.to_vec()), minutes)
        .prop_map(|(day, minute)| at(day) + SignedDuration::from_mins(minute))
}

/// Every time that the expression means between two instants, the slow way:
/// by asking of every minute on the dial when it is shown.
fn all(cron: &Cron, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let slack = SignedDuration::from_hours(30);
    let mut wall =
        zone.to_datetime(from - slack).with().second(0).subsec_nanosecond(0).build().unwrap();
    let end = zone.to_datetime(to + slack);
    let mut times = Vec::new();
    while wall < end {
        let counts = has(cron.minutes, wall.minute())
            && has(cron.hours, wall.hour())
            && has(cron.months, wall.month())
            && cron.has_day(wall.date());
        if counts {
            let time = zone.to_timestamp(wall).unwrap();
            if from < time && time <= to {
                times.push(time);
            }
        }
        wall = wall.saturating_add(SignedDuration::from_mins(1));
    }
    times.sort_unstable();
    times.dedup();
    times
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_times_are_those_of_the_slow_way(
        text in expression(), name in prop::sample::select(ZONES.to_vec()), from in instant(),
    ) {
        let (cron, zone) = (Cron::parse(&text).unwrap(), zone(name));
        let to = from + SignedDuration::from_hours(50);
        let mut found = Vec::new();
        let mut now = from;
        while let Some(next) = cron.next_after(now, &zone).filter(|it| *it <= to) {
            prop_assert!(next > now);
            found.push(next);
            now = next;
        }
        let expected = all(&cron, &zone, from, to);
        prop_assert_eq!(&found, &expected, "{} in {}", text, name);
        prop_assert_eq!(
            cron.previous_at_or_before(to, &zone).filter(|it| *it > from),
            expected.last().copied(),
            "{} in {}", text, name
        );
    }

    #[test]
    fn what_comes_next_was_before_that_the_previous_one(
        text in expression(), name in prop::sample::select(ZONES.to_vec()), from in instant(),
    ) {
        let (cron, zone) = (Cron::parse(&text).unwrap(), zone(name));
        if let Some(next) = cron.next_after(from, &zone) {
            prop_assert_eq!(cron.previous_at_or_before(next, &zone), Some(next));
            let before = next - SignedDuration::from_nanos(1);
            prop_assert!(cron.previous_at_or_before(before, &zone).is_none_or(|it| it <= from));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", soup in "[-*/,0-9a-z @]{0,30}") {
        let _ = Cron::parse(&text);
        let _ = Cron::parse(&soup);
    }
}
