use expect_test::{Expect, expect};
use jiff::tz::TimeZone;
use remit_proto::convert::Wire as _;

use super::*;

fn look() -> Look {
    Look {
        now: "2026-11-25T03:00:00Z".parse().unwrap(),
        zone: TimeZone::posix("EST5").unwrap(),
        color: false,
        width: 100,
    }
}

fn at(text: &str) -> Option<<Timestamp as remit_proto::convert::Wire>::Message> {
    Some(text.parse::<Timestamp>().unwrap().to_wire())
}

fn shows(view: &impl View, expected: Expect) {
    expected.assert_eq(&(view.text(&look()) + "\n"));
}

fn rollup(begin: &str, (min, mean, max): (i64, f64, i64)) -> v1::Rollup {
    v1::Rollup { begin: at(begin), min, mean, max, count: 30, held_seconds: 300 }
}

fn cpu() -> v1::SeriesHistory {
    v1::SeriesHistory {
        metric: "cpu_busy".into(),
        unit: v1::Unit::Permille.into(),
        rollups: vec![
            rollup("2026-11-25T01:00:00Z", (10, 20.0, 40)),
            rollup("2026-11-25T01:05:00Z", (300, 412.4, 1000)),
            rollup("2026-11-25T02:10:00Z", (10, 100.0, 140)),
        ],
        ..Default::default()
    }
}

fn disk(instance: &str) -> v1::SeriesHistory {
    v1::SeriesHistory {
        metric: "disk_used".into(),
        instance: instance.into(),
        unit: v1::Unit::Bytes.into(),
        ..Default::default()
    }
}

fn history(series: Vec<v1::SeriesHistory>, step: v1::HistoryStep) -> History {
    let answer = v1::GetHistoryResponse {
        step: step.into(),
        from: at("2026-11-25T01:00:00Z"),
        to: at("2026-11-25T03:00:00Z"),
        raw_since: at("2026-11-25T02:00:00Z"),
        series,
    };
    History::of("db-7".into(), answer)
}

#[test]
fn one_reading_is_shown_span_by_span_with_its_gaps() {
    shows(
        &history(vec![cpu()], v1::HistoryStep::FiveMinutes),
        expect![[r#"
        db-7, 2026-11-24 20:00:00 -05:00 to 2026-11-24 22:00:00 -05:00, by 5m

        cpu_busy
        ▁█············▂··········

        FROM                        MIN     MEAN    MAX      REPORTS
        2026-11-24 20:00:00 -05:00  1.0 %   2.0 %   4.0 %    30
        2026-11-24 20:05:00 -05:00  30.0 %  41.2 %  100.0 %  30
        2026-11-24 20:10:00 -05:00  -       -       -        none for 1h
        2026-11-24 21:10:00 -05:00  1.0 %   10.0 %  14.0 %   30

        What is older than 2026-11-24 21:00:00 -05:00 is known by the hour: --step 1h
    "#]],
    );
}

#[test]
fn several_readings_are_shown_a_line_each() {
    let view = history(vec![cpu(), disk("/\u{202e}var")], v1::HistoryStep::Hour);
    shows(
        &view,
        expect![[r#"
        db-7, 2026-11-24 20:00:00 -05:00 to 2026-11-24 22:00:00 -05:00, by 1h

        READING                  MIN    MEAN    MAX      SHAPE
        cpu_busy                 1.0 %  17.7 %  100.0 %  █▁·
        disk_used[/\u{202e}var]  -      -       -        ···
    "#]],
    );
}

#[test]
fn values_are_shown_as_they_came() {
    let point = |text, value| v1::Point { at: at(text), value };
    let points = vec![
        point("2026-11-25T01:00:00Z", Some(1 << 30)),
        point("2026-11-25T01:05:10Z", None),
        point("2026-11-25T02:30:00Z", Some(3 << 29)),
    ];
    let view = history(vec![v1::SeriesHistory { points, ..disk("/") }], v1::HistoryStep::Raw);
    shows(
        &view,
        expect![[r#"
        db-7, 2026-11-24 20:00:00 -05:00 to 2026-11-24 22:00:00 -05:00, as it came

        disk_used[/]
        FROM                        VALUE
        2026-11-24 20:00:00 -05:00  1.0 GiB
        2026-11-24 20:05:10 -05:00  none
        2026-11-24 21:30:00 -05:00  1.5 GiB

        What is older than 2026-11-24 21:00:00 -05:00 is known by the hour: --step 1h
    "#]],
    );
    expect![[r#"
        endpoint,metric,instance,unit,at,value
        db-7,disk_used,/,bytes,2026-11-25T01:00:00Z,1073741824
        db-7,disk_used,/,bytes,2026-11-25T01:05:10Z,
        db-7,disk_used,/,bytes,2026-11-25T02:30:00Z,1610612736
    "#]]
    .assert_eq(&view.csv());
}

#[test]
fn what_is_known_is_listed() {
    let series = vec![cpu(), disk("/var")];
    let answer = v1::GetHistoryResponse { series, ..Default::default() };
    shows(
        &Names::from(answer),
        expect![[r#"
        READING          UNIT
        cpu_busy         permille
        disk_used[/var]  bytes
    "#]],
    );
    shows(
        &Names { series: Vec::new() },
        expect![[r#"
        no readings
    "#]],
    );
}

#[test]
fn a_spreadsheet_gets_numbers_and_runs_nothing() {
    let mut evil = cpu();
    evil.metric = "=cmd(\"x\"),1".into();
    let view = history(vec![evil], v1::HistoryStep::FiveMinutes);
    expect![[r#"
        endpoint,metric,instance,unit,from,min,mean,max,reports,seconds
        db-7,"'=cmd(""x""),1",,permille,2026-11-25T01:00:00Z,10,20,40,30,300
        db-7,"'=cmd(""x""),1",,permille,2026-11-25T01:05:00Z,300,412.4,1000,30,300
        db-7,"'=cmd(""x""),1",,permille,2026-11-25T02:10:00Z,10,100,140,30,300
    "#]]
    .assert_eq(&view.csv());
}
