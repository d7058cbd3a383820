//! What is, while what was is still to come.
//!
//! An agent that was away for days sends what it kept in its order, and that
//! takes time. What it measured last it sends ahead of its turn, as a preview:
//! a record that comes again later, among its own. Who looks at an endpoint
//! sees the previews, and levels are judged by them.
//!
//! # Invariants
//!
//! - History is the numbered records' alone: they give the same frames,
//!   whatever was told ahead.
//! - What a probe said never gives way to what it said before. Which of two is
//!   older, the numbers say and not the clocks.
//! - Only measurements are told ahead. What happened comes in its turn.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use remit_shared::{Body, Entry, Record, Stream};

use crate::{
    detect::{CheckKey, PROBE_FAILING, Rules},
    endpoint::{
        Arrival, Endpoint, Pulse,
        apply::{LIVE, Work},
    },
    signal::Signal,
};

/// What a probe measured, ahead of its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The number of the record in whose turn it comes again.
    pub seq: u64,
    /// When it was measured, by the collector's clock.
    pub at: Timestamp,
    /// The values that there were, by [`Layout::series`](super::Layout)' index.
    pub values: BTreeMap<usize, i64>,
}

/// What comes of a record that is told ahead of its turn.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// The endpoint's next value.
    pub endpoint: Endpoint,
    /// What alerts must hear of.
    pub signals: Vec<Signal>,
    /// Whether it said anything that was not known.
    pub is_news: bool,
}

/// Takes notice of a record whose turn is still to come.
pub fn preview(endpoint: Endpoint, record: &Record, arrival: &Arrival, rules: &Rules) -> Previewed {
    let is_ahead = record.stream == Stream::Metrics && record.seq > endpoint.pulse.metrics;
    let Entry::Answers(answers) = &record.entry else { return nothing(endpoint) };
    if !is_ahead {
        return nothing(endpoint);
    }
    let mut work = Work::new(endpoint, record, arrival, rules);
    let mut is_news = false;
    for answer in answers {
        if let Body::Readings(readings) = &answer.body {
            is_news |= work.preview(answer, readings);
        }
    }
    let (endpoint, signals) = work.previewed();
    Previewed { endpoint, signals, is_news }
}

fn nothing(endpoint: Endpoint) -> Previewed {
    Previewed { endpoint, signals: Vec::new(), is_news: false }
}

impl Pulse {
    /// The newest that is known of a series; `None` if it is gone.
    pub fn newest(&self, probe: usize, series: usize) -> Option<i64> {
        match self.previews.get(&probe) {
            Some(preview) => preview.values.get(&series).copied(),
            None => self.values.get(series).copied().flatten(),
        }
    }

    /// When a probe measured that.
    pub fn measured_at(&self, probe: usize) -> Option<Timestamp> {
        match self.previews.get(&probe) {
            Some(preview) => Some(preview.at),
            None => self.measured.get(probe).copied().flatten(),
        }
    }

    /// A new spool numbers anew what it holds. What was told ahead is no newer
    /// than the newest of that.
    pub(super) fn renumber_previews(&mut self, last: u64) {
        for preview in self.previews.values_mut() {
            preview.seq = last;
        }
    }
}

/// Of which checks the newest is known, and may be told, though older records
/// are still to come.
pub(crate) enum Settled<'a> {
    /// Of all of them: nothing is to come.
    All,
    /// Of some.
    Some {
        /// Whether all that happened is known.
        events: bool,
        /// What was measured, by metric and instance.
        series: BTreeSet<(&'a str, &'a str)>,
        rules: &'a Rules,
    },
}

impl<'a> Settled<'a> {
    /// At a moment.
    pub(crate) fn of(endpoint: &'a Endpoint, rules: &'a Rules, now: Timestamp) -> Self {
        let pulse = &endpoint.pulse;
        let Some(backfill) = pulse.waits_for(now) else { return Self::All };
        let is_fresh = |probe: &usize| {
            pulse.previews.get(probe).is_some_and(|it| now.duration_since(it.at) <= LIVE)
        };
        let series = endpoint.layout.series.iter();
        let fresh = series.filter(|_| !pulse.previews.is_empty()).filter(|it| is_fresh(&it.0));
        Self::Some {
            events: backfill.events <= pulse.events,
            series: fresh.map(|(_, it)| (&*it.metric, &*it.instance)).collect(),
            rules,
        }
    }

    /// Whether this check is one of them.
    pub(crate) fn has(&self, (check, instance): &CheckKey) -> bool {
        match self {
            Self::All => true,
            Self::Some { events, series, rules } => match rules.threshold(check) {
                Some(threshold) => series.contains(&(threshold.metric, &**instance)),
                // That a probe answers again may be said by a measurement.
                None => *events && **check != *PROBE_FAILING,
            },
        }
    }
}
