use proptest::{collection::vec, prelude::*};

use super::*;

type Row = (Timestamp, Vec<(u32, Option<i64>)>);

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

fn gather(rows: &[Row], until: Timestamp, step: Step) -> Rollups {
    let mut rollups = Rollups::default();
    let rows = rows.iter().map(|it| (it.0, it.1.as_slice()));
    rollups.gather(rows, until, step, |_| true);
    rollups
}

/// What a script of `second:value` says of its hours: begin, min, mean, max,
/// seconds held, count.
fn check(script: &str, until: i64, expected: &[(i64, i64, f64, i64, u64, u64)]) {
    let row = |it: &str| {
        let (second, value) = it.split_once(':').unwrap();
        (at(second.parse::<i64>().unwrap() * 1_000), vec![(0, value.parse().ok())])
    };
    let rows: Vec<Row> = script.split_whitespace().map(row).collect();
    let found = gather(&rows, at(until * 1_000), Step::Hour);
    let found = found
        .0
        .iter()
        .map(|((_, begin), it)| (begin.as_second(), it.min, it.mean(), it.max, it.held, it.count));
    let found: Vec<_> = found.collect();
    assert_eq!(found, expected, "{script}");
}

#[test]
fn a_value_weighs_as_long_as_it_holds() {
    check("0:10 90:50 100:10", 200, &[(0, 10, 12.0, 50, 200, 3)]);
    check("3500:4 3700:8", 3_800, &[(0, 4, 4.0, 4, 100, 1), (3_600, 4, 6.0, 8, 200, 1)]);
}

#[test]
fn silence_is_a_gap_and_no_line() {
    check("0:7 7200:9", 7_260, &[(0, 7, 7.0, 7, 300, 1), (7_200, 9, 9.0, 9, 60, 1)]);
    check("10:7 20:gone 9000:9", 9_000, &[(0, 7, 7.0, 7, 10, 1), (7_200, 9, 9.0, 9, 0, 1)]);
}

#[test]
fn a_time_before_1970_has_an_hour_too() {
    check("-10:7", -9, &[(-3_600, 7, 7.0, 7, 1, 1)]);
}

#[test]
fn what_is_short_is_shown_as_it_came_and_what_is_old_by_the_hour() {
    let day = |count: i64| at(count * 86_400_000);
    let hour = |count: i64| at(count * 3_600_000);
    for (from, to, raw_since, expected) in [
        (hour(0), hour(2), day(0), None),
        (hour(0), hour(3), day(0), Some(Step::FiveMinutes)),
        (hour(0), hour(1), day(1), Some(Step::Hour)),
        (day(0), day(7), day(0), Some(Step::Hour)),
        (day(0), day(90), day(0), Some(Step::Day)),
    ] {
        assert_eq!(Step::best(from, to, raw_since), expected);
    }
}

#[test]
fn a_series_is_cut_where_nothing_was_heard() {
    let heard = spans([0, 10, 20, 4_000, 4_010].map(|it| at(it * 1_000)), at(4_100_000));
    assert_eq!(heard, [(at(0), at(320_000)), (at(4_000_000), at(4_100_000))]);
    let points = [(at(0), Some(5)), (at(20_000), Some(6)), (at(4_010_000), Some(7))];
    let expected = [
        (at(0), Some(5)),
        (at(20_000), Some(6)),
        (at(320_000), None),
        (at(4_000_000), Some(6)),
        (at(4_010_000), Some(7)),
    ];
    assert_eq!(cut(&points, &heard), expected);
    assert_eq!(cut(&[], &heard), []);
}

fn histories() -> impl Strategy<Value = (Vec<Row>, i64)> {
    let value = prop_oneof![3 => any::<i64>().prop_map(Some), 1 => Just(None)];
    let change = (0_u32..4, value);
    let pause = prop_oneof![4 => 0_i64..90_000, 1 => 0_i64..20_000_000];
    let rows = vec((pause, vec(change, 0..4)), 1..60);
    (rows, -10_000_000_i64..10_000_000, 0_i64..900_000).prop_map(|(steps, start, rest)| {
        let mut now = start;
        let mut rows = Vec::new();
        for (pause, changed) in steps {
            now += pause;
            rows.push((at(now), changed));
        }
        (rows, now + rest)
    })
}

/// All values that are known before a row.
fn known(rows: &[Row]) -> BTreeMap<u32, Option<i64>> {
    rows.iter().flat_map(|it| it.1.iter().copied()).collect()
}

proptest! {
    #[test]
    fn a_day_is_its_hours_and_an_hour_its_minutes((rows, until) in histories()) {
        let by = |step| gather(&rows, at(until), step);
        let hours = by(Step::FiveMinutes).by(Step::Hour);
        prop_assert_eq!(&hours, &by(Step::Hour));
        prop_assert_eq!(hours.by(Step::Day), by(Step::Day));
    }

    #[test]
    fn however_history_is_cut_its_rollup_is_the_same(
        (rows, until) in histories(),
        cuts in vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|it| it.index(rows.len())).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces = Rollups::default();
        for ends in cuts.windows(2) {
            let mut piece = rows[ends[0]..ends[1]].to_vec();
            let mut first = known(&rows[..ends[0]]);
            first.extend(piece[0].1.iter().copied());
            piece[0].1 = first.into_iter().collect();
            let next = rows.get(ends[1]).map_or(at(until), |it| it.0);
            pieces.merge(gather(&piece, next, Step::Hour));
        }
        prop_assert_eq!(pieces, gather(&rows, at(until), Step::Hour));
    }

    #[test]
    fn a_mean_is_between_the_least_and_the_greatest((rows, until) in histories()) {
        for step in Step::ALL {
            for ((_, begin), it) in gather(&rows, at(until), step).0 {
                prop_assert_eq!(step.begin(begin), begin);
                prop_assert!(it.count > 0 || it.held > 0);
                prop_assert!(it.held <= step.seconds().unsigned_abs());
                let mean = it.mean();
                prop_assert!(it.min as f64 <= mean && mean <= it.max as f64);
                let (least, most) = (i128::from(it.min), i128::from(it.max));
                let held = i128::from(it.held);
                prop_assert!(least * held <= it.sum && it.sum <= most * held);
            }
        }
    }

    #[test]
    fn every_report_counts_once((rows, until) in histories()) {
        let rollups = gather(&rows, at(until), Step::Hour);
        for series in 0..4 {
            let of = rollups.0.iter().filter(|it| it.0.0 == series);
            let counted: u64 = of.map(|it| it.1.count).sum();
            let (mut value, mut told) = (None, 0);
            for (_, changed) in &rows {
                for (_, next) in changed.iter().filter(|it| it.0 == series) {
                    value = *next;
                }
                told += u64::from(value.is_some());
            }
            prop_assert_eq!(counted, told);
        }
    }
}
