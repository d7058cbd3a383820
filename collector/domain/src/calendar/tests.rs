use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// `mon-fri 08:00-17:00` and the like, as the tables below need it.
fn calendar(zone: &str, hours: &[(Weekday, Weekday, &str, &str)]) -> Calendar {
    let hours = hours.iter().flat_map(|(first, last, opens, closes)| {
        let days = first.cycle_forward().take(first.until(*last) as usize + 1);
        let (opens, closes) = (opens.parse().unwrap(), closes.parse().unwrap());
        days.map(move |day| Window { day, opens, closes })
    });
    Calendar {
        name: CalendarName::new("office").unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        hours: hours.collect(),
        holidays: BTreeMap::new(),
        yearly: BTreeMap::new(),
        holiday_rules: None,
        exceptions: BTreeMap::new(),
    }
}

fn office(zone: &str) -> Calendar {
    calendar(zone, &[(Weekday::Monday, Weekday::Friday, "08:00", "17:00")])
}

fn daily(zone: &str, opens: &str, closes: &str) -> Calendar {
    calendar(zone, &[(Weekday::Monday, Weekday::Sunday, opens, closes)])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn between(from: &str, to: &str) -> Segment {
    Segment { from: at(from), to: at(to) }
}

fn shut(calendar: &Calendar, within: Segment) -> Segments {
    segments(calendar, within).without(within)
}

fn texts(segments: &Segments) -> Vec<String> {
    segments.iter().map(|it| format!("{} {}", it.from, it.to)).collect()
}

/// Checks that an office in New York, shut at an instant, opens again at
/// another, so many hours later.
#[track_caller]
fn check_night(calendar: &Calendar, closes: &str, opens: &str, hours: i64) {
    let (closes, opens) = (at(closes), at(opens));
    assert_eq!(next_change(calendar, closes), Some(opens));
    assert_eq!(opens.duration_since(closes), SignedDuration::from_hours(hours));
}

#[test]
fn a_weekend_is_as_long_as_the_clocks_make_it() {
    let office = office("America/New_York");
    check_night(&office, "2026-03-06T22:00Z", "2026-03-09T12:00Z", 62); // spring
    check_night(&office, "2026-10-30T21:00Z", "2026-11-02T13:00Z", 64); // fall
    check_night(&office, "2026-02-27T22:00Z", "2026-03-02T13:00Z", 63); // neither
}

#[test]
fn a_night_is_as_long_as_the_clocks_make_it() {
    let shop = daily("America/New_York", "08:00", "17:00");
    check_night(&shop, "2026-03-07T22:00Z", "2026-03-08T12:00Z", 14);
    check_night(&shop, "2026-10-31T21:00Z", "2026-11-01T13:00Z", 16);
    check_night(&shop, "2026-06-01T21:00Z", "2026-06-02T12:00Z", 15);
}

#[test]
fn a_day_lasts_from_midnight_to_midnight() {
    for (zone, date, expected) in [
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00:00Z 2026-03-09T04:00:00Z 23h"),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T04:00:00Z 2026-11-02T05:00:00Z 25h"),
        (
            "Australia/Lord_Howe",
            date(2026, 4, 5),
            "2026-04-04T13:00:00Z 2026-04-05T13:30:00Z 24h 30m",
        ),
        (
            "Australia/Lord_Howe",
            date(2026, 10, 4),
            "2026-10-03T13:30:00Z 2026-10-04T13:00:00Z 23h 30m",
        ),
        ("Africa/Casablanca", date(2026, 2, 15), "2026-02-14T23:00:00Z 2026-02-16T00:00:00Z 25h"),
        ("Africa/Casablanca", date(2026, 3, 22), "2026-03-22T00:00:00Z 2026-03-22T23:00:00Z 23h"),
        // The clocks skip midnight itself here.
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00:00Z 2026-04-24T21:00:00Z 23h"),
    ] {
        let day = days(&TimeZone::get(zone).unwrap(), date, date);
        assert_eq!(format!("{} {} {:#}", day.from, day.to, day.lasts()), expected, "{zone}");
    }
}

#[test]
fn a_skipped_time_is_read_with_the_offset_before_and_a_repeated_one_is_its_first() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let clock = |date, hour| instant(&zone, date, Time::constant(hour, 30, 0, 0));
    assert_eq!(clock(date(2026, 3, 8), 2), at("2026-03-08T03:30-04:00"));
    assert_eq!(clock(date(2026, 11, 1), 1), at("2026-11-01T05:30Z"));
}

#[test]
fn a_window_across_a_clock_change_has_the_length_the_wall_gives_it() {
    let window = daily("America/New_York", "01:30", "02:30");
    let spring = between("2026-03-08T05:00Z", "2026-03-09T04:00Z");
    assert_eq!(texts(&segments(&window, spring)), ["2026-03-08T06:30:00Z 2026-03-08T07:30:00Z"]);
    let fall = between("2026-11-01T04:00Z", "2026-11-02T05:00Z");
    assert_eq!(texts(&segments(&window, fall)), ["2026-11-01T05:30:00Z 2026-11-01T07:30:00Z"]);
}

#[test]
fn e28_gap_only_on_dst_day() {
    let zone = "America/New_York";
    let mut split = daily(zone, "00:00", "02:00");
    split.hours.extend(daily(zone, "03:00", "00:00").hours);
    let spring = between("2026-03-08T05:00Z", "2026-03-09T04:00Z");
    assert!(shut(&split, spring).is_empty());
    let other = between("2026-03-09T04:00Z", "2026-03-10T04:00Z");
    assert_eq!(texts(&shut(&split, other)), ["2026-03-09T06:00:00Z 2026-03-09T07:00:00Z"]);
}

#[test]
fn e34_half_hour_dst() {
    let shop = daily("Australia/Lord_Howe", "01:00", "03:00");
    // 02:00 falls back to 01:30 in April; 02:00 skips to 02:30 in October.
    let april = between("2026-04-04T13:00Z", "2026-04-05T13:30Z");
    let october = between("2026-10-03T13:30Z", "2026-10-04T13:00Z");
    assert_eq!(elapsed(&shop, april), SignedDuration::from_mins(150));
    assert_eq!(elapsed(&shop, october), SignedDuration::from_mins(90));
}

#[test]
fn e35_ramadan_dst() {
    let office = office("Africa/Casablanca");
    for (day, opens) in [
        ("2026-02-13", "2026-02-13T07:00:00Z"), // the Friday before: +01
        ("2026-02-16", "2026-02-16T08:00:00Z"), // the first Monday of it: +00
        ("2026-03-20", "2026-03-20T08:00:00Z"), // the last Friday of it: +00
        ("2026-03-23", "2026-03-23T07:00:00Z"), // the Monday after: +01
    ] {
        let midnight = at(&format!("{day}T00:00Z"));
        let open = segments(&office, Segment::ahead(midnight, SignedDuration::from_hours(24)));
        assert_eq!(open.first().unwrap().from, at(opens), "{day}");
    }
}

#[test]
fn e33_feb29_calendar() {
    let shop = daily("Europe/Berlin", "09:00", "17:00");
    let leap = segments(&shop, between("2028-02-28T00:00Z", "2028-03-02T00:00Z"));
    assert_eq!(
        texts(&leap),
        [
            "2028-02-28T08:00:00Z 2028-02-28T16:00:00Z",
            "2028-02-29T08:00:00Z 2028-02-29T16:00:00Z",
            "2028-03-01T08:00:00Z 2028-03-01T16:00:00Z",
        ]
    );
    let plain = segments(&shop, between("2026-02-28T00:00Z", "2026-03-02T00:00Z"));
    assert_eq!(plain.len(), 2);
    // A yearly 29 February comes once in every year.
    let mut shop = shop;
    shop.yearly.insert("--02-29".parse().unwrap(), "leap day".into());
    let years = between("2026-01-01T00:00Z", "2029-01-01T00:00Z");
    assert_eq!(
        texts(&holidays(&shop, years)),
        [
            "2026-02-27T23:00:00Z 2026-02-28T23:00:00Z",
            "2027-02-27T23:00:00Z 2027-02-28T23:00:00Z",
            "2028-02-28T23:00:00Z 2028-02-29T23:00:00Z",
        ]
    );
}

#[test]
fn closing_time_is_shut_and_opening_time_is_open() {
    let office = office("America/New_York");
    for (when, open) in [
        ("2026-03-02T07:59:59.999-05:00", false),
        ("2026-03-02T08:00:00-05:00", true),
        ("2026-03-02T16:59:59.999-05:00", true),
        ("2026-03-02T17:00:00-05:00", false),
        ("2026-03-07T12:00:00-05:00", false),
    ] {
        assert_eq!(is_open(&office, at(when)), open, "{when}");
    }
}

#[test]
fn a_holiday_is_shut_all_day() {
    let mut office = office("America/New_York");
    office.holidays.insert(date(2026, 12, 25), "Christmas Day".into());
    let noon = at("2026-12-25T12:00-05:00");
    assert!(!is_open(&office, noon));
    assert_eq!(office.holiday(noon), Some("Christmas Day"));
    assert_eq!(next_change(&office, noon), Some(at("2026-12-28T08:00-05:00")));
    let year = between("2026-01-01T00:00Z", "2027-01-01T00:00Z");
    assert_eq!(texts(&holidays(&office, year)), ["2026-12-25T05:00:00Z 2026-12-26T05:00:00Z"]);
}

#[test]
fn holidays_are_listed_or_yearly_or_by_rule_and_add_up() {
    let mut office = office("America/New_York");
    office.holiday_rules = Some(HolidayRules::UsFederal);
    office.yearly.insert("--12-24".parse().unwrap(), "Christmas Eve".into());
    office.yearly.insert("--12-25".parse().unwrap(), "Christmas".into());
    office.holidays.insert(date(2026, 12, 25), "Christmas 2026".into());
    for (on, name) in [
        (date(2026, 7, 3), Some("Independence Day (observed)")),
        (date(2026, 12, 24), Some("Christmas Eve")),
        (date(2026, 12, 25), Some("Christmas 2026")),
        (date(2025, 12, 25), Some("Christmas")),
        (date(2026, 12, 26), None),
    ] {
        assert_eq!(office.holiday_on(on), name, "{on}");
    }
    let friday = at("2026-07-03T12:00-04:00");
    assert!(!is_open(&office, friday));
    assert_eq!(next_change(&office, friday), Some(at("2026-07-06T08:00-04:00")));
    let days = holidays(&office, between("2026-12-01T12:00Z", "2026-12-25T12:00Z"));
    assert_eq!(texts(&days), ["2026-12-24T05:00:00Z 2026-12-25T12:00:00Z"]);
}

#[test]
fn an_exception_says_all_hours_of_its_date() {
    let mut office = office("America/New_York");
    office.holiday_rules = Some(HolidayRules::UsFederal);
    let hours = Hours { opens: Time::constant(10, 0, 0, 0), closes: Time::constant(12, 0, 0, 0) };
    let exception = |hours| Exception { title: "stocktaking".into(), hours };
    office.exceptions.insert(date(2026, 12, 25), exception(vec![hours]));
    office.exceptions.insert(date(2026, 12, 28), exception(vec![]));
    office.exceptions.insert(date(2026, 12, 27), exception(vec![hours]));
    let days = between("2026-12-25T05:00Z", "2026-12-30T05:00Z");
    assert_eq!(
        texts(&segments(&office, days)),
        [
            "2026-12-25T15:00:00Z 2026-12-25T17:00:00Z",
            "2026-12-27T15:00:00Z 2026-12-27T17:00:00Z",
            "2026-12-29T13:00:00Z 2026-12-29T22:00:00Z",
        ]
    );
    assert_eq!(office.holiday(at("2026-12-25T16:00Z")), Some("Christmas Day"));
}

#[test]
fn e37_provider_and_internal_in_different_zones() {
    // The customer's office is in New York; where whoever reads the calendar
    // sits, in Los Angeles, does not come into it.
    let office = office("America/New_York");
    assert!(is_open(&office, at("2026-06-01T05:30-07:00")));
    assert!(!is_open(&office, at("2026-06-01T14:00-07:00")));
    assert_eq!(
        next_change(&office, at("2026-06-01T10:00-07:00")),
        Some(at("2026-06-01T17:00-04:00"))
    );
}

#[test]
fn e36_tzdb_update() {
    // A deadline is derived, so new rules move what is to come and leave what is past.
    let mut office = office("UTC");
    office.zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
    let mut updated = office.clone();
    updated.zone = TimeZone::posix("EST5EDT,M3.2.0,J365/25").unwrap();
    let four = SignedDuration::from_hours(4);
    let due = |calendar: &Calendar, from: &str| deadline(calendar, at(from), four);
    let (summer, winter) = ("2026-07-01T20:00Z", "2026-12-01T21:30Z");
    assert_eq!(due(&office, summer), due(&updated, summer));
    assert_eq!(due(&office, winter), Some(at("2026-12-02T16:30Z")));
    assert_eq!(due(&updated, winter), Some(at("2026-12-02T16:00Z")));
}

#[test]
fn a_budget_is_spent_in_opening_hours_only() {
    let mut office =
        calendar("Europe/Berlin", &[(Weekday::Monday, Weekday::Friday, "09:00", "17:00")]);
    for (month, day) in [(4, 3), (4, 6)] {
        office.holidays.insert(date(2026, month, day), "Easter".into());
    }
    for (from, hours, expected) in [
        ("2026-03-02T10:00", 4, "2026-03-02T14:00"), // within one day
        ("2026-03-02T16:00", 4, "2026-03-03T12:00"), // over night
        ("2026-03-06T16:00", 4, "2026-03-09T12:00"), // over a weekend
        ("2026-03-07T03:00", 4, "2026-03-09T13:00"), // raised while shut
        ("2026-03-02T09:00", 8, "2026-03-02T17:00"), // to the very minute
        ("2026-04-02T16:00", 2, "2026-04-07T10:00"), // over Easter
        ("2026-03-02T09:00", 8 * 100, "2026-07-21T17:00"), // far beyond what is looked at first
    ] {
        let berlin = |text: &str| {
            let clock: jiff::civil::DateTime = text.parse().unwrap();
            instant(&office.zone, clock.date(), clock.time())
        };
        let (from, due) = (berlin(from), berlin(expected));
        let budget = SignedDuration::from_hours(hours);
        assert_eq!(deadline(&office, from, budget), Some(due), "{expected}");
        assert_eq!(elapsed(&office, Segment { from, to: due }), budget, "{expected}");
    }
}

#[test]
fn an_hour_lasts_an_hour_when_the_clocks_change() {
    let always = daily("Europe/Berlin", "00:00", "00:00");
    for from in ["2026-03-28T12:00+01:00", "2026-10-24T12:00+02:00"] {
        let day = SignedDuration::from_hours(24);
        assert_eq!(deadline(&always, at(from), day), Some(at(from) + day));
    }
}

#[test]
fn a_calendar_that_never_opens_says_so() {
    let never = calendar("UTC", &[]);
    let start = Timestamp::UNIX_EPOCH;
    assert_eq!(deadline(&never, start, SignedDuration::from_hours(1)), None);
    assert_eq!(next_change(&never, start), None);
    assert_eq!(next_change(&daily("UTC", "00:00", "00:00"), start), None);
}

#[test]
fn the_ends_of_time_are_survived() {
    let shop = daily("America/New_York", "08:00", "17:00");
    for end in [Timestamp::MIN, Timestamp::MAX] {
        is_open(&shop, end);
        next_change(&shop, end);
        deadline(&shop, end, SignedDuration::from_hours(1));
    }
}

prop_compose! {
    fn any_calendar()(
        zone in prop::sample::select(vec![
            "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
            "Africa/Cairo", "Asia/Kathmandu",
        ]),
        hours in prop::collection::vec((0..7i8, 0..48i8, 0..48i8), 0..8),
        holidays in prop::collection::btree_set(0..500i64, 0..10),
        exceptions in prop::collection::btree_map(0..500i64, (0..48i8, 0..48i8), 0..10),
        rules in any::<bool>(),
        yearly in prop::collection::btree_set((1..=12i8, 1..=29i8), 0..4),
    ) -> Calendar {
        let half = |it: i8| Time::constant(it / 2, it % 2 * 30, 0, 0);
        let hours = hours.into_iter().map(|(day, opens, closes)| Window {
            day: Weekday::from_monday_zero_offset(day).unwrap(),
            opens: half(opens),
            closes: half(closes),
        });
        let first = date(2026, 1, 1);
        let name = |it: i64| (first + SignedDuration::from_hours(24 * it), "off".to_owned());
        Calendar {
            name: CalendarName::new("any").unwrap(),
            zone: TimeZone::get(zone).unwrap(),
            hours: hours.collect(),
            holidays: holidays.into_iter().map(name).collect(),
            yearly: yearly
                .into_iter()
                .map(|(month, day)| (YearDay::new(month, day).unwrap(), "off".to_owned()))
                .collect(),
            holiday_rules: rules.then_some(HolidayRules::UsFederal),
            exceptions: exceptions
                .into_iter()
                .map(|(day, (opens, closes))| {
                    let hours = vec![Hours { opens: half(opens), closes: half(closes) }];
                    (first + SignedDuration::from_hours(24 * day), Exception { title: "special".into(), hours })
                })
                .collect(),
        }
    }
}

/// An instant of 2026 or early 2027, on a quarter of an hour.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    let start = at("2026-01-01T00:00Z").as_second();
    (0..400 * 96i64).prop_map(move |it| Timestamp::from_second(start + it * 900).unwrap())
}

proptest! {
    #[test]
    fn segments_are_sorted_apart_and_inside(calendar in any_calendar(), a in any_instant(), b in any_instant()) {
        let within = Segment { from: a.min(b), to: a.max(b) };
        let open = segments(&calendar, within);
        let edges: Vec<_> = open.edges().collect();
        prop_assert!(edges.windows(2).all(|it| it[0] < it[1]));
        prop_assert!(edges.iter().all(|it| within.from <= *it && *it <= within.to));
        let shut = open.without(within);
        prop_assert!(open.and(&shut).is_empty());
        prop_assert_eq!(open.total() + shut.total(), within.lasts());
        prop_assert_eq!(open.or(&shut), Segments::from(within));
    }

    #[test]
    fn being_open_agrees_with_the_segments(calendar in any_calendar(), a in any_instant(), b in any_instant(), at in any_instant()) {
        let within = Segment { from: a.min(b), to: a.max(b) };
        let expected = within.contains(at) && is_open(&calendar, at);
        prop_assert_eq!(segments(&calendar, within).contains(at), expected);
    }

    #[test]
    fn nothing_changes_before_the_next_change(calendar in any_calendar(), from in any_instant(), part in 0.0..1.0f64) {
        let open = is_open(&calendar, from);
        let until = next_change(&calendar, from);
        let end = until.unwrap_or(Segment::ahead(from, HORIZON).to);
        let between = from + end.duration_since(from).mul_f64(part);
        prop_assert_eq!(is_open(&calendar, between), open);
        if let Some(until) = until {
            prop_assert_eq!(is_open(&calendar, until), !open);
        }
    }

    #[test]
    fn a_deadline_leaves_exactly_the_budget(calendar in any_calendar(), from in any_instant(), minutes in 0..20_000i64) {
        let budget = SignedDuration::from_mins(minutes);
        if let Some(due) = deadline(&calendar, from, budget) {
            prop_assert_eq!(elapsed(&calendar, Segment { from, to: due }), budget);
        }
    }
}
