//! What the audit trail says of a change, and of what was refused.

use jiff::Timestamp;

use crate::{
    change::{Change, Signatory},
    effect::{AuditEntry, Effect},
};

/// The entry for something that somebody asked of a change and was refused.
pub fn refused(
    change: &Change,
    by: &Signatory,
    asked: &str,
    why: &dyn std::error::Error,
    now: Timestamp,
) -> AuditEntry {
    let action = format!("change.{asked}.refused");
    entry(change, &actor(by), &action, why.to_string(), now)
}

/// How the trail names somebody.
pub fn actor(by: &Signatory) -> String {
    format!("{} {} ({}, {})", by.operator, by.name, by.party, by.role)
}

pub(super) fn entry(
    change: &Change,
    actor: &str,
    action: &str,
    detail: String,
    at: Timestamp,
) -> AuditEntry {
    AuditEntry {
        at,
        tenant: Some(change.tenant.clone()),
        actor: actor.to_owned(),
        action: action.to_owned(),
        object: change.id.to_string(),
        detail,
    }
}

pub(super) fn done(
    change: &Change,
    by: &Signatory,
    what: &str,
    detail: String,
    at: Timestamp,
) -> Effect {
    Effect::Audit(entry(change, &actor(by), &format!("change.{what}"), detail, at))
}

/// What the clock did.
pub(super) fn by_itself(change: &Change, what: &str, detail: String, at: Timestamp) -> Effect {
    Effect::Audit(entry(change, "remit", &format!("change.{what}"), detail, at))
}
