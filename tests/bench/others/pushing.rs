//! Reports that are pushed by remote write as fast as they are taken.

use std::net::SocketAddr;

use tokio::task::JoinSet;

use super::metrics::Source;
use crate::{http::Http, meter};

/// How many machines catch up: as many as with ours.
pub(super) const AGENTS: usize = 200;

/// How many reports each sends in a run.
const REPORTS: usize = 1_000;

/// How many are in one message.
const AT_ONCE: usize = 64;

/// How many come before anything counts.
const FIRST: usize = 4;

/// What a run found.
pub(super) struct Found {
    pub(super) reports: f64,
    pub(super) cpu: f64,
}

/// Machines for so many runs, with a connection each.
pub(super) fn sources(runs: usize) -> Vec<Source> {
    (0..AGENTS).map(|number| Source::new(number, FIRST + REPORTS * runs)).collect()
}

/// The first reports carry all names.
pub(super) async fn warm_up(sources: &mut Vec<Source>, to: SocketAddr) -> anyhow::Result<()> {
    all(sources, to, FIRST).await
}

/// Lets all send what a run has; gives the time it took of the server's.
pub(super) async fn run(
    sources: &mut Vec<Source>,
    to: SocketAddr,
    pid: u32,
) -> anyhow::Result<Found> {
    let cpu = meter::cpu_seconds(pid)?;
    let mut left = REPORTS;
    while left > 0 {
        // Side by side: Prometheus takes nothing that is an hour behind the others.
        let now = left.min(AT_ONCE);
        all(sources, to, now).await?;
        left -= now;
    }
    let cpu = meter::cpu_seconds(pid)? - cpu;
    Ok(Found { reports: (AGENTS * REPORTS) as f64, cpu })
}

/// Each sends so many reports in one message.
async fn all(sources: &mut Vec<Source>, to: SocketAddr, reports: usize) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for mut source in sources.drain(..) {
        tasks.spawn(async move {
            source.push(&mut Http::plain(to).await?, reports, None).await?;
            anyhow::Ok(source)
        });
    }
    while let Some(source) = tasks.join_next().await {
        sources.push(source??);
    }
    Ok(())
}
