//! Clocks that are wrong, by libfaketime: F20 and F21.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use remit_proto::v1::{self, AlertEventKind, AlertState};
use remit_shared::Stream;
use tests::{FakeAgent, RealAgent, SOON, Site, eventually, finish, starter};
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
    let (told, on) = tokio::join!(told_of_its_clock(&site), taken(&site, &alert));
    let (told_after, took) = (told - begun, on.1 - begun);
    time::sleep(Duration::from_secs(5)).await;
    // And an hour back, twice over what it was.
    set(&file, "-1h");
    time::sleep(Duration::from_secs(6)).await;
    set(&file, "+0");
    time::sleep(Duration::from_secs(6)).await;
    let after = steps(&site, &alert).await;
    let once: BTreeSet<&String> = after.iter().collect();
    let offline = alerts(&site).await.iter().filter(|it| it.check == "endpoint-offline").count();
    let of_clock = |it: &&v1::Alert| it.check == CLOCK;
    let all = alerts(&site).await;
    let still = all.iter().filter(of_clock).filter(|it| it.state() != AlertState::Resolved).count();
    let audited = audited(&site).await;
    let works = opened(&site, &mut agent, "afterwards").await.alert_id;
    Found::of(fault, "libfaketime: an hour on, an hour back and right again, while it runs")
        .at_most("told after", told_after.as_secs_f64(), " s", 10.0)
        .is("entries of the audit trail", audited, 3)
        .is("still told when it is right again", still as u64, 0)
        .at_least("steps taken when it is an hour on", on.0 as u64, 1)
        .at_most("after", took.as_secs_f64(), " s", 10.0)
        .is("steps taken twice", (after.len() - once.len()) as u64, 0)
        .is("false offline", offline as u64, 0)
        .is("works afterwards", u64::from(!works.is_empty()), 1)
        .but_not(
            "what an agreement's clocks count across a jump: they go by the wall clock, and are \
             off by the jump",
        )
}

/// The check that speaks of the collector's own clock.
const CLOCK: &str = "collector-clock";

/// When whoever runs the collector is told of its clock.
async fn told_of_its_clock(site: &Site) -> Instant {
    eventually(SOON, "the collector's clock is told of", async || {
        alerts(site).await.iter().any(|it| it.check == CLOCK).then(Instant::now)
    })
    .await
}

/// How many steps were taken when the first was, and when that was.
async fn taken(site: &Site, alert: &v1::Alert) -> (usize, Instant) {
    eventually(SOON, "the step is taken", async || {
        let steps = steps(site, alert).await;
        (!steps.is_empty()).then(|| (steps.len(), Instant::now()))
    })
    .await
}

/// How often the audit trail speaks of the collector's clock.
async fn audited(site: &Site) -> u64 {
    let listed = site.admin.asks("audit --action collector").await;
    listed["entries"].as_array().map_or(0, Vec::len) as u64
}

/// F21.
pub(crate) async fn of_an_agent(fault: Fault, scope: &Scope) -> Found {
    let clocks: &[&str] = scope.of(
        &["+1d", "@1970-01-02 00:00:00"],
        &["+1d", "-1d", "+10y", "-10y", "@1970-01-02 00:00:00", "@2106-03-01 00:00:00"],
    );
    let (mut told, mut here, mut untold) = (0, 0, 0);
    let (mut moved, mut lost, mut slowest) = (0, 0, 0.0_f64);
    let mut words = Vec::new();
    for clock in clocks {
        let mut site = Site::start().await;
        let mut agent = site.real_agent("db-7");
        let id = agent.become_endpoint(&site.token().await).await;
        let file = agent.state_dir().with_file_name("faked");
        set(&file, clock);
        agent.start_as(|run| by(run, &file));
        let begun = Instant::now();
        let until = begun + Duration::from_secs(30);
        let mut who = Told::Nobody;
        while Instant::now() < until && who == Told::Nobody {
            time::sleep(Duration::from_millis(100)).await;
            if alerts(&site).await.iter().any(|it| it.check == "clock-wrong") {
                who = Told::Operator;
            } else if says_why(&agent, &file).await && site.collector().log().contains(FOUND) {
                who = Told::Machine;
            }
        }
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        match who {
            Told::Operator => {
                told += 1;
                let seen = site.admin.endpoint(&id).await.unwrap();
                lost += seen.records_lost;
                moved += u64::from(!opened_now(&site).await);
            }
            Told::Machine => {
                here += 1;
                words.push(*clock);
            }
            Told::Nobody => untold += 1,
        }
    }
    let mut found = Found::of(fault, format!("a real agent by libfaketime: {}", clocks.join(", ")))
        .is("clocks that nobody is told of", untold, 0)
        .shows("told at the collector, as `clock-wrong`", f64::from(told), "")
        .shows("told on the machine alone", f64::from(here), "")
        .at_most("told after", slowest, " s", 120.0)
        .is("alerts at another time than the collector's", moved, 0)
        .is("records lost", lost, 0);
    if !words.is_empty() {
        found = found.but_not(format!(
            "by {} the collector's certificate has ended, and there is no session: the machine's \
             log, `status` and `doctor` say so, and how to set the clock; the collector logs that \
             somebody at that address thinks so; its operators are told that the endpoint is \
             offline, not `clock-wrong`",
            words.join(" and ")
        ));
    }
    found
}

/// Who is told that a machine's clock is wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nobody,
    /// Whoever looks after the machine, at the collector.
    Operator,
    /// Whoever looks at the machine.
    Machine,
}

/// Whether the agent says itself that its clock may be wrong, wherever somebody
/// would look.
async fn says_why(agent: &RealAgent, file: &Path) -> bool {
    let said = async |words: &[&str]| finish(by(&agent.command(words), file)).await.stdout;
    said(&["status"]).await.contains(ENDED) && said(&["doctor"]).await.contains(ENDED)
}

/// What the collector says then.
const FOUND: &str = "finds this certificate expired";

/// What the agent says where its clock is past the collector's certificate.
const ENDED: &str = "by this machine's clock";

/// Whether every alert was opened within the last minutes of the collector's time.
async fn opened_now(site: &Site) -> bool {
    let now = remit_shared::Clock::now(&remit_runtime::clock::SystemClock);
    alerts(site).await.iter().all(|it| {
        let age = now.duration_since(crate::load::at(it.opened_at)).as_secs();
        (0..180).contains(&age)
    })
}
