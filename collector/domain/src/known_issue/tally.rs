//! What a known issue has kept quiet, counted.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_shared::{AlertId, EndpointId, Severity};

use crate::{known_issue::condition::MOST, seen::Seen};

/// One time that it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The alert that says so.
    pub alert: AlertId,
    /// When that was raised, by the collector's clock.
    pub at: Timestamp,
    /// Where.
    pub endpoint: EndpointId,
    /// On which of several things there.
    pub instance: String,
    /// How much it mattered.
    pub severity: Severity,
    /// What was measured, if anything was.
    pub value: Option<i64>,
}

/// How often, where and when it happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In all.
    pub total: u64,
    /// The first time.
    pub first: Option<Timestamp>,
    /// The last time.
    pub last: Option<Timestamp>,
    /// By hour since 1970, for the last 24 hours that had any, oldest first.
    pub hours: Vec<(i64, u32)>,
    /// In which places, one more at most than any condition can count to.
    pub instances: BTreeSet<(EndpointId, String)>,
    /// What is among that already.
    pub seen: Seen,
}

impl Tally {
    /// Counts one more, unless it was counted. What comes late, or from a clock
    /// that was set back, is counted with the newest.
    pub fn count(&mut self, it: &Occurrence) {
        if !self.seen.note(it.at, it.alert) {
            return;
        }
        let at = self.last.map_or(it.at, |last| last.max(it.at));
        self.total = self.total.saturating_add(1);
        self.first = self.first.or(Some(at));
        self.last = Some(at);
        let hour = at.as_second().div_euclid(3_600);
        match self.hours.last_mut() {
            Some((last, count)) if *last == hour => *count = count.saturating_add(1),
            Some(_) | None => self.hours.push((hour, 1)),
        }
        self.hours.retain(|(it, _)| hour - it < 24);
        if self.instances.len() <= MOST as usize {
            self.instances.insert((it.endpoint, it.instance.clone()));
        }
    }

    /// How often in the 24 hours, to the hour, before the last time.
    pub fn last_day(&self) -> u32 {
        self.hours.iter().fold(0, |sum, it| sum.saturating_add(it.1))
    }
}
