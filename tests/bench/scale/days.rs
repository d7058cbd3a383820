//! More and more history: what a report takes of time and disk on top of it, and
//! how long somebody waits who looks back.

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};
use remit_proto::{
    convert::Wire as _,
    v1::{GetHistoryRequest, SeriesName},
};
use tokio::{task::JoinSet, time::Instant};

use super::Table;
use crate::{
    Plan, backlog, complain, fleet, meter, percentile,
    session::{self, Session},
    site::Site,
    workload::Machine,
};

/// How many agents have history.
const AGENTS: usize = 50;

/// What each sends on top of it, while time counts.
const REPORTS: usize = 1_000;

/// How often somebody looks back.
const ASKED: usize = 200;

/// A connection may carry 500 messages at once, and then 50 a second: whoever
/// has more to catch up with comes again, so that a month takes no hours.
const PER_CONNECTION: usize = 7 * backlog::WINDOW;

pub(super) async fn measure(plan: &Plan, sizes: &[u32], every: u32) -> anyhow::Result<Table> {
    let mut rows = Vec::new();
    for days in sizes {
        rows.push((*days, with(plan, *days, every).await?));
    }
    Ok(Table {
        of: "Days kept",
        heads: &["reports/CPU-s", "MiB on disk", "a look back, p50 ms", "a look back, p99 ms"],
        rows,
        setup: format!(
            "{AGENTS} agents with a report each {every} s of the past, which their spools bring; \
             then {REPORTS} more of each, 64 at a time; then somebody asks for one series over \
             all of these days (over an hour, if there are none):"
        ),
    })
}

async fn with(plan: &Plan, days: u32, every: u32) -> anyhow::Result<Vec<f64>> {
    let mut site = Site::open(plan, None).await?;
    // Nobody has seen anything before they were enrolled: that was back then.
    site.stop().await?;
    if days > 0 {
        site.start_days_ago(days).await?;
    } else {
        site.start().await?;
    }
    let fleet = fleet::enroll(&site.operator().await?, AGENTS).await?;
    site.restart().await?;
    let operator = site.operator().await?;
    let now = session::now();
    let span = SignedDuration::from_hours(24 * i64::from(days));
    let each = SignedDuration::from_secs(i64::from(every));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for session in fleet::connect(fleet).await? {
        tasks.spawn(bring(session, now - span, now, each));
    }
    let mut sessions = Vec::new();
    while let Some(session) = tasks.join_next().await {
        sessions.push(session??);
    }
    complain(&format!("  {days} days after {:.0} s", began.elapsed().as_secs_f64()));
    let machines = sessions.iter().map(|it| Machine::new(it.member.number)).collect();
    let (sessions, machines) = backlog::catch_up(sessions, machines, 4).await?;
    let cpu = meter::cpu_seconds(site.pid()?)?;
    let (sessions, _) = backlog::catch_up(sessions, machines, REPORTS).await?;
    let cpu = meter::cpu_seconds(site.pid()?)? - cpu;
    let rate = (AGENTS * REPORTS) as f64 / cpu;
    let mut times = Vec::new();
    let from = now - span.max(SignedDuration::from_hours(1));
    for nth in 0..ASKED {
        let asked = Instant::now();
        let request = GetHistoryRequest {
            endpoint: fleet::host(nth % AGENTS).hostname,
            series: vec![SeriesName { metric: "cpu_busy".into(), instance: Some(String::new()) }],
            from: Some(from.to_wire()),
            ..Default::default()
        };
        let told = operator.history(request).await?;
        let points: usize = told.series.iter().map(|it| it.points.len() + it.rollups.len()).sum();
        ensure!(points > 0, "there is no history");
        times.push(asked.elapsed().as_secs_f64() * 1e3);
    }
    fleet::disconnect(sessions).await;
    site.stop().await?;
    let disk = meter::disk_bytes(&site.store())? as f64 / 1_048_576.0;
    let (middle, slowest) = (percentile(&times, 50.0), percentile(&times, 99.0));
    complain(&format!("  {rate:.0} reports/CPU-s, {disk:.0} MiB, p99 {slowest:.2} ms"));
    Ok(vec![rate, disk, middle, slowest])
}

/// Brings what a spool would have kept of a time.
async fn bring(
    mut session: Session,
    from: Timestamp,
    to: Timestamp,
    each: SignedDuration,
) -> anyhow::Result<Session> {
    let mut machine = Machine::new(session.member.number);
    let (mut at, mut sent) = (from, 0);
    while at < to {
        if sent == PER_CONNECTION {
            session = Session::open(session.close().await).await?;
            sent = 0;
        }
        session.send_as_of(at, machine.measure(at)).await?;
        at += each;
        sent += 1;
        if sent % backlog::WINDOW == 0 {
            session.settled().await?;
        }
    }
    session.settled().await?;
    Ok(session)
}
