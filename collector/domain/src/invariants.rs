//! What must hold of what is kept, whoever wrote it: looked at again and again
//! while the collector runs, by a part that decides nothing.
//!
//! # Invariants
//!
//! - Whatever the rest of this crate makes of any history violates nothing here.
//! - A violation names what it is about and what is wrong with it, so that
//!   somebody can look.
//!
//! # Not here
//!
//! What is done about a violation, and the audit trail, which verifies itself
//! ([`audit`](crate::audit)).

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::{
    alert::{Alert, State, deadline},
    effect::{Effect, EffectKey},
    endpoint::Registration,
    sla::Clocks,
};

/// What is due later than this was forgotten.
pub const LATE: SignedDuration = SignedDuration::from_mins(2);

/// What takes no answer of anybody's is performed within this.
const PROMPT: SignedDuration = SignedDuration::from_mins(5);

/// A message is delivered or given up within this.
const PATIENCE: SignedDuration = SignedDuration::from_hours(25);

/// Something that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Invariant {
    /// Every unresolved alert has an owner, by a version and a row.
    Owner,
    /// What is due is soon done, and an open alert that nobody has taken on and
    /// nothing keeps quiet has a next step.
    Timer,
    /// What a record owes is soon performed.
    Effect,
    /// Every message is one of its alert's, and leads somewhere.
    Notice,
    /// An alert's time is accounted for without a gap and without counting any
    /// of it twice.
    Ledger,
    /// An alert is its endpoint's tenant's.
    Tenant,
    /// The audit trail is what was written.
    Trail,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Owner,
        Self::Timer,
        Self::Effect,
        Self::Notice,
        Self::Ledger,
        Self::Tenant,
        Self::Trail,
    ];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Timer => "timer",
            Self::Effect => "effect",
            Self::Notice => "notice",
            Self::Ledger => "ledger",
            Self::Tenant => "tenant",
            Self::Trail => "trail",
        }
    }
}

/// Something that must hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What must hold.
    pub invariant: Invariant,
    /// Of what it does not.
    pub object: String,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.invariant.as_str(), self.object, self.why)
    }
}

/// Looks at an alert, and at the endpoint that it is about if that is known.
/// What is due since an instant before `awake` may wait: nobody was there.
pub fn of_alert(
    alert: &Alert,
    endpoint: Option<&Registration>,
    awake: Timestamp,
    now: Timestamp,
) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut add = |invariant, why: String| {
        found.push(Violation { invariant, object: format!("alert {}", alert.id), why });
    };
    if let Some(endpoint) = endpoint
        && endpoint.tenant != alert.about.tenant
    {
        let why = format!("is {}'s, and its endpoint {}'s", alert.about.tenant, endpoint.tenant);
        add(Invariant::Tenant, why);
    }
    if let Some(why) = unaccounted(&alert.clocks) {
        add(Invariant::Ledger, why);
    }
    for pair in alert.notices.windows(2).filter(|it| it[1].number <= it[0].number) {
        add(Invariant::Notice, format!("message {} follows {}", pair[1].number, pair[0].number));
    }
    for it in &alert.notices {
        if it.channel.is_empty() {
            add(Invariant::Notice, format!("message {} leads nowhere", it.number));
        }
        if alert.notices_made < it.number || alert.climb.generation < it.generation {
            add(Invariant::Notice, format!("message {} was never made", it.number));
        }
    }
    if !alert.is_unresolved() {
        return found;
    }
    if alert.remit.matrix_version == 0 {
        add(Invariant::Owner, format!("no matrix gave it to {}", alert.remit.responsible));
    }
    let due = deadline(alert);
    if let Some(due) = due
        && LATE < now.duration_since(due.max(awake))
    {
        add(Invariant::Timer, format!("was due at {due}"));
    }
    if matches!(alert.state, State::Open) && !alert.is_quiet() && due.is_none() {
        add(Invariant::Timer, "nobody has taken it on, and nothing will happen".to_owned());
    }
    found
}

/// What of an alert's time is missing or there twice, if anything is.
fn unaccounted(clocks: &Clocks) -> Option<String> {
    let mut reached = clocks.opened_at;
    if let Some(earlier) = &clocks.earlier {
        if earlier.from != reached || earlier.to < earlier.from {
            return Some(format!("its time is not accounted for from {reached}"));
        }
        reached = earlier.to;
    }
    for it in &clocks.stretches {
        if it.from != reached || it.to < it.from {
            return Some(format!("its time is not accounted for from {reached} to {}", it.from));
        }
        let lasts = it.to.duration_since(it.from);
        if it.counted < SignedDuration::ZERO || lasts < it.counted {
            return Some(format!("more than all of {lasts:#} from {} counts", it.from));
        }
        reached = it.to;
    }
    (clocks.since != reached)
        .then(|| format!("its time is not accounted for from {reached} to {}", clocks.since))
}

/// Looks at something that is owed. What is owed since before `awake` may wait.
pub fn of_owed(
    key: &EffectKey,
    effect: &Effect,
    awake: Timestamp,
    now: Timestamp,
) -> Option<Violation> {
    let (since, patience, what) = match effect {
        Effect::Audit(it) => (it.at, PROMPT, "an entry of the audit trail"),
        Effect::Publish(it) => (it.entry.at, PROMPT, "an event"),
        Effect::Tell(it) => (it.made_at, PATIENCE, "a letter"),
        // A message says itself when it was made, and a signal is as old as
        // what it tells of, which may be long ago.
        Effect::Notify(_) | Effect::Signal(_) | Effect::Admit(_) | Effect::CaughtUp(_) => {
            return None;
        }
    };
    (patience < now.duration_since(since.max(awake))).then(|| Violation {
        invariant: Invariant::Effect,
        object: key.record.to_string(),
        why: format!("{what} is owed since {since}"),
    })
}
