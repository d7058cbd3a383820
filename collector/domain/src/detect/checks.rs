//! What detection remembers: every check that is not plainly ok.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::{
    detect::{Level, Rules},
    signal::{Say, Signal},
};

/// Names one thing that is watched: the check, and which instance.
pub type CheckKey = (Arc<str>, Arc<str>);

/// What detection remembers of an endpoint: everything that is not plainly ok.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// By check and instance. An entry that is ok, announced and not about to
    /// change is left out.
    pub states: BTreeMap<CheckKey, CheckState>,
    /// When all that is bad was told once more.
    pub reminded_at: Option<Timestamp>,
}

/// So many things of one endpoint are bad at once, at most; what is beyond is
/// not looked at before one of them is well again.
pub const MOST_CHECKS: usize = 1_000;

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

impl Finding {
    /// A finding that needs no hold time.
    pub fn now(level: Level, summary: String, evidence: String) -> Self {
        Self { level, hold: SignedDuration::ZERO, summary, evidence }
    }
}

impl Checks {
    /// Takes a finding that was true at `at`.
    pub fn observe(&mut self, check: &str, instance: &str, finding: Finding, at: Timestamp) {
        let key = (Arc::from(check), Arc::from(instance));
        let is_new = !self.states.contains_key(&key);
        if is_new && (finding.level == Level::Ok || self.is_full()) {
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
        let rises = finding.level > state.level;
        let since = match state.pending {
            // Rising further while already waiting keeps the first time: the
            // condition has been bad since then.
            Some((waiting, since)) if rises && waiting > state.level => since,
            // Falling further does not: it has been better since then, and
            // well only from now on.
            Some((waiting, since)) if waiting < state.level && waiting <= finding.level => since,
            Some(_) | None => at,
        };
        if at.duration_since(since) >= finding.hold {
            state.level = finding.level;
            state.since = at;
            state.pending = None;
            state.summary = bounded(finding.summary, SUMMARY);
            state.evidence = bounded(finding.evidence, EVIDENCE);
        } else {
            state.pending = Some((finding.level, since));
        }
    }

    /// Takes something that has just happened, at once and with its words,
    /// also if the level was the same before.
    pub fn set(
        &mut self,
        check: &str,
        instance: &str,
        level: Level,
        summary: String,
        evidence: String,
        at: Timestamp,
    ) {
        let finding = Finding::now(level, summary, evidence);
        if self.level(check, instance) != level {
            self.observe(check, instance, finding, at);
        } else if let Some(state) = self.states.get_mut(&(Arc::from(check), Arc::from(instance))) {
            state.since = at;
            state.pending = None;
            state.summary = bounded(finding.summary, SUMMARY);
            state.evidence = bounded(finding.evidence, EVIDENCE);
        }
    }

    /// What a check is about to become, it becomes later, if at all.
    pub fn wait_anew(&mut self, check: &str, instance: &str) {
        if let Some(state) = self.states.get_mut(&(Arc::from(check), Arc::from(instance))) {
            state.pending = None;
        }
    }

    /// Ends a check at once, if it was bad.
    pub fn clear(&mut self, check: &str, instance: &str, summary: &str, at: Timestamp) {
        if self.get(check, instance).is_some() {
            let finding = Finding::now(Level::Ok, summary.into(), String::new());
            self.observe(check, instance, finding, at);
        }
    }

    /// Where one check stands, if it is not plainly ok.
    pub fn get(&self, check: &str, instance: &str) -> Option<&CheckState> {
        if self.states.is_empty() {
            return None;
        }
        self.states.get(&(Arc::from(check), Arc::from(instance)))
    }

    /// Whether nothing more can be bad.
    pub fn is_full(&self) -> bool {
        self.states.len() >= MOST_CHECKS
    }

    /// The level of one check.
    pub fn level(&self, check: &str, instance: &str) -> Level {
        self.get(check, instance).map_or(Level::Ok, |it| it.level)
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

    /// The signals that are owed because the level of a check that is meant
    /// differs from what was announced; afterwards it is announced, and what is
    /// plainly ok is forgotten.
    pub fn announce(&mut self, rules: &Rules, is_meant: impl Fn(&CheckKey) -> bool) -> Vec<Signal> {
        let mut signals = Vec::new();
        for (key, state) in &mut self.states {
            if state.level != state.announced && is_meant(key) {
                state.announced = state.level;
                signals.push(signal(rules, &key.0, &key.1, state, false));
            }
        }
        let is_plain = |it: &CheckState| {
            it.level == Level::Ok && it.announced == Level::Ok && it.pending.is_none()
        };
        self.states.retain(|_, it| !is_plain(it));
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

pub(super) fn signal(
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
        subject: None,
        check: Arc::clone(check),
        instance: Arc::clone(instance),
        function: rules.function(check),
        observed_at: state.since,
        summary: state.summary.clone(),
        say,
    }
}

/// The longest evidence that is kept, in bytes.
pub(super) const EVIDENCE: usize = 2_000;

/// The longest summary that is kept, in bytes.
pub(super) const SUMMARY: usize = 500;

pub(super) fn bounded(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let mut end = longest;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}
