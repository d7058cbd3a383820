//! A few agents that catch up: reports as fast as they are acknowledged. And
//! what they take on disk afterwards.

use tokio::task::JoinSet;

use crate::{
    Plan, complain,
    figure::{Figure, Found},
    fleet, meter,
    session::{self, Session},
    site::Site,
    workload::Machine,
};

/// How many catch up at once.
const AGENTS: usize = 200;

/// How many reports each sends in a run, after the first.
const REPORTS: usize = 1_000;

/// How many are on their way at once.
pub(crate) const WINDOW: usize = 64;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let mut site = Site::open(plan, None).await?;
    let fleet = fleet::enroll(&site.operator().await?, AGENTS).await?;
    let mut sessions = fleet::connect(fleet).await?;
    let mut machines: Vec<_> = (0..AGENTS).map(Machine::new).collect();
    // The first report carries all names; here only values count.
    (sessions, machines) = catch_up(sessions, machines, 4).await?;
    let (mut rates, mut sizes) = (Vec::new(), Vec::new());
    let mut before;
    (sessions, before) = rest(sessions, &mut site).await?;
    for _ in 0..plan.runs {
        let cpu = meter::cpu_seconds(site.pid()?)?;
        (sessions, machines) = catch_up(sessions, machines, REPORTS).await?;
        let cpu = meter::cpu_seconds(site.pid()?)? - cpu;
        let after;
        (sessions, after) = rest(sessions, &mut site).await?;
        let count = (AGENTS * REPORTS) as f64;
        complain(&format!("  {count} reports, {cpu:.2} CPU-s, {before} to {after} bytes"));
        rates.push(count / cpu);
        sizes.push(after.saturating_sub(before) as f64 / count);
        before = after;
    }
    let setup = format!("{AGENTS} agents, {WINDOW} reports of each under way");
    let rates = Found { figure: Figure::Backlog, setup, runs: rates };
    let setup = format!("{} reports per run, after a clean stop", AGENTS * REPORTS);
    Ok(vec![rates, Found { figure: Figure::Disk, setup, runs: sizes }])
}

/// Stops the collector, looks at what its store takes, and goes on.
async fn rest(sessions: Vec<Session>, site: &mut Site) -> anyhow::Result<(Vec<Session>, u64)> {
    let fleet = fleet::disconnect(sessions).await;
    site.stop().await?;
    let bytes = meter::disk_bytes(&site.store())?;
    site.start().await?;
    Ok((fleet::connect(fleet).await?, bytes))
}

/// Lets each send so many reports.
pub(crate) async fn catch_up(
    sessions: Vec<Session>,
    machines: Vec<Machine>,
    reports: usize,
) -> anyhow::Result<(Vec<Session>, Vec<Machine>)> {
    let mut tasks = JoinSet::new();
    for (mut session, mut machine) in sessions.into_iter().zip(machines) {
        tasks.spawn(async move {
            let mut left = reports;
            while left > 0 {
                let now = left.min(WINDOW);
                for _ in 0..now {
                    session.send(machine.measure(session::now())).await?;
                }
                session.settled().await?;
                left -= now;
            }
            anyhow::Ok((session, machine))
        });
    }
    let mut done = Vec::new();
    while let Some(one) = tasks.join_next().await {
        done.push(one??);
    }
    done.sort_by_key(|it| it.0.member.number);
    Ok(done.into_iter().unzip())
}
