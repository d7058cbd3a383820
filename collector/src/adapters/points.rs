//! From frames to the points of one series.

use jiff::Timestamp;
use remit_collector_domain::endpoint::Layout;
use remit_shared::Series;

use crate::ports::store::Point;

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
