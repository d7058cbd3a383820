//! How well promises were kept, over many alerts.
//!
//! # Invariants
//!
//! - A promise is judged once: in the period in which it was kept or first
//!   missed, whichever came first.
//! - A period that is over has one answer, however much later one asks, unless
//!   what was over comes back.
//! - Percentiles are taken from single times, never from other percentiles, and
//!   only from enough of them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use remit_shared::Severity;

use crate::{
    calendar::Segment,
    sla::{Clock, ClockKind, Clocks, Holder, Outcome, Terms, points::target},
};

/// Fewer times than this have no percentiles.
const ENOUGH: usize = 20;

/// One promise, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What was promised.
    pub kind: ClockKind,
    /// Who kept it, or did not.
    pub holder: Holder,
    /// How much the alert mattered.
    pub severity: Severity,
    /// How it stands.
    pub verdict: Verdict,
    /// How long it took, if it is done.
    pub took: Option<SignedDuration>,
}

/// How a promise stands at the end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It was kept.
    Met,
    /// It was not.
    Breached,
    /// It may still be kept.
    Open,
    /// The alert was over before anybody whose it was took notice.
    Unanswered,
}

/// How well promises were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attainment {
    /// So many were kept.
    pub met: usize,
    /// So many were not.
    pub breached: usize,
    /// So many may still be.
    pub open: usize,
    /// So many alerts were over before anybody took notice.
    pub unanswered: usize,
    /// So many times are known.
    pub n: usize,
    /// What they are like, if they are enough.
    pub percentiles: Option<Percentiles>,
}

/// The time that so many percent did not exceed, by nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// Half.
    pub p50: SignedDuration,
    /// Nine of ten.
    pub p90: SignedDuration,
    /// Nineteen of twenty.
    pub p95: SignedDuration,
}

/// Judges what an alert's clocks promised, in one period.
pub fn judged(terms: &Terms, severity: Severity, clocks: &Clocks, period: Segment) -> Vec<Judged> {
    let all = clocks.clocks.iter().chain(&clocks.handed_on);
    all.filter_map(|it| judge(terms, severity, it, period)).collect()
}

fn judge(terms: &Terms, severity: Severity, clock: &Clock, period: Segment) -> Option<Judged> {
    let end = clock.end.filter(|it| it.at < period.to);
    let severity = clock.end.map_or(severity, |it| it.severity);
    let breached_at = clock.breached_at.filter(|it| *it < period.to);
    let is_promised = clock.breached_at.is_some() || target(terms, severity, clock).is_some();
    if !is_promised || clock.since >= period.to {
        return None;
    }
    let (at, verdict): (Option<Timestamp>, Verdict) = match (breached_at, end) {
        (Some(at), _) => (Some(at), Verdict::Breached),
        (None, None) => (None, Verdict::Open),
        (None, Some(end)) => match (end.outcome, clock.kind) {
            (Outcome::Done, _) => (Some(end.at), Verdict::Met),
            (Outcome::Cancelled, ClockKind::Response | ClockKind::TeamResponse) => {
                (Some(end.at), Verdict::Unanswered)
            }
            (
                Outcome::Cancelled,
                ClockKind::Resolution | ClockKind::Update | ClockKind::TeamResolution,
            ) => return None,
        },
    };
    if at.is_some_and(|it| !period.contains(it)) {
        return None;
    }
    // Of updates only the wait for the last is known.
    let is_done = end.is_some_and(|it| it.outcome == Outcome::Done);
    let took = (is_done && clock.kind != ClockKind::Update).then_some(clock.spent);
    Some(Judged { kind: clock.kind, holder: clock.holder.clone(), severity, verdict, took })
}

/// Sums up judged promises of one kind.
pub fn attainment<'a>(judged: impl IntoIterator<Item = &'a Judged>) -> Attainment {
    let mut sum = Attainment::default();
    let mut times = Vec::new();
    for it in judged {
        match it.verdict {
            Verdict::Met => sum.met += 1,
            Verdict::Breached => sum.breached += 1,
            Verdict::Open => sum.open += 1,
            Verdict::Unanswered => sum.unanswered += 1,
        }
        times.extend(it.took);
    }
    times.sort_unstable();
    Attainment { n: times.len(), percentiles: percentiles(&times), ..sum }
}

/// Sums up judged promises by whatever is asked: kind, party, team, severity.
pub fn attainment_by<'a, K: Ord>(
    judged: impl IntoIterator<Item = &'a Judged>,
    key: impl Fn(&Judged) -> K,
) -> BTreeMap<K, Attainment> {
    let mut groups: BTreeMap<K, Vec<&Judged>> = BTreeMap::new();
    for it in judged {
        groups.entry(key(it)).or_default().push(it);
    }
    groups.into_iter().map(|(key, group)| (key, attainment(group))).collect()
}

impl Attainment {
    /// How many of a thousand were kept, for the eye; `None` if there were none.
    /// Rounded down, so that 1000 means all of them.
    pub fn permille(&self) -> Option<u16> {
        let all = self.met + self.breached;
        let share = (self.met * 1000).checked_div(all)?;
        u16::try_from(share).ok()
    }
}

fn percentiles(sorted: &[SignedDuration]) -> Option<Percentiles> {
    if sorted.len() < ENOUGH {
        return None;
    }
    let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100) - 1];
    Some(Percentiles { p50: rank(50), p90: rank(90), p95: rank(95) })
}
