//! Who is on call, when, and where nobody is.
//!
//! A [`Rota`] is written in the time on somebody's wall: turns step from one
//! hand-off to the next on the clock of its zone, so that a hand-off at 08:00
//! is at 08:00 on the day the clocks change, too. It is asked in instants.
//!
//! # Invariants
//!
//! - Where two layers apply, the later one in the list wins; an override wins
//!   over every layer, and a later override over an earlier one. [`OnCall`]
//!   says which it was.
//! - [`shifts`] and [`gaps`] together cover an interval exactly once, and
//!   [`on_call`] agrees with them at every instant.
//! - A hand-off that the clocks skip comes as much later as the gap is long;
//!   one that they repeat is its first occurrence. A turn that is skipped as a
//!   whole is nobody's.
//!
//! # Not here
//!
//! How the person is reached, and what happens if they do not answer.

mod ask;
mod check;
mod duty;
#[cfg(test)]
mod tests;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use remit_shared::{PersonName, RotaName};

use crate::calendar::Window;
pub use crate::rota::{
    ask::{conflicts, gaps, on_call, shifts, who_next},
    check::{RotaError, check},
};

/// Who is on call when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rota {
    /// What it is called.
    pub name: RotaName,
    /// Where the clock on the wall hangs.
    pub zone: TimeZone,
    /// Those who take turns. Where two apply, the later one wins.
    pub layers: Vec<Layer>,
    /// Exceptions. They win over layers, and a later one over an earlier one.
    pub overrides: Vec<Override>,
}

/// Some people who take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What people call it: `nights`.
    pub title: String,
    /// Who takes turns, in this order, again and again.
    pub people: Vec<PersonName>,
    /// The date of the first hand-off; before it, the layer gives nobody.
    pub from: Date,
    /// How long a turn lasts, on the wall clock.
    pub turn: Turn,
    /// The time of day of the first hand-off, and so of all that are days apart.
    pub handoff: Time,
    /// The only hours in which it gives anybody; `None` is all hours.
    pub hours: Option<Vec<Window>>,
}

/// How long a turn lasts, on the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// So many hours.
    Hours(u16),
    /// So many days.
    Days(u16),
    /// So many weeks.
    Weeks(u16),
}

/// An exception: somebody else, or nobody, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Its first moment, on the wall clock.
    pub from: DateTime,
    /// The first moment after it.
    pub to: DateTime,
    /// Who is on call instead; `None` is nobody.
    pub person: Option<PersonName>,
    /// Why; may be empty.
    pub note: String,
}

/// Who is on call at an instant, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnCall {
    /// Who; `None` is nobody.
    pub person: Option<PersonName>,
    /// Since when it is so, for the same reason. Nothing that lies more than
    /// the [`HORIZON`](crate::calendar::HORIZON) back is looked at.
    pub since: Timestamp,
    /// Until when it is so: ask again then. At most the
    /// [`HORIZON`](crate::calendar::HORIZON) ahead.
    pub until: Timestamp,
    /// Why, in one line: the layer or the override that decided.
    pub because: String,
}

/// One person on call without a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Who.
    pub person: PersonName,
}

/// A stretch of time in which nobody is on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Why nobody is: no layer applies, or an override says so.
    pub because: String,
}
