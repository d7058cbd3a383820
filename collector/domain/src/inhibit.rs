//! Which alerts are said already by another one.
//!
//! A server that is off has a silent agent, stale probes and services that do
//! not answer: one thing to tell, not four. A [`Rule`] names which checks say
//! which others already, and what the two alerts must have in common.
//!
//! # Invariants
//!
//! - Telling is inhibited, never watching, opening or resolving.
//! - What two alerts must have in common they must both *have*: a label that
//!   is missing on both is not a label that is equal.
//! - No alert inhibits itself, nor one of its own kind where both are cause and
//!   consequence by the same rule.
//! - Somebody always speaks: alerts that inhibit each other in a circle do not.
//! - Alerts of different tenants have nothing in common.
//!
//! # Not here
//!
//! Whether the parent is told itself does not matter: it is the matter that
//! inhibits, not the message. So a chain of parents needs no rule of its own.

mod candidate;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{AlertId, Tenant};

pub use crate::inhibit::{
    candidate::Candidate,
    rules::{Label, LabelError, Rule, Targets, shipped},
};
use crate::suppression::{Suppression, SuppressionKind};

/// What a parent said is worth waiting for after it is over: the children need
/// a moment to be well again themselves.
pub const SETTLE: SignedDuration = SignedDuration::from_mins(2);

/// The alerts that may inhibit others, as they can be asked quickly.
#[derive(Clone, Debug)]
pub struct Parents<'a> {
    rules: &'a [Rule],
    by_labels: BTreeMap<Common<'a>, Vec<&'a Candidate>>,
}

/// By which rule, in which tenant, and the values of the rule's labels.
type Common<'a> = (usize, &'a Tenant, Vec<String>);

impl<'a> Parents<'a> {
    /// Takes the alerts that are open, or were until a moment ago.
    pub fn among(
        rules: &'a [Rule],
        alerts: impl IntoIterator<Item = &'a Candidate>,
        now: Timestamp,
    ) -> Self {
        let mut by_labels: BTreeMap<Common<'a>, Vec<&Candidate>> = BTreeMap::new();
        for alert in alerts.into_iter().filter(|it| it.holds_until().is_none_or(|it| it > now)) {
            for (index, rule) in rules.iter().enumerate() {
                if rule.is_source(alert)
                    && let Some(values) = rule.common(alert)
                {
                    by_labels.entry((index, &alert.tenant, values)).or_default().push(alert);
                }
            }
        }
        Self { rules, by_labels }
    }

    /// Why an alert is not told, one reason for each parent, oldest first.
    pub fn of(&self, child: &Candidate) -> Vec<Suppression> {
        let mut found: BTreeMap<(Timestamp, AlertId), Suppression> = BTreeMap::new();
        for (rule, parent) in self.direct(child) {
            if self.is_above(child, parent) {
                continue;
            }
            let reason = suppression(rule, parent, child);
            found.entry((parent.opened_at, parent.alert)).or_insert(reason);
        }
        found.into_values().collect()
    }

    fn direct(&self, child: &Candidate) -> Vec<(&'a Rule, &'a Candidate)> {
        let mut found = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let Some(values) = rule.common(child).filter(|_| rule.is_target(child)) else {
                continue;
            };
            let is_two_sided = rule.is_source(child);
            let parents = self.by_labels.get(&(index, &child.tenant, values));
            let parents = parents.into_iter().flatten().copied();
            let parents = parents
                .filter(|it| !it.is_about_the_same(child))
                .filter(|it| !(is_two_sided && rule.is_target(it)));
            found.extend(parents.map(|it| (rule, it)));
        }
        found
    }

    /// Whether an alert is, over however many steps, a parent of another one.
    fn is_above(&self, above: &Candidate, below: &Candidate) -> bool {
        let (mut seen, mut ahead) = (BTreeSet::from([below.alert]), vec![below]);
        while let Some(next) = ahead.pop() {
            for (_, parent) in self.direct(next) {
                if parent.alert == above.alert {
                    return true;
                }
                if seen.insert(parent.alert) {
                    ahead.push(parent);
                }
            }
        }
        false
    }
}

/// Why an alert is not told, given all alerts of the moment. For many children
/// at once, ask [`Parents`].
pub fn inhibitors(
    child: &Candidate,
    alerts: &[Candidate],
    rules: &[Rule],
    now: Timestamp,
) -> Vec<Suppression> {
    Parents::among(rules, alerts, now).of(child)
}

fn suppression(rule: &Rule, parent: &Candidate, child: &Candidate) -> Suppression {
    let of =
        if parent.hostname.is_empty() { String::new() } else { format!(" of {}", parent.hostname) };
    let ended = match parent.closed_at {
        Some(_) => ", which ended a moment ago",
        None => "",
    };
    Suppression {
        kind: SuppressionKind::Dependency,
        reference: parent.alert.to_string(),
        why: format!("{}{of} says it already{ended} (rule `{}`)", parent.check, rule.name),
        since: parent.opened_at.max(child.opened_at),
        until: parent.holds_until(),
        covers_open: SuppressionKind::Dependency.covers_open(),
    }
}
