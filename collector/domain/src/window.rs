//! Maintenance windows: times in which work is expected to break things.
//!
//! A window begins at a time on somebody's wall, once or again and again, and
//! lasts a set length: an hour is an hour on the day the clocks change, too.
//! While one is open, people are not told of what it is about, or nothing is
//! patched, or both. What is the matter is seen, counted and resolved as ever.
//!
//! # Invariants
//!
//! - Occurrences are half-open and derived from what was scheduled, ended and
//!   cancelled, whether or not anybody ticked: suppression does not depend on
//!   the collector having been up at the right moment.
//! - Windows nest: a matter is quiet until the last window over it is shut, and
//!   ending one of two changes nothing. [`depth`] counts them.
//! - What people knew of before it went quiet, they go on hearing of, unless a
//!   window says that it covers that, too.
//! - A window changes nothing that lies before it was asked for.
//! - [`tick`] only keeps the books: what was bad before, what was lost after.
//!   [`deadline`] says when it is due; a late tick is as good as a punctual one.
//!
//! # Not here
//!
//! Alerts are the alert module's; it is told by [`suppressors`]. Whether
//! somebody may ask for a window is decided before the [`command`]s are.

mod aftercheck;
pub mod command;
mod log;
mod occur;
mod quiet;
pub mod rule;
mod selector;
#[cfg(test)]
mod tests;
mod tick;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use remit_shared::{AlertId, ChangeId, Severity, Tenant, WindowId};

pub use crate::window::{
    aftercheck::{Aftercheck, Condition, Finding, Precheck, after_check},
    occur::{next_occurrence, occurrences, open_at},
    quiet::{Matter, blackout, depth, opens_at, quiet, suppressors},
    rule::Recurrence,
    selector::Selector,
    tick::{deadline, tick},
};
use crate::{
    alert::Actor,
    calendar::Segment,
    effect::{AuditEntry, Effect},
    letter::Notice,
    seen::Seen,
};

/// The most that a window's log of what it kept quiet holds.
pub const LONGEST_LOG: usize = 500;

/// A window, through all its occurrences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its identity.
    pub id: WindowId,
    /// Whose environment it is in.
    pub tenant: Tenant,
    /// What was asked for.
    pub spec: Spec,
    /// Who asked for it.
    pub requested_by: Actor,
    /// When.
    pub requested_at: Timestamp,
    /// Who else agreed.
    pub approved_by: Vec<Actor>,
    /// Where it stands.
    pub phase: Phase,
    /// The occurrence that was ended early last.
    pub ended: Option<EarlyEnd>,
    /// Who called it off, if anybody did.
    pub cancelled: Option<Ending>,
    /// What was bad when it opened last.
    pub precheck: Option<Precheck>,
    /// What the last check after an end has found.
    pub aftercheck: Option<Aftercheck>,
    /// What it kept quiet, oldest first; at most [`LONGEST_LOG`] entries.
    pub log: Vec<SuppressedEntry>,
    /// How many more there were than the log holds.
    pub log_dropped: u64,
    /// What is in the log already, or was dropped.
    pub logged: Seen,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// What people call it.
    pub title: String,
    /// What is done, and why then; may be empty.
    pub why: String,
    /// What it is about.
    pub selector: Selector,
    /// What it does while it is open.
    pub effects: Effects,
    /// Where the clock on the wall hangs.
    pub zone: TimeZone,
    /// When it opens.
    pub timing: Timing,
    /// How long it stays open: time that passes, not time on the dial.
    pub duration: SignedDuration,
    /// How long after its end things may take to come back.
    pub grace: SignedDuration,
    /// It is for installing patches.
    pub for_patching: bool,
    /// It also covers what people knew of before.
    pub covers_open: bool,
    /// The change that it was made for.
    pub change: Option<ChangeId>,
}

/// What a window does while it is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Effects {
    /// People are not told.
    pub suppress_notify: bool,
    /// Nothing is patched: a blackout.
    pub suppress_patch: bool,
}

/// When a window opens, on the wall clock. A time that the clocks skip comes
/// as much later as the gap is long; one that they repeat is its first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// Once.
    Once {
        /// When.
        start: DateTime,
    },
    /// Again and again.
    Recurring(Recurrence),
}

/// Where a window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Its next occurrence is the first that begins then or later.
    Waiting {
        /// When.
        from: Timestamp,
    },
    /// It is open, and what was bad before is written down.
    Open {
        /// From when until when.
        occurrence: Segment,
    },
    /// It is shut, and things may take a while to come back.
    Settling {
        /// From when until when it was open.
        occurrence: Segment,
        /// When they must be back.
        due: Timestamp,
    },
    /// Nothing is to come.
    Over {
        /// Since when.
        at: Timestamp,
    },
}

/// Who ended something, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// Why; may be empty.
    pub why: String,
}

/// An occurrence that was ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlyEnd {
    /// When the occurrence had begun.
    pub began: Timestamp,
    /// Who ended it.
    pub ending: Ending,
}

/// Something that people were not told because of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressedEntry {
    /// The alert.
    pub alert: AlertId,
    /// When they would have been told.
    pub at: Timestamp,
    /// What they would have been told, in one line.
    pub what: String,
    /// Of which machine.
    pub hostname: String,
    /// How much it mattered.
    pub severity: Severity,
}

/// A window's next value, and what it owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The window.
    pub window: Window,
    /// What is owed, in order.
    pub effects: Vec<Effect>,
    /// Who must be told.
    pub notices: Vec<Notice>,
}

impl Window {
    /// An instant as the window's wall shows it: `2026-03-08 03:30 EDT`.
    pub fn shown(&self, at: Timestamp) -> String {
        shown(&self.spec.zone, at)
    }

    /// A line for the audit trail.
    fn audit(&self, at: Timestamp, actor: &str, action: &str, detail: String) -> Effect {
        Effect::Audit(AuditEntry {
            at,
            tenant: Some(self.tenant.clone()),
            actor: actor.into(),
            action: action.into(),
            object: self.id.to_string(),
            detail,
        })
    }
}

fn shown(zone: &TimeZone, at: Timestamp) -> String {
    let info = zone.to_offset_info(at);
    format!("{} {}", zone.to_datetime(at).strftime("%Y-%m-%d %H:%M"), info.abbreviation())
}

/// What is bad of the things that a window is about.
pub type Bad = BTreeSet<Condition>;
