//! What makes no rota.

use jiff::civil::DateTime;
use remit_shared::RotaName;

use crate::rota::{Rota, Turn};

/// More layers than this are a mistake.
const MOST_LAYERS: usize = 100;

/// More people in one layer than this are a mistake.
const MOST_PEOPLE: usize = 100;

/// More overrides than this are history, which belongs elsewhere.
const MOST_OVERRIDES: usize = 1000;

/// The longest turn, in hours: a year.
const LONGEST_TURN: i64 = 366 * 24;

/// The longest title or note, in bytes.
const LONGEST_TEXT: usize = 500;

/// Why a rota is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotaError {
    /// Nobody ever takes a turn.
    #[error("rota `{rota}` has no layer: name at least one, with the people who take turns")]
    NoLayer {
        /// The rota.
        rota: RotaName,
    },
    /// There is more of something than makes sense.
    #[error("rota `{rota}` has {got} {what}: at most {most} make sense")]
    TooMany {
        /// The rota.
        rota: RotaName,
        /// Of what.
        what: &'static str,
        /// How many.
        got: usize,
        /// How many at most.
        most: usize,
    },
    /// A layer is wrong.
    #[error("rota `{rota}`, layer {layer}: {wrong}")]
    Layer {
        /// The rota.
        rota: RotaName,
        /// Which layer, from 1.
        layer: usize,
        /// What is wrong, and what would be right.
        wrong: &'static str,
    },
    /// An override is wrong.
    #[error("rota `{rota}`, override {number}, from {from} to {to}: {wrong}")]
    Override {
        /// The rota.
        rota: RotaName,
        /// Which override, from 1.
        number: usize,
        /// When it begins.
        from: DateTime,
        /// When it ends.
        to: DateTime,
        /// What is wrong, and what would be right.
        wrong: &'static str,
    },
}

/// Whether a rota makes sense; the first thing that does not.
pub fn check(rota: &Rota) -> Result<(), RotaError> {
    if rota.layers.is_empty() {
        return Err(RotaError::NoLayer { rota: rota.name.clone() });
    }
    let at_most = |what, got, most| match got <= most {
        true => Ok(()),
        false => Err(RotaError::TooMany { rota: rota.name.clone(), what, got, most }),
    };
    at_most("layers", rota.layers.len(), MOST_LAYERS)?;
    at_most("overrides", rota.overrides.len(), MOST_OVERRIDES)?;
    for (index, it) in rota.layers.iter().enumerate() {
        at_most("people in one layer", it.people.len(), MOST_PEOPLE)?;
        let wrong = if it.people.is_empty() {
            "nobody takes turns: name at least one person"
        } else if it.turn.hours() == 0 {
            "a turn lasts no time: make it one hour or more"
        } else if LONGEST_TURN < it.turn.hours() {
            "a turn lasts more than a year: make it shorter"
        } else if it.hours.as_ref().is_some_and(Vec::is_empty) {
            "its hours are none: leave them out for all hours"
        } else if LONGEST_TEXT < it.title.len() {
            "its title is too long: 500 bytes are enough"
        } else {
            continue;
        };
        return Err(RotaError::Layer { rota: rota.name.clone(), layer: index + 1, wrong });
    }
    for (index, it) in rota.overrides.iter().enumerate() {
        let wrong = if it.to <= it.from {
            "it ends before it begins: the end is the first moment after it"
        } else if LONGEST_TEXT < it.note.len() {
            "its note is too long: 500 bytes are enough"
        } else {
            continue;
        };
        let (rota, number, from, to) = (rota.name.clone(), index + 1, it.from, it.to);
        return Err(RotaError::Override { rota, number, from, to, wrong });
    }
    Ok(())
}

impl Turn {
    /// How many hours it has on the wall clock.
    pub(super) fn hours(self) -> i64 {
        match self {
            Self::Hours(it) => it.into(),
            Self::Days(it) => i64::from(it) * 24,
            Self::Weeks(it) => i64::from(it) * 24 * 7,
        }
    }
}
