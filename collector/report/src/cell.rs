//! What stands in a table, in its one spelling.

use jiff::{SignedDuration, civil::Date};
use remit_collector_domain::{matrix::show_length, sla::Attainment};
use serde_json::Value;

/// What stands in one place of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A name, or words.
    Text(String),
    /// How many.
    Count(u64),
    /// A share in thousandths: 987 is 98.7 %.
    Share(u16),
    /// How long.
    Length(SignedDuration),
    /// A day.
    Day(Date),
    /// There is nothing to say, or it is not known.
    Missing,
}

impl Cell {
    pub(crate) fn text(it: impl ToString) -> Self {
        Self::Text(it.to_string())
    }

    pub(crate) fn count(it: usize) -> Self {
        Self::Count(u64::try_from(it).unwrap_or(u64::MAX))
    }

    pub(crate) fn share(permille: Option<u16>) -> Self {
        permille.map_or(Self::Missing, Self::Share)
    }

    pub(crate) fn attained(it: &Attainment) -> Self {
        Self::share(it.permille())
    }

    /// As people read it: `12`, `98.7 %`, `1h30m`, `–`.
    pub fn show(&self) -> String {
        match self {
            Self::Text(it) => it.clone(),
            Self::Count(it) => it.to_string(),
            Self::Share(it) => format!("{} %", percent(*it)),
            Self::Length(it) => show_length(*it),
            Self::Day(it) => it.to_string(),
            Self::Missing => "–".into(),
        }
    }

    /// As programs read it: shares are numbers, what is missing is empty.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Share(it) => percent(*it),
            Self::Missing => String::new(),
            Self::Text(_) | Self::Count(_) | Self::Length(_) | Self::Day(_) => self.show(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Count(it) => Value::from(*it),
            Self::Share(it) => Value::from(f64::from(*it) / 10.0),
            Self::Missing => Value::Null,
            Self::Text(_) | Self::Length(_) | Self::Day(_) => Value::from(self.show()),
        }
    }

    /// How far up a chart it reaches, if it does.
    pub(crate) fn height(&self) -> Option<f64> {
        match self {
            Self::Count(it) => Some(*it as f64),
            Self::Share(it) => Some(f64::from(*it) / 10.0),
            Self::Text(_) | Self::Length(_) | Self::Day(_) | Self::Missing => None,
        }
    }

    /// Whether it is a number, which stands on the right.
    pub(crate) fn is_number(&self) -> bool {
        match self {
            Self::Count(_) | Self::Share(_) | Self::Length(_) => true,
            Self::Text(_) | Self::Day(_) | Self::Missing => false,
        }
    }
}

fn percent(permille: u16) -> String {
    format!("{}.{}", permille / 10, permille % 10)
}
