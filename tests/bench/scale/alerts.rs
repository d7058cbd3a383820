//! More and more open alerts: how soon somebody is told of one more, what a
//! report takes of time, and how long a start takes after a power cut.

use anyhow::ensure;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};

use super::Table;
use crate::{
    Plan, alerts, arrival, complain, fleet,
    load::Load,
    percentile, reports,
    site::Site,
    webhook::{self, Arrivals},
};

/// How many agents report, and tell of alerts.
const AGENTS: usize = 1_000;

/// How many alerts are told one by one.
const TOLD: usize = 600;

pub(super) async fn measure(plan: &Plan, sizes: &[u32]) -> anyhow::Result<Table> {
    ensure!(sizes.is_sorted(), "the numbers of alerts do not grow");
    let (arrivals, mut receiver) = (Arrivals::default(), JoinSet::new());
    let address = arrivals.listen(&mut receiver).await?;
    let mut site = Site::open(plan, Some(address)).await?;
    let mut sessions =
        fleet::connect(fleet::enroll(&site.operator().await?, AGENTS).await?).await?;
    webhook::run(&mut sessions, "warm-up", 40, &arrivals).await?;
    let mut rows = Vec::new();
    let mut open = 0;
    for size in sizes {
        let (more, before) = (*size as usize - open, arrivals.all());
        let began = Instant::now();
        let posters = alerts::posters(&site, &format!("to-{size}"), more).await?;
        alerts::post_all(&posters).await?;
        arrival::all(before + more, || arrivals.all()).await?;
        open = *size as usize;
        complain(&format!("  {open} open after {:.0} s", began.elapsed().as_secs_f64()));
        let times = webhook::run(&mut sessions, &format!("with-{size}"), TOLD, &arrivals).await?;
        let (middle, slowest) = (percentile(&times, 50.0), percentile(&times, 99.0));
        let load = Load::begin(sessions, plan.rate);
        time::sleep(reports::WARM_UP).await;
        let rate = load.per_cpu_second(site.pid()?, reports::RUN).await?;
        let members = fleet::disconnect(load.end().await?).await;
        site.kill().await?;
        let began = Instant::now();
        site.start().await?;
        let restart = began.elapsed().as_secs_f64() * 1e3;
        let there = site.operator().await?.open_alerts().await?;
        ensure!(there >= open, "{there} of {open} alerts are there after the power cut");
        complain(&format!("  p99 {slowest:.2} ms, serving after {restart:.0} ms"));
        sessions = fleet::connect(members).await?;
        rows.push((*size, vec![middle, slowest, rate, restart]));
    }
    Ok(Table {
        of: "Alerts open",
        heads: &["message, p50 ms", "message, p99 ms", "reports/CPU-s", "restart, ms"],
        rows,
        setup: format!(
            "{AGENTS} agents. {TOLD} backups fail, 40/s; then all report, {}/s in all; then the \
             power fails:",
            plan.rate
        ),
    })
}
