//! Programs that are killed at each sync and each rename, one after the other:
//! F2, the same for the collector (with F3), and for setting up (with F33).

use std::os::unix::process::ExitStatusExt as _;

use remit_proto::v1;
use remit_runtime::credential::Credential;
use remit_shared::Stream;
use tests::{FakeAgent, Operator, Program, RealAgent, SOON, Site, eventually, finish, run};
use tokio::{
    process::Command,
    time::{self, Duration, Instant},
};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{Talker, alerts, complaints, failed_run},
    rows::crash::Confirmed,
    strace::{SYNCS, dies_at_next, killed_at},
};

const KILL: i32 = 9;

/// A sweep that does not come to its end after so many points never would.
const MOST: u32 = 400;

/// The points of one call that are tried: all, or one of every few.
fn points(scope: &Scope) -> impl Iterator<Item = u32> {
    (1..=MOST).step_by(scope.of(3, 1))
}

async fn was_killed(program: &mut Program) -> bool {
    program.wait().await.signal() == Some(KILL)
}

/// What came of an agent that was killed at many points.
#[derive(Default)]
struct Swept {
    tried: u64,
    recovered: u64,
    lost: u64,
    confirmed: Confirmed,
}

impl Swept {
    /// Lets the running agent confirm things until it is dead, or has done all that
    /// it ever does, the end included. Then it is started without being killed.
    /// Whether it was.
    async fn until_dead(&mut self, site: &Site, agent: &mut RealAgent) -> bool {
        let begun = self.confirmed.count;
        while agent.program().ended().is_none() && self.confirmed.count < begun + 12 {
            if !self.confirmed.ping(agent).await {
                time::sleep(Duration::from_millis(5)).await;
            }
        }
        if agent.program().ended().is_none() {
            self.lost += self.confirmed.lost(&site.admin).await;
            agent.stop().await;
        }
        let killed = was_killed(agent.program()).await;
        agent.start();
        self.confirmed.ping_until_confirmed(agent).await;
        self.lost += self.confirmed.lost(&site.admin).await;
        let recovered = agent.stop().await.code() == Some(0);
        self.tried += u64::from(killed);
        self.recovered += u64::from(killed && recovered);
        killed
    }
}

/// F2: the running agent, and one that enrolls.
pub(crate) async fn agent(fault: Fault, scope: &Scope) -> Found {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let enrolled = enrolls().await;
    let id = agent.become_endpoint(&site.token().await).await;
    let mut swept = Swept::default();
    for call in SYNCS {
        // From its start on, as far as one thread comes.
        for nth in 1..=MOST {
            agent.start_as(|run| killed_at(run, call, nth));
            if !swept.until_dead(&site, &mut agent).await {
                break;
            }
        }
        // And at the next call after so many pings: many threads share the calls.
        for pings in (0..scope.of(4, 40)).step_by(scope.of(3, 1)) {
            agent.start();
            for _ in 0..=pings {
                swept.confirmed.ping_until_confirmed(&mut agent).await;
            }
            let pid = agent.program().pid();
            let mut tracer = dies_at_next(pid, call, site.folder()).await;
            swept.until_dead(&site, &mut agent).await;
            tracer.wait().await.expect("it ends with what it watched");
        }
    }
    let Swept { tried, recovered, lost, .. } = swept;
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    let calls = SYNCS.join(", ");
    let setup = format!("a real agent, killed at the n-th {calls} of its start and after n pings");
    Found::of(fault, setup)
        .shows("points", tried as f64, "")
        .is("of them needing a hand", tried - recovered, 0)
        .is("confirmed and lost", lost, 0)
        .is("declared lost", endpoint.records_lost, 0)
        .is("alerts of loss", complaints(&site).await, 0)
        .shows("points of enrolling", enrolled.0 as f64, "")
        .is("of them without an identity after a retry", enrolled.1, 0)
}

/// Enrolls again and again, killed a little later each time; the same words are
/// then said once more. Gives how often that was tried, and failed.
async fn enrolls() -> (u64, u64) {
    let site = Site::start().await;
    let (mut tried, mut failed) = (0, 0);
    for call in SYNCS {
        for nth in 1..=MOST {
            let agent = site.real_agent(&format!("new-{call}-{nth}"));
            let token = site.folder().join(format!("token-{call}-{nth}"));
            std::fs::write(&token, site.token().await).unwrap();
            let mut enroll = agent.command(&["enroll"]);
            enroll.arg("--token-file").arg(&token);
            let first = finish(killed_at(&enroll, call, nth)).await;
            if first.code == Some(0) {
                break;
            }
            tried += 1;
            let again = finish(enroll).await;
            // Whoever was killed after the last word is told that all is done.
            failed += u64::from(!matches!(again.code, Some(0 | 6)));
        }
    }
    (tried, failed)
}

/// What was confirmed of one life of the collector.
struct Life {
    /// A failed backup was acknowledged.
    reported: bool,
    /// Somebody was told that the alert is theirs now.
    taken_on: bool,
}

/// The collector's part of F3.
pub(crate) async fn collector(fault: Fault, scope: &Scope) -> Found {
    let mut site = Site::start().await;
    let noc = site.noc().await.credential;
    let mut talker = Talker::new(&site, "web-1").await;
    let mut reporter = site.agent("db-7").await;
    let (mut tried, mut gone, mut ownerless, mut not_once, mut forgotten) = (0, 0, 0, 0, 0);
    let (mut slowest, mut taken_on) = (0.0_f64, 0);
    for call in SYNCS.into_iter().chain(["pwrite64"]) {
        for nth in points(scope) {
            let job = format!("{call}-{nth}");
            site.stop().await;
            site.launch_as(|serve| killed_at(serve, call, nth));
            let life = live(&mut site, &noc, &mut talker, &mut reporter, &job).await;
            if site.collector().ended().is_none() {
                site.stop().await;
            }
            let killed = was_killed(site.collector()).await;
            let begun = Instant::now();
            site.restart().await;
            slowest = slowest.max(begun.elapsed().as_secs_f64());
            gone += talker.talk(0).await;
            let told = told_once(&site, &mut reporter, &job, life.reported).await;
            ownerless += u64::from(!told.0);
            not_once += u64::from(!told.1);
            let is_taken_on =
                |it: &v1::Alert| it.instance == job && it.state() == v1::AlertState::Acknowledged;
            let kept = alerts(&site).await.iter().any(is_taken_on);
            taken_on += u64::from(life.taken_on);
            forgotten += u64::from(life.taken_on && !kept);
            tried += u64::from(killed);
            if !killed {
                break;
            }
        }
    }
    let kept = talker.settle(&site).await;
    let calls = SYNCS.join(", ");
    Found::of(fault, format!("killed at the n-th {calls} or pwrite64 of a thread, n = 1, 2, …"))
        .shows("points", tried as f64, "")
        .is("acknowledged and lost", gone, 0)
        .is("missing in the end", kept.missing, 0)
        .is("there twice", kept.double, 0)
        .is("alerts without an owner", ownerless, 0)
        .is("alerts not told exactly once", not_once, 0)
        .at_least("alerts taken on", taken_on, 1)
        .is("of them forgotten", forgotten, 0)
        .at_most("ready again", slowest, " s", 5.0)
}

/// Lets the collector do all that it does for a while, or until it is dead.
async fn live(
    site: &mut Site,
    noc: &Credential,
    talker: &mut Talker,
    reporter: &mut FakeAgent,
    job: &str,
) -> Life {
    let mut life = Life { reported: false, taken_on: false };
    let what = "the collector is ready, or dead";
    let ready = eventually(SOON, what, async || {
        if site.collector().ended().is_some() {
            return Some(false);
        }
        site.http("/readyz").await.filter(|it| it.0 == 200).map(|_| true)
    });
    if !ready.await {
        return life;
    }
    talker.talk(8).await;
    let record = failed_run(reporter, job);
    let Ok(mut session) = reporter.connect().await else { return life };
    reporter.resend(&mut session).await;
    life.reported = session.acknowledged(Stream::Events, record.seq).await.is_ok();
    // The message, and what a person does, are written down as well.
    let until = Instant::now() + Duration::from_secs(5);
    while life.reported && site.collector().ended().is_none() && Instant::now() < until {
        if messages(site, job) > 0 {
            break;
        }
        time::sleep(Duration::from_millis(20)).await;
    }
    // A collector that dies of it gives no answer.
    if let Ok(noc) = Operator::connect(noc.clone()).await {
        let about = noc.all_alerts().await.into_iter().find(|it| it.instance == job);
        if let Some(alert) = about {
            life.taken_on = noc.acknowledge(&alert, 60).await.is_ok();
        }
    }
    life
}

/// How many messages of different names have told somebody whose an alert is.
fn messages(site: &Site, job: &str) -> usize {
    let of_job = site.inbox.received().into_iter().filter(|it| {
        it.webhook == "provider-noc"
            && it.field("topic") == "assigned"
            && it.body["alerts"][0]["instance"] == job
    });
    of_job.map(|it| it.id).collect::<std::collections::BTreeSet<_>>().len()
}

/// Whether a failed backup is an alert with an owner, and whether it is one and
/// told once. It is reported again if it was not acknowledged.
async fn told_once(site: &Site, reporter: &mut FakeAgent, job: &str, known: bool) -> (bool, bool) {
    if !known {
        if !reporter.records.iter().any(|it| format!("{it:?}").contains(job)) {
            failed_run(reporter, job);
        }
        let last = reporter.last(Stream::Events);
        let mut session = reporter.deliver().await;
        if session.welcome.events_through < last {
            session.acknowledged(Stream::Events, last).await.unwrap();
        }
    }
    let until = Instant::now() + SOON;
    while messages(site, job) == 0 && Instant::now() < until {
        time::sleep(Duration::from_millis(20)).await;
    }
    let found: Vec<_> = alerts(site).await.into_iter().filter(|it| it.instance == job).collect();
    let owned = found
        .iter()
        .all(|it| it.responsibility.as_ref().is_some_and(|it| it.responsible == "provider-noc"));
    (owned && !found.is_empty(), found.len() == 1 && messages(site, job) == 1)
}

/// F33, as far as there is anything to try: a data folder whose making is cut
/// off is made by the same command, or is whole.
pub(crate) async fn set_up(fault: Fault, scope: &Scope) -> Found {
    let mut site = Site::without_matrix().await;
    site.stop().await;
    let (mut tried, mut failed) = (0, 0);
    for call in SYNCS {
        for nth in points(scope) {
            let data = site.folder().join(format!("{call}-{nth}"));
            let init = init(&site, &data);
            let killed = finish(killed_at(&init, call, nth)).await.code.is_none();
            if !killed {
                break;
            }
            tried += 1;
            let again = finish(init).await;
            let check = ["config".as_ref(), "check".as_ref(), "--data-dir".as_ref()];
            let checked = run("remit-collector", [&check[..], &[data.as_os_str()]].concat()).await;
            let works = checked.code == Some(0) && serves(&site, &data).await;
            failed += u64::from(!works);
            if !works {
                crate::complain(&format!("  {call} {nth}: {}{}", again.stderr, checked.stderr));
            }
        }
    }
    Found::of(fault, "`init` killed at each sync and rename, then said again, then served")
        .shows("points", tried as f64, "")
        .is("of them needing a hand", failed, 0)
        .but_not(
            "no migration is killed here: its only step that writes does so source by source, each in \
             one write, and may be said again (test a_migration_that_is_cut_off_goes_on); a folder of a \
             later format is refused (test a_data_folder_from_the_future_is_left_alone)",
        )
}

fn init(site: &Site, data: &std::path::Path) -> Command {
    let mut init = tests::command("remit-collector");
    init.arg("init").arg("--data-dir").arg(data);
    init.arg("--name").arg(site.address().to_string());
    let listeners = ["--agent-listen", "--enroll-listen", "--operator-listen", "--http-listen"];
    for (flag, port) in listeners.into_iter().zip(7443_u16..) {
        init.arg(flag).arg(format!("{}:{port}", site.address()));
    }
    init
}

async fn serves(site: &Site, data: &std::path::Path) -> bool {
    let mut serve = tests::command("remit-collector");
    serve.arg("serve").arg("--data-dir").arg(data);
    let mut collector = Program::start(serve, &site.folder().join("tried.log"));
    let what = "the collector is ready, or dead";
    let ready = eventually(SOON, what, async || {
        if collector.ended().is_some() {
            return Some(false);
        }
        site.http("/readyz").await.map(|_| true)
    })
    .await;
    ready && collector.terminate().await.code() == Some(0)
}
