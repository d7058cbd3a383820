//! Many agents that report in turn, each one report at a time: what a
//! collector does all day.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::ensure;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};

use crate::{
    Plan, complain,
    figure::{Figure, Found},
    fleet, meter,
    session::{self, Session},
    site::Site,
    workload::Machine,
};

/// Sessions settle in and names have been sent before anything counts.
const WARM_UP: Duration = Duration::from_secs(8);

/// How long one run lasts.
const RUN: Duration = Duration::from_secs(15);

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let site = Site::open(plan, None).await?;
    let fleet = fleet::enroll(&site.operator().await?, plan.agents).await?;
    let sessions = fleet::connect(fleet).await?;
    let period = Duration::from_secs_f64(plan.agents as f64 / f64::from(plan.rate));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for (place, session) in sessions.into_iter().enumerate() {
        // Spread over the period, as machines that start by themselves are.
        let first = Instant::now() + period.mul_f64(place as f64 / plan.agents as f64);
        tasks.spawn(report(session, first, period, Arc::clone(&acknowledged)));
    }
    time::sleep(WARM_UP).await;
    let pid = site.pid()?;
    let mut runs = Vec::new();
    for _ in 0..plan.runs {
        let (count, cpu) = (acknowledged.load(Ordering::Relaxed), meter::cpu_seconds(pid)?);
        let began = Instant::now();
        time::sleep(RUN).await;
        let count = acknowledged.load(Ordering::Relaxed) - count;
        let cpu = meter::cpu_seconds(pid)? - cpu;
        let rate = count as f64 / began.elapsed().as_secs_f64();
        complain(&format!("  {count} reports, {rate:.0}/s, {cpu:.2} CPU-s"));
        runs.push(count as f64 / cpu);
    }
    if let Some(ended) = tasks.try_join_next() {
        ensure!(ended?.is_ok(), "a session ended");
    }
    let setup = format!("{} agents, one report each per {period:.1?}", plan.agents);
    Ok(vec![Found { figure: Figure::Reports, setup, runs }])
}

/// Reports at fixed times until the task is dropped.
async fn report(
    mut session: Session,
    first: Instant,
    period: Duration,
    acknowledged: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let mut machine = Machine::new(session.member.number);
    let mut due = time::interval_at(first, period);
    loop {
        tokio::select! {
            _ = due.tick() => session.send(machine.measure(session::now())).await?,
            count = session.acknowledged() => {
                acknowledged.fetch_add(count?, Ordering::Relaxed);
            }
        }
    }
}
