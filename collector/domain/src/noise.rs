//! Which alerts are worth somebody's night, and which are noise.
//!
//! [`report`] groups the alerts of some time by their check and says of each
//! what people made of it. Where most of a check's alerts are about one
//! endpoint, site or instance, that part is an entry of its own: it is the
//! machine that wants attention there, and not the limit.
//!
//! # Invariants
//!
//! - Whole numbers only, and equal arguments give equal results.
//! - What people act on is never called noise, however often it comes.
//! - Fewer than [`ENOUGH`] alerts prove nothing, unless somebody says so.
//!
//! # Not here
//!
//! What to do about it is [`tuning`](crate::tuning)'s business.

mod past;
mod score;
#[cfg(test)]
pub(crate) mod tests;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, EndpointId, Severity, Site};

use crate::{
    alert::About,
    calendar::{Calendar, is_open},
};

/// So many alerts prove something.
pub const ENOUGH: usize = 5;

/// So many alerts about one thing are a part of their own, if they are most.
const LEAST: usize = 3;

/// What is known of an alert of some time ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The alert.
    pub alert: AlertId,
    /// What it was about.
    pub about: About,
    /// How much it mattered at worst.
    pub severity: Severity,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was over, if it is.
    pub closed_at: Option<Timestamp>,
    /// Whether it went away by itself.
    pub by_itself: bool,
    /// When a person first acknowledged it, noted something, or handed it over.
    pub acted_at: Option<Timestamp>,
    /// Whether that was too late by what was agreed.
    pub too_late: bool,
    /// When people were told of it.
    pub told_at: Vec<Timestamp>,
    /// How often it came back soon after it was over.
    pub reopened: u32,
    /// Whether it changed too often to be told each time.
    pub flapped: bool,
    /// The worst value that was measured, where it is about one.
    pub peak: Option<i64>,
    /// Who says that it was noise, and why.
    pub marks: Vec<Mark>,
}

/// Somebody's word that an alert was noise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
}

/// The part of a check's alerts that most of them are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Narrow {
    /// One endpoint.
    Endpoint(EndpointId),
    /// One instance: a mount point, a job.
    Instance(Arc<str>),
    /// One site.
    Site(Site),
}

/// What people made of a check's alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The check.
    pub check: Arc<str>,
    /// Which part of its alerts, if most of them are about one thing.
    pub narrow: Option<Narrow>,
    /// How many there were.
    pub alerts: usize,
    /// How many somebody acted on.
    pub acted_on: usize,
    /// How many of those too late.
    pub too_late: usize,
    /// How many went away by themselves.
    pub by_itself: usize,
    /// How long those took, in the middle.
    pub median: Option<SignedDuration>,
    /// How many messages there were.
    pub messages: usize,
    /// How many of them while the office was shut.
    pub at_night: usize,
    /// How many alerts changed too often.
    pub flapped: usize,
    /// How often alerts came back soon.
    pub reopened: usize,
    /// Who says that it is noise, and why.
    pub marks: Vec<Mark>,
    /// The highest value of an alert that nobody acted on.
    pub ignored_peak: Option<i64>,
    /// The lowest value of an alert that somebody acted on.
    pub acted_peak: Option<i64>,
    /// How much it is noise, of 1000.
    pub score: u32,
    /// What to think of it.
    pub verdict: Verdict,
    /// Why, one line each.
    pub reasons: Vec<String>,
}

impl Entry {
    /// How many nobody did anything about.
    pub fn for_nothing(&self) -> usize {
        self.alerts - self.acted_on
    }
}

/// What to think of a check's alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// There are too few to say.
    TooFew,
    /// People act on it.
    Useful,
    /// Perhaps not worth it.
    Doubtful,
    /// Not worth it.
    Noise,
    /// People act on it, and too late: it should be louder.
    TooQuiet,
}

/// What people made of alerts, the worst noise first. `office` says when it is
/// day; without it, no message comes at night.
pub fn report(past: &[Past], office: Option<&Calendar>) -> Vec<Entry> {
    let mut by_check: BTreeMap<&str, Vec<&Past>> = BTreeMap::new();
    for it in past {
        by_check.entry(&it.about.check).or_default().push(it);
    }
    let mut entries = Vec::new();
    for of_check in by_check.values() {
        entries.extend(entry(of_check, None, office));
        if let Some(narrow) = dominant(of_check) {
            let part: Vec<&Past> = of_check.iter().copied().filter(|it| narrow.holds(it)).collect();
            entries.extend(entry(&part, Some(narrow), office));
        }
    }
    entries.sort_by(|a, b| {
        let rank = |it: &Entry| (it.verdict, it.score, it.alerts);
        rank(b).cmp(&rank(a)).then_with(|| (&a.check, &a.narrow).cmp(&(&b.check, &b.narrow)))
    });
    entries
}

fn entry(past: &[&Past], narrow: Option<Narrow>, office: Option<&Calendar>) -> Option<Entry> {
    let check = Arc::clone(&past.first()?.about.check);
    let count = |is: &dyn Fn(&Past) -> bool| past.iter().filter(|it| is(it)).count();
    let is_night = |at: &Timestamp| office.is_some_and(|it| !is_open(it, *at));
    let told = || past.iter().flat_map(|it| &it.told_at);
    let mut lengths: Vec<SignedDuration> = past
        .iter()
        .filter(|it| it.by_itself)
        .filter_map(|it| Some(it.closed_at?.duration_since(it.opened_at)))
        .collect();
    lengths.sort_unstable();
    let mut marks: Vec<Mark> = past.iter().flat_map(|it| it.marks.clone()).collect();
    marks.sort_unstable();
    marks.dedup();
    let peaks = |acted: bool| {
        past.iter().filter(move |it| it.acted_at.is_some() == acted).filter_map(|it| it.peak)
    };
    let mut entry = Entry {
        check,
        narrow,
        alerts: past.len(),
        acted_on: count(&|it| it.acted_at.is_some()),
        too_late: count(&|it| it.acted_at.is_some() && it.too_late),
        by_itself: count(&|it| it.by_itself),
        median: lengths.get(lengths.len().saturating_sub(1) / 2).copied(),
        messages: told().count(),
        at_night: told().filter(|it| is_night(it)).count(),
        flapped: count(&|it| it.flapped),
        reopened: past.iter().map(|it| it.reopened as usize).sum(),
        marks,
        ignored_peak: peaks(false).max(),
        acted_peak: peaks(true).min(),
        score: 0,
        verdict: Verdict::TooFew,
        reasons: Vec::new(),
    };
    score::judge(&mut entry);
    Some(entry)
}

/// What two thirds of the alerts are about, the narrowest first. All of them
/// about the one thing there is tells nothing.
fn dominant(past: &[&Past]) -> Option<Narrow> {
    let kinds: [fn(&About) -> Option<Narrow>; 3] = [
        |it| Some(Narrow::Endpoint(it.endpoint)),
        |it| (!it.instance.is_empty()).then(|| Narrow::Instance(Arc::clone(&it.instance))),
        |it| Some(Narrow::Site(it.site.clone())),
    ];
    kinds.iter().find_map(|kind| {
        let mut counts: BTreeMap<Narrow, usize> = BTreeMap::new();
        for it in past.iter().filter_map(|it| kind(&it.about)) {
            *counts.entry(it).or_default() += 1;
        }
        let (narrow, count) = counts.into_iter().max_by_key(|it| it.1)?;
        (count >= LEAST && count * 3 >= past.len() * 2 && count < past.len()).then_some(narrow)
    })
}

impl Narrow {
    /// Whether an alert belongs to the part.
    pub fn holds(&self, past: &Past) -> bool {
        match self {
            Self::Endpoint(endpoint) => past.about.endpoint == *endpoint,
            Self::Site(site) => past.about.site == *site,
            Self::Instance(instance) => past.about.instance == *instance,
        }
    }
}
