//! From readings and facts to signals: what is wrong, and since when.
//!
//! Every check is a [`Level`] per instance with one state, [`Checks`]. A level
//! is evaluated on every answer, also on one that comes late; it is *announced*
//! (a [`Signal`] is owed) only while the newest answer is live, and only if it
//! differs from what was announced last. So a backlog after an outage updates
//! the truth and pages nobody for what is already over.
//!
//! # Invariants
//!
//! - A level that rises must hold for the check's hold time; one that falls
//!   must pass the separate clear level.
//! - "No answer" never clears a check.
//! - Equal arguments give equal results.

pub mod backup;
pub mod patch;
pub mod presence;
mod rules;
#[cfg(test)]
mod tests;
mod threshold;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{Function, Series, ServiceScan, Severity};

pub use crate::detect::{
    rules::{CHECKS, CheckDef, Override, OverrideError, Policy, Rules},
    threshold::{Side, Threshold},
};
use crate::signal::{Say, Signal};

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

/// Names one thing that is watched: the check, and which instance.
pub type CheckKey = (Arc<str>, Arc<str>);

/// What detection remembers of an endpoint: everything that is not plainly ok.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// By check and instance. An entry that is ok, announced and not about to
    /// change is left out.
    pub states: BTreeMap<CheckKey, CheckState>,
}

/// Where one check stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckState {
    /// How bad it is.
    pub level: Level,
    /// Since when.
    pub since: Timestamp,
    /// What it is about to become, and since when that has been so.
    pub pending: Option<(Level, Timestamp)>,
    /// What alerts were told last.
    pub announced: Level,
    /// What is the matter, in one line.
    pub summary: String,
    /// What was seen; bounded.
    pub evidence: String,
}

/// One finding about a check, before hold times.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How bad it looks.
    pub level: Level,
    /// How long it must look so before it is so.
    pub hold: SignedDuration,
    /// What is the matter, in one line.
    pub summary: String,
    /// What was seen.
    pub evidence: String,
}

impl Checks {
    /// Takes a finding that was true at `at`.
    pub fn observe(&mut self, check: &str, instance: &str, finding: Finding, at: Timestamp) {
        let key = (Arc::from(check), Arc::from(instance));
        if finding.level == Level::Ok && !self.states.contains_key(&key) {
            return;
        }
        let state = self.states.entry(key).or_insert_with(|| CheckState {
            level: Level::Ok,
            since: at,
            pending: None,
            announced: Level::Ok,
            summary: String::new(),
            evidence: String::new(),
        });
        if finding.level == state.level {
            state.pending = None;
            return;
        }
        // Rising further while already waiting keeps the first time: the
        // condition has been bad since then.
        let since = match state.pending {
            Some((waiting, since)) if (waiting > state.level) == (finding.level > state.level) => {
                since
            }
            _ => at,
        };
        if at.duration_since(since) >= finding.hold {
            state.level = finding.level;
            state.since = at;
            state.pending = None;
            state.summary = finding.summary;
            state.evidence = bounded(finding.evidence);
        } else {
            state.pending = Some((finding.level, since));
        }
    }

    /// The level of one check.
    pub fn level(&self, check: &str, instance: &str) -> Level {
        let mut states = self.states.iter();
        states
            .find(|((c, i), _)| &**c == check && &**i == instance)
            .map_or(Level::Ok, |it| it.1.level)
    }

    /// Clears every instance of a check that is not among `present`.
    pub fn retain(&mut self, check: &str, present: &[&str], summary: &str, at: Timestamp) {
        for ((name, instance), state) in &mut self.states {
            if &**name == check && !present.contains(&&**instance) && state.level != Level::Ok {
                state.level = Level::Ok;
                state.since = at;
                state.pending = None;
                state.summary = summary.into();
                state.evidence = String::new();
            }
        }
    }

    /// The signals that are owed because a level differs from what was
    /// announced; afterwards it is announced, and what is plainly ok is forgotten.
    pub fn announce(&mut self, rules: &Rules, delayed: bool) -> Vec<Signal> {
        let mut signals = Vec::new();
        for ((check, instance), state) in &mut self.states {
            if state.level != state.announced {
                state.announced = state.level;
                signals.push(signal(rules, check, instance, state, delayed));
            }
        }
        self.states.retain(|_, it| it.level != Level::Ok || it.pending.is_some());
        signals
    }

    /// Announces one check even if its level was announced before: it has
    /// happened once more.
    pub fn announce_again(
        &mut self,
        rules: &Rules,
        check: &str,
        instance: &str,
        delayed: bool,
    ) -> Option<Signal> {
        let key: CheckKey = (Arc::from(check), Arc::from(instance));
        let state = self.states.get_mut(&key)?;
        state.announced = state.level;
        Some(signal(rules, &key.0, &key.1, state, delayed))
    }
}

fn signal(
    rules: &Rules,
    check: &Arc<str>,
    instance: &Arc<str>,
    state: &CheckState,
    delayed: bool,
) -> Signal {
    let say = match rules.severity(check, state.level) {
        None => Say::Cleared,
        Some(severity) => Say::Raised { severity, evidence: state.evidence.clone(), delayed },
    };
    Signal {
        check: Arc::clone(check),
        instance: Arc::clone(instance),
        function: rules.function(check),
        observed_at: state.since,
        summary: state.summary.clone(),
        say,
    }
}

/// Judges one measured value by every threshold that watches its metric.
pub fn measure(checks: &mut Checks, rules: &Rules, series: &Series, value: i64, at: Timestamp) {
    for (check, threshold) in rules.watching(&series.metric) {
        let current = checks.level(check, &series.instance);
        let level = threshold.judge(current, value);
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

/// Judges one look at the service manager.
pub fn services(checks: &mut Checks, scan: &ServiceScan, at: Timestamp) {
    for unit in &scan.failed {
        let finding = Finding {
            level: Level::Crit,
            hold: SignedDuration::ZERO,
            summary: format!("{} has failed ({})", unit.name, unit.state),
            evidence: unit.description.clone(),
        };
        checks.observe("service-failed", &unit.name, finding, at);
    }
    let failed: Vec<&str> = scan.failed.iter().map(|it| it.name.as_str()).collect();
    checks.retain("service-failed", &failed, "the service runs again", at);
}

/// The severity that a level of a check has, and which function it belongs to,
/// for those that must speak of a check without a state.
pub fn severity_of(rules: &Rules, check: &str, level: Level) -> Option<(Severity, Function)> {
    rules.severity(check, level).map(|it| (it, rules.function(check)))
}

/// The longest evidence that is kept, in bytes.
const EVIDENCE: usize = 2_000;

fn bounded(mut text: String) -> String {
    if text.len() > EVIDENCE {
        let mut end = EVIDENCE;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}
