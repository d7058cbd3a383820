//! Who is silent, and why: F14, F15 and F24.

use jiff::SignedDuration;
use remit_proto::v1::{self, Presence};
use tests::{FakeAgent, Session, Site, eventually, starter};
use tokio::time::{self, Duration, Instant};

use crate::{Scope, fault::Fault, found::Found, load::alerts, rows::network::Link};

/// Agents, and their sessions while they have one.
struct Fleet {
    agents: Vec<FakeAgent>,
    sessions: Vec<Session>,
}

impl Fleet {
    async fn of(site: &Site, count: usize) -> Self {
        let mut agents = Vec::new();
        for nth in 0..count {
            agents.push(site.agent(&format!("web-{nth}")).await);
        }
        let mut fleet = Self { agents, sessions: Vec::new() };
        fleet.connect().await;
        fleet
    }

    async fn connect(&mut self) {
        self.sessions.clear();
        for agent in &mut self.agents {
            let session = agent.connect().await.expect("a good agent is let in");
            self.sessions.push(session);
        }
    }

    async fn beat(&self) {
        for session in &self.sessions {
            session.heartbeat().await;
        }
    }
}

/// How many endpoints were called offline, and how many alerts say so.
async fn called_offline(site: &Site) -> u64 {
    let checks = ["endpoint-offline", "site-unreachable", "collector-connectivity"];
    let of_silence = |it: &v1::Alert| checks.contains(&it.check.as_str());
    alerts(site).await.iter().filter(|it| of_silence(it)).count() as u64
}

/// F15.
pub(crate) async fn restarts(fault: Fault, scope: &Scope) -> Found {
    let count = scope.of(20, 200);
    let mut site = Site::by_clock(&starter()).await;
    let mut fleet = Fleet::of(&site, count).await;
    let downs = [10, 120, 300];
    let mut offline = 0;
    for down in downs {
        fleet.beat().await;
        site.cut_power().await;
        site.pass(SignedDuration::from_secs(down));
        site.restart().await;
        // For four minutes nobody is back; then most are.
        for _ in 0..24 {
            site.pass(SignedDuration::from_secs(10));
            time::sleep(Duration::from_millis(100)).await;
        }
        offline += called_offline(&site).await;
        fleet.connect().await;
        for _ in 0..30 {
            site.pass(SignedDuration::from_secs(10));
            fleet.beat().await;
            time::sleep(Duration::from_millis(100)).await;
        }
        offline += called_offline(&site).await;
    }
    let setup = format!("{count} agents; down for 10, 120 and 300 s and 240 s until they are back");
    Found::of(fault, setup).is("offline alerts", offline, 0)
}

/// F24.
pub(crate) async fn stands_still(fault: Fault, scope: &Scope) -> Found {
    let count = scope.of(10, 50);
    let mut site = Site::by_clock(&starter()).await;
    let mut fleet = Fleet::of(&site, count).await;
    fleet.beat().await;
    site.collector().pause(true);
    let still = Duration::from_secs(scope.of(5, 90));
    time::sleep(still).await;
    // For the collector much more time has passed, which is worse.
    site.pass(SignedDuration::from_mins(10));
    site.collector().pause(false);
    let mut offline = 0;
    for round in 0..30 {
        // Whoever has hung up meanwhile is back some seconds later.
        if round == 15 {
            fleet.connect().await;
        }
        fleet.beat().await;
        time::sleep(Duration::from_millis(200)).await;
        offline = offline.max(called_offline(&site).await);
    }
    let mut away = 0;
    for agent in &fleet.agents {
        let seen = site.admin.endpoint(&agent.id).await.unwrap().presence();
        away += u64::from(seen != Presence::Online);
    }
    let setup = format!("{count} agents, SIGSTOP for {still:?} and 10 min by its clock");
    Found::of(fault, setup).is("offline alerts", offline, 0).is("not online", away, 0)
}

/// F14.
pub(crate) async fn one_way(fault: Fault) -> Found {
    let mut found = Found::of(fault, "a real agent in a network whose packets vanish one way");
    let ways = [
        ("there", "nothing comes from the agent: offline after"),
        ("here", "nothing comes to the agent: offline after"),
    ];
    for (way, name) in ways {
        let site = Site::start().await;
        let mut agent = site.real_agent("db-7");
        let id = agent.become_endpoint(&site.token().await).await;
        let link = Link::to(&site).await;
        agent.move_into(link.name());
        agent.start();
        let what = "the agent is heard";
        site.admin.endpoint_where(&id, what, |it| it.presence() == Presence::Online).await;
        link.cut(way).await;
        let begun = Instant::now();
        let limit = Duration::from_secs(300);
        eventually(limit, "it is called offline", async || {
            let seen = alerts(&site).await;
            seen.iter().any(|it| it.check == "endpoint-offline").then_some(())
        })
        .await;
        found = found.at_most(name, begun.elapsed().as_secs_f64(), " s", 210.0);
        // It goes on measuring, and tells all of it once it can.
        let before = site.admin.endpoint(&id).await.unwrap();
        link.mend(way).await;
        let what = "what was measured meanwhile is there";
        let after = eventually(limit, what, async || {
            let now = site.admin.endpoint(&id).await.ok()?;
            let more = now.metrics_applied > before.metrics_applied + 60;
            (more && now.presence() == Presence::Online).then_some(now)
        })
        .await;
        found = found.is("records lost", after.records_lost, 0);
    }
    found
}
