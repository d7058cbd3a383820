//! What was promised, and how the time was spent.
//!
//! An [`Agreement`] says how soon somebody must respond, how soon it must be
//! over, and which hours count. [`Clocks`] is what an alert keeps of its time:
//! one ledger of stretches, and a few clocks that read it. [`apply`] writes a
//! [`Fact`] into it, [`deadline`] says when the next [`Fact::Tick`] is due, and
//! [`ledger`] shows it to people.
//!
//! # Invariants
//!
//! - The stretches of a ledger neither overlap nor leave a gap, and every total
//!   is the sum of its stretches.
//! - Time is whole milliseconds of UTC. A target is missed if more than it was
//!   spent; to the very millisecond is in time. Percentages are for the eye.
//! - A deadline is derived, never kept.
//! - A hand-over changes the team's clock and never the contract's.
//! - Time that was counted stays counted, whatever becomes of the calendar.
//! - Each [`Crossing`] is told once: a warning once for each severity, a breach
//!   once.
//!
//! # Not here
//!
//! Which agreement an alert is under is the matrix's business; what becomes of
//! a crossing is the alert's.

mod agreement;
mod apply;
mod attainment;
mod clocks;
mod compact;
mod fact;
mod ledger;
mod pause;
mod points;
#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::calendar::{self, Calendar, Segment};
pub use crate::sla::{
    agreement::{Agreement, PauseReason, Targets},
    apply::{apply, deadline},
    attainment::{Attainment, Judged, Percentiles, Verdict, attainment, attainment_by, judged},
    clocks::{
        Clock, ClockKind, Clocks, Earlier, End, Holder, Outcome, Pause, Share, Spending, Stretch,
    },
    fact::{Crossing, CrossingKind, Fact},
    ledger::{Ledger, Line, LineState, Promise, Status, Totals, ledger},
    pause::{PauseRefusal, PauseRequest, pause},
    points::target,
};

/// What an alert's time is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What was promised.
    pub agreement: Arc<Agreement>,
    /// The hours that count; `None` if every hour does.
    pub calendar: Option<Arc<Calendar>>,
    /// The matrix version that says so.
    pub matrix_version: u64,
}

impl Terms {
    /// How much of an interval counts.
    pub(crate) fn counted(&self, within: Segment) -> SignedDuration {
        match &self.calendar {
            Some(it) => calendar::elapsed(it, within),
            None => within.lasts(),
        }
    }

    /// When so much time that counts has passed since an instant; `None` if the
    /// calendar never gives it.
    pub(crate) fn after(&self, from: Timestamp, budget: SignedDuration) -> Option<Timestamp> {
        if budget <= SignedDuration::ZERO {
            return Some(from);
        }
        match &self.calendar {
            Some(it) => calendar::deadline(it, from, budget),
            None => Some(Segment::ahead(from, budget).to),
        }
    }
}
