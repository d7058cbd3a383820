//! What a series is called out there.

use std::sync::Arc;

use remit_shared::{Series, Unit};

use super::{Labels, NAME};

/// What all names begin with.
const OURS: &str = "remit_";

/// The name of a series' metric: `remit_cpu_busy_percent`. A name that says its
/// unit already does not say it twice.
pub fn metric(series: &Series) -> String {
    let fit = |it: char| if it.is_ascii_alphanumeric() { it } else { '_' };
    let mut name: String = OURS.chars().chain(series.metric.chars().map(fit)).collect();
    let unit = match series.unit {
        Unit::Count | Unit::Milli | Unit::Flag => return name,
        Unit::Bytes => "_bytes",
        Unit::BytesPerSecond => "_bytes_per_second",
        Unit::Permille => "_percent",
        Unit::Seconds | Unit::Milliseconds => "_seconds",
    };
    if !name.ends_with(unit) {
        name.push_str(unit);
    }
    name
}

/// A value in the unit that the name says.
pub fn value(unit: Unit, value: i64) -> f64 {
    let value = value as f64;
    match unit {
        Unit::Count | Unit::Flag | Unit::Bytes | Unit::BytesPerSecond | Unit::Seconds => value,
        Unit::Permille => value / 10.0,
        Unit::Milli | Unit::Milliseconds => value / 1_000.0,
    }
}

/// Name and labels of a series of an endpoint, whose series have some in common.
pub(super) fn of(common: &Labels, series: &Series) -> Labels {
    let mut labels = common.clone();
    // Most series have both, and a name that is there costs nothing.
    match labels.get_mut(NAME) {
        Some(name) => *name = metric(series).into(),
        None => drop(labels.insert(NAME.into(), metric(series).into())),
    }
    if !series.instance.is_empty() {
        labels.insert("instance".into(), Arc::clone(&series.instance));
    }
    labels
}
