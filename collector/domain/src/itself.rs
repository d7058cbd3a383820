//! What the collector finds wrong with itself: a check of the virtual endpoint
//! that stands in for it, and an entry of the audit trail.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    detect::{CheckKey, Checks, Level, Rules},
    effect::{AuditEntry, Effect},
    endpoint::Endpoint,
};

/// Something about the collector itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check that speaks of it.
    pub check: &'static str,
    /// What the audit trail calls it.
    pub action: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is the matter, in one line.
    pub summary: String,
    /// What was seen.
    pub evidence: String,
}

/// Writes a finding on the virtual endpoint, and says what it comes to owe.
pub fn tell(
    endpoint: &Endpoint,
    finding: &Finding,
    rules: &Rules,
    now: Timestamp,
) -> (Endpoint, Vec<Effect>) {
    let Finding { check, action, level, summary, evidence } = finding;
    let mut checks = Checks::clone(&endpoint.checks);
    checks.set(check, "", *level, summary.clone(), evidence.clone(), now);
    let is_it = |(name, _): &CheckKey| **name == **check;
    let mut signals = checks.announce(rules, is_it);
    if signals.is_empty() && *level != Level::Ok {
        // Once more, and how bad it is now.
        signals.extend(checks.announce_again(rules, check, "", false));
    }
    let audit = AuditEntry {
        at: now,
        tenant: Some(endpoint.registration.tenant.clone()),
        actor: "collector".into(),
        action: (*action).into(),
        object: endpoint.id().to_string(),
        detail: summary.clone(),
    };
    let owes = signals.into_iter().map(Effect::Signal).chain([Effect::Audit(audit)]).collect();
    (Endpoint { checks: Arc::new(checks), ..endpoint.clone() }, owes)
}
