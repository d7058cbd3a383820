//! Laws about who is told what.

use std::collections::{BTreeMap, BTreeSet};

use remit_collector_domain::{
    alert::{Alert, Reach as _, State, Told, Topic},
    people::Target,
};
use remit_shared::Severity;

use crate::{
    laws::{Broken, ensure},
    world::{Sent, World},
};

fn news<'w>(before: &World, after: &'w World) -> &'w [Sent] {
    &after.sent[before.sent.len()..]
}

/// A message that is sent again is the same message; another is another step.
pub(super) fn step_once(before: &World, after: &World) -> Result<(), Broken> {
    let mut taken = BTreeMap::new();
    let known = after.alerts.values();
    for (id, notice) in known.flat_map(|it| it.notices.iter().map(|notice| (it.id, notice))) {
        let Some(step) = notice.step else { continue };
        let step = (id, notice.generation, step, notice.to.to_string(), notice.channel.clone());
        let first = *taken.entry(step).or_insert(notice.number);
        ensure("step-once", first == notice.number, || {
            format!("{id} told {} of one step twice: #{first}, #{}", notice.to, notice.number)
        })?;
    }
    // What has been said stays said.
    for sent in news(before, after) {
        let same = after.alerts[&sent.alert].notice(sent.notice.number);
        let is_same =
            same.is_none_or(|it| (&it.to, it.topic) == (&sent.notice.to, sent.notice.topic));
        ensure("step-once", is_same, || format!("a message of {} became another", sent.alert))?;
    }
    Ok(())
}

pub(super) fn tenant(before: &World, after: &World) -> Result<(), Broken> {
    for sent in news(before, after) {
        let tenant = &after.alerts[&sent.alert].about.tenant;
        let prefix = format!("webhook:{tenant}-");
        ensure("tenant", sent.notice.channel.starts_with(&prefix), || {
            format!("an alert of {tenant} went to {}", sent.notice.channel)
        })?;
    }
    Ok(())
}

/// What was quiet before a step and is quiet after it was quiet all the time,
/// unless the step lasted.
pub(super) fn quiet(before: &World, after: &World) -> Result<(), Broken> {
    for alert in after.alerts.values().filter(|it| it.is_quiet()) {
        let earlier = before.alerts.get(&alert.id);
        let is_instant = before.now == after.now;
        if !is_instant || earlier.is_some_and(|it| !it.is_quiet()) {
            continue;
        }
        let known = earlier.map_or(0, |it| it.notices_made);
        let new = alert.notices.iter().find(|it| it.number > known && it.topic != Topic::Breached);
        ensure("quiet", new.is_none(), || format!("{} was told while quiet: {new:?}", alert.id))?;
    }
    Ok(())
}

/// Whoever must know how a thing stands that is not quiet, does.
pub(super) fn belief(world: &World, alert: &Alert) -> Result<(), Broken> {
    if alert.is_quiet() {
        return Ok(());
    }
    let mut believed: BTreeMap<(String, &str), Told> = BTreeMap::new();
    for it in &alert.notices {
        believed.insert((it.to.to_string(), &it.channel), it.told);
    }
    match alert.state {
        State::Open => {
            let owner = Target::Team(alert.remit.responsible.clone());
            let matrix = world.matrix(&alert.about.tenant);
            let can_be_told = !matrix.reach(&owner, alert.severity, world.now).channels.is_empty();
            let name = owner.to_string();
            let told: BTreeSet<Severity> = believed
                .iter()
                .filter(|it| it.0.0 == name)
                .filter_map(|it| match it.1 {
                    Told::Firing(severity) => Some(*severity),
                    Told::Over => None,
                })
                .collect();
            let knows = told.last().is_some_and(|it| *it >= alert.severity);
            ensure("belief", knows || !can_be_told, || {
                format!("{owner} knows {told:?} of {}, which is {}", alert.id, alert.severity)
            })
        }
        State::Acknowledged(_) => Ok(()),
        State::Resolved { .. } => {
            let wrong = believed.iter().find(|it| *it.1 != Told::Over);
            ensure("belief", wrong.is_none(), || {
                format!("{} is over, and {:?} was not told", alert.id, wrong.map(|it| it.0))
            })
        }
    }
}
