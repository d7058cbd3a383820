//! From readings and facts to signals: what is wrong, and since when.
//!
//! Every check is a [`Level`] per instance with one state, [`Checks`]. A level
//! is evaluated on every answer, also on one that comes late, unless a newer one
//! of its probe is known; it is *announced* (a [`Signal`] is owed) only while the
//! newest answer is live, and only if it differs from what was announced last. So
//! a backlog after an outage updates the truth and pages nobody for what is
//! already over.
//!
//! # Invariants
//!
//! - A level that rises must hold for the check's hold time; one that falls
//!   must pass the separate clear level.
//! - "No answer" never clears a check.
//! - Equal arguments give equal results.

pub mod backup;
mod checks;
pub mod clock;
pub mod exploited;
pub mod patch;
mod policy;
pub mod presence;
pub mod remind;
mod rules;
#[cfg(test)]
mod tests;
mod threshold;
mod words;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{FailedUnit, Series, ServiceScan, Severity};

pub(crate) use crate::detect::words::{moment, span};
pub use crate::detect::{
    checks::{CheckKey, CheckState, Checks, Finding, MOST_CHECKS},
    policy::{Limit, Policy},
    rules::{CHECKS, CheckDef, OverrideError, Rules},
    threshold::{Side, Threshold, show as show_value},
};
use crate::{
    detect::checks::{EVIDENCE, SUMMARY, bounded},
    signal::{Say, Signal},
};

/// The check that speaks of probes that have no answer any more.
pub(crate) const PROBE_FAILING: &str = "probe-failing";

/// How bad a check says it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    #[default]
    Ok,
    /// Past the warning threshold.
    Warn,
    /// Past the critical threshold.
    Crit,
}

/// Judges one measured value by every threshold that watches its metric.
pub fn measure(checks: &mut Checks, rules: &Rules, series: &Series, value: i64, at: Timestamp) {
    for (check, threshold) in rules.watching(&series.metric) {
        let known = checks.get(check, &series.instance);
        let current = known.map_or(Level::Ok, |it| it.level);
        let level = threshold.judge(current, value);
        if known.is_none() && level == Level::Ok {
            // As nearly always: there are no words to be found.
            continue;
        }
        let hold = if level > current { threshold.hold } else { threshold.clear_hold };
        let finding = Finding {
            level,
            hold,
            summary: threshold.describe(series, level, value),
            evidence: format!("{series} = {}", threshold::show(value, series.unit)),
        };
        checks.observe(check, &series.instance, finding, at);
    }
}

/// Forgets for how long a value has been bad or well: nobody saw it meanwhile.
pub(crate) fn wait_anew(checks: &mut Checks, rules: &Rules, series: &Series) {
    for (check, _) in rules.watching(&series.metric) {
        checks.wait_anew(check, &series.instance);
    }
}

/// Ends what is told of a series that is no more.
pub fn gone(checks: &mut Checks, rules: &Rules, series: &Series, at: Timestamp) {
    for (check, _) in rules.watching(&series.metric) {
        checks.clear(check, &series.instance, &format!("{series} is not there any more"), at);
    }
}

/// Judges the newest look at each service manager.
pub fn services<'a>(
    checks: &mut Checks,
    scans: impl Iterator<Item = &'a ServiceScan>,
    at: Timestamp,
) {
    let failed: Vec<&FailedUnit> = scans.flat_map(|it| &it.failed).collect();
    for unit in &failed {
        let finding = Finding {
            level: Level::Crit,
            hold: SignedDuration::ZERO,
            summary: format!("{} has failed ({})", unit.name, unit.state),
            evidence: unit.description.clone(),
        };
        checks.observe("service-failed", &unit.name, finding, at);
    }
    let names: Vec<&str> = failed.iter().map(|it| it.name.as_str()).collect();
    checks.retain("service-failed", &names, "the service runs again", at);
}

impl Rules {
    /// Something that has happened and has no state: it is told each time, and
    /// nothing clears it but a person.
    pub fn edge(
        &self,
        check: &str,
        summary: String,
        evidence: String,
        at: Timestamp,
        delayed: bool,
    ) -> Signal {
        let severity = self.severity(check, Level::Crit).unwrap_or(Severity::High);
        Signal {
            subject: None,
            check: check.into(),
            instance: "".into(),
            function: self.function(check),
            observed_at: at,
            summary: bounded(summary, SUMMARY),
            say: Say::Raised { severity, evidence: bounded(evidence, EVIDENCE), delayed },
        }
    }
}
