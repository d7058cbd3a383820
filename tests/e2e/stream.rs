//! Every record once: through power cuts, repetitions, copies and nonsense.

use jiff::SignedDuration;
use remit_proto::{
    convert::Wire as _,
    v1::{self, connect_request},
};
use remit_runtime::{clock::SystemClock, random};
use remit_shared::{Body, Clock as _, Lifecycle, Stream};
use tests::{FakeAgent, SOON, Site, eventually};
use tonic::Code;

use crate::steps::{fill_disk, promise};

/// The values that the root filesystem had, oldest first, with their times.
pub(crate) async fn history(site: &Site, agent: &FakeAgent) -> Vec<(jiff::Timestamp, i64)> {
    let asked = v1::ListReadingsRequest {
        endpoint: agent.id.clone(),
        metric: "disk_used".into(),
        instance: "/".into(),
        page_size: 10_000,
        ..Default::default()
    };
    let listed = site.admin.endpoints().list_readings(asked).await.expect("the series is known");
    let point = |it: v1::Point| {
        let at = it.at.expect("a point has a time");
        (jiff::Timestamp::from_wire("at", at).expect("it is one"), it.value.unwrap_or(-1))
    };
    listed.into_inner().points.into_iter().map(point).collect()
}

/// Waits until everything that the agent holds is applied.
pub(crate) async fn applied(site: &Site, agent: &FakeAgent) -> v1::Endpoint {
    let (events, metrics) = (agent.last(Stream::Events), agent.last(Stream::Metrics));
    site.admin
        .endpoint_where(&agent.id, "all records are applied", |it| {
            (it.events_applied, it.metrics_applied) == (events, metrics)
        })
        .await
}

/// Spools so many measurements, each of another value at another millisecond,
/// and an event after every fourth.
async fn measure(agent: &mut FakeAgent, count: i64) {
    let begun = agent.now();
    let at = |nth| begun + SignedDuration::from_millis(nth);
    eventually(SOON, "there were so many milliseconds", async || {
        (agent.now() > at(count)).then_some(())
    })
    .await;
    for nth in 1..=count {
        agent.disk_at(at(nth), nth);
        if nth % 4 == 0 {
            agent.answer("agent", started());
        }
    }
}

fn started() -> Body {
    Body::Lifecycle(Lifecycle::Started { version: "0.1.0".into(), after_crash: false })
}

#[tokio::test]
async fn power_cuts_neither_lose_nor_repeat_a_record() {
    const RECORDS: i64 = 1_200;
    let mut site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    measure(&mut agent, RECORDS).await;
    let mut durable = 0;
    for _ in 0..5 {
        let mut session = agent.connect().await.unwrap();
        let through = session.welcome.events_through;
        assert!(through >= durable, "{durable} were acknowledged, {through} are still there");
        durable = (through + random::u64() % 16 + 1).min(agent.last(Stream::Events));
        agent.resend(&mut session).await;
        session.acknowledged(Stream::Events, durable).await.unwrap();
        site.cut_power().await;
        site.restart().await;
    }
    let _session = agent.deliver().await;
    let endpoint = applied(&site, &agent).await;
    assert_eq!(endpoint.records_lost, 0);
    let values: Vec<i64> = history(&site, &agent).await.into_iter().map(|it| it.1).collect();
    assert_eq!(values, Vec::from_iter(1..=RECORDS), "each value is in history once, in order");
    assert_eq!(site.admin.all_alerts().await, [], "nobody was troubled");
}

#[tokio::test]
async fn a_repeated_record_changes_nothing() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    measure(&mut agent, 3).await;
    for record in &agent.records {
        session.report(record).await;
        session.report(record).await;
    }
    agent.resend(&mut session).await;
    session.report(&agent.disk(4)).await;
    applied(&site, &agent).await;
    let values: Vec<i64> = history(&site, &agent).await.into_iter().map(|it| it.1).collect();
    assert_eq!(values, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_hole_is_refused_with_the_number_that_was_due() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    session.report(&agent.disk(100)).await;
    agent.disk(200);
    session.report(&agent.disk(300)).await;
    let ended = session.end().await;
    assert_eq!(ended.code(), Code::InvalidArgument);
    assert_eq!(ended.message(), "record 3 of the metrics stream came where 2 was due");

    let _session = agent.deliver().await;
    assert_eq!(applied(&site, &agent).await.metrics_applied, 3);
}

#[tokio::test]
async fn a_restored_snapshot_starts_over_and_somebody_is_told() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    agent.disk(100);
    let session = agent.deliver().await;
    applied(&site, &agent).await;
    drop(session);
    let mut snapshot = agent.clone();
    agent.disk(200);
    let session = agent.deliver().await;
    applied(&site, &agent).await;
    drop(session);

    snapshot.disk(300);
    let welcome = snapshot.connect().await.unwrap().welcome;
    assert!(welcome.reset_epoch, "an older state of the spool is recognised");
    let alert = site.admin.alerted("spool-reset", v1::AlertState::Open).await;
    assert_eq!(alert.summary, "the agent's spool is a copy or an older state of itself");
    let evidence = format!("epoch {:016x} came back with a resume token that was", snapshot.epoch);
    assert!(alert.evidence.starts_with(&evidence), "{}", alert.evidence);
    let whose = alert.responsibility.unwrap();
    assert_eq!((whose.row.as_str(), whose.responsible.as_str()), ("security", "provider-noc"));

    let retired = snapshot.epoch;
    snapshot.start_over();
    let _session = snapshot.deliver().await;
    assert_eq!(applied(&site, &snapshot).await.metrics_applied, 2);
    assert_eq!(history(&site, &snapshot).await.last().unwrap().1, 300);

    agent.epoch = retired;
    assert!(agent.connect().await.unwrap().welcome.reset_epoch, "a retired epoch stays retired");
}

#[tokio::test]
async fn of_two_machines_with_one_disk_the_second_is_found_out() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let _session = agent.connect().await.unwrap();
    let mut copy = agent.clone();
    agent.disk(100);
    let _session = agent.deliver().await;
    applied(&site, &agent).await;
    assert!(copy.connect().await.unwrap().welcome.reset_epoch);
    site.admin.alerted("spool-reset", v1::AlertState::Open).await;
}

#[tokio::test]
async fn a_declared_loss_is_counted_and_told() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    agent.disk(100);
    agent.lose(Stream::Metrics, 4, "spool full");
    agent.disk(200);
    let _session = agent.deliver().await;
    let endpoint = applied(&site, &agent).await;
    assert_eq!((endpoint.metrics_applied, endpoint.records_lost), (6, 4));
    let alert = site.admin.alerted("records-lost", v1::AlertState::Open).await;
    assert_eq!(alert.summary, "4 records of the agent are lost: spool full");
}

#[tokio::test]
async fn nonsense_ends_the_session_that_it_came_in_and_no_other() {
    let site = Site::start().await;
    let (mut agent, mut neighbour) = (site.agent("db-7").await, site.agent("web-1").await);
    let mut bystander = neighbour.connect().await.unwrap();
    let report = |report| connect_request::Message::Report(report);
    let (stream, seq) = (v1::Stream::Metrics.into(), 1);
    let huge = v1::Gap { from: 1, reason: "x".repeat(2 << 20) };
    let hello = connect_request::Message::Hello(agent.hello());
    for (nonsense, code, words) in [
        (
            report(v1::Report { stream, seq, measured: vec![7], ..Default::default() }),
            Code::InvalidArgument,
            "field `measured` names an id that this session has not defined",
        ),
        (
            report(v1::Report { stream, seq: 0, ..Default::default() }),
            Code::InvalidArgument,
            "field `seq` is 0; numbers count from 1",
        ),
        (
            report(v1::Report { stream, seq, at_delta_ms: i64::MAX, ..Default::default() }),
            Code::InvalidArgument,
            "field `at_delta_ms` leads to no time: ",
        ),
        (
            report(v1::Report { stream, seq, gap: Some(huge), ..Default::default() }),
            Code::OutOfRange,
            "Error, decoded message length too large: found ",
        ),
        (hello, Code::InvalidArgument, "a session has one hello"),
    ] {
        let mut session = agent.connect().await.unwrap();
        session.send(nonsense).await;
        let ended = session.end().await;
        assert_eq!(ended.code(), code, "{}", ended.message());
        assert!(ended.message().starts_with(words), "{}", ended.message());
    }
    agent.disk(100);
    let _session = agent.deliver().await;
    applied(&site, &agent).await;
    bystander.report(&neighbour.answer("agent", started())).await;
    bystander.acknowledged(Stream::Events, 1).await.unwrap();
}

#[tokio::test]
async fn a_session_starts_with_a_hello() {
    let site = Site::start().await;
    let agent = site.agent("db-7").await;
    let refused = agent.greet(agent.dial().await.unwrap(), v1::Hello::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.message(), "field `host` is missing");
}

/// With half an hour to spare, so that it is told in whole hours as a day.
const A_DAY: SignedDuration = SignedDuration::from_mins(24 * 60 + 30);

/// A machine whose clock is off by a day is told of, believed otherwise, and
/// watched as well as any other.
async fn wrong_clock(ahead: SignedDuration, summary: &str) {
    let site = Site::start().await;
    let begun = SystemClock.now();
    let mut agent = site.agent("db-7").await;
    agent.ahead = ahead;
    let mut session = agent.connect().await.expect("a wrong clock is no reason to refuse");
    let alert = site.admin.alerted("clock-wrong", v1::AlertState::Open).await;
    assert_eq!(alert.summary, summary);
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    for (at, _) in history(&site, &agent).await {
        assert!(begun <= at && at <= SystemClock.now(), "{at} is not a time of ours");
    }
    let spent = promise(&site, &alert, v1::SlaTarget::Resolution).await.elapsed_ms;
    let since = SystemClock.now().duration_since(begun).as_millis();
    assert!(i128::from(spent) <= since, "{spent} ms of what was promised are gone");
}

#[tokio::test]
async fn e17_agent_clock_plus1d() {
    wrong_clock(A_DAY, "the clock is 24 h ahead of the collector's").await;
}

#[tokio::test]
async fn a_clock_that_is_a_day_behind_is_told_and_set_right() {
    wrong_clock(-A_DAY, "the clock is 24 h behind the collector's").await;
}
