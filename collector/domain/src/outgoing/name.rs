//! What a series is called out there.

use remit_shared::{Series, Unit};

use super::{Labels, named};
use crate::endpoint::Registration;

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

/// Name and labels of a series of an endpoint.
pub(super) fn of(registration: &Registration, series: &Series) -> Labels {
    let mut labels = named(&metric(series), registration);
    if !series.instance.is_empty() {
        labels.insert("instance".into(), series.instance.as_ref().into());
    }
    labels
}
