//! Laws about whose an alert is, what is climbed, and how time is spent.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::{self, Alert, State, must_be_watched},
    sla::{self, Clocks, LineState, Spending},
};

use crate::{
    laws::{Broken, ensure},
    world::World,
};

/// So many entries a timeline holds.
const MOST_ENTRIES: usize = 200;
/// So many messages an alert holds.
const MOST_NOTICES: usize = 400;

pub(super) fn one_life(before: &World, after: &World) -> Result<(), Broken> {
    let mut unresolved = BTreeSet::new();
    for alert in after.alerts.values().filter(|it| it.is_unresolved()) {
        let about = &alert.about;
        let is_new = unresolved.insert((about.endpoint, &about.check, &about.instance));
        ensure("one-life", is_new, || format!("{} is about what another is", alert.id))?;
    }
    let gone = before.alerts.values().find(|it| {
        after.alerts.get(&it.id).is_none_or(|now| {
            now.about != it.about
                || now.climb.generation < it.climb.generation
                || now.occurrences < it.occurrences
                || now.notices_made < it.notices_made
        })
    });
    ensure("one-life", gone.is_none(), || format!("{:?} went back", gone.map(|it| it.id)))
}

pub(super) fn owner(world: &World, alert: &Alert) -> Result<(), Broken> {
    let (remit, tenant) = (&alert.remit, &alert.about.tenant);
    let mut versions = world.matrices[tenant].iter();
    let version = versions.find(|it| it.version == remit.matrix_version);
    let is_there = version.is_some_and(|it| {
        it.team(&remit.responsible).is_some_and(|team| team.party == remit.party)
            && it.team(&remit.accountable).is_some()
            && it.all_rows().any(|row| row.id.to_string() == remit.row)
    });
    ensure("owner", is_there && remit.all_accountable().contains(&remit.accountable), || {
        format!("{} is nobody's: {remit:?}", alert.id)
    })
}

pub(super) fn climb(alert: &Alert) -> Result<(), Broken> {
    let is_climbed = !alert.climb.timers.is_empty();
    let must_be = alert.state == State::Open && !alert.is_quiet();
    ensure("climb", is_climbed == must_be, || {
        format!("{} is {:?}, climbed: {is_climbed}", alert.id, alert.state)
    })
}

pub(super) fn due(world: &World, alert: &Alert) -> Result<(), Broken> {
    let due = alert::deadline(alert);
    let is_looked_at = due.is_some() || !alert.is_unresolved() || must_be_watched(alert);
    ensure("due", is_looked_at, || format!("nobody looks at {} again", alert.id))?;
    ensure("due", due.is_none_or(|it| it > world.now), || {
        format!("{} was due at {due:?}, and it is {}", alert.id, world.now)
    })
}

pub(super) fn ledger(world: &World, alert: &Alert) -> Result<(), Broken> {
    let Clocks { earlier, stretches, since, opened_at, .. } = &alert.clocks;
    let mut at = earlier.as_ref().map_or(*opened_at, |it| it.to);
    for it in stretches {
        ensure("ledger", it.from == at && it.from <= it.to, || {
            format!("{}: a stretch from {} follows {at}", alert.id, it.from)
        })?;
        at = it.to;
    }
    ensure("ledger", at == *since, || format!("{}: {at} is not {since}", alert.id))?;
    let Some(terms) = world.terms_of(alert) else {
        return ensure("ledger", false, || format!("nobody knows the terms of {}", alert.id));
    };
    let book = sla::ledger(&terms, alert.severity, &alert.clocks, world.now);
    let by_team = book.by_team.values().map(|it| it.running).sum::<SignedDuration>();
    let shares = book.earlier.iter().flat_map(|it| &it.shares);
    let shares = shares.filter(|it| it.spending == Spending::Running).map(|it| it.counted);
    let lines = book.lines.iter().filter(|it| it.state == LineState::Running).map(|it| it.counted);
    let sum = shares.chain(lines).sum::<SignedDuration>();
    ensure("ledger", sum == by_team, || format!("{}: {sum} is not {by_team}", alert.id))
}

pub(super) fn spent(before: &Alert, after: &Alert) -> Result<(), Broken> {
    for now in &after.clocks.clocks {
        let Some(then) = before.clocks.clocks.iter().find(|it| it.kind == now.kind) else {
            continue;
        };
        let is_same = then.since == now.since && then.holder == now.holder;
        ensure("spent", !is_same || then.spent <= now.spent, || {
            format!(
                "{}: {} went back from {} to {}",
                after.id,
                now.kind.as_str(),
                then.spent,
                now.spent
            )
        })?;
        let was_still = before.clocks.pause.is_some()
            && after.clocks.pause == before.clocks.pause
            && before.clocks.holder == after.clocks.holder;
        ensure("spent", !(is_same && was_still) || then.spent == now.spent, || {
            format!("{}: {} ran while it was stopped", after.id, now.kind.as_str())
        })?;
        ensure(
            "spent",
            !is_same || then.breached_at.is_none() || now.breached_at.is_some(),
            || format!("{}: a broken promise was mended", after.id),
        )?;
    }
    Ok(())
}

pub(super) fn bounded(alert: &Alert) -> Result<(), Broken> {
    let is_bounded = alert.timeline.len() <= MOST_ENTRIES
        && alert.notices.len() <= MOST_NOTICES
        && alert.clocks.stretches.len() <= Clocks::MOST_STRETCHES
        && alert.clocks.handed_on.len() <= Clocks::MOST_HANDED_ON;
    ensure("bounded", is_bounded, || format!("{} has grown too much", alert.id))
}
