//! What the agents that do not exist report: 20 values of one machine.
//!
//! Eight of them hardly ever change; twelve wander by up to 255 units, evenly,
//! with each report. To say which step each of the twelve took needs
//! 12 × log₂ 511 bits: 13.5 bytes of a report are news that nothing compresses.

use jiff::Timestamp;
use remit_shared::{Answer, Body, Reading, Series, Unit};

/// The largest step.
const STEP: i64 = 255;

/// A series and where it wanders; one that may not wander has no room.
struct Walk {
    probe: &'static str,
    metric: &'static str,
    instance: &'static str,
    unit: Unit,
    low: i64,
    high: i64,
}

const fn walk(
    probe: &'static str,
    metric: &'static str,
    instance: &'static str,
    unit: Unit,
    (low, high): (i64, i64),
) -> Walk {
    Walk { probe, metric, instance, unit, low, high }
}

/// Well below every limit, so that rules are asked and have nothing to say.
const WALKS: [Walk; 20] = [
    walk("cpu", "cpu_busy", "", Unit::Permille, (0, 800)),
    walk("cpu", "cpu_count", "", Unit::Count, (4, 4)),
    walk("load", "load", "1m", Unit::Milli, (0, 9_000)),
    walk("load", "load", "5m", Unit::Milli, (0, 9_000)),
    walk("load", "load", "15m", Unit::Milli, (0, 9_000)),
    walk("memory", "memory_used", "", Unit::Permille, (0, 800)),
    walk("memory", "memory_available", "", Unit::Bytes, (1 << 30, 9 << 30)),
    walk("memory", "memory_total", "", Unit::Bytes, (16 << 30, 16 << 30)),
    walk("memory", "swap_total", "", Unit::Bytes, (1 << 30, 1 << 30)),
    walk("memory", "swap_used", "", Unit::Bytes, (0, 0)),
    walk("network", "net_receive", "eth0", Unit::BytesPerSecond, (0, 900_000)),
    walk("network", "net_transmit", "eth0", Unit::BytesPerSecond, (0, 900_000)),
    walk("network", "net_receive", "eth1", Unit::BytesPerSecond, (0, 900_000)),
    walk("network", "net_transmit", "eth1", Unit::BytesPerSecond, (0, 900_000)),
    walk("network", "net_errors", "eth0", Unit::Count, (0, 0)),
    walk("process", "process_count", "", Unit::Count, (50, 900)),
    walk("disk", "disk_size", "/", Unit::Bytes, (64 << 30, 64 << 30)),
    walk("disk", "disk_available", "/", Unit::Bytes, (1 << 30, 40 << 30)),
    walk("disk", "disk_used", "/", Unit::Permille, (430, 430)),
    walk("disk", "inodes_used", "/", Unit::Permille, (120, 120)),
];

/// One machine.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    series: Vec<Series>,
    values: Vec<i64>,
    random: u64,
}

impl Machine {
    /// The same for the same number.
    pub(crate) fn new(number: usize) -> Self {
        let series = WALKS.iter().map(|it| Series {
            metric: it.metric.into(),
            instance: it.instance.into(),
            unit: it.unit,
        });
        let values = WALKS.iter().map(|it| i64::midpoint(it.low, it.high)).collect();
        Self { series: series.collect(), values, random: number as u64 }
    }

    /// Measures once.
    pub(crate) fn measure(&mut self, at: Timestamp) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::new();
        for (index, walk) in WALKS.iter().enumerate() {
            let step = (self.next() % (2 * STEP as u64 + 1)) as i64 - STEP;
            let value = &mut self.values[index];
            let beyond = *value + step < walk.low || *value + step > walk.high;
            *value = (*value + if beyond { -step } else { step }).clamp(walk.low, walk.high);
            let reading = Reading { series: self.series[index].clone(), value: *value };
            match answers.last_mut().filter(|it| &*it.probe == walk.probe) {
                Some(Answer { body: Body::Readings(readings), .. }) => readings.push(reading),
                _ => answers.push(Answer::full(
                    walk.probe,
                    "/proc",
                    at,
                    Body::Readings(vec![reading]),
                )),
            }
        }
        answers
    }

    /// Even and cheap, and the same everywhere: the generator of SplitMix64.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
