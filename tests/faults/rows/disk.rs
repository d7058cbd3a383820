//! Disks that fail, lie or are slow: F8, F10 and F25.

use std::{fs, path::Path};

use remit_runtime::clock::SystemClock;
use remit_shared::{Clock as _, Stream};
use tests::{Program, RealAgent, SOON, Site};
use tokio::{
    process::Command,
    time::{self, Duration, Instant},
};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{self, Talker, alerts, complaints, failed_run, percentile},
    rows::crash::Confirmed,
};

/// The same command, with calls that fail from the n-th of a thread on; what
/// failed is written down, in seconds since 1970.
fn failing(command: &Command, call: &str, error: &str, nth: u32, trace: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-qq", "-ttt", "-o"]).arg(trace);
    strace.arg("-e").arg(format!("trace={call}"));
    strace.arg("-e").arg(format!("inject={call}:error={error}:when={nth}+")).arg("--");
    tests::within(strace, command)
}

/// When the first call failed.
fn first_failure(trace: &Path) -> Option<f64> {
    let text = fs::read_to_string(trace).ok()?;
    let line = text.lines().find(|it| it.contains("(INJECTED)"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn now() -> f64 {
    SystemClock.now().as_duration().as_secs_f64()
}

/// What came of a program whose disk failed.
#[derive(Debug, Default)]
struct Failed {
    /// Confirmed after the failure.
    after: u64,
    /// Confirmed, and gone after a start without failures.
    gone: u64,
    /// Neither ended nor refusing.
    silent: u64,
    /// Needed somebody's hand.
    stuck: u64,
}

/// F8.
pub(crate) async fn fails(fault: Fault, _scope: &Scope) -> Found {
    let mut found = Failed::default();
    let mut trials = 0;
    for (call, error) in [("fdatasync", "EIO"), ("pwrite64", "ENOSPC"), ("pwrite64", "EIO")] {
        under_the_collector(call, error, &mut found).await;
        trials += 1;
    }
    for (call, error) in [("fdatasync", "EIO"), ("fdatasync", "ENOSPC"), ("fsync", "EIO")] {
        under_the_agent(call, error, &mut found).await;
        trials += 1;
    }
    let setup = "collector: fdatasync EIO, pwrite64 ENOSPC and EIO; agent: fdatasync EIO and \
                 ENOSPC, fsync EIO; from some call on, for good";
    Found::of(fault, setup)
        .shows("trials", f64::from(trials), "")
        .is("confirmed after the failure", found.after, 0)
        .is("confirmed and lost", found.gone, 0)
        .is("went on in silence", found.silent, 0)
        .is("needed a hand", found.stuck, 0)
}

/// Waits until a program has ended by itself; `None` if it does not.
async fn ends(program: &mut Program) -> Option<std::process::ExitStatus> {
    let until = Instant::now() + SOON;
    while Instant::now() < until {
        if let Some(status) = program.ended() {
            return Some(status);
        }
        time::sleep(Duration::from_millis(20)).await;
    }
    None
}

async fn under_the_collector(call: &str, error: &str, found: &mut Failed) {
    let mut site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    site.stop().await;
    let trace = site.folder().join("failures");
    site.restart_as(|serve| failing(serve, call, error, 12, &trace)).await;
    let mut session = agent.connect().await.expect("it is let in before anything fails");
    let (mut acked, mut times) = (0, Vec::new());
    for nth in 0..400 {
        let record = failed_run(&mut agent, &format!("job-{}", nth % 5));
        session.report(&record).await;
        if session.acknowledged(Stream::Events, record.seq).await.is_err() {
            break;
        }
        acked = record.seq;
        times.push(now());
    }
    let failed = first_failure(&trace);
    // An answer under way at that moment was owed for an earlier sync.
    let is_after = |at: &&f64| failed.is_some_and(|failed| **at > failed + 0.05);
    found.after += times.iter().filter(is_after).count() as u64;
    let refuses = site.http("/readyz").await.is_some_and(|it| it.0 == 503);
    let ended = ends(site.collector()).await;
    let is_told = ended.map_or(refuses, |it| it.code().is_some_and(|it| it != 0));
    found.silent += u64::from(failed.is_none() || !is_told);
    if ended.is_none() {
        site.cut_power().await;
    }
    site.restart().await;
    let through = agent.connect().await.map(|it| it.welcome.events_through);
    found.stuck += u64::from(through.is_err());
    found.gone += acked.saturating_sub(through.unwrap_or(0));
}

async fn under_the_agent(call: &str, error: &str, found: &mut Failed) {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    agent.become_endpoint(&site.token().await).await;
    let trace = site.folder().join("failures");
    // Names are synced when the spool is opened, records later.
    let from = if call == "fsync" { 1 } else { 8 };
    agent.start_as(|run| failing(run, call, error, from, &trace));
    let mut confirmed = Confirmed::default();
    let (mut times, mut refused) = (Vec::new(), 0);
    let until = Instant::now() + Duration::from_secs(8);
    // What is confirmed now must be told in time later: fifty come in a second.
    while agent.program().ended().is_none()
        && Instant::now() < until
        && refused < 20
        && times.len() < 400
    {
        if confirmed.ping(&agent).await {
            times.push(now());
        } else {
            refused += u64::from(!times.is_empty());
            time::sleep(Duration::from_millis(10)).await;
        }
    }
    let failed = first_failure(&trace);
    let is_after = |at: &&f64| failed.is_some_and(|failed| **at > failed + 0.05);
    found.after += times.iter().filter(is_after).count() as u64;
    let ended = if refused > 0 { ends(agent.program()).await } else { agent.program().ended() };
    let is_told = ended.map_or(refused > 0, |it| it.code().is_some_and(|it| it != 0));
    found.silent += u64::from(failed.is_none() || !is_told);
    if ended.is_none() {
        agent.cut_power().await;
    }
    agent.start();
    confirmed.ping_until_confirmed(&mut agent).await;
    found.gone += confirmed.lost(&site.admin).await;
}

/// F10.
pub(crate) async fn damaged(fault: Fault, scope: &Scope) -> Found {
    let trials = scope.of(2, 8);
    let (mut crashes, mut lost_more, mut undeclared, mut lost) = (0, 0, 0, 0);
    for trial in 0..trials {
        let is_cut = trial % 2 == 1;
        let mut site = Site::start().await;
        let mut agent = site.real_agent("db-7");
        let id = agent.become_endpoint(&site.token().await).await;
        site.stop().await;
        agent.start();
        let mut confirmed = Confirmed::default();
        for _ in 0..30 {
            confirmed.ping_until_confirmed(&mut agent).await;
        }
        agent.cut_power().await;
        damage(&agent, is_cut);
        site.restart().await;
        agent.start();
        let mut later = Confirmed::default();
        later.ping_until_confirmed(&mut agent).await;
        lost += later.lost(&site.admin).await;
        crashes += u64::from(agent.program().ended().is_some());
        let endpoint = site.admin.endpoint(&id).await.unwrap();
        let missing = confirmed.missing(&site.admin).await;
        // Each job was pinged once; the one pinged again is there again.
        lost_more += missing.saturating_sub(endpoint.records_lost);
        let is_declared = endpoint.records_lost > 0 && complaints(&site).await == 1;
        undeclared += u64::from(missing > 0 && !is_declared);
    }
    Found::of(fault, format!("30 pings in the spool, then a flipped bit or a cut end × {trials}"))
        .is("crashes", crashes, 0)
        .is("lost beyond what was declared", lost_more, 0)
        .is("losses that nobody is told of", undeclared, 0)
        .is("what came afterwards and is lost", lost, 0)
}

/// Flips a bit in the middle of the newest events, or cuts off their end.
fn damage(agent: &RealAgent, is_cut: bool) {
    let spool = agent.state_dir().join("spool");
    let files = fs::read_dir(&spool).expect("there is a spool").map(|it| it.unwrap().path());
    let is_events = |it: &std::path::PathBuf| {
        it.file_name().unwrap_or_default().to_string_lossy().starts_with("events-")
    };
    let mut segments: Vec<_> = files.filter(is_events).collect();
    segments.sort();
    let newest = segments.last().expect("there are events");
    let mut bytes = fs::read(newest).unwrap();
    let middle = bytes.len() / 2;
    if is_cut {
        bytes.truncate(bytes.len() - 5);
    } else {
        bytes[middle] ^= 0x10;
    }
    fs::write(newest, bytes).unwrap();
}

/// F25.
pub(crate) async fn slow(fault: Fault, scope: &Scope) -> Found {
    let mut site = Site::start().await;
    let mut talkers = Talker::many(&site, scope.of(20, 100)).await;
    let mut agent = site.agent("db-7").await;
    site.stop().await;
    let slow = "fdatasync:delay_enter=200000";
    site.restart_as(|serve| crate::strace::spoiled(serve, slow)).await;
    let before = resident(site.collector().pid());
    let tasks = load::talk(talkers, scope.of(60, 600));
    let mut waits = Vec::new();
    let until = Instant::now() + Duration::from_secs(scope.of(8, 60));
    let mut session = agent.connect().await.expect("it is let in, late");
    let mut most = before;
    while Instant::now() < until {
        let job = format!("job-{}", waits.len());
        let record = failed_run(&mut agent, &job);
        let begun = Instant::now();
        session.report(&record).await;
        session.acknowledged(Stream::Events, record.seq).await.unwrap();
        while !told(&site, &job) {
            time::sleep(Duration::from_millis(5)).await;
        }
        waits.push(begun.elapsed().as_secs_f64());
        most = most.max(resident(site.collector().pid()));
    }
    let mut gone = 0;
    talkers = Vec::new();
    for (talker, lost) in tasks.join_all().await {
        gone += lost;
        talkers.push(talker);
    }
    let (mut missing, mut measured) = (0, 0);
    for talker in &mut talkers {
        missing += talker.settle(&site).await.missing;
        measured += talker.measured();
    }
    let offline = alerts(&site).await.iter().filter(|it| it.check == "endpoint-offline").count();
    let setup = format!("{} agents report as fast as they are answered", talkers.len());
    Found::of(fault, setup)
        .shows("records", measured as f64, "")
        .is("lost", gone + missing, 0)
        .is("false offline", offline as u64, 0)
        .at_most("resident", most, " MiB", 512.0)
        .at_most("report to message p99", percentile(&mut waits, 99.0), " s", 10.0)
}

/// Whether somebody has been told of a job.
pub(crate) fn told(site: &Site, job: &str) -> bool {
    site.inbox.received().iter().any(|it| it.body["alerts"][0]["instance"] == job)
}

/// The resident memory of a process, in MiB.
pub(crate) fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
