//! A machine that was away for days: what is now comes before what was.

use jiff::{SignedDuration, Timestamp};
use remit_agent::spool::{Draft, Spool as _, segments::SegmentSpool};
use remit_agent_domain::spool::Limits;
use remit_proto::{
    convert::Wire as _,
    v1::{self, AlertState},
};
use remit_runtime::{clock::SystemClock, random};
use remit_shared::{Answer, Body, Clock as _, Reading, Stream, Unit};
use tests::{FakeAgent, RealAgent, SOON, Site, day_and_night, eventually, tuesday};

use crate::stream::applied;

/// Three days, a measurement every six minutes.
const RECORDS: i64 = 720;

/// How full the root filesystem is.
const ROOT: (&str, &str) = ("disk_used", "/");

fn nth(number: i64) -> Timestamp {
    tuesday("01:00") + SignedDuration::from_mins(6 * number)
}

/// How full the root filesystem is, as an operator is shown it.
async fn disk(site: &Site, agent: &FakeAgent) -> Option<i64> {
    let seen = site.admin.endpoint(&agent.id).await.ok()?;
    seen.readings.iter().find(|it| it.metric == "disk_used").map(|it| it.value)
}

/// Measures at the collector's time, tells that ahead of its turn, and waits
/// until it is seen.
async fn previewed(site: &Site, agent: &mut FakeAgent, by: &mut tests::Session, permille: i64) {
    let record = agent.disk_at(site.now(), permille);
    by.preview(&record).await;
    let what = "what is now is shown";
    let seen = async || (disk(site, agent).await == Some(permille)).then_some(());
    eventually(SOON, what, seen).await;
}

#[tokio::test]
async fn three_days_are_told_after_what_is_now_and_judged_by_it() {
    let matrix = day_and_night() + "\n[[check]]\ncheck = \"disk-space\"\nhold = \"1s\"\n";
    let site = Site::by_clock(&matrix).await;
    // One whose disk was full and is not, and one whose disk is full by now.
    let (mut over, mut full) = (site.agent("web-1").await, site.agent("db-7").await);
    site.stop_clock(tuesday("01:00"));
    for agent in [&mut over, &mut full] {
        agent.ahead = tuesday("01:00").duration_since(SystemClock.now());
        drop(agent.connect().await.unwrap());
    }
    for number in 1..=RECORDS {
        let was_full = (240..480).contains(&number);
        over.disk_at(nth(number), if was_full { 970 } else { 500 + number % 2 });
        full.disk_at(nth(number), 500 + number % 2);
    }
    site.stop_clock(nth(RECORDS) + SignedDuration::from_secs(30));
    let mut sessions = Vec::new();
    for agent in [&mut over, &mut full] {
        agent.ahead = site.now().duration_since(SystemClock.now());
        sessions.push(agent.connect().await.unwrap());
    }
    assert!(sessions.iter().all(|it| it.welcome.takes_previews));
    for value in [960, 961, 962] {
        previewed(&site, &mut over, &mut sessions[0], value - 450).await;
        previewed(&site, &mut full, &mut sessions[1], value).await;
        site.pass(SignedDuration::from_secs(5));
    }
    // Nothing of the three days is applied, and who must know does.
    let alert = site.admin.alerted("disk-space", AlertState::Open).await;
    assert_eq!((alert.endpoint_id.as_str(), alert.delayed), (full.id.as_str(), false));
    let shown = site.remit(&site.admin, ["endpoint", "show", "web-1"]).await;
    assert!(shown.stdout.contains("51.2 %"), "{}", shown.stdout);
    let seen = site.admin.endpoint(&over.id).await.unwrap();
    assert_eq!((seen.metrics_applied, seen.checks.as_slice()), (0, [].as_slice()));

    for (agent, session) in [&over, &full].into_iter().zip(&mut sessions) {
        agent.resend(session).await;
    }
    while applied_so_far(&site, &over).await < over.last(Stream::Metrics) {
        assert_eq!(disk(&site, &over).await, Some(512), "what was shown is not taken back");
    }
    for agent in [&over, &full] {
        let seen = applied(&site, agent).await;
        assert_eq!(seen.records_lost, 0);
    }
    let values = history(&site, &full.id, ROOT, tuesday("01:00")).await;
    let measured = (1..=RECORDS).map(|it| 500 + it % 2).chain([960, 961, 962]);
    assert_eq!(values, measured.collect::<Vec<_>>(), "each once, in order");
    assert!(history(&site, &over.id, ROOT, tuesday("01:00")).await.contains(&970));

    // The past opens nothing and ends nothing; what is over is one letter.
    let letters = || -> Vec<_> {
        site.inbox.received().into_iter().filter(|it| it.field("topic") == "backlog").collect()
    };
    eventually(SOON, "the backlog is told", async || (!letters().is_empty()).then_some(())).await;
    let subjects: Vec<_> = letters().iter().map(|it| it.field("subject").to_owned()).collect();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(subjects[0].starts_with("[BACKLOG] web-1: bad while nobody"), "{subjects:?}");
    let alerts = site.admin.all_alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0].state(), AlertState::Open);
    let pages = site.inbox.received();
    assert_eq!(pages.iter().filter(|it| it.field("topic") == "assigned").count(), 1);
}

/// What history keeps of a series since a time, oldest first.
async fn history(
    site: &Site,
    endpoint: &str,
    (metric, instance): (&str, &str),
    since: Timestamp,
) -> Vec<i64> {
    let asked = v1::ListReadingsRequest {
        endpoint: endpoint.into(),
        metric: metric.into(),
        instance: instance.into(),
        from: Some(since.to_wire()),
        page_size: 10_000,
        ..Default::default()
    };
    let listed = site.admin.endpoints().list_readings(asked).await.expect("the series is known");
    listed.into_inner().points.iter().filter_map(|it| it.value).collect()
}

async fn applied_so_far(site: &Site, agent: &FakeAgent) -> u64 {
    site.admin.endpoint(&agent.id).await.unwrap().metrics_applied
}

/// Three days of a machine whose memory was all but used up, in the spool of an
/// agent that has yet to run.
fn three_days(agent: &RealAgent, records: i64) {
    let limits = Limits { max_bytes: 64 << 20, max_age: SignedDuration::from_hours(168) };
    let folder = agent.state_dir().join("spool");
    let mut spool = SegmentSpool::open(&folder, limits, random::u64()).unwrap();
    let now = SystemClock.now();
    let drafts = (0..records).map(|number| {
        let at = now - SignedDuration::from_secs(259_200 - 200 * number);
        let reading = Reading::new("memory_used", Unit::Permille, 990 + number % 2);
        let body = Body::Readings(vec![reading]);
        let answers = vec![Answer::full("memory", "/proc/meminfo", at, body)];
        Draft { at, stream: Stream::Metrics, answers }
    });
    spool.append(&drafts.collect::<Vec<_>>()).unwrap();
    spool.close().unwrap();
}

#[tokio::test]
async fn a_real_agent_shows_what_is_now_before_three_days_of_measurements() {
    const BACKLOG: u64 = 1_200;
    let site = Site::by_clock(&day_and_night()).await;
    let mut agent = site.real_agent("db-7");
    // Before it was enrolled it can have seen nothing.
    site.set_clock(SystemClock.now() - SignedDuration::from_hours(80));
    let id = agent.become_endpoint(&site.token().await).await;
    site.set_clock(SystemClock.now());
    three_days(&agent, BACKLOG as i64);
    agent.start();
    let is_now = |it: &v1::CurrentReading| it.metric == "memory_used" && it.value < 990;
    let what = "what is now is shown";
    let seen = site.admin.endpoint_where(&id, what, |it| it.readings.iter().any(is_now)).await;
    assert!(seen.metrics_applied < BACKLOG, "{} are applied", seen.metrics_applied);

    let all = "all of it is applied, and what was measured meanwhile";
    let is_through = async || {
        let seen = site.admin.endpoint(&id).await.ok()?;
        assert!(!seen.checks.iter().any(|it| it.check == "memory-used"), "{:?}", seen.checks);
        assert!(seen.readings.iter().any(is_now), "{:?}", seen.readings);
        (seen.metrics_applied > BACKLOG + 5).then_some(seen)
    };
    let seen = eventually(SOON * 6, all, is_through).await;
    assert_eq!(seen.records_lost, 0);
    let begin = SystemClock.now() - SignedDuration::from_hours(80);
    let values = history(&site, &id, ("memory_used", ""), begin).await;
    let of_old: Vec<i64> = (0..BACKLOG as i64).map(|it| 990 + it % 2).collect();
    assert_eq!(values[..BACKLOG as usize], of_old, "history is whole");
    let alerts = site.admin.all_alerts().await;
    assert!(!alerts.iter().any(|it| it.check == "memory-used"), "{alerts:?}");
}
