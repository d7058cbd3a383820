//! A long while at an even load: whether the collector's memory stays as it is.
//!
//! Agents report twenty values each at fixed times, and a few backups fail and
//! succeed by turns. The collector's resident memory is looked at every ten
//! seconds and said every minute; what it grows by is the slope of a line through
//! what was seen in the second half, when its caches are full. How many reports
//! were acknowledged is counted: a load that was not taken says nothing.

use std::{cell::Cell, mem, rc::Rc};

use remit_shared::{Answer, Body, Entry, Reading, Record, RunResult, Stream, Unit};
use tests::{FakeAgent, Site};
use tokio::{
    task::JoinSet,
    time::{self, Duration, Instant},
};

use crate::{complain, load, rows::disk::resident, say};

/// How much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) minutes: u32,
    pub(crate) agents: u32,
    /// Reports in a second, of all agents.
    pub(crate) rate: u32,
    /// `store.cache_mib`, if it is not the usual one.
    pub(crate) cache: Option<u32>,
}

/// What may come in an hour before memory counts as growing, in MiB.
const FLAT: f64 = 6.0;

/// How often memory is looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Every so manieth look is said.
const LOOKS_PER_MINUTE: usize = 6;

/// Runs it, and says whether memory is flat.
pub(crate) async fn run(load: Load) -> bool {
    let mut site = Site::start().await;
    if let Some(cache) = load.cache {
        site.reconfigure("[store]", &format!("[store]\ncache_mib = {cache}")).await;
    }
    let pid = site.collector().pid();
    let period = Duration::from_secs_f64(f64::from(load.agents) / f64::from(load.rate.max(1)));
    let (mut tasks, taken) = (JoinSet::new(), Rc::new(Cell::new(0)));
    for nth in 0..load.agents {
        let agent = site.agent(&format!("web-{nth}")).await;
        let first = Instant::now() + period.mul_f64(f64::from(nth) / f64::from(load.agents));
        tasks.spawn_local(report(agent, first, period, nth % 20 == 0, Rc::clone(&taken)));
    }
    // The first report while the last are still let in.
    let (begun, before) = (Instant::now(), taken.get());
    let length = Duration::from_secs(u64::from(load.minutes) * 60);
    let mut seen = Vec::new();
    let mut look = time::interval(LOOK);
    while begun.elapsed() < length
        && site.collector().ended().is_none()
        && tasks.try_join_next().is_none()
    {
        look.tick().await;
        let (hours, resident) = (begun.elapsed().as_secs_f64() / 3600.0, resident(pid));
        if seen.len().is_multiple_of(LOOKS_PER_MINUTE) {
            complain(&format!(
                "minute {:.0}: {resident:.1} MiB, {} reports taken",
                hours * 60.0,
                taken.get()
            ));
        }
        seen.push((hours, resident));
    }
    let lasted = begun.elapsed() >= length;
    let (Some(first), Some(last)) = (seen.first(), seen.last()) else { return false };
    let growth = slope(&seen[seen.len() / 2..]);
    let rate = (taken.get() - before) as f64 / begun.elapsed().as_secs_f64();
    let cache = load.cache.map_or_else(String::new, |it| format!(", a cache of {it} MiB"));
    let verdict = if lasted && growth <= FLAT { "ok" } else { "MISSED" };
    say(&format!(
        "soak  {} agents, {rate:.0} of {} reports/s of 20 values, {:.0} min{cache} | resident at the start {:.1} MiB · \
         at the end {:.1} MiB · growth in the second half {growth:.1} MiB/h (≤ {FLAT} MiB/h) | {verdict}",
        load.agents,
        load.rate,
        begun.elapsed().as_secs_f64() / 60.0,
        first.1,
        last.1,
    ));
    verdict == "ok"
}

/// Reports at fixed times until the session ends.
async fn report(
    mut agent: FakeAgent,
    first: Instant,
    period: Duration,
    fails: bool,
    taken: Rc<Cell<u64>>,
) {
    let Ok(mut session) = agent.connect().await else { return };
    let mut due = time::interval_at(first, period);
    let (mut seq, mut through) = (0, 0);
    loop {
        tokio::select! {
            _ = due.tick() => {
                seq += 1;
                session.report(&values(&agent, seq)).await;
                if fails && seq % 60 == 0 {
                    let result = if seq % 120 == 0 { RunResult::Success } else { RunResult::Failed };
                    let run = load::run(&mut agent, "nightly", result);
                    session.report(&run).await;
                    // Only the newest number is needed again.
                    agent.records.drain(..agent.records.len() - 1);
                }
            }
            ack = session.next_ack() => match ack {
                Ok(ack) => {
                    let before = mem::replace(&mut through, ack.metrics_through);
                    taken.set(taken.get() + through.saturating_sub(before));
                }
                Err(_) => return,
            },
        }
    }
}

fn values(agent: &FakeAgent, seq: u64) -> Record {
    let at = agent.now();
    let nth = i64::try_from(seq).expect("nobody waits so long");
    let values = (0..20).map(|it| {
        let value = 500 + (nth * (it + 3)) % 97;
        Reading::of("widgets", &format!("kind-{it}"), Unit::Count, value)
    });
    let answer = Answer::full("widgets", "a trial", at, Body::Readings(values.collect()));
    Record { stream: Stream::Metrics, seq, at, entry: Entry::Answers(vec![answer]) }
}

/// The slope of the line that is nearest to all points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let both: f64 = points.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
    let square: f64 = points.iter().map(|it| (it.0 - x).powi(2)).sum();
    if square > 0.0 { both / square } else { 0.0 }
}
