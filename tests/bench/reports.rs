//! Many agents that report in turn, each one report at a time: what a
//! collector does all day.

use std::time::Duration;

use tokio::time;

use crate::{
    Plan,
    figure::{Figure, Found},
    fleet,
    load::Load,
    site::Site,
};

/// Sessions settle in and names have been sent before anything counts.
pub(crate) const WARM_UP: Duration = Duration::from_secs(8);

/// How long one run lasts.
pub(crate) const RUN: Duration = Duration::from_secs(15);

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Found>> {
    let site = Site::open(plan, None).await?;
    let fleet = fleet::enroll(&site.operator().await?, plan.agents).await?;
    let load = Load::begin(fleet::connect(fleet).await?, plan.rate);
    time::sleep(WARM_UP).await;
    let pid = site.pid()?;
    let mut runs = Vec::new();
    for _ in 0..plan.runs {
        runs.push(load.per_cpu_second(pid, RUN).await?);
    }
    load.end().await?;
    let period = Duration::from_secs_f64(plan.agents as f64 / f64::from(plan.rate));
    let setup = format!("{} agents, one report each per {period:.1?}", plan.agents);
    Ok(vec![Found { figure: Figure::Reports, setup, runs }])
}
