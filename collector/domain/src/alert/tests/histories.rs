//! Random histories, and what holds after every step of them.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::{
    alert::tests::world::{person, team},
    people::Target,
};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Deed {
    Raise(Severity),
    Repeat,
    Clear,
    Acknowledge(&'static str, i64),
    Resolve(&'static str),
    HandOver(&'static str),
    Deliver(u32, &'static str),
    Publish,
    Tick,
    TickWhenDue,
}

fn deed() -> impl Strategy<Value = Deed> {
    let severity = prop::sample::select(Severity::ALL);
    let who = || prop::sample::select(vec!["ann", "tom"]);
    let to = prop::sample::select(vec!["it", "noc", "boss"]);
    let how = prop::sample::select(vec!["delivered", "failing", "failed"]);
    prop_oneof![
        4 => severity.prop_map(Deed::Raise),
        1 => Just(Deed::Repeat),
        2 => Just(Deed::Clear),
        2 => (who(), 1..300_i64).prop_map(|(who, hold)| Deed::Acknowledge(who, hold)),
        1 => who().prop_map(Deed::Resolve),
        1 => to.prop_map(Deed::HandOver),
        2 => (1..20_u32, how).prop_map(|(number, how)| Deed::Deliver(number, how)),
        1 => Just(Deed::Publish),
        3 => Just(Deed::Tick),
        4 => Just(Deed::TickWhenDue),
    ]
}

fn history() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    prop::collection::vec((0..120_i64, deed()), 1..60)
}

fn perform(world: &mut World, minutes: i64, deed: &Deed) {
    let later = world.now + SignedDuration::from_mins(minutes);
    match (deed, world.alert.as_ref().and_then(deadline)) {
        (Deed::TickWhenDue, Some(due)) => world.now = due.max(world.now),
        (_, _) => world.now = later,
    }
    let (alert, now) = (world.alert.clone(), world.now);
    match (deed, alert) {
        (Deed::Raise(severity), _) => world.raise(*severity),
        (Deed::Repeat, _) => world.hear_again(),
        (Deed::Clear, _) => world.clear(),
        (Deed::Publish, _) => world.version = 3 - world.version,
        (Deed::Tick | Deed::TickWhenDue, _) => world.tick(),
        (Deed::Deliver(number, how), _) => world.deliver(*number, how),
        (Deed::Acknowledge(who, hold), Some(alert)) => {
            let hold = Some(SignedDuration::from_mins(*hold));
            world.act(command::acknowledge(&alert, person(who), hold, "", now));
        }
        (Deed::Resolve(who), Some(alert)) => {
            world.act(command::resolve(&alert, person(who), ""));
        }
        (Deed::HandOver(to), Some(alert)) => {
            let to = (team(to), Party::Internal);
            let reason = HandOverReason::VendorWait;
            world.act(command::hand_over(&alert, person("ann"), to, reason, ""));
        }
        (Deed::Acknowledge(..) | Deed::Resolve(_) | Deed::HandOver(_), None) => {}
    }
}

fn invariants(world: &World) -> Result<(), TestCaseError> {
    let Some(alert) = &world.alert else { return Ok(()) };
    let due = deadline(alert);
    prop_assert_eq!(due.is_some(), alert.is_unresolved(), "an open alert has a deadline");
    prop_assert!(alert.timeline.len() <= 200);
    let told = |topics: &[Topic]| {
        alert.notices.iter().rfind(|it| topics.contains(&it.topic)).map(|it| it.to.clone())
    };
    let owner = told(&[Topic::Assigned]);
    let responsible = Target::Team(alert.remit.responsible.clone());
    prop_assert_eq!(owner, Some(responsible), "the owner knows it");
    if !alert.is_unresolved() {
        for notice in &alert.notices {
            let last = alert.notices.iter().rfind(|it| it.to == notice.to).unwrap();
            prop_assert_eq!(last.topic, Topic::Resolved, "{} hears the end", notice.to);
        }
    }
    let Some(due) = due else { return Ok(()) };
    // A tick at the deadline leads to a later one.
    let mut later = world.clone();
    later.now = due.max(world.now);
    later.tick();
    let next = deadline(later.alert.as_ref().unwrap()).unwrap();
    prop_assert!(next > later.now, "{next} is not after {}", later.now);
    // A tick before it changes nothing, unless the matrix has changed.
    if alert.remit.matrix_version == world.version && world.now < due {
        let step = world.step(alert, Event::Tick);
        prop_assert_eq!((&step.alert, step.effects.len()), (alert, 0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_must_always_hold_holds_after_every_step(history in history()) {
        let mut world = World::default();
        for (minutes, deed) in &history {
            perform(&mut world, *minutes, deed);
            invariants(&world)?;
        }
    }

    #[test]
    fn the_same_history_gives_the_same_alert_and_the_same_messages(history in history()) {
        let (mut once, mut again) = (World::default(), World::default());
        for (minutes, deed) in &history {
            perform(&mut once, *minutes, deed);
        }
        for (minutes, deed) in &history {
            perform(&mut again, *minutes, deed);
        }
        prop_assert_eq!(once.alert, again.alert);
        prop_assert_eq!(once.log, again.log);
    }

    #[test]
    fn a_signal_that_is_delivered_again_changes_nothing(history in history()) {
        let mut world = World::default();
        for (minutes, deed) in &history {
            perform(&mut world, *minutes, deed);
            if matches!(deed, Deed::Raise(_) | Deed::Clear) {
                let (alert, log) = (world.alert.clone(), world.log.clone());
                world.hear_again();
                prop_assert_eq!(&world.alert, &alert);
                prop_assert_eq!(&world.log, &log);
            }
        }
    }
}
