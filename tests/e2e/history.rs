//! How readings last, and who is told of them.

use jiff::SignedDuration;
use remit_proto::{
    convert::Wire as _,
    v1::{self, HistoryStep},
};
use serde_json::Value;
use tests::{FakeAgent, SOON, Site, eventually, starter};
use tonic::{Code, Status};

use crate::stream::applied;

/// How far apart reports are.
const APART: SignedDuration = SignedDuration::from_mins(4);

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// What is asked of the root filesystem's history until now.
fn asked(
    site: &Site,
    endpoint: &str,
    back: SignedDuration,
    step: HistoryStep,
) -> v1::GetHistoryRequest {
    v1::GetHistoryRequest {
        endpoint: endpoint.into(),
        series: vec![v1::SeriesName { metric: "disk_used".into(), instance: Some("/".into()) }],
        from: Some((site.now() - back).to_wire()),
        to: Some(site.now().to_wire()),
        step: step.into(),
    }
}

async fn ask(site: &Site, asked: v1::GetHistoryRequest) -> Result<v1::SeriesHistory, Status> {
    let answer = site.admin.endpoints().get_history(asked).await?.into_inner();
    Ok(answer.series.into_iter().next().unwrap_or_default())
}

/// An agent that reported for three days and was not heard for six hours of them.
async fn three_days(site: &Site) -> FakeAgent {
    let mut agent = site.agent("db-7").await;
    let begun = agent.now();
    site.pass(days(3));
    agent.ahead = days(3);
    let mut at = begun + APART;
    let silence = begun + SignedDuration::from_hours(30)..begun + SignedDuration::from_hours(36);
    for value in 0.. {
        if agent.now() <= at {
            break;
        }
        if !silence.contains(&at) {
            agent.disk_at(at, 300 + value * 7 % 101);
        }
        at += APART;
    }
    agent
}

#[tokio::test]
async fn what_is_forgotten_of_readings_is_known_by_the_hour() {
    let mut site = Site::by_clock(&starter()).await;
    let mut agent = three_days(&site).await;
    let session = agent.deliver().await;
    applied(&site, &agent).await;
    drop(session);

    let hours = ask(&site, asked(&site, "db-7", days(4), HistoryStep::Hour)).await.unwrap();
    assert!((66..=69).contains(&hours.rollups.len()), "{} hours", hours.rollups.len());
    let told: u64 = hours.rollups.iter().map(|it| it.count).sum();
    assert_eq!(told, agent.records.len() as u64, "every report counts once");
    let minutes =
        ask(&site, asked(&site, "db-7", days(4), HistoryStep::FiveMinutes)).await.unwrap();
    assert!(minutes.rollups.len() > 700, "{}", minutes.rollups.len());

    // Twenty days later nobody knows the values themselves any more.
    let (from, to) = (site.now() - days(4), site.now());
    let between = |step: HistoryStep| v1::GetHistoryRequest {
        from: Some(from.to_wire()),
        to: Some(to.to_wire()),
        ..asked(&site, "db-7", days(4), step)
    };
    let (hourly, raw) = (between(HistoryStep::Hour), between(HistoryStep::Raw));
    let by_minutes = between(HistoryStep::FiveMinutes);
    site.stop().await;
    site.pass(days(20));
    site.restart().await;
    eventually(SOON, "values are forgotten", async || {
        ask(&site, raw.clone()).await.ok().filter(|it| it.points.is_empty())
    })
    .await;
    // The newest value held until somebody asked, which may have been a second sooner.
    let but_the_end = |it: &v1::SeriesHistory| {
        let (last, before) = it.rollups.split_last().expect("there are hours");
        (before.to_vec(), last.count, last.min, last.max)
    };
    let later = eventually(SOON, "they are summed up", async || {
        let found = ask(&site, hourly.clone()).await.ok()?;
        let held = |it: &v1::SeriesHistory| it.rollups.last().map_or(0, |it| it.held_seconds);
        let is_same =
            found.rollups.len() == hours.rollups.len() && held(&found).abs_diff(held(&hours)) <= 1;
        (is_same && but_the_end(&found) == but_the_end(&hours)).then_some(found)
    })
    .await;
    assert_eq!(ask(&site, by_minutes).await.unwrap().rollups, []);

    // A power cut changes nothing of that.
    site.cut_power().await;
    site.restart().await;
    assert_eq!(ask(&site, hourly).await.unwrap(), later);
}

#[tokio::test]
async fn a_person_sees_the_shape_the_gap_and_the_numbers() {
    let site = Site::by_clock(&starter()).await;
    let mut agent = three_days(&site).await;
    let _session = agent.deliver().await;
    applied(&site, &agent).await;
    // `remit` goes by its own clock: three days from now, seen from here.
    let (from, to) = ((site.now() - days(3)).to_string(), site.now().to_string());
    let span = ["--from", from.as_str(), "--to", to.as_str()];
    let typed = ["endpoint", "history", "db-7"];
    let names = site.remit(&site.admin, typed).await;
    assert!(names.stdout.contains("disk_used[/]  permille"), "{names:?}");

    let shown = site.remit(&site.admin, [&typed[..], &["disk_used"], &span].concat()).await;
    assert!(shown.stdout.contains("by 1h"), "{}", shown.stdout);
    assert!(shown.stdout.contains("none for "), "{}", shown.stdout);
    assert!(shown.stdout.contains('·') && shown.stdout.contains('█'), "{}", shown.stdout);

    let daily = [&typed[..], &["disk_used[/]", "--step", "1d", "--json"], &span].concat();
    let told: Value = serde_json::from_str(&site.remit(&site.admin, daily).await.stdout).unwrap();
    let series = &told["series"][0];
    assert_eq!((&told["step"], &series["unit"]), (&"1d".into(), &"permille".into()));
    let rollups = series["rollups"].as_array().unwrap();
    assert!((3..=4).contains(&rollups.len()), "{told}");
    assert!(rollups.iter().all(|it| it["min"].as_i64() <= it["max"].as_i64()), "{told}");

    let csv = [&typed[..], &["disk_used", "--step", "1h", "--csv"], &span].concat();
    let csv = site.remit(&site.admin, csv).await.stdout;
    assert!(csv.starts_with("endpoint,metric,instance,unit,from,min,mean,max,reports,seconds\n"));
    assert!(csv.lines().count() > 60, "{csv}");
    let wrong = site.remit(&site.admin, [&typed[..], &["disk_use"]].concat()).await;
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    assert!(wrong.stderr.contains("there is no reading disk_use: did you mean disk_used?"));
}

#[tokio::test]
async fn too_much_is_refused_in_words() {
    let site = Site::by_clock(&starter()).await;
    let mut agent = site.agent("db-7").await;
    agent.disk(100);
    let _session = agent.deliver().await;
    applied(&site, &agent).await;
    for (back, step, words) in [
        (days(8), HistoryStep::Raw, "values as they came are told of 7 series and 7 days at once"),
        (days(40), HistoryStep::FiveMinutes, "ask for less time, or for a longer step"),
        (days(-1), HistoryStep::Hour, "`from` must be before `to`"),
    ] {
        let refused = ask(&site, asked(&site, "db-7", back, step)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains(words), "{refused}");
    }
    let unknown =
        v1::GetHistoryRequest { step: 99, ..asked(&site, "db-7", days(1), HistoryStep::Hour) };
    assert_eq!(ask(&site, unknown).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn another_tenants_history_is_not_there() {
    let site = Site::by_clock(&starter()).await;
    let mut agent = site.agent("db-7").await;
    agent.disk(100);
    let _session = agent.deliver().await;
    applied(&site, &agent).await;
    for role in [v1::Role::Viewer, v1::Role::Operator, v1::Role::Manager, v1::Role::Auditor] {
        for (tenants, is_seen) in [(["acme"], true), (["globex"], false)] {
            let name = format!("{}-{}", role.as_str_name(), tenants[0]).to_lowercase();
            let made = site.admin.create_of(&name, role, v1::Party::Internal, &[], &tenants);
            let somebody = made.await;
            for endpoint in [agent.id.as_str(), "db-7"] {
                let asked = asked(&site, endpoint, days(1), HistoryStep::Hour);
                match somebody.endpoints().get_history(asked).await {
                    Ok(_) => assert!(is_seen, "{name} is told of {endpoint}"),
                    Err(refused) => {
                        let expected = format!("there is no endpoint {endpoint}");
                        let told = (refused.code(), refused.message().to_owned());
                        assert!(!is_seen, "{name}: {refused}");
                        assert_eq!(told, (Code::NotFound, expected));
                    }
                }
            }
        }
    }
}
