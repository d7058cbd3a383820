use jiff::{Span, civil::date};
use proptest::prelude::*;

use super::*;

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

fn recurrence(text: &str, start: &str) -> Recurrence {
    Recurrence::new(rule(text), start.parse().unwrap())
}

/// Checks the first dates of a rule, without dashes; `...` if more follow.
#[track_caller]
fn check(text: &str, start: &str, expected: &str) {
    let it = recurrence(text, start);
    let count = expected.split_whitespace().filter(|it| *it != "...").count();
    let dates = it.dates(it.start.date(), Date::MAX).take(count + 1);
    let mut shown: Vec<_> = dates.map(|it| it.strftime("%Y%m%d").to_string()).collect();
    if count < shown.len() {
        shown[count] = "...".into();
    }
    assert_eq!(shown.join(" "), expected, "{text}");
}

#[test]
fn rules_mean_what_the_standard_says() {
    // The examples of RFC 5545, section 3.8.5.3, as far as they are of days.
    check("FREQ=DAILY;COUNT=3", "1997-09-02T09:00", "19970902 19970903 19970904");
    check("FREQ=DAILY;INTERVAL=2", "1997-09-02T09:00", "19970902 19970904 19970906 ...");
    check(
        "FREQ=DAILY;INTERVAL=10;COUNT=5",
        "1997-09-02T09:00",
        "19970902 19970912 19970922 19971002 19971012",
    );
    check(
        "FREQ=DAILY;UNTIL=19980103T140000Z;BYMONTH=1",
        "1998-01-01T09:00",
        "19980101 19980102 19980103 19980104",
    );
    check("FREQ=WEEKLY;COUNT=3", "1997-09-02T09:00", "19970902 19970909 19970916");
    check("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02T09:00", "19970902 19970916 19970930 ...");
    check(
        "FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH",
        "1997-09-02T09:00",
        "19970902 19970904 19970909 19970911",
    );
    check(
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "1997-08-05T09:00",
        "19970805 19970810 19970819 19970824",
    );
    check(
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "1997-08-05T09:00",
        "19970805 19970817 19970819 19970831",
    );
    check("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "1997-09-05T09:00", "19970905 19971003 19971107");
    check(
        "FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU",
        "1997-09-07T09:00",
        "19970907 19970928 19971102 19971130",
    );
    check("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "1997-09-22T09:00", "19970922 19971020 19971117");
    check("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28T09:00", "19970928 19971029 19971128 ...");
    check(
        "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1",
        "1997-09-30T09:00",
        "19970930 19971001 19971031 19971101",
    );
    check(
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1997-09-02T09:00",
        "19980213 19980313 19981113 ...",
    );
    check(
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997-09-13T09:00",
        "19970913 19971011 19971108 ...",
    );
    check(
        "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
        "2007-01-15T09:00",
        "20070115 20070130 20070215 20070315 20070330",
    );
    check(
        "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
        "1997-06-10T09:00",
        "19970610 19970710 19980610 19980710",
    );
    check("FREQ=YEARLY;BYDAY=20MO", "1997-05-19T09:00", "19970519 19980518 19990517 ...");
    check(
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997-03-13T09:00",
        "19970313 19970320 19970327 19980305 ...",
    );
    check(
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05T09:00",
        "19961105 20001107 20041102 ...",
    );
    check("FREQ=YEARLY;BYDAY=-1FR", "2026-01-01T00:00", "20261225 20271231 ...");
    check("FREQ=DAILY;UNTIL=19970904", "1997-09-02T09:00", "19970902 19970903 19970904");
}

#[test]
fn a_date_that_a_month_lacks_is_no_date() {
    check("FREQ=MONTHLY", "2026-01-31T02:00", "20260131 20260331 20260531 ...");
    check("FREQ=MONTHLY;BYDAY=5MO", "2026-03-30T02:00", "20260330 20260629 20260831 ...");
}

#[test]
fn e33_feb29_calendar() {
    // No leap year skipped, none twice, and 2100 is none.
    check("FREQ=YEARLY", "2088-02-29T02:00", "20880229 20920229 20960229 21040229 ...");
    check("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-01-01T02:00", "20280229 20320229 ...");
    check(
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
        "2027-02-28T02:00",
        "20270228 20280229 20290228 ...",
    );
    check("FREQ=MONTHLY;BYMONTHDAY=29,-1", "2028-02-29T02:00", "20280229 20280329 20280331 ...");
    assert_eq!(recurrence("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01T02:00").first(), None);
}

#[test]
fn the_time_of_day_is_the_walls() {
    let new_york = TimeZone::get("America/New_York").unwrap();
    let shown = |start: &str, from: &str, to: &str| {
        let within = Segment { from: from.parse().unwrap(), to: to.parse().unwrap() };
        let it = recurrence("FREQ=DAILY", start);
        it.instants(&new_york, within).map(|it| it.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        shown("2026-03-01T02:30", "2026-03-07T00:00Z", "2026-03-10T00:00Z"),
        ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"]
    );
    assert_eq!(
        shown("2026-03-01T01:30", "2026-10-31T12:00Z", "2026-11-03T00:00Z"),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
    // Samoa had no 30 December in 2011.
    let apia = TimeZone::get("Pacific/Apia").unwrap();
    let it = recurrence("FREQ=DAILY;COUNT=4", "2011-12-28T12:00");
    let within = Segment { from: Timestamp::UNIX_EPOCH, to: "2026-01-01T00:00Z".parse().unwrap() };
    assert_eq!(it.instants(&apia, within).count(), 3);
}

#[test]
fn an_end_is_included() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let within = Segment { from: Timestamp::UNIX_EPOCH, to: "2030-01-01T00:00Z".parse().unwrap() };
    for (until, expected) in [
        ("20260603", 3),
        ("20260603T220000", 3),
        ("20260603T215959", 2),
        ("20260603T200000Z", 3),
        ("20260603T195959Z", 2),
    ] {
        let it = recurrence(&format!("FREQ=DAILY;UNTIL={until}"), "2026-06-01T22:00");
        assert_eq!(it.instants(&berlin, within).count(), expected, "{until}");
    }
}

#[test]
fn a_rule_reads_back() {
    for text in [
        "FREQ=DAILY",
        "FREQ=MONTHLY;BYDAY=1MO,-1FR",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=2,11;BYMONTHDAY=-1,15;COUNT=10",
        "FREQ=WEEKLY;BYDAY=TU,TH;WKST=SU;UNTIL=20261231",
        "FREQ=WEEKLY;UNTIL=20261231T170000",
        "FREQ=WEEKLY;UNTIL=20261231T170000Z",
    ] {
        assert_eq!(rule(text).to_string(), text);
    }
    assert_eq!(
        rule("rrule:freq=weekly;byday=+1mo".replace("+1", "").as_str()).to_string(),
        "FREQ=WEEKLY;BYDAY=MO"
    );
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let mut lines = String::new();
    for text in [
        "",
        "WEEKLY",
        "BYDAY=MO",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;COUNT=5;UNTIL=20261231",
        "FREQ=WEEKLY;COUNT=99999",
        "FREQ=WEEKLY;UNTIL=2026-12-31",
        "FREQ=WEEKLY;UNTIL=20260230",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=MON",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=YEARLY;BYMONTHDAY=1;BYDAY=1MO",
        "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=MO",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;\u{1b}[2J=1",
        "FREQ=DAILY;",
        "FREQ=MONTHLY;BYDAY=é",
    ] {
        lines.push_str(&format!("{}\n", text.parse::<Rule>().unwrap_err()));
    }
    expect_test::expect![[r#"
        recurrence rule, parts: `` is no part: write them like `FREQ=WEEKLY;BYDAY=TU`
        recurrence rule, parts: `WEEKLY` is no part: write them like `FREQ=WEEKLY;BYDAY=TU`
        recurrence rule, FREQ: `` is missing: begin with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY
        recurrence rule, FREQ: `HOURLY` is not supported: use DAILY, WEEKLY, MONTHLY or YEARLY
        recurrence rule, FREQ: `DAILY` is said twice: say it once
        recurrence rule, INTERVAL: `0` has a number that is not 1 to 99
        recurrence rule, INTERVAL: `-1` has a number that is not 1 to 99
        recurrence rule, COUNT: `5` does not go with UNTIL: use one of them
        recurrence rule, COUNT: `99999` has a number that is not 1 to 10000
        recurrence rule, UNTIL: `2026-12-31` is no end: write it like 20261231, 20261231T170000 or 20261231T170000Z
        recurrence rule, UNTIL: `20260230` is no end: write it like 20261231, 20261231T170000 or 20261231T170000Z
        recurrence rule, BYDAY: `1MO` has a number, which takes FREQ=MONTHLY or YEARLY
        recurrence rule, BYDAY: `MON` is no weekday: use MO, TU, WE, TH, FR, SA or SU
        recurrence rule, BYDAY: `` is no weekday: use MO, TU, WE, TH, FR, SA or SU
        recurrence rule, BYMONTHDAY: `1` does not go with FREQ=WEEKLY: use MONTHLY
        recurrence rule, BYDAY: `6MO` has a number beyond 5: no month has so many of one weekday
        recurrence rule, BYMONTHDAY: `0` has a number that is not 1 to 31 or -1 to -31
        recurrence rule, BYMONTHDAY: `32` has a number that is not 1 to 31 or -1 to -31
        recurrence rule, BYDAY: `1MO` has a number that counts in the month or in the year: add BYMONTH, or leave BYMONTHDAY out
        recurrence rule, BYSETPOS: `-1` is not supported: use FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, WKST, COUNT or UNTIL
        recurrence rule, BYHOUR: `9` is not supported: the time of day is the start's
        recurrence rule, BYWEEKNO: `20` is not supported: use FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, WKST, COUNT or UNTIL
        recurrence rule, \u{1b}[2J: `1` is not supported: use FREQ, INTERVAL, BYDAY, BYMONTHDAY, BYMONTH, WKST, COUNT or UNTIL
        recurrence rule, parts: `` is no part: write them like `FREQ=WEEKLY;BYDAY=TU`
        recurrence rule, BYDAY: `\u{e9}` is no weekday: use MO, TU, WE, TH, FR, SA or SU
    "#]].assert_eq(&lines);
    assert!("FREQ=DAILY;".repeat(100).parse::<Rule>().is_err());
}

/// The dates of a rule by the standard's own method: period by period, from
/// the wide parts to the narrow ones.
fn slowly(rule: &Rule, start: Date, last: Date) -> Vec<Date> {
    let step = i64::from(rule.interval);
    let (mut dates, mut turn) = (Vec::new(), 0);
    loop {
        let (first, days) = match rule.frequency {
            Frequency::Daily => (start.saturating_add(Span::new().days(turn * step)), 1),
            Frequency::Weekly => {
                (rule.week_of(start).saturating_add(Span::new().weeks(turn * step)), 7)
            }
            Frequency::Monthly => {
                let first = start.first_of_month().saturating_add(Span::new().months(turn * step));
                (first, i64::from(first.days_in_month()))
            }
            Frequency::Yearly => {
                let first = start.first_of_year().saturating_add(Span::new().years(turn * step));
                (first, i64::from(first.days_in_year()))
            }
        };
        if last < first {
            break;
        }
        let period: Vec<Date> =
            (0..days).map(|it| first.saturating_add(Span::new().days(it))).collect();
        dates.extend(of_period(rule, start, &period));
        turn += 1;
    }
    dates.retain(|it| start <= *it && *it <= last);
    dates.sort_unstable();
    dates.dedup();
    dates
}

fn of_period(rule: &Rule, start: Date, period: &[Date]) -> Vec<Date> {
    let in_months: Vec<Date> = period
        .iter()
        .copied()
        .filter(|it| rule.months.is_empty() || rule.months.contains(&it.month()))
        .collect();
    let wanted = |it: &Date| -> bool {
        let first = it.first_of_month();
        rule.month_days.iter().any(|day| {
            let on = if *day > 0 {
                i64::from(*day) - 1
            } else {
                i64::from(first.days_in_month()) + i64::from(*day)
            };
            first.saturating_add(Span::new().days(on)) == *it
                && 0 <= on
                && on < i64::from(first.days_in_month())
        })
    };
    let nth = |it: &Date| {
        rule.days.iter().any(|day| {
            let Some(n) = day.nth else { return it.weekday() == day.weekday };
            let yearly = rule.frequency == Frequency::Yearly && rule.months.is_empty();
            if !yearly {
                return it.nth_weekday_of_month(n, day.weekday).is_ok_and(|found| found == *it);
            }
            let edge =
                if n > 0 { it.first_of_year().yesterday() } else { it.last_of_year().tomorrow() };
            edge.unwrap().nth_weekday(n.into(), day.weekday).is_ok_and(|found| found == *it)
        })
    };
    in_months
        .into_iter()
        .filter(|it| match (rule.month_days.is_empty(), rule.days.is_empty()) {
            (false, false) => wanted(it) && nth(it),
            (false, true) => wanted(it),
            (true, false) => nth(it),
            (true, true) => match rule.frequency {
                Frequency::Daily => true,
                Frequency::Weekly => it.weekday() == start.weekday(),
                Frequency::Monthly => it.day() == start.day(),
                Frequency::Yearly => {
                    it.day() == start.day()
                        && (!rule.months.is_empty() || it.month() == start.month())
                }
            },
        })
        .collect()
}

fn part(name: &'static str, values: &'static [&'static str]) -> impl Strategy<Value = String> {
    let some = prop::collection::btree_set(prop::sample::select(values.to_vec()), 1..4);
    prop_oneof![
        Just(String::new()),
        some.prop_map(move |it| format!(
            ";{name}={}",
            it.into_iter().collect::<Vec<_>>().join(",")
        )),
    ]
}

prop_compose! {
    fn any_text()(
        frequency in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in prop_oneof![3 => Just(1), 1 => 2..20u8],
        months in part("BYMONTH", &["1", "2", "3", "6", "11", "12"]),
        days in part("BYDAY", &["MO", "TU", "SU", "1MO", "-1FR", "2TU", "-5SU", "5WE", "53TH"]),
        month_days in part("BYMONTHDAY", &["1", "13", "29", "30", "31", "-1", "-29", "-31"]),
        week_start in prop::sample::select(vec!["", ";WKST=SU", ";WKST=WE"]),
    ) -> String {
        format!("FREQ={frequency};INTERVAL={interval}{months}{days}{month_days}{week_start}")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn dates_are_sorted_and_those_of_the_standards_method(text in any_text(), day in 0..4000i64, years in 1..9i64) {
        let Ok(rule) = text.parse::<Rule>() else { return Ok(()) };
        let start = date(2020, 1, 1).saturating_add(Span::new().days(day));
        let last = start.saturating_add(Span::new().years(years));
        let it = Recurrence::new(rule.clone(), start.at(2, 30, 0, 0));
        let dates: Vec<_> = it.dates(start, last).collect();
        prop_assert!(dates.windows(2).all(|it| it[0] < it[1]));
        prop_assert_eq!(&dates, &slowly(&rule, start, last), "{}", text);
        // A part of it is the same part of the whole.
        let middle = start.saturating_add(Span::new().days(day / 3));
        let part: Vec<_> = it.dates(middle, last).collect();
        let expected: Vec<_> = dates.iter().copied().filter(|it| middle <= *it).collect();
        prop_assert_eq!(part, expected);
        // And counting it out ends where it should.
        let count = dates.len().clamp(1, 50);
        let counted = Recurrence::new(format!("{text};COUNT={count}").parse().unwrap(), start.at(2, 30, 0, 0));
        let counted: Vec<_> = counted.dates(start, last).collect();
        prop_assert_eq!(&counted[..], &dates[..counted.len()]);
        prop_assert!(counted.len() == count || dates.len() < count);
        prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}", soup in "(FREQ|BYDAY|UNTIL|COUNT|=|;|,|-|[0-9]|MO|DAILY|T|Z){0,30}") {
        for text in [text, soup] {
            if let Ok(rule) = text.parse::<Rule>() {
                Recurrence::new(rule, date(2026, 1, 1).at(0, 0, 0, 0)).first();
            }
        }
    }
}
