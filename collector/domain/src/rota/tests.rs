use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::calendar::{HORIZON, Segment, Segments, parse_hours};

/// A rota of one layer; people are words, the first hand-off `2026-03-02T08:00`.
fn rota(zone: &str, people: &str, first: &str, turn: Turn) -> Rota {
    let first: DateTime = first.parse().unwrap();
    Rota {
        name: "noc".parse().unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        layers: vec![Layer {
            title: "primary".into(),
            people: people.split(' ').map(|it| it.parse().unwrap()).collect(),
            from: first.date(),
            turn,
            handoff: first.time(),
            hours: None,
        }],
        overrides: vec![],
    }
}

/// The same rota with one more layer on top, restricted to hours.
fn with_layer(rota: Rota, people: &str, first: &str, turn: Turn, hours: &str) -> Rota {
    let mut top = self::rota("UTC", people, first, turn).layers.remove(0);
    top.title = "nights".into();
    top.hours = Some(parse_hours(hours).unwrap());
    let mut layers = rota.layers;
    layers.push(top);
    Rota { layers, ..rota }
}

fn with_override(mut rota: Rota, from: &str, to: &str, person: Option<&str>) -> Rota {
    rota.overrides.push(Override {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        person: person.map(|it| it.parse().unwrap()),
        note: "ill".into(),
    });
    rota
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn between(from: &str, to: &str) -> Segment {
    Segment { from: at(from), to: at(to) }
}

/// Checks shifts, written as the wall shows them: `03-02 08:00 kim`.
#[track_caller]
fn check_shifts(rota: &Rota, within: Segment, expected: &[&str]) {
    let shown = |it: Timestamp| rota.zone.to_datetime(it).strftime("%m-%d %H:%M").to_string();
    let shifts: Vec<_> = shifts(rota, within)
        .iter()
        .map(|it| format!("{} .. {} {}", shown(it.from), shown(it.to), it.person))
        .collect();
    assert_eq!(shifts, expected);
}

#[track_caller]
fn check_because(rota: &Rota, when: &str, expected: &str) {
    assert_eq!(on_call(rota, at(when)).because, expected, "{when}");
}

#[test]
fn people_take_turns_from_the_first_hand_off_on() {
    let rota = rota("America/New_York", "kim lee", "2026-06-01T08:00", Turn::Weeks(1));
    check_shifts(
        &rota,
        between("2026-05-25T00:00Z", "2026-06-20T00:00Z"),
        &[
            "06-01 08:00 .. 06-08 08:00 kim",
            "06-08 08:00 .. 06-15 08:00 lee",
            "06-15 08:00 .. 06-19 20:00 kim",
        ],
    );
    let before = on_call(&rota, at("2026-05-31T12:00Z"));
    assert_eq!((before.person, before.until), (None, at("2026-06-01T08:00-04:00")));
    let first = on_call(&rota, at("2026-06-01T08:00-04:00"));
    assert_eq!(first.person, Some("kim".parse().unwrap()));
    assert_eq!(first.until.duration_since(first.since), SignedDuration::from_hours(168));
}

#[test]
fn a_hand_off_at_eight_is_at_eight_across_a_clock_change() {
    let daily = rota("America/New_York", "kim lee", "2026-03-06T08:00", Turn::Days(1));
    for (day, hours) in [
        ("2026-03-07T08:00-05:00", 23),
        ("2026-03-08T08:00-04:00", 24),
        ("2026-10-31T08:00-04:00", 25),
    ] {
        let shift = on_call(&daily, at(day));
        assert_eq!(shift.since, at(day));
        assert_eq!(
            shift.until.duration_since(shift.since),
            SignedDuration::from_hours(hours),
            "{day}"
        );
    }
}

#[test]
fn e34_half_hour_dst_moves_no_hand_off() {
    let hourly = rota("Australia/Lord_Howe", "kim lee moe", "2026-04-04T23:00", Turn::Hours(1));
    // 02:00 falls back to 01:30 in April: the turn from 01:00 lasts 90 minutes.
    check_shifts(
        &hourly,
        between("2026-04-04T12:00Z", "2026-04-04T16:30Z"),
        &[
            "04-04 23:00 .. 04-05 00:00 kim",
            "04-05 00:00 .. 04-05 01:00 lee",
            "04-05 01:00 .. 04-05 02:00 moe",
            "04-05 02:00 .. 04-05 03:00 kim",
        ],
    );
    let long = on_call(&hourly, at("2026-04-04T14:15Z"));
    assert_eq!(long.until.duration_since(long.since), SignedDuration::from_mins(90));
    // 02:00 skips to 02:30 in October: the turn from 02:00 lasts 30 minutes.
    let hourly = rota("Australia/Lord_Howe", "kim lee moe", "2026-10-04T01:00", Turn::Hours(1));
    let short = on_call(&hourly, at("2026-10-03T15:45Z"));
    assert_eq!(short.person, Some("lee".parse().unwrap()));
    assert_eq!(short.until.duration_since(short.since), SignedDuration::from_mins(30));
    // A daily turn is half an hour longer or shorter, and still ends at 08:00.
    for (day, minutes) in [("2026-04-04T08:00", 24 * 60 + 30), ("2026-10-03T08:00", 24 * 60 - 30)] {
        let daily = rota("Australia/Lord_Howe", "kim lee", day, Turn::Days(1));
        let first = &shifts(&daily, between("2026-03-01T00:00Z", "2026-12-01T00:00Z"))[0];
        assert_eq!(
            first.to.duration_since(first.from),
            SignedDuration::from_mins(minutes),
            "{day}"
        );
    }
}

#[test]
fn a_turn_that_the_clocks_skip_is_nobodys() {
    let hourly = rota("America/New_York", "kim lee moe", "2026-03-08T01:00", Turn::Hours(1));
    check_shifts(
        &hourly,
        between("2026-03-08T06:00Z", "2026-03-08T09:00Z"),
        &[
            "03-08 01:00 .. 03-08 03:00 kim",
            "03-08 03:00 .. 03-08 04:00 moe",
            "03-08 04:00 .. 03-08 05:00 kim",
        ],
    );
    // Samoa had no 30 December in 2011.
    let hourly = rota("Pacific/Apia", "kim lee moe", "2011-12-29T23:00", Turn::Hours(1));
    check_shifts(
        &hourly,
        between("2011-12-30T09:00Z", "2011-12-30T11:00Z"),
        &["12-29 23:00 .. 12-31 00:00 kim", "12-31 00:00 .. 12-31 01:00 lee"],
    );
}

#[test]
fn a_later_layer_wins_where_both_apply_and_the_answer_says_so() {
    let days = rota("America/New_York", "kim lee", "2026-06-01T08:00", Turn::Weeks(1));
    let rota = with_layer(days, "moe ned", "2026-06-01T08:00", Turn::Days(1), "daily 17:00-08:00");
    check_shifts(
        &rota,
        between("2026-06-01T12:00Z", "2026-06-03T12:00Z"),
        &[
            "06-01 08:00 .. 06-01 17:00 kim",
            "06-01 17:00 .. 06-02 08:00 moe",
            "06-02 08:00 .. 06-02 17:00 kim",
            "06-02 17:00 .. 06-03 08:00 ned",
        ],
    );
    check_because(
        &rota,
        "2026-06-01T12:00-04:00",
        "turn 1 of layer `primary`: kim; no later layer applies",
    );
    check_because(&rota, "2026-06-01T18:00-04:00", "turn 1 of layer `nights`: moe");
    check_because(&rota, "2026-05-01T18:00-04:00", "no layer of `noc` applies");
}

#[test]
fn an_override_wins_over_layers_and_a_later_one_over_an_earlier_one() {
    let rota = rota("America/New_York", "kim lee", "2026-06-01T08:00", Turn::Weeks(1));
    let rota = with_override(rota, "2026-06-02T08:00", "2026-06-04T08:00", Some("moe"));
    let rota = with_override(rota, "2026-06-03T08:00", "2026-06-03T12:00", None);
    let week = between("2026-06-01T12:00Z", "2026-06-08T12:00Z");
    check_shifts(
        &rota,
        week,
        &[
            "06-01 08:00 .. 06-02 08:00 kim",
            "06-02 08:00 .. 06-03 08:00 moe",
            "06-03 12:00 .. 06-04 08:00 moe",
            "06-04 08:00 .. 06-08 08:00 kim",
        ],
    );
    let gaps = gaps(&rota, week);
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].from, at("2026-06-03T08:00-04:00"));
    assert_eq!(gaps[0].because, "override 2: nobody (ill)");
    check_because(&rota, "2026-06-02T18:00-04:00", "override 1: moe (ill)");
}

#[test]
fn gaps_say_when_nobody_is_on_call() {
    let days = rota("Europe/Berlin", "kim", "2026-06-01T00:00", Turn::Days(1));
    let mut rota = days;
    rota.layers[0].hours = Some(parse_hours("mon-fri 08:00-17:00").unwrap());
    let weekend = between("2026-06-05T12:00Z", "2026-06-08T12:00Z");
    let gaps = gaps(&rota, weekend);
    let expected = Gap {
        from: at("2026-06-05T17:00+02:00"),
        to: at("2026-06-08T08:00+02:00"),
        because: "no layer of `noc` applies".into(),
    };
    assert_eq!(gaps, std::slice::from_ref(&expected));
    let during = on_call(&rota, at("2026-06-06T12:00Z"));
    assert_eq!((during.person, during.since, during.until), (None, expected.from, expected.to));
}

#[test]
fn whoever_is_next_is_somebody_else() {
    let daily = rota("UTC", "kim kim lee", "2026-06-01T08:00", Turn::Days(1));
    let next = who_next(&daily, at("2026-06-01T12:00Z")).unwrap();
    assert_eq!((next.person.as_str(), next.from), ("lee", at("2026-06-03T08:00Z")));
    let alone = rota("UTC", "kim", "2026-06-01T08:00", Turn::Days(1));
    assert_eq!(who_next(&alone, at("2026-06-01T12:00Z")), None);
    let before = who_next(&alone, at("2026-05-01T12:00Z")).unwrap();
    assert_eq!((before.person.as_str(), before.from), ("kim", at("2026-06-01T08:00Z")));
}

#[test]
fn one_person_in_two_rotas_at_once_is_a_conflict() {
    let primary = rota("UTC", "kim lee", "2026-06-01T08:00", Turn::Days(1));
    let secondary = rota("UTC", "moe kim", "2026-06-01T20:00", Turn::Days(1));
    let found = conflicts(&primary, &secondary, between("2026-06-01T00:00Z", "2026-06-05T00:00Z"));
    let found: Vec<_> = found.iter().map(|it| (it.from, it.to, it.person.as_str())).collect();
    assert_eq!(found, [(at("2026-06-03T08:00Z"), at("2026-06-03T20:00Z"), "kim"),],);
}

#[test]
fn e36_tzdb_update_moves_hand_offs_to_come() {
    let mut daily = rota("UTC", "kim lee", "2026-01-01T08:00", Turn::Days(1));
    daily.zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
    let noon = at("2026-12-01T17:00Z");
    assert_eq!(on_call(&daily, noon).since, at("2026-12-01T13:00Z"));
    // The new rules stay on summer time for good.
    let updated =
        Rota { zone: TimeZone::posix("EST5EDT,M3.2.0,J365/25").unwrap(), ..daily.clone() };
    assert_eq!(on_call(&updated, noon).since, at("2026-12-01T12:00Z"));
    let summer = at("2026-07-01T17:00Z");
    assert_eq!(on_call(&updated, summer), on_call(&daily, summer));
}

#[test]
fn nonsense_is_refused_in_words() {
    let good = || rota("UTC", "kim lee", "2026-06-01T08:00", Turn::Weeks(1));
    let refused = |change: &dyn Fn(&mut Rota)| {
        let mut rota = good();
        change(&mut rota);
        check(&rota).unwrap_err().to_string()
    };
    assert_eq!(check(&good()), Ok(()));
    let mut lines = vec![
        refused(&|it| it.layers.clear()),
        refused(&|it| it.layers = vec![it.layers[0].clone(); 101]),
        refused(&|it| it.layers[0].people.clear()),
        refused(&|it| it.layers[0].people = vec!["kim".parse().unwrap(); 101]),
        refused(&|it| it.layers[0].turn = Turn::Hours(0)),
        refused(&|it| it.layers[0].turn = Turn::Weeks(53)),
        refused(&|it| it.layers[0].hours = Some(vec![])),
        refused(&|it| {
            *it = with_override(it.clone(), "2026-06-02T08:00", "2026-06-02T08:00", None)
        }),
    ];
    lines.push(String::new());
    expect_test::expect![[r#"
        rota `noc` has no layer: name at least one, with the people who take turns
        rota `noc` has 101 layers: at most 100 make sense
        rota `noc`, layer 1: nobody takes turns: name at least one person
        rota `noc` has 101 people in one layer: at most 100 make sense
        rota `noc`, layer 1: a turn lasts no time: make it one hour or more
        rota `noc`, layer 1: a turn lasts more than a year: make it shorter
        rota `noc`, layer 1: its hours are none: leave them out for all hours
        rota `noc`, override 1, from 2026-06-02T08:00:00 to 2026-06-02T08:00:00: it ends before it begins: the end is the first moment after it
    "#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn the_ends_of_time_are_survived() {
    for turn in [Turn::Hours(0), Turn::Hours(1), Turn::Weeks(u16::MAX)] {
        for first in ["-009999-01-02T00:00", "2026-06-01T08:00", "9999-12-30T00:00"] {
            let rota = rota("America/New_York", "kim lee", first, turn);
            for end in [Timestamp::MIN, Timestamp::MAX] {
                on_call(&rota, end);
                shifts(&rota, Segment { from: end, to: end });
                gaps(&rota, Segment { from: end, to: end });
            }
        }
    }
}

const ZONES: [&str; 6] = [
    "UTC",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Pacific/Apia",
];

fn any_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        (1..40u16).prop_map(Turn::Hours),
        (1..10u16).prop_map(Turn::Days),
        (1..4u16).prop_map(Turn::Weeks),
    ]
}

prop_compose! {
    fn any_layer(year: i16)(
        people in 1..4usize,
        day in 0..30i64,
        turn in any_turn(),
        half in 0..48i8,
        hours in prop::option::of(prop::sample::select(vec![
            "mon-fri 08:00-17:00", "daily 17:00-08:00", "sun 01:30-02:30", "sat,sun 00:00-24:00",
            "daily 00:00-24:00",
        ])),
    ) -> Layer {
        let people = ["kim", "lee", "moe"].iter().take(people).map(|it| it.parse().unwrap());
        Layer {
            title: "any".into(),
            people: people.collect(),
            from: Date::constant(year, 1, 1) + SignedDuration::from_hours(24 * (day * 12)),
            turn,
            handoff: Time::constant(half / 2, half % 2 * 30, 0, 0),
            hours: hours.map(|it| parse_hours(it).unwrap()),
        }
    }
}

prop_compose! {
    fn any_override(year: i16)(from in 0..8000i64, hours in 1..200i64, kim in any::<bool>()) -> Override {
        let start = Date::constant(year, 1, 1).at(0, 0, 0, 0);
        let from = start + SignedDuration::from_hours(from);
        let person = kim.then(|| "kim".parse().unwrap());
        Override { from, to: from + SignedDuration::from_hours(hours), person, note: String::new() }
    }
}

fn any_rota() -> impl Strategy<Value = (Rota, i64)> {
    // Samoa's clocks are of interest in 2011 only.
    let zone = prop::sample::select(ZONES.to_vec());
    zone.prop_flat_map(|zone| {
        let year = if zone == "Pacific/Apia" { 2011 } else { 2026 };
        let layers = prop::collection::vec(any_layer(year), 0..4);
        let overrides = prop::collection::vec(any_override(year), 0..5);
        let start = Date::constant(year, 1, 1).in_tz("UTC").unwrap().timestamp().as_second();
        (layers, overrides).prop_map(move |(layers, overrides)| {
            let zone = TimeZone::get(zone).unwrap();
            (Rota { name: "any".parse().unwrap(), zone, layers, overrides }, start)
        })
    })
}

fn minutes(start: i64, it: i64) -> Timestamp {
    Timestamp::from_second(start + it * 60).unwrap()
}

proptest! {
    #[test]
    fn shifts_and_gaps_partition_time((rota, start) in any_rota(), from in 0..500_000i64, lasts in 1..80_000i64) {
        let within = Segment { from: minutes(start, from), to: minutes(start, from + lasts) };
        let shifts = shifts(&rota, within);
        let gaps = gaps(&rota, within);
        prop_assert!(shifts.iter().all(|it| it.from < it.to));
        prop_assert!(shifts.windows(2).all(|it| it[0].to <= it[1].from));
        prop_assert!(gaps.windows(2).all(|it| it[0].to <= it[1].from));
        let mut edges: Vec<_> = shifts.iter().map(|it| (it.from, it.to)).collect();
        edges.extend(gaps.iter().map(|it| (it.from, it.to)));
        edges.sort_unstable();
        prop_assert_eq!(edges.first().map(|it| it.0), Some(within.from));
        prop_assert_eq!(edges.last().map(|it| it.1), Some(within.to));
        prop_assert!(edges.windows(2).all(|it| it[0].1 == it[1].0));
    }

    #[test]
    fn being_on_call_agrees_with_the_shifts((rota, start) in any_rota(), when in 0..525_000i64) {
        let at = minutes(start, when);
        let now = on_call(&rota, at);
        prop_assert!(now.since <= at && at < now.until);
        // Wide enough to see the whole of every shift.
        let within = Segment { from: at - SignedDuration::from_hours(24 * 60), to: at + SignedDuration::from_hours(24 * 60) };
        let shift = shifts(&rota, within).into_iter().find(|it| it.from <= at && at < it.to);
        let gap = gaps(&rota, within).into_iter().find(|it| it.from <= at && at < it.to);
        let expected = shift.map(|it| (Some(it.person), it.from, it.to)).or(gap.map(|it| (None, it.from, it.to)));
        let clipped = (now.person.clone(), now.since.max(within.from), now.until.min(within.to));
        prop_assert_eq!(expected, Some(clipped));
    }

    #[test]
    fn nobody_is_in_conflict_with_a_rota_of_others((rota, start) in any_rota(), when in 0..400_000i64) {
        let within = Segment::ahead(minutes(start, when), SignedDuration::from_hours(500));
        let own: Segments = shifts(&rota, within).iter().map(|it| Segment { from: it.from, to: it.to }).collect();
        let both: Segments = conflicts(&rota, &rota, within).iter().map(|it| Segment { from: it.from, to: it.to }).collect();
        prop_assert_eq!(own, both);
    }

    #[test]
    fn whoever_is_next_is_on_call_then((rota, start) in any_rota(), when in 0..525_000i64) {
        let at = minutes(start, when);
        if let Some(next) = who_next(&rota, at) {
            prop_assert!(at < next.from && next.from < Segment::ahead(at, HORIZON).to);
            let then = on_call(&rota, next.from).person;
            prop_assert_eq!(then, Some(next.person.clone()));
            prop_assert_ne!(on_call(&rota, at).person, Some(next.person));
        }
    }
}
