//! What keeps an alert quiet, and what is said when that ends.
//!
//! Suppression is orthogonal to state: an alert is raised, routed, taken on
//! and resolved as if nothing kept it quiet, but nobody is told and nothing is
//! climbed. When the last of what keeps it quiet is gone, whoever believes
//! something else than what is true is told how it stands, and the climb of an
//! open alert begins with its full first step. Whose it became meanwhile is
//! part of that: the new owner is told that it is theirs even if they knew of
//! it, and the old one that it is not.
//!
//! Who once heard that an alert is not over is not told again because it
//! matters *less*; that is not told to anybody in other times either.
//!
//! # Invariants
//!
//! - What keeps an alert quiet changes neither its state nor its owner, nor how
//!   often it occurred.
//! - Afterwards, the responsible team of an open alert and nobody's false
//!   belief remain: see [`Work::speak_up`].
//! - At an end that is known beforehand, [`deadline`](super::deadline) is
//!   exact. What ends without a word is found by ticking whatever
//!   [`must_be_watched`] once a minute, or at once by whoever ended it.
//!
//! # Not here
//!
//! Whether an alert that changes too often is told is
//! [`flap`](super::flap)'s: such an alert stays open and is climbed. That what
//! another alert explained stays quiet for a moment after that one is over is
//! [`inhibit`](crate::inhibit)'s: the suppression has an end then.

use jiff::Timestamp;

use crate::{
    alert::{
        Alert, Context, EntryKind, State, Topic,
        tell::{belief, believers, owner_told},
        work::{REMIT, Work},
    },
    people::Target,
    suppression::{Suppression, SuppressionKind},
};

/// So many reasons to be quiet are looked at.
const MOST: usize = 16;

/// A suppression as it holds for one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressor {
    /// What keeps it quiet, and why.
    pub what: Suppression,
    /// Whether nobody is told. Otherwise the alert was told before it began
    /// and goes on.
    pub mutes: bool,
}

/// Whether an alert must be ticked once a minute, whatever its deadline: what
/// keeps it quiet may end without a word.
pub fn must_be_watched(alert: &Alert) -> bool {
    !alert.suppressors.is_empty() && (alert.is_unresolved() || owes_all_clear(alert))
}

/// Whether it is over, and somebody believes otherwise because it was quiet.
pub(super) fn owes_all_clear(alert: &Alert) -> bool {
    !alert.is_unresolved() && alert.is_quiet() && !believers(alert).is_empty()
}

/// When the next reason to be quiet ends, as far as that is known.
pub(super) fn ends_at(alert: &Alert) -> Option<Timestamp> {
    alert.suppressors.iter().filter_map(|it| it.what.until).min()
}

impl Suppressor {
    pub(super) fn is_same(&self, other: &Suppression) -> bool {
        (self.what.kind, &self.what.reference) == (other.kind, &other.reference)
    }
}

impl Work {
    /// Looks at what keeps the alert quiet now.
    pub(super) fn hush(&mut self, context: &Context<'_>) {
        let before = std::mem::take(&mut self.alert.suppressors);
        let mut after: Vec<Suppressor> = Vec::new();
        let now = self.now;
        for it in context.suppressors.iter().filter(|it| holds(it, now)).take(MOST) {
            if after.iter().any(|known| known.is_same(it)) {
                continue;
            }
            let known = before.iter().find(|known| known.is_same(it));
            let mutes = known.map_or_else(|| self.is_muted_by(it, &before), |it| it.mutes);
            if known.is_none() {
                let but = if mutes { "" } else { ", which does not cover what was open before" };
                let detail = format!("{}{but}: {}", it.label(), it.why);
                self.note(EntryKind::Suppressed, REMIT, detail);
            }
            after.push(Suppressor { what: it.clone(), mutes });
        }
        for old in before.iter().filter(|old| !after.iter().any(|it| it.is_same(&old.what))) {
            self.note(EntryKind::Unsuppressed, REMIT, old.what.label());
        }
        after.sort_by(|a, b| a.what.cmp(&b.what));
        self.alert.suppressors = after;
        let is_quiet = self.alert.is_quiet();
        self.hushed = self.was_quiet || is_quiet;
        self.speaks_up = self.was_quiet && !is_quiet;
        if !is_quiet && !self.alert.is_unresolved() {
            // It is over and told: nobody looks again at what was to go on.
            self.alert.suppressors.clear();
        }
        if is_quiet && !self.alert.climb.timers.is_empty() {
            self.end_climb();
        }
        self.suspend(&before, context);
    }

    /// Whether what begins to hold makes the alert quiet: always if nobody was
    /// told of it when it began, else if it is meant to.
    fn is_muted_by(&self, it: &Suppression, before: &[Suppressor]) -> bool {
        let was_quiet_until =
            before.iter().filter(|it| it.mutes).map(|it| it.what.until.unwrap_or(self.now)).max();
        it.covers_open
            || !self.alert.is_unresolved()
            || it.since <= self.alert.raised_at
            || was_quiet_until.is_some_and(|until| it.since <= until)
    }

    /// Tells how it stands, now that nothing keeps it quiet.
    pub(super) fn speak_up(&mut self, context: &Context<'_>) {
        self.hushed = false;
        match self.alert.state {
            State::Open => {
                let first = self.alert.announced_at.is_none();
                let owner = Target::Team(self.alert.remit.responsible.clone());
                let before = owner_told(&self.alert).cloned();
                let believed = belief(&self.alert, &owner);
                self.begin_climb(context);
                let is_theirs = before.as_ref() == Some(&owner) && believed.is_some();
                let topic = if is_theirs { Topic::Worse } else { Topic::Assigned };
                let knows = is_theirs && believed >= Some(self.alert.severity);
                if !knows && !self.tell(&owner, topic, context) {
                    self.hurry(&owner, context);
                }
                if let Some(before) = before.filter(|it| *it != owner) {
                    self.tell(&before, Topic::Informed, context);
                }
                if first {
                    self.alert.announced_at.get_or_insert(self.now);
                    self.inform(context);
                }
            }
            // Whoever took it on knows; when they give it back, people are told.
            State::Acknowledged(_) => {}
            State::Resolved { .. } => self.all_clear(),
        }
    }
}

fn holds(it: &Suppression, now: Timestamp) -> bool {
    it.kind != SuppressionKind::Flapping
        && it.since <= now
        && it.until.is_none_or(|until| now < until)
}
