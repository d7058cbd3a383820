//! What a series was like in a span of time: the form in which history lasts.
//!
//! History keeps changes, and a value holds until the next one. So a mean of
//! what was told would favour what moves; [`Rollup::mean`] weighs each value
//! with the time that it held. Time counts only while the endpoint was heard: a
//! value holds until the next report and for [`HOLDS`] at most, so that
//! silence is a gap and not a line.
//!
//! # Invariants
//!
//! - Rollups add up: the rollup of a day is that of its hours, and that of a
//!   history is that of the pieces that it is cut into, whatever they are.
//!   Nothing is rounded before somebody asks for a mean.
//! - `min <= mean <= max`, and every rollup has been told at least once or has
//!   held for at least a second.
//!
//! # Not here
//!
//! Which history there is, and for how long: the store's business.

mod heard;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use self::heard::{Span, cut, spans};

/// So long a value holds if nothing more is heard.
pub const HOLDS: SignedDuration = SignedDuration::from_mins(5);

/// What a series was like in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// The least value.
    pub min: i64,
    /// The greatest.
    pub max: i64,
    /// Each value times the seconds that it held.
    pub sum: i128,
    /// How many seconds some value is known to have held.
    pub held: u64,
    /// How many reports there were while the series existed.
    pub count: u64,
}

/// How long the spans are that history is summed up by. Days are those of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// Rollups by series, by the layout's index, and by when their span begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollups(pub BTreeMap<(u32, Timestamp), Rollup>);

impl Rollup {
    /// Both together.
    pub fn merge(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            sum: self.sum.saturating_add(other.sum),
            held: self.held.saturating_add(other.held),
            count: self.count.saturating_add(other.count),
        }
    }

    /// The mean over the time that values are known to have held. Of what never
    /// held for a second, the middle.
    pub fn mean(&self) -> f64 {
        let (min, max) = (self.min as f64, self.max as f64);
        let mean =
            if self.held == 0 { min / 2.0 + max / 2.0 } else { self.sum as f64 / self.held as f64 };
        mean.clamp(min, max)
    }
}

impl Step {
    /// Every step, shortest first.
    pub const ALL: [Self; 3] = [Self::FiveMinutes, Self::Hour, Self::Day];

    /// How long it is.
    pub const fn length(self) -> SignedDuration {
        SignedDuration::from_secs(self.seconds())
    }

    const fn seconds(self) -> i64 {
        match self {
            Self::FiveMinutes => 300,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// When the span begins that a time is in.
    pub fn begin(self, at: Timestamp) -> Timestamp {
        let second = seconds(at);
        let begin = second - second.rem_euclid(self.seconds());
        Timestamp::from_second(begin).unwrap_or(Timestamp::MIN)
    }

    /// The step that shows a span of time best: a few hundred spans of it;
    /// `None` where it is short enough to be shown as it came. What is older
    /// than `raw_since` is known by the hour.
    pub fn best(from: Timestamp, to: Timestamp, raw_since: Timestamp) -> Option<Self> {
        let length = to.duration_since(from);
        let is_raw = raw_since <= from;
        if is_raw && length <= SignedDuration::from_hours(2) {
            None
        } else if is_raw && length <= SignedDuration::from_hours(48) {
            Some(Self::FiveMinutes)
        } else if length <= SignedDuration::from_hours(45 * 24) {
            Some(Self::Hour)
        } else {
            Some(Self::Day)
        }
    }
}

impl Rollups {
    /// Adds one rollup to what there is of its span.
    pub fn add(&mut self, series: u32, begin: Timestamp, rollup: Rollup) {
        let known = self.0.entry((series, begin));
        known.and_modify(|it| *it = it.merge(rollup)).or_insert(rollup);
    }

    /// Adds everything of others.
    pub fn merge(&mut self, others: Self) {
        others.0.into_iter().for_each(|((series, begin), it)| self.add(series, begin, it));
    }

    /// The same by a longer step.
    pub fn by(self, step: Step) -> Self {
        let mut longer = Self::default();
        for ((series, begin), it) in self.0 {
            longer.add(series, step.begin(begin), it);
        }
        longer
    }

    /// Adds a piece of history: rows of what changed, oldest first, of which the
    /// first has all that was known then. What held at its end holds until
    /// `until` at the latest, when the next piece begins or nothing is known yet.
    pub fn gather<'a>(
        &mut self,
        rows: impl IntoIterator<Item = (Timestamp, &'a [(u32, Option<i64>)])>,
        until: Timestamp,
        step: Step,
        is_wanted: impl Fn(u32) -> bool,
    ) {
        let mut gathering = Gathering::by(step, self);
        let mut last: Option<Timestamp> = None;
        for (at, changed) in rows {
            if let Some(last) = last {
                gathering.hold(last, at);
            }
            gathering.told(at, changed.iter().filter(|it| is_wanted(it.0)));
            last = Some(at);
        }
        if let Some(last) = last {
            gathering.hold(last, until);
        }
        gathering.flush();
    }
}

/// A piece of history on its way into rollups.
struct Gathering<'a> {
    into: &'a mut Rollups,
    step: Step,
    /// When the span begins that is gathered, in seconds since 1970.
    span: Option<i64>,
    /// What has been of it so far.
    now: Mark,
    known: Vec<Known>,
    /// Where each series stands among the known ones.
    places: BTreeMap<u32, usize>,
}

/// How far a span has got: reports, and seconds that were not silent.
#[derive(Clone, Copy, Default)]
struct Mark {
    reports: u64,
    seconds: u64,
}

/// A series, and the value that it has had for a while.
struct Known {
    series: u32,
    value: Option<i64>,
    /// Since when in the span.
    since: Mark,
    /// What it was like in the span before that.
    open: Option<Rollup>,
}

impl Known {
    /// Counts what the value has been good for until now.
    fn settle(&mut self, now: Mark) {
        let count = now.reports - self.since.reports;
        let held = now.seconds - self.since.seconds;
        self.since = now;
        let Some(value) = self.value.filter(|_| count > 0 || held > 0) else { return };
        let sum = i128::from(value) * i128::from(held);
        let more = Rollup { min: value, max: value, sum, held, count };
        self.open = Some(self.open.map_or(more, |it| it.merge(more)));
    }
}

impl<'a> Gathering<'a> {
    fn by(step: Step, into: &'a mut Rollups) -> Self {
        let (now, known, places) = (Mark::default(), Vec::new(), BTreeMap::new());
        Self { into, step, span: None, now, known, places }
    }

    /// A report: these values changed, and the others are as before.
    fn told<'b>(&mut self, at: Timestamp, changed: impl Iterator<Item = &'b (u32, Option<i64>)>) {
        self.enter(seconds(at));
        for (series, value) in changed {
            let place = *self.places.entry(*series).or_insert(self.known.len());
            if place == self.known.len() {
                let since = self.now;
                self.known.push(Known { series: *series, value: None, since, open: None });
            }
            let known = &mut self.known[place];
            known.settle(self.now);
            known.value = *value;
        }
        self.now.reports += 1;
    }

    /// Time goes by until the next report, or for as long as values hold.
    fn hold(&mut self, from: Timestamp, to: Timestamp) {
        let end = from.checked_add(HOLDS).unwrap_or(Timestamp::MAX).min(to);
        let (mut from, end) = (seconds(from), seconds(end));
        while from < end {
            self.enter(from);
            let next = (from - from.rem_euclid(self.step.seconds()) + self.step.seconds()).min(end);
            self.now.seconds += next.abs_diff(from);
            from = next;
        }
    }

    /// Goes on to the span that a second is in.
    fn enter(&mut self, second: i64) {
        let begin = second - second.rem_euclid(self.step.seconds());
        if self.span != Some(begin) {
            self.flush();
            self.span = Some(begin);
        }
    }

    fn flush(&mut self) {
        let begin = self.span.and_then(|it| Timestamp::from_second(it).ok());
        let begin = begin.unwrap_or(Timestamp::MIN);
        for known in &mut self.known {
            known.settle(self.now);
            known.since = Mark::default();
            if let Some(rollup) = known.open.take() {
                self.into.add(known.series, begin, rollup);
            }
        }
        self.now = Mark::default();
    }
}

/// Whole seconds since 1970: those that time is weighed in. Differences of them
/// add up exactly, and no report is more than a second off.
fn seconds(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(1_000)
}
