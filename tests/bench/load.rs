//! Agents that report in turn at an even rate, until they are let go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{self, Instant},
};

use crate::{
    complain, meter,
    session::{self, Session},
    workload::Machine,
};

/// Agents at work.
pub(crate) struct Load {
    tasks: JoinSet<anyhow::Result<Session>>,
    acknowledged: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
}

impl Load {
    /// Lets them report, so many times a second in all.
    pub(crate) fn begin(sessions: Vec<Session>, rate: u32) -> Self {
        let count = sessions.len() as f64;
        let period = Duration::from_secs_f64(count / f64::from(rate.max(1)));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for (place, session) in sessions.into_iter().enumerate() {
            // Spread over the period, as machines that start by themselves are.
            let first = Instant::now() + period.mul_f64(place as f64 / count);
            let counter = Arc::clone(&acknowledged);
            tasks.spawn(report(session, first, period, counter, stopped.clone()));
        }
        Self { tasks, acknowledged, stop }
    }

    /// How many reports were acknowledged by now.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Watches for a while; gives how many reports were acknowledged for each
    /// second of a process's time.
    pub(crate) async fn per_cpu_second(&self, pid: u32, length: Duration) -> anyhow::Result<f64> {
        let (count, cpu) = (self.acknowledged(), meter::cpu_seconds(pid)?);
        let began = Instant::now();
        time::sleep(length).await;
        let count = self.acknowledged() - count;
        let cpu = meter::cpu_seconds(pid)? - cpu;
        let rate = count as f64 / began.elapsed().as_secs_f64();
        complain(&format!("  {count} reports, {rate:.0}/s, {cpu:.2} CPU-s"));
        Ok(count as f64 / cpu)
    }

    /// Lets them fall silent; gives them back. Fails if a session has ended.
    pub(crate) async fn end(mut self) -> anyhow::Result<Vec<Session>> {
        let _ = self.stop.send(true);
        let mut sessions = Vec::new();
        while let Some(session) = self.tasks.join_next().await {
            sessions.push(session?.context("a session ended")?);
        }
        Ok(sessions)
    }
}

/// Reports at fixed times until told to stop.
async fn report(
    mut session: Session,
    first: Instant,
    period: Duration,
    acknowledged: Arc<AtomicU64>,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<Session> {
    let mut machine = Machine::new(session.member.number);
    let mut due = time::interval_at(first, period);
    loop {
        tokio::select! {
            _ = due.tick() => session.send(machine.measure(session::now())).await?,
            count = session.acknowledged() => {
                acknowledged.fetch_add(count?, Ordering::Relaxed);
            }
            () = told(&mut stop) => break,
        }
    }
    session.settled().await?;
    Ok(session)
}

async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever would tell may have gone without a word.
    let _ = stop.wait_for(|it| *it).await;
}
