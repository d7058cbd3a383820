//! What ends a known issue before its time: it is not any more what was
//! agreed on.

use std::{fmt, str::FromStr};

use remit_shared::Severity;

use crate::known_issue::{Occurrence, Tally};

/// The most that may be counted to.
pub(super) const MOST: u32 = 1_000;

/// What ends a known issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Condition {
    /// It matters more than this.
    SeverityAbove(Severity),
    /// It comes more often than this in 24 hours.
    PerDayAbove(u32),
    /// It is in more places than this.
    InstancesAbove(u32),
    /// The value is greater than this, in the check's unit.
    ValueAbove(i64),
    /// The value is smaller than this.
    ValueBelow(i64),
}

/// Why a string is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a condition: use `severity above high`, `per_day above 5`, `instances above 3`, \
     `value above 90` or `value below 10`, counts from 1 to {MOST}"
)]
pub struct ConditionError(pub String);

impl Condition {
    /// Whether it has come true, with the newest occurrence counted.
    pub fn holds(self, tally: &Tally, newest: &Occurrence) -> bool {
        match self {
            Self::SeverityAbove(most) => newest.severity > most,
            Self::PerDayAbove(most) => tally.last_day() > most,
            Self::InstancesAbove(most) => tally.instances.len() > most as usize,
            Self::ValueAbove(most) => newest.value.is_some_and(|it| it > most),
            Self::ValueBelow(least) => newest.value.is_some_and(|it| it < least),
        }
    }
}

impl Condition {
    /// Whether it asks what was measured.
    pub fn is_of_value(self) -> bool {
        match self {
            Self::ValueAbove(_) | Self::ValueBelow(_) => true,
            Self::SeverityAbove(_) | Self::PerDayAbove(_) | Self::InstancesAbove(_) => false,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeverityAbove(it) => write!(f, "severity above {it}"),
            Self::PerDayAbove(it) => write!(f, "per_day above {it}"),
            Self::InstancesAbove(it) => write!(f, "instances above {it}"),
            Self::ValueAbove(it) => write!(f, "value above {it}"),
            Self::ValueBelow(it) => write!(f, "value below {it}"),
        }
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let read = || {
            let words: Vec<_> = text.split_whitespace().collect();
            let [what, how, limit] = words.as_slice() else { return None };
            let count = || limit.parse().ok().filter(|it| (1..=MOST).contains(it));
            match (*what, *how) {
                ("severity", "above") => limit.parse().ok().map(Self::SeverityAbove),
                ("per_day", "above") => count().map(Self::PerDayAbove),
                ("instances", "above") => count().map(Self::InstancesAbove),
                ("value", "above") => limit.parse().ok().map(Self::ValueAbove),
                ("value", "below") => limit.parse().ok().map(Self::ValueBelow),
                _ => None,
            }
        };
        read().ok_or_else(|| {
            ConditionError(text.chars().take(60).flat_map(char::escape_default).collect())
        })
    }
}
