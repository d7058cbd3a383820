use jiff::SignedDuration;
use serde_json::Value;

use super::*;
use crate::{
    failure::Exit,
    testing::{Record, recorded},
};

fn answer() -> v1::GetHistoryResponse {
    let begin = "2026-11-25T01:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let rollup = v1::Rollup {
        begin: Some(begin.to_wire()),
        min: 1,
        max: 3,
        mean: 1.5,
        count: 360,
        held_seconds: 3_600,
    };
    let series = v1::SeriesHistory {
        metric: "disk_used".into(),
        instance: "/var".into(),
        unit: v1::Unit::Bytes.into(),
        rollups: vec![rollup],
        ..Default::default()
    };
    v1::GetHistoryResponse {
        step: v1::HistoryStep::Hour.into(),
        series: vec![series],
        from: Some(begin.to_wire()),
        to: Some((begin + SignedDuration::from_hours(2)).to_wire()),
        ..Default::default()
    }
}

#[tokio::test]
async fn what_is_typed_is_what_is_asked_for() {
    let record = Record::default().saying(answer());
    let (_collector, desk) = recorded(&record);
    let typed =
        "--json endpoint history db-7 cpu_busy disk_used[/var] link_up[] --from 7d --step 1h";
    let said = desk.type_in(typed).await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let asked = record.asked::<v1::GetHistoryRequest>().unwrap();
    let name = |metric: &str, instance: Option<&str>| v1::SeriesName {
        metric: metric.into(),
        instance: instance.map(Into::into),
    };
    let named =
        [name("cpu_busy", None), name("disk_used", Some("/var")), name("link_up", Some(""))];
    assert_eq!((asked.endpoint.as_str(), asked.series.as_slice()), ("db-7", named.as_slice()));
    assert_eq!(asked.step(), v1::HistoryStep::Hour);
    let seconds = asked.to.unwrap().seconds - asked.from.unwrap().seconds;
    assert_eq!(seconds, 7 * 86_400);
    let told: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(told["step"], "1h");
    assert_eq!(told["series"][0]["rollups"][0]["mean"], 1.5);
}

#[tokio::test]
async fn without_a_reading_those_that_are_known_are_listed() {
    let (_collector, desk) = recorded(&Record::default().saying(answer()));
    let said = desk.type_in("endpoint history db-7").await;
    assert_eq!(said.stdout, "READING          UNIT\ndisk_used[/var]  bytes\n");
    let said = desk.type_in("endpoint history db-7 disk_used --csv").await;
    assert!(said.stdout.ends_with("bytes,2026-11-25T01:00:00Z,1,1.5,3,360,3600\n"), "{said:?}");
}

#[tokio::test]
async fn a_time_that_ends_before_it_begins_is_not_asked_for() {
    let (_collector, desk) = recorded(&Record::default().saying(answer()));
    let said = desk.type_in("endpoint history db-7 cpu_busy --from 1h --to 2h").await;
    assert_eq!((said.exit, said.stderr.as_str()), (Exit(2), "remit: --from must be before --to\n"));
}
