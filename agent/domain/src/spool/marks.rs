//! A number for each stream.

use remit_shared::Stream;

/// One number for each stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The events' number.
    pub events: u64,
    /// The metrics' number.
    pub metrics: u64,
}

impl Marks {
    /// The stream's number.
    pub fn of(&self, stream: Stream) -> u64 {
        match stream {
            Stream::Events => self.events,
            Stream::Metrics => self.metrics,
        }
    }

    /// The same, with another number for one stream.
    pub fn with(self, stream: Stream, number: u64) -> Self {
        match stream {
            Stream::Events => Self { events: number, ..self },
            Stream::Metrics => Self { metrics: number, ..self },
        }
    }

    /// The lower of both, stream by stream.
    pub fn min(self, other: Self) -> Self {
        Self { events: self.events.min(other.events), metrics: self.metrics.min(other.metrics) }
    }

    /// Whether any of its numbers is past the other's.
    pub fn passes(&self, other: &Self) -> bool {
        self.events > other.events || self.metrics > other.metrics
    }
}
