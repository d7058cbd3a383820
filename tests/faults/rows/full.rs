//! Disks without room, for bytes and for names: F9.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use remit_proto::v1;
use remit_shared::Stream;
use tests::{Filler, SOON, Site, eventually, on_a_disk, starter};
use tokio::time::{self, Duration, Instant};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{Talker, alerts, failed_run, talk},
    rows::{crash::Confirmed, disk::told},
};

/// What the collector leaves to alerts, in bytes.
const RESERVE: u64 = 64 << 20;

/// Files that are in everybody's way: no other can be made. The room is free
/// again once they are dropped.
struct Names(Vec<PathBuf>);

impl Names {
    fn all_of(folder: &Path) -> Self {
        let mut taken = Vec::new();
        for nth in 0..100_000 {
            let path = folder.join(format!("in-the-way-{nth}"));
            if File::create(&path).is_err() {
                return Self(taken);
            }
            taken.push(path);
        }
        panic!("the disk has more names than a trial should take");
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        for path in &self.0 {
            // If the disk is gone, so is the file.
            let _ = fs::remove_file(path);
        }
    }
}

/// F9.
pub(crate) async fn fills(fault: Fault, scope: &Scope) -> Found {
    let bytes = of_bytes_under_the_collector(fault).await;
    let names = of_names_under_the_collector(fault, scope).await;
    bytes
        .and(names)
        .and(under_the_agent(fault).await)
        .but_not("the steps are at 64, 16 and 4 MiB free, not at 15, 5 and 2 % of the disk")
}

/// The starter matrix with a manager who is told after some seconds.
fn impatient() -> String {
    let usual = "steps = [\"15m provider-manager\", \"30m it-manager\"]";
    starter().replace(usual, "steps = [\"8s provider-manager\", \"1h it-manager\"]")
}

async fn of_bytes_under_the_collector(fault: Fault) -> Found {
    let mut site = Site::with_matrix(&impatient()).await;
    let noc = site.noc().await;
    site.stop().await;
    site.restart_on_small_disk(160).await;
    let (noc, data) = (noc.again().await, site.data());
    let talkers = Talker::many(&site, 4).await;
    let (mut talkers, _): (Vec<_>, Vec<_>) = talk(talkers, 8).join_all().await.into_iter().unzip();
    let mut agent = site.agent("db-7").await;
    for job in ["is-told", "is-taken"] {
        failed_run(&mut agent, job);
    }
    let mut session = agent.deliver().await;
    session.acknowledged(Stream::Events, 2).await.unwrap();
    eventually(SOON, "both are told", async || {
        (told(&site, "is-told") && told(&site, "is-taken")).then_some(())
    })
    .await;
    let filler = Filler::leaving(&site.collector().folder(&data), RESERVE / 2);
    // All reports are refused, and an agent's failed backup with them.
    let mut gone = 0;
    let tasks = talk(std::mem::take(&mut talkers), 40);
    for (talker, lost) in tasks.join_all().await {
        gone += lost;
        talkers.push(talker);
    }
    let event = failed_run(&mut agent, "while-full");
    session.report(&event).await;
    let events = u64::from(session.acknowledged(Stream::Events, event.seq).await.is_ok());
    let taken = alerts(&site).await.into_iter().find(|it| it.instance == "is-taken").unwrap();
    let asked = v1::AcknowledgeAlertRequest { alert_id: taken.alert_id, ..Default::default() };
    let taken = u64::from(noc.alerts().acknowledge_alert(asked).await.is_ok());
    let stepped = eventually(SOON, "the step is told", async || {
        let came = site.inbox.received();
        came.iter().any(|it| it.field("topic") == "escalated").then_some(1)
    })
    .await;
    drop(filler);
    eventually(SOON, "it takes reports again", async || {
        site.http("/readyz").await.filter(|it| it.0 == 200)
    })
    .await;
    let mut missing = 0;
    for talker in &mut talkers {
        gone += talker.talk(0).await;
        missing += talker.settle(&site).await.missing;
    }
    drop(agent.deliver().await);
    Found::of(fault, "collector with 32 MiB free, then with room again")
        .is("acknowledged and lost", gone, 0)
        .is("missing in the end", missing, 0)
        .is("a step that is due is told", stepped, 1)
        .is("an alert is taken on", taken, 1)
        .is("an agent's new alert is taken", events, 1)
}

async fn of_names_under_the_collector(fault: Fault, scope: &Scope) -> Found {
    let mut site = Site::start().await;
    let mut talkers = Talker::many(&site, 4).await;
    let mut agent = site.agent("db-7").await;
    site.stop().await;
    let data = site.data();
    site.restart_as(|serve| on_a_disk(serve, &data, "256m,nr_inodes=64")).await;
    let names = Names::all_of(&site.collector().folder(&data));
    let tasks = talk(std::mem::take(&mut talkers), scope.of(400, 2_000));
    let mut gone = 0;
    let event = failed_run(&mut agent, "while-full");
    let mut session = agent.deliver().await;
    let events = u64::from(session.acknowledged(Stream::Events, event.seq).await.is_ok());
    let until = Instant::now() + Duration::from_secs(5);
    while !told(&site, "while-full") && Instant::now() < until {
        time::sleep(Duration::from_millis(20)).await;
    }
    for (talker, lost) in tasks.join_all().await {
        gone += lost;
        talkers.push(talker);
    }
    let ended = u64::from(site.collector().ended().is_some());
    drop(names);
    let mut missing = 0;
    if ended == 0 {
        for talker in &mut talkers {
            gone += talker.talk(0).await;
            missing += talker.settle(&site).await.missing;
        }
    }
    Found::of(fault, "collector without a free inode, then with some again")
        .is("ended by it", ended, 0)
        .is("acknowledged and lost", gone + missing, 0)
        .is("an agent's new alert is taken", events, 1)
        .is("and told", u64::from(told(&site, "while-full")), 1)
}

async fn under_the_agent(fault: Fault) -> Found {
    let (mut silent, mut lost, mut refused) = (0, 0, 0);
    for names in [false, true] {
        let site = Site::start().await;
        let mut agent = site.real_agent("db-7");
        agent.become_endpoint(&site.token().await).await;
        let state = agent.state_dir();
        agent.start_as(|run| on_a_disk(run, &state, "8m,nr_inodes=64"));
        let mut confirmed = Confirmed::default();
        confirmed.ping_until_confirmed(&mut agent).await;
        let disk = agent.program().folder(&state);
        let taken = names.then(|| Names::all_of(&disk));
        let filler = (!names).then(|| Filler::leaving(&disk, 0));
        for _ in 0..400 {
            if !confirmed.ping(&agent).await {
                refused += 1;
                break;
            }
        }
        silent += u64::from(agent.program().ended().is_some());
        drop((taken, filler));
        confirmed.ping_until_confirmed(&mut agent).await;
        lost += confirmed.lost(&site.admin).await;
    }
    Found::of(fault, "agent without bytes, and without inodes")
        .is("ended by it", silent, 0)
        .is("confirmed and lost", lost, 0)
        .shows("disks that refused", f64::from(refused), "")
}
