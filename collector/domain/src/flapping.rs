//! Whether something changes too often to be told each time.
//!
//! There are two rules, one for each way of hearing of a check:
//!
//! - [`note`] is for whoever sees *every evaluation*, also those that change
//!   nothing. It keeps the last twenty as bits; the newest weighs most. It
//!   begins above 30 % and ends at 25 % or less.
//! - [`turn`] is for whoever hears of *changes only*, as alerts do, or whose
//!   check is evaluated so seldom that twenty evaluations say nothing about
//!   now. Four changes within an hour begin it.
//!
//! Either way it is over once nothing has changed for an hour: what has held
//! that long is worth telling, and an agent that fell silent must not keep
//! its last word muted for ever.
//!
//! # Invariants
//!
//! - Whole numbers only: [`score`] is exact, and so are its limits.
//! - What begins ends before it begins again.
//! - [`deadline`] says when to [`tick`]; a tick before that changes nothing,
//!   and a late one is as good as a punctual one.
//!
//! # Not here
//!
//! Who is told that it begins, and that everything after is muted, is the
//! alert's business. Links that break all the time are [`link`]'s.

pub mod link;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use crate::suppression::{Suppression, SuppressionKind};

/// How many evaluations are remembered.
pub const EVALUATIONS: u32 = 20;

/// Above this score it begins: 30 % of [`FULL`].
pub const BEGINS_ABOVE: u32 = 600;

/// At this score or below it ends: 25 % of [`FULL`].
pub const ENDS_AT: u32 = 500;

/// What would be 100 %.
pub const FULL: u32 = 2_000;

/// So many changes within [`WITHIN`] begin it where only changes are heard of.
pub const CHANGES: usize = 4;

/// In how long [`CHANGES`] must fall, and for how long nothing must change.
pub const WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// What is remembered of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Which of the last evaluations changed something: bit 19 is the newest,
    /// bit 0 the oldest.
    pub changes: u32,
    /// Whether it was bad when last heard of.
    pub bad: bool,
    /// When it changed last, oldest first; at most [`CHANGES`].
    pub changed_at: Vec<Timestamp>,
    /// Since when it changes too often, if it does.
    pub since: Option<Timestamp>,
}

/// What an evaluation or the passing of time made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing new.
    None,
    /// It changes too often, from now on.
    Started,
    /// It has settled.
    Stopped,
}

/// Takes one evaluation. Call it for every one, changed or not.
pub fn note(history: &History, bad: bool, now: Timestamp) -> (History, Change) {
    let (mut next, ended) = tick(history, now);
    next.changes >>= 1;
    if bad != next.bad {
        next.changes |= 1 << (EVALUATIONS - 1);
        next.remember(bad, now);
    }
    let score = score(&next);
    let change = match next.since {
        None if score > BEGINS_ABOVE => next.begin(now),
        Some(_) if score <= ENDS_AT => next.end(),
        None | Some(_) => Change::None,
    };
    (next, both(ended, change))
}

/// Takes what was heard of a check of which only changes are heard. Hearing
/// the same again is no change.
pub fn turn(history: &History, bad: bool, now: Timestamp) -> (History, Change) {
    let (mut next, ended) = tick(history, now);
    if bad == next.bad {
        return (next, ended);
    }
    next.remember(bad, now);
    let recent = next.changed_at.iter().filter(|it| now.duration_since(**it) < WITHIN).count();
    let change = match next.since {
        None if recent >= CHANGES => next.begin(now),
        None | Some(_) => Change::None,
    };
    (next, both(ended, change))
}

/// Lets time pass.
pub fn tick(history: &History, now: Timestamp) -> (History, Change) {
    let mut next = history.clone();
    let change = match deadline(history) {
        Some(due) if due <= now => next.end(),
        Some(_) | None => Change::None,
    };
    (next, change)
}

/// When it has settled if nothing changes any more.
pub fn deadline(history: &History) -> Option<Timestamp> {
    let since = history.since?;
    let last = history.changed_at.last().copied().unwrap_or(since);
    Some(last.checked_add(WITHIN).unwrap_or(Timestamp::MAX))
}

/// How much it changes, of [`FULL`]: 80 for the oldest evaluation that changed
/// something, 2 more for each one that is newer.
pub fn score(history: &History) -> u32 {
    (0..EVALUATIONS).filter(|it| history.changes >> it & 1 == 1).map(|it| 80 + 2 * it).sum()
}

/// Why nobody is told, if it changes too often.
pub fn suppression(history: &History) -> Option<Suppression> {
    let since = history.since?;
    Some(Suppression {
        kind: SuppressionKind::Flapping,
        reference: String::new(),
        why: "it changes too often to be told each time".to_owned(),
        since,
        until: None,
        covers_open: SuppressionKind::Flapping.covers_open(),
    })
}

impl History {
    fn remember(&mut self, bad: bool, now: Timestamp) {
        self.bad = bad;
        if self.changed_at.len() >= CHANGES {
            self.changed_at.remove(0);
        }
        self.changed_at.push(now);
    }

    fn begin(&mut self, now: Timestamp) -> Change {
        self.since = Some(now);
        Change::Started
    }

    /// It must earn its name anew: what made it begin counts no more.
    fn end(&mut self) -> Change {
        self.since = None;
        self.changed_at.clear();
        if score(self) > ENDS_AT {
            self.changes = 0;
        }
        Change::Stopped
    }
}

/// What ends in the same breath as it begins again has gone on.
fn both(first: Change, second: Change) -> Change {
    match (first, second) {
        (Change::None, it) | (it, Change::None) => it,
        (Change::Started | Change::Stopped, Change::Started | Change::Stopped) => Change::None,
    }
}
