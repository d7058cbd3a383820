//! What an answer looks like: for programs as JSON, for people as text.
//!
//! Each submodule turns the messages of one service into views. A view is a
//! plain value; its JSON (the proto's field names, words as they are typed,
//! times as RFC 3339) is a contract that scripts rely on, its text is not.
//!
//! # Invariants
//!
//! - Pure: a view knows nothing but its message and the [`Look`].
//! - Whatever came from the wire passes [`text::plain`] before it is text, so
//!   that a host name cannot move anybody's cursor.

pub(crate) mod agenda;
pub(crate) mod alert;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod change;
pub(crate) mod endpoint;
pub(crate) mod event;
pub(crate) mod history;
pub(crate) mod known_issue;
pub(crate) mod matrix;
pub(crate) mod message;
pub(crate) mod noise;
pub(crate) mod operator;
pub(crate) mod patch;
pub(crate) mod people;
pub(crate) mod reading;
pub(crate) mod responsibility;
pub(crate) mod selector;
pub(crate) mod sheet;
pub(crate) mod shift;
pub(crate) mod sla;
pub(crate) mod source;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod token;
pub(crate) mod tone;
pub(crate) mod window;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

/// An answer.
pub(crate) trait View: Serialize {
    /// For people.
    fn text(&self, look: &Look) -> String;
}

/// What decides on how a text looks, apart from what it says.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// What "3 min ago" is measured by.
    pub(crate) now: Timestamp,
    /// Whose local time is shown.
    pub(crate) zone: TimeZone,
    /// With colours.
    pub(crate) color: bool,
    /// How many columns fit.
    pub(crate) width: u16,
}

/// The wire's absent word or text, as people are shown it.
pub(crate) const NOTHING: &str = "-";

impl Look {
    /// For what stands inside of something else.
    pub(crate) fn indented(&self) -> Self {
        Self { width: self.width.saturating_sub(2), ..self.clone() }
    }
}
