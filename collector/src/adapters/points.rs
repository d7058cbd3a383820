//! From frames to the points of one series.

use jiff::Timestamp;
use remit_collector_domain::{
    endpoint::Layout,
    rollup::{Rollups, Span},
};
use remit_shared::Series;

use crate::ports::store::{Point, Summed};

/// Gathers what is known of one series, oldest first, into what a reader of
/// `from..=to` wants to see.
#[derive(Debug)]
pub(crate) struct Points {
    from: Timestamp,
    to: Timestamp,
    limit: usize,
    held: Option<i64>,
    points: Vec<Point>,
}

impl Points {
    pub(crate) fn between(from: Timestamp, to: Timestamp, limit: usize) -> Self {
        Self { from, to, limit, held: None, points: Vec::new() }
    }

    /// Takes the next value; `None` if the series is gone or not known yet.
    pub(crate) fn push(&mut self, at: Timestamp, value: Option<i64>) {
        if at > self.to || value == self.held {
            return;
        }
        if at > self.from {
            self.begin();
            // Of several values at one moment, the last one holds.
            self.points.pop_if(|it| it.0 == at);
            self.points.push((at, value));
        }
        self.held = value;
    }

    /// The points, at most as many as wanted.
    pub(crate) fn finish(mut self) -> Vec<Point> {
        self.begin();
        self.points.truncate(self.limit);
        self.points
    }

    fn begin(&mut self) {
        if self.points.is_empty() && self.held.is_some() && self.from <= self.to {
            self.points.push((self.from, self.held));
        }
    }
}

/// What was summed up, by series in the order that they were asked for.
pub(crate) fn summed(rollups: &Rollups, numbers: &[Option<usize>]) -> Vec<Vec<Summed>> {
    let of = |number: &Option<usize>| -> Vec<Summed> {
        let Some(number) = number.and_then(|it| u32::try_from(it).ok()) else { return Vec::new() };
        let ends = (number, Timestamp::MIN)..=(number, Timestamp::MAX);
        rollups.0.range(ends).map(|((_, begin), it)| (*begin, *it)).collect()
    };
    numbers.iter().map(of).collect()
}

/// What of some spans lies between two times.
pub(crate) fn between(spans: Vec<Span>, from: Timestamp, to: Timestamp) -> Vec<Span> {
    let cut = spans.into_iter().map(|(begin, end)| (begin.max(from), end.min(to)));
    cut.filter(|it| it.0 <= it.1).collect()
}

/// The number that frames know a series by.
pub(crate) fn index(layout: &Layout, series: &Series) -> Option<usize> {
    layout.series.iter().position(|it| it.1 == *series)
}

/// A time as history keeps it.
pub(crate) fn in_milliseconds(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// The time that history kept. What is out of range was damaged; the nearest
/// time will do.
pub(crate) fn from_milliseconds(at: i64) -> Timestamp {
    let nearest = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(at).unwrap_or(nearest)
}
