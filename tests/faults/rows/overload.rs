//! More than can be taken: F11 and F31.

use std::rc::Rc;

use jiff::SignedDuration;
use remit_shared::{Answer, Body, Entry, Reading, Record, Stream, Unit};
use tests::{FakeAgent, SOON, Site, eventually};
use tokio::{
    task::JoinSet,
    time::{self, Duration, Instant},
};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{alerts, failed_run, percentile},
    rows::disk::{resident, told},
};

/// Spools a report of twenty values, as of so many minutes ago.
fn report(agent: &mut FakeAgent, seq: u64, minutes_ago: i64) {
    let at = agent.now() - SignedDuration::from_mins(minutes_ago);
    let values = (0..20).map(|it| {
        let value = (seq as i64 * 31 + it * 7) % 1_000;
        Reading::of("widgets", &format!("kind-{it}"), Unit::Count, value)
    });
    let answer = Answer::full("widgets", "a trial", at, Body::Readings(values.collect()));
    let entry = Entry::Answers(vec![answer]);
    agent.records.push(Record { stream: Stream::Metrics, seq, at, entry });
}

/// So many jobs of one machine fail, before it is another's turn.
const JOBS: usize = 50;

/// How long it takes from a failed backup until somebody has been told, again and
/// again for so long. The row breaks off where it takes a minute.
async fn live(site: &Site, length: Duration) -> Vec<f64> {
    let until = Instant::now() + length;
    let mut waits = Vec::new();
    while Instant::now() < until {
        let machine = waits.len() / JOBS;
        let mut agent = site.agent(&format!("db-{machine}")).await;
        let mut session = agent.connect().await.expect("it is let in");
        for nth in 0..JOBS {
            let job = format!("live-{machine}-{nth}");
            let record = failed_run(&mut agent, &job);
            let begun = Instant::now();
            session.report(&record).await;
            session.acknowledged(Stream::Events, record.seq).await.expect("it is taken");
            eventually(SOON * 3, "somebody is told", async || told(site, &job).then_some(())).await;
            waits.push(begun.elapsed().as_secs_f64());
            if Instant::now() > until {
                break;
            }
            time::sleep(Duration::from_millis(200)).await;
        }
    }
    waits
}

/// So many reports of one agent are under way, as a real one has it.
const WINDOW: u64 = 64;

/// How often an agent that comes back measures.
const MEASURES: Duration = Duration::from_secs(5);

/// Sends all that an agent holds in its order, and meanwhile what it measures
/// ahead of its turn. Gives how long each of that took until somebody could see
/// it, and how many that did not go on to see something older.
async fn comes_back(site: &Site, agent: &mut FakeAgent) -> (tests::Session, Vec<f64>, u64) {
    let mut session = agent.connect().await.expect("it is let in");
    for record in agent.records.iter().filter(|it| it.stream == Stream::Events) {
        session.report(record).await;
    }
    let backlog = agent.last(Stream::Metrics);
    let (mut acked, mut due) = (session.welcome.metrics_through, Instant::now());
    let (mut waits, mut went_back, mut newest) = (Vec::new(), 0, -1);
    let mut sent = acked;
    while sent < agent.last(Stream::Metrics) {
        let seen = if due <= Instant::now() { now_shown(site, agent).await } else { newest };
        went_back += u64::from(seen < newest);
        if due <= Instant::now() && sent + WINDOW < backlog {
            due = Instant::now() + MEASURES;
            newest += 1;
            let body = Body::Readings(vec![Reading::new(NOW, Unit::Count, newest)]);
            let record = agent.answer("now", body);
            let begun = Instant::now();
            session.preview(&record).await;
            let what = "what is now is shown";
            let is_shown = async || (now_shown(site, agent).await == newest).then_some(());
            eventually(SOON * 3, what, is_shown).await;
            waits.push(begun.elapsed().as_secs_f64());
        }
        while acked + WINDOW <= sent {
            acked = session.next_ack().await.expect("the session goes on").metrics_through;
        }
        let next = agent.records.iter().find(|it| it.stream == Stream::Metrics && it.seq > sent);
        let Some(next) = next.cloned() else { break };
        sent = next.seq;
        session.report(&next).await;
    }
    (session, waits, went_back)
}

/// What is measured while a backlog is on its way.
const NOW: &str = "now";

/// What is shown of it; -1 if nothing yet.
async fn now_shown(site: &Site, agent: &FakeAgent) -> i64 {
    let seen = site.admin.endpoint(&agent.id).await.unwrap_or_default();
    seen.readings.iter().find(|it| it.metric == NOW).map_or(-1, |it| it.value)
}

/// F11.
pub(crate) async fn three_days(fault: Fault, scope: &Scope) -> Found {
    let (agents, records) = scope.of((4, 500), (20, 4_320));
    let site = Rc::new(Site::start().await);
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for nth in 0..agents {
        let mut agent = site.agent(&format!("web-{nth}")).await;
        for seq in 1..=records {
            report(&mut agent, seq, (records - seq + 1) as i64);
        }
        // A backup failed meanwhile, and the next one did not.
        failed_run(&mut agent, "nightly");
        let site = Rc::clone(&site);
        tasks.spawn_local(async move {
            let (session, waits, went_back) = comes_back(&site, &mut agent).await;
            (agent, session, waits, went_back)
        });
    }
    let waits = live(&site, Duration::from_secs(scope.of(5, 60)));
    let (mut waits, sent) = tokio::join!(waits, tasks.join_all());
    let (mut lost, mut went_back, mut shown) = (0, 0, Vec::new());
    for (agent, _session, waits, back) in sent {
        let what = "all that was kept is applied";
        let all = agent.last(Stream::Metrics);
        let seen = eventually(SOON * 12, what, async || {
            let seen = site.admin.endpoint(&agent.id).await.ok()?;
            (seen.metrics_applied == all).then_some(seen)
        })
        .await;
        lost += seen.records_lost;
        went_back += back;
        shown.extend(waits);
    }
    let took = begun.elapsed().as_secs_f64();
    let setup = format!("{agents} agents with {records} reports of a minute each come back");
    Found::of(fault, setup)
        .is("lost", lost, 0)
        .at_most("live report to message p99", percentile(&mut waits, 99.0), " s", 5.0)
        .at_least("looked at what is now", shown.len() as u64, agents as u64)
        .at_most("what is now is shown p99", percentile(&mut shown, 99.0), " s", 5.0)
        .is("something older shown instead", went_back, 0)
        .shows("all applied after", took, " s")
        .but_not(
            "not in real time; that it is one digest and judged by what is now is seen by the \
             test three_days_are_told_after_what_is_now_and_judged_by_it",
        )
}

/// F31.
pub(crate) async fn four_times(fault: Fault, scope: &Scope) -> Found {
    let agents = scope.of(30, 200);
    let length = Duration::from_secs(scope.of(6, 120));
    let mut site = Site::start().await;
    let mut fleet = Vec::new();
    for nth in 0..agents {
        let mut agent = site.agent(&format!("web-{nth}")).await;
        for seq in 1..=scope.of(1_000, 2_000) {
            report(&mut agent, seq, 2_000 - seq as i64);
        }
        fleet.push(agent);
    }
    let pid = site.collector().pid();
    let mut tasks = JoinSet::new();
    for mut agent in fleet {
        tasks.spawn_local(async move {
            // All that it has, as fast as it is taken, again and again.
            loop {
                let Ok(mut session) = agent.connect().await else { continue };
                for record in &agent.records {
                    session.report(record).await;
                }
                while session.next_ack().await.is_ok() {}
            }
        });
    }
    let mut most = 0.0_f64;
    let watch = async {
        loop {
            most = most.max(resident(pid));
            time::sleep(Duration::from_millis(200)).await;
        }
    };
    let mut waits = tokio::select! {
        waits = live(&site, length) => waits,
        () = watch => unreachable!("it watches for ever"),
    };
    tasks.shutdown().await;
    let offline = alerts(&site).await.iter().filter(|it| it.check == "endpoint-offline").count();
    Found::of(fault, format!("{agents} agents send all they have without a pause for {length:?}"))
        .at_most("report to message p99", percentile(&mut waits, 99.0), " s", 10.0)
        .at_most("resident", most, " MiB", 512.0)
        .is("false offline", offline as u64, 0)
        .is("collector alive", u64::from(site.collector().ended().is_none()), 1)
        .but_not("not for ten minutes; nothing is shed by kind: each agent is held to its own pace")
}
