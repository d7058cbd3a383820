//! Readings: what was measured, as whole numbers.
//!
//! Values are integers in a stated unit, so that both sides compare, add and
//! compress them exactly; nothing is ever rounded twice.

use std::{fmt, sync::Arc};

use crate::Unit;

/// What a value belongs to: a metric, and which one of several.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// What is measured, a stable name: `disk_used`.
    pub metric: Arc<str>,
    /// Which one: a mount point, an interface; empty where there is only one.
    pub instance: Arc<str>,
    /// What the value is counted in.
    pub unit: Unit,
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric)?;
        if !self.instance.is_empty() {
            write!(f, "[{}]", self.instance)?;
        }
        Ok(())
    }
}

/// One measured value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it belongs to.
    pub series: Series,
    /// How many of the series' unit.
    pub value: i64,
}

impl Reading {
    /// A reading of the only thing of its kind.
    pub fn new(metric: &str, unit: Unit, value: i64) -> Self {
        Self::of(metric, "", unit, value)
    }

    /// A reading of one of several things of a kind.
    pub fn of(metric: &str, instance: &str, unit: Unit, value: i64) -> Self {
        Self { series: Series { metric: metric.into(), instance: instance.into(), unit }, value }
    }
}
