//! Programs that are killed at random: F1 and F3.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use remit_proto::v1;
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;
use tests::{Operator, RealAgent, SOON, Site};
use tokio::time::{self, Duration, Instant};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{self, Talker, at, moment, talk},
};

/// So many jobs are pinged in turn; an agent makes a hundred by itself.
const JOBS: u64 = 90;

/// What an agent has confirmed.
#[derive(Clone, Default)]
pub(crate) struct Confirmed {
    /// How often.
    pub(crate) count: u64,
    /// Each job's last, and when it was asked for.
    jobs: BTreeMap<String, Timestamp>,
    asked: u64,
}

fn in_use(line: &str) -> bool {
    line.contains("the state folder is already in use")
}

impl Confirmed {
    /// Pings the next job; whether the agent said that it has that.
    pub(crate) async fn ping(&mut self, agent: &RealAgent) -> bool {
        let job = format!("job-{}", self.asked % JOBS);
        let asked_at = SystemClock.now();
        let confirmed = agent.ping(&job).await == Some(200);
        if confirmed {
            self.asked += 1;
            self.count += 1;
            self.jobs.insert(job, asked_at);
        }
        confirmed
    }

    /// Pings until one is confirmed.
    pub(crate) async fn ping_until_confirmed(&mut self, agent: &mut RealAgent) {
        let until = Instant::now() + SOON;
        while !self.ping(agent).await {
            if Instant::now() >= until {
                panic!("no ping is confirmed within {SOON:?}: {}", agent.program().log());
            }
            // What was killed may keep its folder for a moment longer than its tracer
            // lives; a supervisor would start it once more.
            let is_turned_away = |log: &str| log.trim_end().lines().last().is_some_and(in_use);
            if agent.program().ended().is_some() && is_turned_away(&agent.program().log()) {
                agent.start();
            }
            time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many of the jobs' last runs the collector does not have.
    pub(crate) async fn missing(&self, admin: &Operator) -> u64 {
        let asked = v1::ListBackupJobsRequest { page_size: 1_000, ..Default::default() };
        let listed = admin.backups().list_backup_jobs(asked).await;
        let jobs = listed.expect("an administrator sees backups").into_inner().jobs;
        let mut last = BTreeMap::new();
        for status in jobs {
            if let (Some(job), Some(run)) = (status.job, status.last_run) {
                last.insert(job.name, at(run.started_at.or(run.ended_at)));
            }
        }
        let is_there =
            |job: &String, asked: &Timestamp| last.get(job).is_some_and(|it| it >= asked);
        self.jobs.iter().filter(|(job, asked)| !is_there(job, asked)).count() as u64
    }

    /// The same, once the collector has had time to be told.
    pub(crate) async fn lost(&self, admin: &Operator) -> u64 {
        let until = Instant::now() + SOON;
        loop {
            let missing = self.missing(admin).await;
            if missing == 0 || Instant::now() > until {
                return missing;
            }
            time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// F1.
pub(crate) async fn agent(fault: Fault, scope: &Scope) -> Found {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    let mut confirmed = Confirmed::default();
    let kills = scope.of(40, 1_000);
    for _ in 0..kills {
        agent.start();
        let killed = time::sleep(moment(600));
        let pings = async {
            loop {
                if !confirmed.ping(&agent).await {
                    time::sleep(Duration::from_millis(10)).await;
                }
            }
        };
        tokio::select! {
            () = killed => {}
            () = pings => {}
        }
        agent.cut_power().await;
    }
    agent.start();
    confirmed.ping_until_confirmed(&mut agent).await;
    let lost = confirmed.lost(&site.admin).await;
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    let declared = endpoint.records_lost;
    Found::of(fault, format!("a real agent, kill -9 at a random moment × {kills}"))
        .shows("confirmed", confirmed.count as f64, "")
        .is("confirmed and lost", lost, 0)
        .is("declared lost", declared, 0)
        .is("measured twice", twice(&site, &id).await, 0)
        .is("alerts of loss", load::complaints(&site).await, 0)
        .is("confirmed and not applied", confirmed.count.saturating_sub(endpoint.events_applied), 0)
}

/// How many instants a series has more than one value for.
async fn twice(site: &Site, endpoint: &str) -> u64 {
    let asked = v1::ListReadingsRequest {
        endpoint: endpoint.into(),
        metric: "memory_used".into(),
        page_size: 10_000,
        ..Default::default()
    };
    let listed = site.admin.endpoints().list_readings(asked).await;
    let points = listed.expect("the series is known").into_inner().points;
    let times: BTreeSet<_> = points.iter().map(|it| at(it.at)).collect();
    (points.len() - times.len()) as u64
}

/// F3.
pub(crate) async fn collector(fault: Fault, scope: &Scope) -> Found {
    /// More than is measured between two kills.
    const MOST: u64 = 40;
    let mut site = Site::start().await;
    let mut talkers = Talker::many(&site, 8).await;
    let kills = scope.of(15, 200);
    let (mut gone, mut slowest) = (0, 0.0_f64);
    for _ in 0..kills {
        let tasks = talk(talkers, MOST);
        time::sleep(moment(400)).await;
        site.cut_power().await;
        let begun = Instant::now();
        site.restart().await;
        slowest = slowest.max(begun.elapsed().as_secs_f64());
        talkers = Vec::new();
        for (talker, lost) in tasks.join_all().await {
            gone += lost;
            talkers.push(talker);
        }
    }
    let (mut missing, mut double, mut measured) = (0, 0, 0);
    for talker in &mut talkers {
        let kept = talker.settle(&site).await;
        measured += talker.measured();
        missing += kept.missing;
        double += kept.double;
    }
    Found::of(fault, format!("8 agents report without a pause, kill -9 × {kills}"))
        .shows("records", measured as f64, "")
        .is("acknowledged and lost", gone, 0)
        .is("missing in the end", missing, 0)
        .is("there twice", double, 0)
        .at_most("ready again", slowest, " s", 5.0)
}
