//! Random histories, and what holds after every step of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::{
    alert::tests::world::{Quiet, clock, person, team},
    people::Target,
    suppression::SuppressionKind,
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
    Say(&'static str),
    Publish,
    Tick,
    TickWhenDue,
}

/// What else may happen, as scripts say it.
const SAYINGS: &[&str] = &[
    "ann is blocked needs_on_site",
    "tom is blocked security_suspicion",
    "ann is unblocked",
    "ann pauses for awaiting_vendor",
    "tom resumes",
    "ann notes hm",
    "the shift ends",
    "promise resolution high 50",
];

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
        3 => prop::sample::select(SAYINGS).prop_map(Deed::Say),
        1 => Just(Deed::Publish),
        3 => Just(Deed::Tick),
        4 => Just(Deed::TickWhenDue),
    ]
}

fn history() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    prop::collection::vec((0..120_i64, deed()), 1..60)
}

/// Something is promised, so that clocks have something to say.
fn world() -> World {
    let mut world = World::default();
    for severity in Severity::ALL.iter().copied() {
        world.promise("response", severity, 30);
        world.promise("resolution", severity, 240);
        world.promise("team-response", severity, 20);
    }
    world
}

/// Lets time pass without a tick, and then something happen.
fn perform(world: &mut World, minutes: i64, deed: &Deed) {
    let later = world.now + SignedDuration::from_mins(minutes);
    match (deed, world.alert.as_ref().and_then(deadline)) {
        (Deed::TickWhenDue, Some(due)) => world.now = due.max(world.now),
        (_, _) => world.now = later,
    }
    happen(world, deed);
}

fn happen(world: &mut World, deed: &Deed) {
    let (alert, now) = (world.alert.clone(), world.now);
    match (deed, alert) {
        (Deed::Raise(severity), _) => world.raise(*severity),
        (Deed::Repeat, _) => world.hear_again(),
        (Deed::Clear, _) => world.clear(),
        (Deed::Publish, _) => world.version = 3 - world.version,
        (Deed::Tick | Deed::TickWhenDue, _) => world.tick(),
        (Deed::Deliver(number, how), _) => world.deliver(*number, how),
        (Deed::Say(what), Some(_)) => world.event(what),
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
        (Deed::Acknowledge(..) | Deed::Resolve(_) | Deed::HandOver(_) | Deed::Say(_), None) => {}
    }
}

fn responsible(alert: &Alert) -> Target {
    Target::Team(alert.remit.responsible.clone())
}

/// Who was told last that it is theirs to act on.
fn owner_told(world: &World) -> Option<Target> {
    let gives = |it: &Notice| matches!(it.topic, Topic::Assigned | Topic::HandOff);
    world.sent.iter().rfind(|it| gives(&it.1)).map(|it| it.1.to.clone())
}

fn invariants(world: &World) -> Result<(), TestCaseError> {
    let Some(alert) = &world.alert else { return Ok(()) };
    let violated = crate::invariants::of_alert(alert, None, world.now, world.now);
    prop_assert_eq!(violated, [], "whoever looks finds nothing");
    let due = deadline(alert);
    prop_assert_eq!(due.is_some(), alert.is_unresolved(), "an open alert has a deadline");
    prop_assert!(alert.timeline.len() <= 200);
    prop_assert_eq!(owner_told(world), Some(responsible(alert)), "the owner knows it");
    if !alert.is_unresolved() {
        for notice in &alert.notices {
            let last = alert.notices.iter().rfind(|it| it.to == notice.to).unwrap();
            prop_assert_eq!(last.topic, Topic::Resolved, "{} hears the end", notice.to);
        }
    }
    let Some(due) = due else { return Ok(()) };
    // A tick at the deadline leads to a later one, or to the end: what flapped
    // and is well may be over then.
    let mut later = world.clone();
    later.now = due.max(world.now);
    later.tick();
    let alert_then = later.alert.as_ref().unwrap();
    let violated = crate::invariants::of_alert(alert_then, None, Timestamp::MIN, later.now);
    prop_assert_eq!(violated, [], "nor after a punctual tick");
    match deadline(alert_then) {
        Some(next) => prop_assert!(next > later.now, "{next} is not after {}", later.now),
        None => prop_assert!(!alert_then.is_unresolved(), "an open alert has a deadline"),
    }
    // A tick before it changes nothing, unless the matrix has changed.
    let is_published =
        alert.remit.matrix_version == world.version && alert.terms.names(world.terms_now());
    if is_published && world.now < due {
        let step = world.step(alert, Event::Tick);
        prop_assert_eq!((&step.alert, step.effects.len()), (alert, 0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_must_always_hold_holds_after_every_step(history in history()) {
        let mut world = world();
        for (minutes, deed) in &history {
            // Here a version may come back, and an alert that has not seen the
            // one between would not be seen to be behind.
            pass(&mut world, *minutes, deed);
            invariants(&world)?;
        }
    }

    #[test]
    fn the_same_history_gives_the_same_alert_and_the_same_messages(history in history()) {
        let (mut once, mut again) = (world(), world());
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
        let mut world = world();
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

    #[test]
    fn generations_only_grow_and_no_step_is_taken_twice(history in history()) {
        let mut world = world();
        let mut before: Option<(AlertId, u32)> = None;
        for (minutes, deed) in &history {
            perform(&mut world, *minutes, deed);
            let after = world.alert.as_ref().map(|it| (it.id, it.climb.generation));
            if let (Some(before), Some(after)) = (before, after) && before.0 == after.0 {
                prop_assert!(before.1 <= after.1);
            }
            before = after;
        }
        let mut taken: BTreeMap<_, Timestamp> = BTreeMap::new();
        let mut told = BTreeSet::new();
        for (alert, it) in &world.sent {
            let Some(step) = it.step else { continue };
            let step = (*alert, it.generation, step);
            prop_assert_eq!(*taken.entry(step).or_insert(it.made_at), it.made_at);
            prop_assert!(told.insert((step, it.to.clone(), it.channel.clone())), "{it:?}");
        }
    }

    #[test]
    fn what_keeps_an_alert_quiet_changes_nothing_but_what_is_told(
        history in history(),
        quiet in quiet(),
    ) {
        let (mut loud, mut hushed) = (world(), world());
        hushed.quiet = quiet;
        for (minutes, deed) in &history {
            pass(&mut loud, *minutes, deed);
            pass(&mut hushed, *minutes, deed);
            prop_assert_eq!(loud.alert.as_ref().map(facts), hushed.alert.as_ref().map(facts));
        }
    }

    #[test]
    fn once_nothing_keeps_it_quiet_everybody_knows_how_it_stands(
        history in history(),
        quiet in quiet(),
    ) {
        let mut world = world();
        let over = quiet.iter().filter_map(|it| it.to).max();
        world.quiet = quiet;
        for (minutes, deed) in &history {
            pass(&mut world, *minutes, deed);
        }
        world.wait_until(world.now.max(over.unwrap_or(world.now)) + SignedDuration::from_mins(1));
        let Some(alert) = &world.alert else { return Ok(()) };
        // What is over, and owes nobody a word, is left as it is.
        prop_assert!(!alert.is_quiet() || !alert.is_unresolved());
        let believed: BTreeMap<(&Target, &str), Told> =
            alert.notices.iter().map(|it| ((&it.to, it.channel.as_str()), it.told)).collect();
        match alert.state {
            State::Open => {
                let owner = responsible(alert);
                let told = believed.iter().find(|it| *it.0.0 == owner).map(|it| *it.1);
                // That it matters less than it did is not told.
                let knows = matches!(told, Some(Told::Firing(it)) if it >= alert.severity);
                prop_assert!(knows, "{owner} was told {told:?} of {}", alert.severity);
                prop_assert_eq!(owner_told(&world), Some(owner));
            }
            State::Acknowledged(_) => {}
            State::Resolved { .. } => {
                let wrong: Vec<_> = believed.iter().filter(|it| *it.1 != Told::Over).collect();
                prop_assert!(wrong.is_empty(), "{wrong:?}");
            }
        }
    }
}

/// Lets time pass with every tick that falls due, and then something happen.
fn pass(world: &mut World, minutes: i64, deed: &Deed) {
    world.wait_until(world.now + SignedDuration::from_mins(minutes));
    happen(world, deed);
    if matches!(deed, Deed::Publish) {
        // Whoever publishes lets every alert see it.
        world.tick();
    }
}

/// Stretches of quiet, which may overlap.
fn quiet() -> impl Strategy<Value = Vec<Quiet>> {
    let kinds = prop::sample::select(SuppressionKind::ALL.as_slice());
    let one = (kinds, 0..1500_i64, 1..600_i64, any::<bool>());
    prop::collection::vec(one, 1..5).prop_map(|all| {
        let quiet = |(number, (kind, from, minutes, covers_open))| Quiet {
            kind,
            name: format!("quiet {number}"),
            from: clock(from),
            to: Some(clock(from + minutes)),
            covers_open,
        };
        all.into_iter().enumerate().map(quiet).collect()
    })
}

/// What must not depend on whether anybody is told.
fn facts(alert: &Alert) -> impl PartialEq + fmt::Debug + use<> {
    let alert = alert.clone();
    (
        (alert.id, alert.state, alert.severity, alert.occurrences, alert.reopened),
        (alert.opened_at, alert.raised_at, alert.last_seen_at, alert.cleared_at),
        (alert.remit.responsible.clone(), alert.owner_differs, alert.blocked),
        (alert.flap, alert.disposed.map(|it| it.what)),
    )
}
