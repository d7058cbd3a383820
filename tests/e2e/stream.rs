//! Every record once: through power cuts, repetitions, copies and nonsense.

use jiff::SignedDuration;
use remit_proto::{
    convert::Wire as _,
    v1::{self, connect_request},
};
use remit_runtime::random;
use remit_shared::{Body, Lifecycle, Stream};
use tests::{FakeAgent, SOON, Session, Site, eventually};
use tonic::Code;

use crate::steps::fill_disk;

/// The values that the root filesystem had, oldest first, with their times.
async fn history(site: &Site, agent: &FakeAgent) -> Vec<(jiff::Timestamp, i64)> {
    let asked = v1::ListReadingsRequest {
        endpoint: agent.id.clone(),
        metric: "disk_used".into(),
        instance: "/".into(),
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
async fn applied(site: &Site, agent: &FakeAgent) -> v1::Endpoint {
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
    let enough = agent.now() + SignedDuration::from_millis(count);
    eventually(SOON, "there were so many milliseconds", async || {
        (agent.now() > enough).then_some(())
    })
    .await;
    let now = agent.now();
    for nth in 1..=count {
        agent.ahead = SignedDuration::from_millis(nth - count);
        agent.disk(nth);
        if nth % 4 == 0 {
            let version = format!("0.1.{nth}");
            agent.answer("agent", Body::Lifecycle(Lifecycle::Started { version, after_crash: false }));
        }
    }
    agent.ahead = SignedDuration::ZERO;
    for (nth, record) in agent.records.iter_mut().filter(|it| it.stream == Stream::Metrics).enumerate()
    {
        record.at = now - SignedDuration::from_millis(count - nth as i64);
        if let remit_shared::Entry::Answers(answers) = &mut record.entry {
            answers[0].observed_at = record.at;
        }
    }
}

/// Waits until as many more records as `steps` are acknowledged, or the
/// session ends; gives what is acknowledged then.
async fn go_on(session: &mut Session, steps: u64) -> u64 {
    let goal = session.welcome.events_through + steps;
    if session.acknowledged(Stream::Events, goal).await.is_ok() { goal } else { 0 }
}

#[tokio::test]
async fn power_cuts_neither_lose_nor_repeat_a_record() {
    const RECORDS: i64 = 400;
    let mut site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    measure(&mut agent, RECORDS).await;
    let mut durable = 0;
    for cut in 0..5 {
        let mut session = agent.connect().await.unwrap();
        let through = session.welcome.events_through;
        assert!(through >= durable, "cut {cut}: {through} came back of {durable} acknowledged");
        let steps = random::u64() % 16 + 1;
        let sender = agent.clone();
        let ((), acknowledged) = {
            let (mut sending, mut listening) = session.split();
            tokio::join!(sender.resend(&mut sending), async {
                let reached = listening.acknowledged(Stream::Events, through + steps).await;
                site.cut_power().await;
                reached.map_or(0, |()| through + steps)
            })
        };
        durable = durable.max(acknowledged);
        site.restart().await;
    }
    let _session = agent.deliver().await;
    let endpoint = applied(&site, &agent).await;
    assert_eq!(endpoint.records_lost, 0);
    let values: Vec<i64> = history(&site, &agent).await.into_iter().map(|it| it.1).collect();
    assert_eq!(values, Vec::from_iter(1..=RECORDS), "each value is in history once, in order");
    assert_eq!(site.admin.all_alerts().await, [], "nobody was troubled");
}
