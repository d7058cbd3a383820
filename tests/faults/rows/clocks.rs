//! Clocks that are wrong, by libfaketime: F20 and F21.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use remit_proto::v1::{self, AlertEventKind};
use remit_shared::Stream;
use tests::{FakeAgent, SOON, Site, eventually, starter};
use tokio::{
    process::Command,
    time::{self, Duration, Instant},
};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{alerts, failed_run},
};

/// Where Debian has the library, whatever the machine.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("there is /usr/lib");
    let found = folders.filter_map(|it| {
        let path = it.ok()?.path().join("faketime/libfaketimeMT.so.1");
        path.exists().then_some(path)
    });
    found.into_iter().next().expect("the package libfaketime is installed")
}

/// The same command, with a clock that goes by what a file says.
pub(super) fn by(command: &Command, file: &Path) -> Command {
    let mut env = Command::new("env");
    env.arg(format!("LD_PRELOAD={}", library().display()));
    env.arg(format!("FAKETIME_TIMESTAMP_FILE={}", file.display()));
    env.args(["FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"]);
    tests::within(env, command)
}

/// Whoever reads it meanwhile finds the old time or the new.
pub(super) fn set(file: &Path, to: &str) {
    let beside = file.with_extension("next");
    fs::write(&beside, to).expect("the row's folder can be written");
    fs::rename(&beside, file).expect("the row's folder can be written");
}

/// The starter matrix in which nobody waits for long.
fn impatient() -> String {
    let usual = "steps = [\"15m provider-manager\", \"30m it-manager\"]\nrepeat = 3";
    let text = starter();
    assert!(text.contains(usual), "the policy is still there");
    text.replace(usual, "steps = [\"30m provider-manager\"]")
}

async fn opened(site: &Site, agent: &mut FakeAgent, job: &str) -> v1::Alert {
    let record = failed_run(agent, job);
    let mut session = agent.deliver().await;
    session.acknowledged(Stream::Events, record.seq).await.unwrap();
    eventually(SOON, "it is an alert", async || {
        alerts(site).await.into_iter().find(|it| it.instance == job)
    })
    .await
}

/// The steps that were taken, in words.
async fn steps(site: &Site, alert: &v1::Alert) -> Vec<String> {
    let timeline = site.admin.alert(&alert.alert_id).await.timeline.into_iter();
    timeline.filter(|it| it.kind() == AlertEventKind::Escalated).map(|it| it.detail).collect()
}

/// F20.
pub(crate) async fn of_the_collector(fault: Fault, _scope: &Scope) -> Found {
    let mut site = Site::with_matrix(&impatient()).await;
    let mut agent = site.agent("db-7").await;
    site.stop().await;
    let file = site.folder().join("faked");
    set(&file, "+0");
    site.restart_as(|serve| by(serve, &file)).await;
    let alert = opened(&site, &mut agent, "nightly").await;
    let begun = Instant::now();
    // An hour on: the step that is due in half an hour is taken, once.
    set(&file, "+1h");
    let on = eventually(SOON, "the step is taken", async || {
        Some(steps(&site, &alert).await).filter(|it| !it.is_empty())
    })
    .await;
    let took = begun.elapsed().as_secs_f64();
    time::sleep(Duration::from_secs(5)).await;
    // And an hour back, twice over what it was.
    set(&file, "-1h");
    time::sleep(Duration::from_secs(6)).await;
    set(&file, "+0");
    time::sleep(Duration::from_secs(6)).await;
    let after = steps(&site, &alert).await;
    let once: BTreeSet<&String> = after.iter().collect();
    let offline = alerts(&site).await.iter().filter(|it| it.check == "endpoint-offline").count();
    let told = alerts(&site).await.iter().filter(|it| it.check.contains("clock")).count();
    let works = opened(&site, &mut agent, "afterwards").await.alert_id;
    Found::of(fault, "libfaketime: an hour on, an hour back and right again, while it runs")
        .at_least("steps taken when it is an hour on", on.len() as u64, 1)
        .at_most("after", took, " s", 10.0)
        .is("steps taken twice", (after.len() - once.len()) as u64, 0)
        .is("false offline", offline as u64, 0)
        .is("works afterwards", u64::from(!works.is_empty()), 1)
        .at_least("alerts about the collector's clock", told as u64, 1)
        .but_not("the collector does not compare its two clocks, so nobody is told")
}

/// F21.
pub(crate) async fn of_an_agent(fault: Fault, scope: &Scope) -> Found {
    let clocks: &[&str] = scope.of(
        &["+1d", "@1970-01-02 00:00:00"],
        &["+1d", "-1d", "+10y", "-10y", "@1970-01-02 00:00:00", "@2106-03-01 00:00:00"],
    );
    let (mut untold, mut moved, mut lost, mut slowest) = (0, 0, 0, 0.0_f64);
    let mut words = Vec::new();
    for clock in clocks {
        let site = Site::start().await;
        let mut agent = site.real_agent("db-7");
        let id = agent.become_endpoint(&site.token().await).await;
        let file = agent.state_dir().with_file_name("faked");
        set(&file, clock);
        agent.start_as(|run| by(run, &file));
        let begun = Instant::now();
        let until = begun + Duration::from_secs(30);
        let mut told = false;
        while Instant::now() < until && !told {
            told = alerts(&site).await.iter().any(|it| it.check == "clock-wrong");
            time::sleep(Duration::from_millis(100)).await;
        }
        if told {
            slowest = slowest.max(begun.elapsed().as_secs_f64());
            let seen = site.admin.endpoint(&id).await.unwrap();
            lost += seen.records_lost;
            moved += u64::from(!opened_now(&site).await);
        } else {
            untold += 1;
            words.push(*clock);
        }
    }
    let mut found = Found::of(fault, format!("a real agent by libfaketime: {}", clocks.join(", ")))
        .is("clocks that nobody is told of", untold, 0)
        .is("alerts at another time than the collector's", moved, 0)
        .is("records lost", lost, 0);
    if !words.is_empty() {
        found = found.but_not(format!(
            "by {} the collector's certificate has expired: the agent says so in its log, keeps \
             what it measures, and is told to be offline",
            words.join(" and ")
        ));
    }
    if slowest > 0.0 { found.at_most("told after", slowest, " s", 120.0) } else { found }
}

/// Whether every alert was opened within the last minutes of the collector's time.
async fn opened_now(site: &Site) -> bool {
    let now = remit_shared::Clock::now(&remit_runtime::clock::SystemClock);
    alerts(site).await.iter().all(|it| {
        let age = now.duration_since(crate::load::at(it.opened_at)).as_secs();
        (0..180).contains(&age)
    })
}
