//! What a connected agent takes of the collector's memory, and what it costs
//! when all of them come back at once.

use std::time::Duration;

use anyhow::Context as _;
use tokio::{task::JoinSet, time};

use crate::{
    Plan, complain,
    figure::{Figure, Found},
    fleet, meter,
    session::{self, Session},
    site::Site,
    workload::Machine,
};

/// Each agent reports so often before memory is looked at.
const REPORTS: usize = 4;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let mut site = Site::open(plan, None).await?;
    site.restart().await?;
    let empty = site.settled_memory().await?;
    let mut fleet = fleet::enroll(&site.operator().await?, plan.agents).await?;
    let (mut sizes, mut storms) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        site.restart().await?;
        let known = site.settled_memory().await?;
        let pid = site.pid()?;
        let cpu = meter::cpu_seconds(pid)?;
        let mut sessions = fleet::connect(fleet).await?;
        let cpu = meter::cpu_seconds(pid)? - cpu;
        sessions = first_reports(sessions).await?;
        let full = site.settled_memory().await?;
        complain(&format!(
            "  {:.0} KiB empty, {:.0} KiB with {} agents known, {:.0} KiB connected; {cpu:.2} CPU-s",
            empty.resident, known.resident, plan.agents, full.resident
        ));
        sizes.push((full.resident - empty.resident) / plan.agents as f64);
        storms.push(cpu / plan.agents as f64 * 10_000.0);
        fleet = fleet::disconnect(sessions).await;
        time::sleep(Duration::from_secs(1)).await;
    }
    let setup = format!("{} agents with their last state", plan.agents);
    let sizes = Found { figure: Figure::Connected, setup, runs: sizes };
    let setup = format!("{} full handshakes, with welcome", plan.agents);
    Ok(vec![sizes, Found { figure: Figure::Storm, setup, runs: storms }])
}

/// Lets each report for the first time, some of them at once: in a large fleet the
/// first would have been silent for too long when the last has its turn.
pub(crate) async fn first_reports(sessions: Vec<Session>) -> anyhow::Result<Vec<Session>> {
    let mut tasks = JoinSet::new();
    let mut reported = Vec::with_capacity(sessions.len());
    for session in sessions {
        tasks.spawn(report(session));
        if tasks.len() >= fleet::AT_ONCE {
            reported.push(tasks.join_next().await.context("no task")???);
        }
    }
    while let Some(session) = tasks.join_next().await {
        reported.push(session??);
    }
    Ok(reported)
}

async fn report(mut session: Session) -> anyhow::Result<Session> {
    let mut machine = Machine::new(session.member.number);
    for _ in 0..REPORTS {
        session.send(machine.measure(session::now())).await?;
    }
    session.settled().await?;
    Ok(session)
}
