//! Recorded readings, judged by the code that judges live.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, EndpointId, Series};

use crate::{
    detect::{self, Checks, Level, Rules},
    noise::Past,
};

/// More readings of one recording are not looked at.
const MOST: usize = 500_000;

/// What one endpoint said of one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The series.
    pub series: Series,
    /// How often it was measured. History keeps changes only; in between, the
    /// value was seen again and again.
    pub every: SignedDuration,
    /// The values, oldest first; `None` where the series was gone.
    pub values: Vec<(Timestamp, Option<i64>)>,
    /// Until when it was measured.
    pub until: Timestamp,
}

/// From when until when something was bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// Since when, as it would have been told.
    pub from: Timestamp,
    /// Until when; `None` if it is bad still.
    pub to: Option<Timestamp>,
    /// How bad it was at worst.
    pub worst: Level,
    /// What was the matter then.
    pub summary: String,
}

/// What other limits would have made of the same readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// How many alerts there would have been by the limits that hold.
    pub before: usize,
    /// How many by those that are proposed.
    pub after: usize,
    /// Those that would not have been.
    pub vanished: Vec<(EndpointId, Episode)>,
    /// How many would have been that were not.
    pub appeared: usize,
    /// By how much the others would have been told later, at most.
    pub delay: SignedDuration,
    /// Alerts that somebody acted on and that would not have been.
    pub missed: BTreeSet<AlertId>,
    /// Alerts that somebody acted on, of which the readings tell nothing: it
    /// cannot be shown that they would still have been.
    pub unproven: BTreeSet<AlertId>,
    /// Alerts that somebody acted on and that would have mattered less.
    pub weakened: BTreeSet<AlertId>,
}

/// When a check would have been bad by a recording, oldest first.
pub fn episodes(recording: &Recording, rules: &Rules, check: &str) -> Vec<Episode> {
    let (series, mut checks) = (&recording.series, Checks::default());
    let mut found: Vec<Episode> = Vec::new();
    for (at, value) in observations(recording).take(MOST) {
        match value {
            Some(value) => detect::measure(&mut checks, rules, series, value, at),
            None => detect::gone(&mut checks, rules, series, at),
        }
        let level = checks.level(check, &series.instance);
        let state = checks.get(check, &series.instance);
        let summary = state.map(|it| it.summary.clone()).unwrap_or_default();
        match (found.last_mut().filter(|it| it.to.is_none()), level) {
            (None, Level::Ok) => {}
            (None, Level::Warn | Level::Crit) => {
                found.push(Episode { from: at, to: None, worst: level, summary });
            }
            (Some(open), Level::Ok) => open.to = Some(at),
            (Some(open), Level::Warn | Level::Crit) if level > open.worst => {
                (open.worst, open.summary) = (level, summary);
            }
            (Some(_), Level::Warn | Level::Crit) => {}
        }
    }
    found
}

/// Every moment at which a value was seen, the recorded ones and those between.
fn observations(recording: &Recording) -> impl Iterator<Item = (Timestamp, Option<i64>)> {
    let every = recording.every.max(SignedDuration::from_secs(1));
    let values = &recording.values;
    values.iter().enumerate().flat_map(move |(index, (at, value))| {
        let end = values.get(index + 1).map_or(recording.until, |it| it.0);
        let next = move |it: &Timestamp| it.checked_add(every).ok();
        let again = std::iter::successors(next(at), next).take_while(move |it| *it < end);
        std::iter::once(*at).chain(again).map(|it| (it, *value))
    })
}

/// Plays recordings to two sets of limits. `acted` are the alerts of the check
/// that somebody acted on in that time.
pub fn replay(
    recordings: &[Recording],
    check: &str,
    before: &Rules,
    after: &Rules,
    acted: &[Past],
) -> Comparison {
    let mut found = Comparison::default();
    let acted = || acted.iter().filter(|it| &*it.about.check == check && it.acted_at.is_some());
    found.unproven = acted().map(|it| it.alert).collect();
    for recording in recordings {
        let (old, new) = (episodes(recording, before, check), episodes(recording, after, check));
        found.before += old.len();
        found.after += new.len();
        found.appeared += new.iter().filter(|it| !old.iter().any(|by| overlap(it, by))).count();
        for past in acted().filter(|it| is_of(it, recording)) {
            let (begin, end) = (past.opened_at, past.closed_at.unwrap_or(Timestamp::MAX));
            let theirs: Vec<&Episode> = old.iter().filter(|it| it.meets(begin, end)).collect();
            let Some(was) = theirs.iter().map(|it| it.worst).max() else { continue };
            found.unproven.remove(&past.alert);
            // Whoever resolves an alert may do so before it is over.
            let over = theirs.iter().map(|it| it.to.unwrap_or(Timestamp::MAX)).max();
            let end = over.map_or(end, |it| it.max(end));
            let is = new.iter().filter(|it| it.meets(begin, end)).map(|it| it.worst).max();
            match is {
                None => found.missed.insert(past.alert),
                Some(is) if is < was => found.weakened.insert(past.alert),
                Some(_) => false,
            };
        }
        for episode in old {
            match new.iter().find(|it| overlap(it, &episode)) {
                Some(still) => {
                    found.delay = found.delay.max(still.from.duration_since(episode.from));
                }
                None => found.vanished.push((recording.endpoint, episode)),
            }
        }
    }
    found
}

fn is_of(past: &Past, recording: &Recording) -> bool {
    past.about.endpoint == recording.endpoint && past.about.instance == recording.series.instance
}

fn overlap(one: &Episode, other: &Episode) -> bool {
    one.meets(other.from, other.to.unwrap_or(Timestamp::MAX))
}

impl Comparison {
    /// Both together, of different endpoints.
    pub fn and(mut self, other: Self) -> Self {
        self.before += other.before;
        self.after += other.after;
        self.vanished.extend(other.vanished);
        self.appeared += other.appeared;
        self.delay = self.delay.max(other.delay);
        self.missed.extend(other.missed);
        self.unproven.extend(other.unproven);
        self.weakened.extend(other.weakened);
        self
    }
}

impl Episode {
    /// Whether it was bad at any time between these two, both included.
    pub fn meets(&self, begin: Timestamp, end: Timestamp) -> bool {
        self.from <= end && self.to.is_none_or(|it| it >= begin)
    }
}
