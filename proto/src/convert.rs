//! Between messages and the shared vocabulary.
//!
//! What comes from the wire is checked here once: enums that say nothing,
//! times that do not exist and names that are none are refused with the
//! field's name, and nothing behind this module meets them.

mod facts;
mod join_token;
pub mod report;
mod words;

use jiff::{SignedDuration, Timestamp};
use prost_types::Timestamp as WireTimestamp;

pub use crate::convert::join_token::{JoinToken, JoinTokenError};

/// A message that breaks the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}` {problem}")]
pub struct InvalidMessage {
    /// The field, as the `.proto` file names it.
    pub field: &'static str,
    /// What is wrong with it, as in "field … is missing".
    pub problem: String,
}

impl InvalidMessage {
    /// Names the field and what is wrong with it.
    pub fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }

    /// A field that must be there.
    pub fn missing(field: &'static str) -> Self {
        Self::new(field, "is missing")
    }
}

/// A value that has a message or enum of its own on the wire.
pub trait Wire: Sized {
    /// What it is on the wire.
    type Message;

    /// To the wire.
    fn to_wire(&self) -> Self::Message;

    /// From the wire; `field` is named if it is refused.
    fn from_wire(field: &'static str, message: Self::Message) -> Result<Self, InvalidMessage>;
}

/// A message field that must be there.
pub fn required<T: Wire>(
    field: &'static str,
    message: Option<T::Message>,
) -> Result<T, InvalidMessage> {
    T::from_wire(field, message.ok_or_else(|| InvalidMessage::missing(field))?)
}

/// A message field that may be absent.
pub fn optional<T: Wire>(
    field: &'static str,
    message: Option<T::Message>,
) -> Result<Option<T>, InvalidMessage> {
    message.map(|it| T::from_wire(field, it)).transpose()
}

/// Each of a repeated field.
pub fn each<T: Wire>(
    field: &'static str,
    messages: impl IntoIterator<Item = T::Message>,
) -> Result<Vec<T>, InvalidMessage> {
    messages.into_iter().map(|it| T::from_wire(field, it)).collect()
}

/// A text of at most `max` bytes.
pub fn bounded(field: &'static str, text: String, max: usize) -> Result<String, InvalidMessage> {
    if text.len() > max {
        let problem = format!("has {} bytes, at most {max} are allowed", text.len());
        return Err(InvalidMessage::new(field, problem));
    }
    Ok(text)
}

impl Wire for Timestamp {
    type Message = WireTimestamp;

    fn to_wire(&self) -> WireTimestamp {
        // The wire wants nanoseconds that count forward, whatever the sign.
        let (seconds, nanos) = match (self.as_second(), self.subsec_nanosecond()) {
            (seconds, nanos) if nanos < 0 => (seconds - 1, nanos + 1_000_000_000),
            whole => whole,
        };
        WireTimestamp { seconds, nanos }
    }

    fn from_wire(field: &'static str, message: WireTimestamp) -> Result<Self, InvalidMessage> {
        Self::new(message.seconds, message.nanos)
            .map_err(|err| InvalidMessage::new(field, format!("is no time: {err}")))
    }
}

/// The longest length of time that is believed: a year.
const LONGEST: u64 = 366 * 86_400;

/// A length of time of at most a year.
pub fn seconds(field: &'static str, seconds: u64) -> Result<SignedDuration, InvalidMessage> {
    match i64::try_from(seconds) {
        Ok(whole) if seconds <= LONGEST => Ok(SignedDuration::from_secs(whole)),
        _ => Err(InvalidMessage::new(field, "is longer than a year")),
    }
}

/// A length of time as whole seconds, 0 if negative.
pub fn whole_seconds(length: SignedDuration) -> u64 {
    length.as_secs().try_into().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_time_survives_the_wire(nanos in -2_000_000_000_000_000_000_i128..4_000_000_000_000_000_000) {
            let at = Timestamp::from_nanosecond(nanos).unwrap();
            let wire = at.to_wire();
            prop_assert!((0..1_000_000_000).contains(&wire.nanos));
            prop_assert_eq!(Timestamp::from_wire("at", wire), Ok(at));
        }
    }

    #[test]
    fn a_time_that_does_not_exist_is_refused_by_name() {
        let wire = WireTimestamp { seconds: i64::MAX, nanos: 0 };
        let err = Timestamp::from_wire("observed_at", wire).unwrap_err();
        assert!(err.to_string().starts_with("field `observed_at` is no time: "), "{err}");
    }
}
