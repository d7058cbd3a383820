//! Steps of an escalation around a power cut: F4, F5 and F6.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use remit_proto::v1::{self, AlertEventKind};
use remit_shared::Stream;
use tests::{FakeAgent, SOON, Site, day_and_night, eventually, starter};
use tokio::time::{self, Duration, Instant};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    hook::Hook,
    load::{alerts, failed_run},
    strace::dies_at_next,
};

/// The starter matrix with a manager who is told after two seconds.
fn impatient() -> String {
    let usual = "steps = [\"15m provider-manager\", \"30m it-manager\"]";
    let text = starter();
    assert!(text.contains(usual), "the policy is still there");
    text.replace(usual, "steps = [\"2s provider-manager\", \"1h it-manager\"]")
}

/// Reports a failed backup and waits until its owner is told.
async fn fails(site: &Site, agent: &mut FakeAgent, job: &str) -> v1::Alert {
    let record = failed_run(agent, job);
    let mut session = agent.deliver().await;
    session.acknowledged(Stream::Events, record.seq).await.unwrap();
    let what = "whoever it became is told";
    eventually(SOON, what, async || {
        let received = site.inbox.received();
        received.iter().any(|it| it.body["alerts"][0]["instance"] == job).then_some(())
    })
    .await;
    let found = alerts(site).await.into_iter().find(|it| it.instance == job);
    found.expect("what was told about is an alert")
}

async fn steps_of(site: &Site, alert: &v1::Alert) -> u64 {
    let timeline = site.admin.alert(&alert.alert_id).await.timeline;
    timeline.iter().filter(|it| it.kind() == AlertEventKind::Escalated).count() as u64
}

/// What came of steps that a kill fell upon.
#[derive(Default)]
struct Steps {
    too_soon: u64,
    missed: u64,
    double: u64,
    names: u64,
    slowest: f64,
}

/// Lets the collector die at some call while a step is due, again and again.
async fn around(scope: &Scope, call: &str) -> (u64, Steps) {
    let mut site = Site::with_matrix(&impatient()).await;
    let hook = Hook::open(site.address()).await;
    hook.instead_of(&mut site, "provider-manager").await;
    let mut agent = site.agent("db-7").await;
    let (trials, mut found) = (scope.of(3, 12), Steps::default());
    for trial in 0..trials {
        let job = format!("job-{trial}");
        let alert = fails(&site, &mut agent, &job).await;
        let mut tracer = dies_at_next(site.collector().pid(), call, site.folder()).await;
        let ended = site.collector().wait().await;
        assert_eq!(ended.code(), None, "it was killed");
        tracer.wait().await.unwrap();
        let of_alert = || {
            let about = |it: &crate::hook::Message| {
                it.field("topic") == "escalated" && it.field("alert_id") == alert.alert_id
            };
            hook.messages().into_iter().filter(about).collect::<Vec<_>>()
        };
        found.too_soon += of_alert().len() as u64;
        // The step is due by now.
        let due = Instant::now() + Duration::from_secs(3);
        time::sleep_until(due).await;
        let begun = Instant::now();
        site.restart().await;
        eventually(SOON, "the manager is told", async || (!of_alert().is_empty()).then_some(()))
            .await;
        found.slowest = found.slowest.max(begun.elapsed().as_secs_f64());
        let steps = steps_of(&site, &alert).await;
        found.missed += u64::from(steps == 0);
        found.double += steps.saturating_sub(1);
        let names: BTreeSet<String> = of_alert().into_iter().map(|it| it.id).collect();
        found.names += names.len() as u64;
    }
    (trials, found)
}

fn row(fault: Fault, setup: String, trials: u64, found: &Steps) -> Found {
    Found::of(fault, setup)
        .is("sent before", found.too_soon, 0)
        .is("steps missed", found.missed, 0)
        .is("steps twice", found.double, 0)
        .is("messages by their names", found.names, trials)
        .at_most("told after the start", found.slowest, " s", 10.0)
}

/// F4.
pub(crate) async fn between_step_and_message(fault: Fault, scope: &Scope) -> Found {
    let (trials, found) = around(scope, "connect").await;
    let setup = format!("killed as it connects to tell a step × {trials}");
    row(fault, setup, trials, &found)
}

/// F5.
pub(crate) async fn before_the_step(fault: Fault, scope: &Scope) -> Found {
    let (trials, found) = around(scope, "pwrite64").await;
    let setup = format!("killed at its next write while a step is coming up × {trials}");
    row(fault, setup, trials, &found)
}

/// One machine has fewer jobs than five hundred.
const MACHINES: usize = 10;

/// F6.
pub(crate) async fn five_hundred(fault: Fault, scope: &Scope) -> Found {
    let jobs = scope.of(100, 500);
    let mut site = Site::by_clock(&day_and_night()).await;
    let mut agents = Vec::new();
    for nth in 0..MACHINES {
        agents.push(site.agent(&format!("db-{nth}")).await);
    }
    // By night it is the provider's all along.
    site.set_clock(tests::tuesday("20:00"));
    for agent in &mut agents {
        agent.ahead = site.now().duration_since(agent.now());
        let mut last = 0;
        for nth in 0..jobs / MACHINES {
            last = failed_run(agent, &format!("job-{nth}")).seq;
        }
        let mut session = agent.deliver().await;
        session.acknowledged(Stream::Events, last).await.unwrap();
    }
    let told = |site: &Site, topic: &str| {
        let received = site.inbox.received().into_iter();
        let of_topic = received.filter(|it| it.field("topic") == topic && it.answered == 200);
        of_topic.map(|it| it.id).collect::<BTreeSet<_>>().len()
    };
    eventually(SOON * 3, "all are alerts, and told", async || {
        (told(&site, "assigned") > 0 && alerts(&site).await.len() == jobs).then_some(())
    })
    .await;
    site.cut_power().await;
    site.pass(SignedDuration::from_mins(40));
    let begun = Instant::now();
    site.restart().await;
    let steps = eventually(SOON * 6, "all steps are taken and told", async || {
        let mut steps = Vec::new();
        for alert in alerts(&site).await {
            steps.push(steps_of(&site, &alert).await);
        }
        steps.iter().all(|it| *it >= 2).then_some(steps)
    })
    .await;
    let took = begun.elapsed().as_secs_f64();
    // What else is to come would come in this time.
    let mut messages = told(&site, "escalated");
    loop {
        time::sleep(Duration::from_secs(3)).await;
        let now = told(&site, "escalated");
        if now == messages {
            break;
        }
        messages = now;
    }
    let missed: u64 = steps.iter().map(|it| 2_u64.saturating_sub(*it)).sum();
    let double: u64 = steps.iter().map(|it| it.saturating_sub(2)).sum();
    let found =
        Found::of(fault, format!("{jobs} open alerts with two steps each, down for 40 min"))
            .is("alerts", steps.len() as u64, jobs as u64)
            .is("steps missed", missed, 0)
            .is("steps twice", double, 0)
            .shows("messages of steps", messages as f64, "")
            .at_most("all steps taken", took, " s", 30.0);
    if messages < steps.len() {
        return found;
    }
    found.but_not("not gathered: whoever is told is told of each alert by a message of its own")
}
