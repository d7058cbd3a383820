//! A verdict becomes a check of the virtual endpoint that stands for the
//! collector, and an entry of the audit trail.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    detect::{CheckKey, Checks, Level, Rules, span},
    effect::{AuditEntry, Effect},
    endpoint::Endpoint,
    timekeeping::{COLLECTOR_CLOCK, Verdict},
};

/// From here on it is critical: times that people read are wrong by it.
const GRAVE: SignedDuration = SignedDuration::from_secs(60);

/// Writes a verdict on the virtual endpoint, and says what it comes to owe.
pub fn tell(
    endpoint: &Endpoint,
    verdict: &Verdict,
    rules: &Rules,
    now: Timestamp,
) -> (Endpoint, Vec<Effect>) {
    let mut checks = Checks::clone(&endpoint.checks);
    let (level, summary) = (verdict.level(), verdict.summary());
    checks.set(COLLECTOR_CLOCK, "", level, summary.clone(), verdict.evidence(), now);
    let is_it = |(check, _): &CheckKey| **check == *COLLECTOR_CLOCK;
    let mut signals = checks.announce(rules, is_it);
    if signals.is_empty() && level != Level::Ok {
        // Once more, and by how much now.
        signals.extend(checks.announce_again(rules, COLLECTOR_CLOCK, "", false));
    }
    let audit = AuditEntry {
        at: now,
        tenant: Some(endpoint.registration.tenant.clone()),
        actor: "collector".into(),
        action: "collector.clock".into(),
        object: endpoint.id().to_string(),
        detail: summary,
    };
    let owes = signals.into_iter().map(Effect::Signal).chain([Effect::Audit(audit)]).collect();
    (Endpoint { checks: Arc::new(checks), ..endpoint.clone() }, owes)
}

impl Verdict {
    fn level(&self) -> Level {
        match self {
            Self::Set { off, .. } if off.unsigned_abs() >= GRAVE.unsigned_abs() => Level::Crit,
            Self::Set { .. } | Self::Slept(_) => Level::Warn,
            Self::Right | Self::Even => Level::Ok,
        }
    }

    /// What is the matter, in one line.
    pub fn summary(&self) -> String {
        match self {
            Self::Set { by, .. } => {
                let way = if by.is_negative() { "back" } else { "ahead" };
                format!("the collector's clock was set {way} by {}", length(*by))
            }
            Self::Slept(slept) => {
                format!("the collector slept for {}: nobody was watched", length(*slept))
            }
            Self::Right => "the collector's clock is right again".to_owned(),
            Self::Even => "the collector's clock has run evenly for an hour".to_owned(),
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::Set { off, .. } => {
                let way = if off.is_negative() { "behind" } else { "ahead of" };
                format!(
                    "it is {} {way} where it would be by the clock that only runs on; \
                     deadlines go by the wall clock, so they are met that much early or late",
                    length(*off)
                )
            }
            Self::Slept(_) => "the system says how long it slept".to_owned(),
            Self::Right | Self::Even => String::new(),
        }
    }
}

/// A length of time, whichever way it goes.
fn length(length: SignedDuration) -> String {
    let length = SignedDuration::try_from(length.unsigned_abs()).unwrap_or(SignedDuration::MAX);
    if length < GRAVE * 2 { format!("{} s", length.as_secs()) } else { span(length) }
}
