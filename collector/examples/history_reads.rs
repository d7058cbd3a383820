//! What does it cost to read history, in CPU time, and how much disk does it keep? One
//! endpoint reports twenty values every ten seconds for some days, of which all
//! but some are then summed up.
//!
//! ```text
//! cargo run --release -p remit-collector --example history_reads -- <days> <kept as they came>
//! ```

#![expect(clippy::print_stdout, reason = "a measurement prints its result")]

use std::{env, error::Error, fs, path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector::{
    adapters::sled::{JOURNAL_BYTES, Options, SledStore},
    ports::store::{Commit, Horizon, Store as _, conformance::sample},
};
use remit_collector_domain::{
    endpoint::{Frame, Layout},
    rollup::Step,
};
use remit_shared::{Series, Unit};
use rustix::time::{ClockId, clock_gettime};

const VALUES: usize = 20;
const APART: i64 = 10;
/// How many reports are in a commit: nobody waits for the disk here.
const TOGETHER: i64 = 1_000;
const OPTIONS: Options =
    Options { cache_bytes: 64 << 20, reserve_bytes: 64 << 20, journal_bytes: JOURNAL_BYTES };

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = env::args().skip(1).map(|it| it.parse::<i64>());
    let mut number = |otherwise| numbers.next().unwrap_or(Ok(otherwise));
    let (days, kept) = (number(30)?, number(14)?);
    let folder = env::temp_dir().join(format!("remit-history-reads-{}", std::process::id()));
    let store = SledStore::open(&folder, OPTIONS)?;
    let reports = days * 86_400 / APART;
    let series: Vec<Series> = (0..VALUES).map(series).collect();
    let layout = Layout {
        probes: vec!["probe".into()],
        series: series.iter().map(|it| (0, it.clone())).collect(),
    };
    let mut endpoint = sample::endpoint(1);
    endpoint.layout = Arc::new(layout);
    endpoint.pulse.measured = vec![None];
    endpoint.pulse.values = vec![Some(0); VALUES];
    let mut random = Random(1);
    let mut values = [500_000_i64; VALUES];
    for (expected, first) in (0..).zip((0..reports).step_by(TOGETHER as usize)) {
        let nth = first..(first + TOGETHER).min(reports);
        let frames = nth.map(|it| frame(it, &mut values, &mut random)).collect();
        let record = endpoint.clone();
        store.commit(Commit { frames, ..Commit::new(record, expected, Vec::new()) }).await?;
    }
    let end = at(reports);
    let id = sample::endpoint_id(1);
    println!("{days} days of {VALUES} values every {APART} s");
    let back = |days: i64| end - SignedDuration::from_hours(24 * days);
    let never = Timestamp::MIN;
    let horizon =
        Horizon { history: back(kept), hours: never, feed: never, audit: never, alerts: never };
    let begin = now();
    store.prune(horizon).await?;
    println!("{:>10.3} CPU-s to sum up {} days of it", now() - begin, days - kept);
    for (what, from, step) in [
        ("the last day by five minutes", 1, Step::FiveMinutes),
        ("the last week by the hour", 7, Step::Hour),
        ("all by the hour", days, Step::Hour),
        ("all by the day", days, Step::Day),
    ] {
        let begin = now();
        let found = store.rollups(id, &series, back(from), end, step).await?;
        let count: usize = found.iter().map(Vec::len).sum();
        println!("{:>10.3} CPU-s to read {what}: {count} rollups", now() - begin);
    }
    drop(store);
    println!("{:>10.1} MB on disk", size(&folder)? / 1e6);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

fn series(number: usize) -> Series {
    let metric = format!("metric_{number}").into();
    Series { metric, instance: "".into(), unit: Unit::Count }
}

fn at(nth: i64) -> Timestamp {
    sample::minute(0) + SignedDuration::from_secs(nth * APART)
}

/// Five values of noise, one that counts, four that wander, ten that seldom move.
fn frame(nth: i64, values: &mut [i64; VALUES], random: &mut Random) -> Frame {
    let before = *values;
    values[..5].iter_mut().zip([400, 900, 50_000, 90_000, 20]).for_each(|(it, below)| {
        *it = random.below(below);
    });
    values[5] += APART;
    values[6..10].iter_mut().for_each(|it| *it += random.below(2_001) - 1_000);
    values[10..].iter_mut().for_each(|it| {
        *it += i64::from(random.below(500) == 0) * (random.below(5) - 2);
    });
    let changed = (0..).zip(values.iter().zip(before)).filter(|it| nth == 0 || *it.1.0 != it.1.1);
    Frame { at: at(nth), changed: changed.map(|(index, (it, _))| (index, Some(*it))).collect() }
}

fn now() -> f64 {
    let it = clock_gettime(ClockId::ProcessCPUTime);
    it.tv_sec as f64 + it.tv_nsec as f64 / 1e9
}

fn size(folder: &Path) -> std::io::Result<f64> {
    let mut size = 0.0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        size += if entry.file_type()?.is_dir() {
            self::size(&entry.path())?
        } else {
            entry.metadata()?.len() as f64
        };
    }
    Ok(size)
}

struct Random(u64);

impl Random {
    fn below(&mut self, below: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99_991);
        (self.0 >> 33) as i64 % below
    }
}
