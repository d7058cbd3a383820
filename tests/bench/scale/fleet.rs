//! More and more agents: what each takes of memory, what each report takes of
//! time, and how long somebody waits who asks.

use std::time::Duration;

use anyhow::ensure;
use remit_proto::v1::ListEndpointsRequest;
use tokio::time::Instant;

use super::Table;
use crate::{Plan, complain, connections, fleet, load::Load, percentile, reports, site::Site};

/// How often the list is asked for.
const ASKED: usize = 100;

/// How long the welcome of one more agent may take before it counts as refused.
const PATIENCE: Duration = Duration::from_secs(600);

/// An agent that waits for others reports so seldom.
const SECONDS_APART: u32 = 20;

pub(super) async fn measure(plan: &Plan, sizes: &[u32]) -> anyhow::Result<Table> {
    ensure!(sizes.is_sorted(), "the sizes of the fleet do not grow");
    let mut site = Site::open(plan, None).await?;
    site.restart().await?;
    let empty = site.settled_memory().await?.resident;
    let operator = site.operator().await?;
    let mut sessions = Vec::new();
    let mut rows = Vec::new();
    for size in sizes {
        let began = Instant::now();
        let numbers = sessions.len()..*size as usize;
        // Who is connected says something meanwhile, as every agent does.
        let idle = Load::begin(sessions, numbers.start as u32 / SECONDS_APART);
        let more = fleet::enroll_more(&operator, numbers).await?;
        sessions = idle.end().await?;
        let more = tokio::time::timeout(PATIENCE, fleet::connect(more)).await??;
        sessions.extend(connections::first_reports(more).await?);
        complain(&format!("  {size} connected after {:.0} s", began.elapsed().as_secs_f64()));
        let full = site.settled_memory().await?.resident;
        let memory = (full - empty) / f64::from(*size);
        complain(&format!("  {empty:.0} to {full:.0} KiB"));
        let load = Load::begin(sessions, plan.rate);
        tokio::time::sleep(reports::WARM_UP).await;
        let rate = load.per_cpu_second(site.pid()?, reports::RUN).await?;
        let mut times = Vec::new();
        for _ in 0..ASKED {
            let asked = Instant::now();
            operator.endpoints(ListEndpointsRequest::default()).await?;
            times.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        sessions = load.end().await?;
        rows.push((*size, vec![memory, rate, percentile(&times, 99.0)]));
    }
    Ok(Table {
        of: "Agents connected",
        heads: &["KiB/agent", "reports/CPU-s", "list of endpoints, p99 ms"],
        rows,
        setup: format!(
            "Agents with their last state; then they report, {}/s in all whatever their number, \
             while somebody asks for the first page of endpoints:",
            plan.rate
        ),
    })
}
