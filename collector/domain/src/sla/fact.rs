//! What moves the clocks, and what they say.

use jiff::Timestamp;
use remit_shared::{ChangeId, Party, Severity};

use crate::{
    calendar::Segment,
    sla::{ClockKind, Holder, PauseReason, Terms},
};

/// What moves the clocks. Facts; they cannot be refused. What begins them is
/// [`Clocks::open`](crate::sla::Clocks::open).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Somebody took it on, or said something of it, for the first time or
    /// again. Only a human of the holder's side is a response.
    Responded {
        /// Who: their side.
        party: Party,
        /// It was no program.
        human: bool,
    },
    /// Somebody said how it stands. Ends a pause.
    Updated {
        /// Who: their side.
        party: Party,
    },
    /// Somebody else has it now.
    Owner(Holder),
    /// Somebody stopped the clocks.
    Paused {
        /// What for.
        reason: PauseReason,
        /// Who.
        by: String,
        /// Until when at most; the agreement's limit is the longest.
        until: Option<Timestamp>,
    },
    /// Somebody lets them go on.
    Resumed {
        /// Who.
        by: String,
    },
    /// Both parties agreed that the clocks should have been stopped.
    PausedBefore {
        /// When.
        during: Segment,
        /// What for.
        reason: PauseReason,
        /// Who asked for it.
        by: String,
        /// The change that both approved.
        approval: ChangeId,
    },
    /// Nobody need act for now: a window is open, or a parent says it already.
    Suspended {
        /// Why.
        why: String,
    },
    /// Somebody must act again.
    Released,
    /// It matters more or less than before.
    Severity {
        /// How much before.
        from: Severity,
        /// How much now.
        to: Severity,
    },
    /// It is over.
    Resolved {
        /// Who said so: their side; `None` if it went away by itself.
        by: Option<Party>,
    },
    /// It came back soon after it was over.
    Reopened,
    /// From now on other terms hold.
    Terms(Terms),
    /// Time passed.
    Tick,
}

/// A point that a clock went past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The clock.
    pub clock: ClockKind,
    /// Whose promise it is.
    pub holder: Holder,
    /// The point.
    pub kind: CrossingKind,
    /// When it was passed, which may be long ago.
    pub at: Timestamp,
}

/// What a clock can go past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrossingKind {
    /// So many percent of the target: 50, 75 or 90.
    Warned(u8),
    /// So much of the target that somebody should hurry.
    AtRisk,
    /// More than the target.
    Breached,
}

impl CrossingKind {
    /// The percentage, if it is a warning.
    pub(super) fn warning(self) -> Option<u8> {
        match self {
            Self::Warned(percent) => Some(percent),
            Self::AtRisk | Self::Breached => None,
        }
    }
}
