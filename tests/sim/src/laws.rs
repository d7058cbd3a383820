//! What must hold after every step of any life: the model's invariants and
//! those of the defence, as far as they are the core's.
//!
//! | Law | Says |
//! |---|---|
//! | once | what is delivered again changes nothing (I1, model 8) |
//! | one-life | there is one unresolved alert about one thing, and none vanishes |
//! | owner | every alert has an owner and somebody accountable in its matrix (I3, I11, model 3) |
//! | climb | what is open and not quiet is climbed, and nothing else (I3) |
//! | step-once | no step of a climb is told twice (I4) |
//! | tenant | nobody is told of another tenant's alert (I5) |
//! | quiet | nobody is told of what is quiet, but that a promise is broken |
//! | belief | once it is not quiet, whoever must know how it stands does (model 2) |
//! | due | nothing is overdue, and what is open is looked at again |
//! | settled | another look changes nothing |
//! | ledger | stretches follow one another, and sums are sums (I6, model 6) |
//! | spent | time that was spent only grows, and stands still while paused (I8) |
//! | audit | the audit trail only grows (I7) |
//! | bounded | nothing grows without end (I10) |
//!
//! That quiet stops neither evaluation nor resolution (model 1) is
//! [`same_but_for_words`]; that equal histories give equal traces (I9, model
//! 5), a test.
//!
//! # Not here
//!
//! Model 4 and 7 are about inventories and schedules; I2 is the store's.

mod told;
mod work;

use std::{collections::BTreeMap, fmt};

use remit_collector_domain::alert::Alert;
use remit_shared::AlertId;

use crate::{history::Deed, world::World};

/// A law that does not hold.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Its name.
    pub law: &'static str,
    /// How.
    pub how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law `{}`: {}", self.law, self.how)
    }
}

/// Holds all laws against a step of a world.
pub fn hold(before: &World, after: &World, deed: &Deed) -> Result<(), Broken> {
    once(before, after, deed)?;
    work::one_life(before, after)?;
    told::step_once(before, after)?;
    told::tenant(before, after)?;
    told::quiet(before, after)?;
    for alert in after.alerts.values() {
        work::owner(after, alert)?;
        work::climb(alert)?;
        told::belief(after, alert)?;
        work::due(after, alert)?;
        work::ledger(after, alert)?;
        work::bounded(alert)?;
        if let Some(earlier) = before.alerts.get(&alert.id) {
            work::spent(earlier, alert)?;
        }
    }
    settled(after)?;
    if after.audit.starts_with(&before.audit) {
        Ok(())
    } else {
        Err(Broken { law: "audit", how: "an entry is gone, or another".to_owned() })
    }
}

fn ensure(law: &'static str, holds: bool, how: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { law, how: how() }) }
}

fn once(before: &World, after: &World, deed: &Deed) -> Result<(), Broken> {
    let is_again = matches!(deed, Deed::DeliverAgain(_));
    ensure("once", !is_again || before.alerts == after.alerts, || {
        "a signal was heard twice".to_owned()
    })
}

fn settled(world: &World) -> Result<(), Broken> {
    let mut again = world.clone();
    again.tick();
    let changed = again.alerts.values().find(|it| world.alerts.get(&it.id) != Some(it));
    ensure("settled", changed.is_none() && again.sent == world.sent, || {
        format!("a second look changed {}", changed.map_or(String::new(), |it| it.id.to_string()))
    })
}

/// Compares two worlds in all but what people were told.
pub fn same_but_for_words(one: &World, other: &World) -> Result<(), Broken> {
    let (mut found, expected) = (facts(one), facts(other));
    for (id, facts) in expected {
        let same = found.remove(&id);
        ensure("evaluation", same.as_ref() == Some(&facts), || {
            format!("{id} is {same:?}, and without quiet {facts:?}")
        })?;
    }
    ensure("evaluation", found.is_empty(), || "an alert is there only because of quiet".to_owned())
}

/// What must not depend on whether anybody is told.
fn facts(world: &World) -> BTreeMap<AlertId, impl PartialEq + fmt::Debug + use<>> {
    let facts = |it: &Alert| {
        let it = it.clone();
        (
            (it.state, it.severity, it.occurrences, it.reopened),
            (it.opened_at, it.raised_at, it.last_seen_at, it.cleared_at),
            (it.remit.responsible.clone(), it.owner_differs, it.blocked, it.flap),
        )
    };
    world.alerts.values().map(|it| (it.id, facts(it))).collect()
}
