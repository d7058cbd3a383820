//! How much does a durable commit cost? Many endpoints report twenty values a
//! minute, each report one commit, and each waits for the disk.
//!
//! ```text
//! cargo run --release -p remit-collector --example store_commits -- <endpoints> <reports> <at once>
//! ```

#![expect(clippy::print_stdout, reason = "a measurement prints its result")]

use std::{env, error::Error, fs, path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector::{
    adapters::sled::{JOURNAL_BYTES, Options, SledStore},
    ports::store::{Commit, Horizon, Store, StoreError, conformance::sample},
};
use remit_collector_domain::endpoint::{Endpoint, Frame, Layout};
use remit_shared::{Series, Unit};
use rustix::time::{ClockId, clock_gettime};
use tokio::task::JoinSet;

const VALUES: usize = 20;
const OPTIONS: Options =
    Options { cache_bytes: 128 << 20, reserve_bytes: 64 << 20, journal_bytes: JOURNAL_BYTES };

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = env::args().skip(1).map(|it| it.parse::<u64>());
    let mut number = |otherwise| numbers.next().unwrap_or(Ok(otherwise));
    let (endpoints, reports, at_once) = (number(2_000)?, number(60)?, number(64)?);
    let folder = env::temp_dir().join(format!("remit-store-commits-{}", std::process::id()));
    let store = Arc::new(SledStore::open(&folder, OPTIONS)?);
    enroll(&store, endpoints, at_once).await?;

    let before = Sample::take(&folder)?;
    let mut committers = JoinSet::new();
    for committer in 0..at_once {
        let store = Arc::clone(&store);
        committers.spawn(report(store, committer, at_once, endpoints, reports));
    }
    for done in committers.join_all().await {
        done?;
    }
    let after = Sample::take(&folder)?;
    let commits = (endpoints * reports) as f64;
    let (cpu, wall) = (after.cpu - before.cpu, after.wall - before.wall);
    println!("{endpoints} endpoints, {reports} reports each, {at_once} at once");
    println!("{:>12.0} durable commits per second of process CPU", commits / cpu);
    println!("{:>12.0} durable commits per second", commits / wall);
    println!("{:>12.0} bytes written per commit", (after.written - before.written) / commits);
    println!("{:>12.0} bytes of disk gained per commit", (after.disk - before.disk) / commits);
    println!("{:>12.1} MB resident", resident()? / 1e6);
    drop(store);
    let begin = Sample::take(&folder)?;
    let store = SledStore::open(&folder, OPTIONS)?;
    let end = Sample::take(&folder)?;
    println!("{:>12.2} seconds to open", end.wall - begin.wall);
    let never = Timestamp::MIN;
    let horizon = Horizon {
        history: sample::minute(30),
        hours: never,
        feed: never,
        audit: never,
        alerts: never,
    };
    store.prune(horizon).await?;
    println!("{:>12.2} seconds to prune half", Sample::take(&folder)?.wall - end.wall);
    drop(store);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn enroll(store: &Arc<SledStore>, endpoints: u64, at_once: u64) -> Result<(), StoreError> {
    let series = |it| {
        (
            0,
            Series {
                metric: format!("metric_{it}").into(),
                instance: "".into(),
                unit: Unit::Count,
            },
        )
    };
    let layout = Arc::new(Layout {
        probes: vec!["probe".into()],
        series: (0..VALUES).map(series).collect(),
    });
    let mut tasks = JoinSet::new();
    for n in 0..endpoints {
        let mut endpoint = sample::endpoint(n.into());
        endpoint.layout = Arc::clone(&layout);
        endpoint.pulse.measured = vec![None];
        endpoint.pulse.values = vec![Some(0); VALUES];
        let store = Arc::clone(store);
        tasks.spawn(async move { store.commit(Commit::new(endpoint, 0, vec![])).await });
        if tasks.len() as u64 >= at_once {
            tasks.join_next().await;
        }
    }
    tasks.join_all().await.into_iter().try_for_each(|it| it.map(drop))
}

/// Reports for every so-manieth endpoint, minute after minute.
async fn report(
    store: Arc<SledStore>,
    first: u64,
    step: u64,
    endpoints: u64,
    reports: u64,
) -> Result<(), StoreError> {
    let mut random = Random(first + 1);
    for minute in 0..reports {
        for n in (first..endpoints).step_by(step as usize) {
            let id = sample::endpoint_id(n.into());
            let Some(stored) = store.load::<Endpoint>(&id).await? else { continue };
            let mut record = Endpoint::clone(&stored.record);
            let at = sample::minute(minute as i64) + SignedDuration::from_millis(random.below(30));
            let mut changed = Vec::new();
            for (index, value) in (0..).zip(&mut record.pulse.values) {
                let next = value.unwrap_or(0) + wander(index, &mut random);
                if *value != Some(next) {
                    *value = Some(next);
                    changed.push((index, *value));
                }
            }
            record.pulse.metrics += 1;
            record.pulse.measured = vec![Some(at)];
            record.pulse.heard_at = Some(at);
            let frames = vec![Frame { at, changed }];
            let commit = Commit { frames, ..Commit::new(record, stored.revision, vec![]) };
            store.commit(commit).await?;
        }
    }
    Ok(())
}

/// Three counters, five gauges that wander, twelve values that seldom move.
fn wander(index: u32, random: &mut Random) -> i64 {
    match index {
        0..3 => 100_000 + random.below(20_000),
        3..8 => random.below(200) - 100,
        _ if random.below(20) == 0 => random.below(50) - 25,
        _ => 0,
    }
}

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % bound
    }
}

/// What has been used so far.
struct Sample {
    cpu: f64,
    wall: f64,
    written: f64,
    disk: f64,
}

impl Sample {
    fn take(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let seconds = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
        };
        let io = fs::read_to_string("/proc/self/io")?;
        let written = io.lines().find_map(|it| it.strip_prefix("write_bytes: "));
        Ok(Self {
            cpu: seconds(ClockId::ProcessCPUTime),
            wall: seconds(ClockId::Monotonic),
            written: written.unwrap_or("0").parse()?,
            disk: fs::metadata(folder.join("db"))?.len() as f64,
        })
    }
}

fn resident() -> Result<f64, Box<dyn Error>> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = statm.split(' ').nth(1).unwrap_or("0").parse()?;
    Ok(pages * 4_096.0)
}
