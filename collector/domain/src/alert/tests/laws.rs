//! What holds whatever keeps an alert quiet, whoever is blocked and whatever
//! was promised: random lives in which people do all that they may, played
//! punctually. That what keeps an alert quiet changes nothing else is among
//! [`histories`](super::histories).

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::{
    alert::{
        tell::{belief, believers},
        tests::world::{Quiet, person, team, triggers},
    },
    people::Target,
    sla::{PauseReason, PauseRequest, Spending},
    suppression::SuppressionKind,
};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Deed {
    Raise(Severity),
    Clear,
    Acknowledge(&'static str, i64),
    Resolve(&'static str),
    HandOver(&'static str),
    Block(HandOverReason, bool),
    Unblock,
    Pause,
    Resume,
    Note(&'static str),
    Publish(u64),
    /// Something keeps it quiet for so many minutes, or until it is cancelled.
    Quiet(SuppressionKind, bool, Option<i64>),
    /// Whatever keeps it quiet is over.
    Cancel,
    Nothing,
}

fn deed() -> impl Strategy<Value = Deed> {
    use SuppressionKind::{Dependency, KnownIssue, MassLoss, Window};
    let who = || prop::sample::select(vec!["ann", "tom"]);
    let severity = prop::sample::select(Severity::ALL);
    let team = prop::sample::select(vec!["it", "noc", "boss"]);
    let kind = prop::sample::select(vec![Window, Window, KnownIssue, Dependency, MassLoss]);
    let reason = prop::sample::select(HandOverReason::ALL.to_vec())
        .prop_filter("a named one", |it| *it != HandOverReason::Manual);
    prop_oneof![
        5 => severity.prop_map(Deed::Raise),
        4 => Just(Deed::Clear),
        2 => (who(), 1..300_i64).prop_map(|(who, hold)| Deed::Acknowledge(who, hold)),
        1 => who().prop_map(Deed::Resolve),
        1 => team.prop_map(Deed::HandOver),
        1 => (reason, any::<bool>()).prop_map(|(reason, now)| Deed::Block(reason, now)),
        1 => Just(Deed::Unblock),
        1 => Just(Deed::Pause),
        1 => Just(Deed::Resume),
        1 => who().prop_map(Deed::Note),
        1 => (1..4_u64).prop_map(Deed::Publish),
        3 => (kind, any::<bool>(), prop::option::of(1..240_i64))
            .prop_map(|(kind, covers, lasts)| Deed::Quiet(kind, covers, lasts)),
        2 => Just(Deed::Cancel),
        2 => Just(Deed::Nothing),
    ]
}

fn life() -> impl Strategy<Value = Vec<(i64, Deed)>> {
    prop::collection::vec((0..90_i64, deed()), 1..50)
}

/// A world in which something is promised.
fn world() -> World {
    let mut world = World::default();
    world.promise("response", Severity::High, 30);
    world.promise("resolution", Severity::Critical, 120);
    world
}

fn perform(world: &mut World, deed: &Deed) {
    let now = world.now;
    match deed {
        Deed::Raise(severity) => world.raise(*severity),
        Deed::Clear => world.clear(),
        Deed::Publish(version) => {
            world.version = *version;
            world.tick();
        }
        Deed::Quiet(kind, covers, lasts) => {
            world.quiet.push(Quiet {
                kind: *kind,
                name: format!("q{}", world.quiet.len()),
                from: now,
                to: lasts.map(|it| now + SignedDuration::from_mins(it)),
                covers_open: *covers,
            });
            world.tick();
        }
        Deed::Cancel => {
            for it in &mut world.quiet {
                it.to = Some(it.to.map_or(now, |to| to.min(now)));
            }
            world.tick();
        }
        Deed::Nothing => {}
        Deed::Acknowledge(..)
        | Deed::Resolve(_)
        | Deed::HandOver(_)
        | Deed::Block(..)
        | Deed::Unblock
        | Deed::Pause
        | Deed::Resume
        | Deed::Note(_) => ask(world, deed),
    }
}

/// Does what a person asks for, if it is not refused.
fn ask(world: &mut World, deed: &Deed) {
    let (Some(alert), now) = (world.alert.clone(), world.now) else { return };
    let ann = person("ann");
    let event = match deed {
        Deed::Acknowledge(who, hold) => {
            let hold = Some(SignedDuration::from_mins(*hold));
            command::acknowledge(&alert, person(who), hold, "", now)
        }
        Deed::Resolve(who) => command::resolve(&alert, person(who), ""),
        Deed::HandOver(to) => {
            let to = (team(to), Party::Internal);
            command::hand_over(&alert, ann, to, HandOverReason::VendorWait, "")
        }
        Deed::Block(reason, at_once) => {
            command::block(&alert, ann, *reason, *at_once, "", &triggers(), now)
        }
        Deed::Unblock => command::unblock(&alert, ann, ""),
        Deed::Pause => {
            let request = PauseRequest {
                reason: PauseReason::AwaitingVendor,
                by: String::new(),
                note: "agreed".into(),
                from: None,
                until: Some(now + SignedDuration::from_mins(45)),
                approval: None,
            };
            command::pause(&alert, world.terms_then(), ann, request, now)
        }
        Deed::Resume => command::resume(&alert, ann, ""),
        Deed::Note(who) => command::note(person(who), "looking"),
        Deed::Raise(_)
        | Deed::Clear
        | Deed::Publish(_)
        | Deed::Quiet(..)
        | Deed::Cancel
        | Deed::Nothing => return,
    };
    if let Ok(event) = event {
        world.act::<command::Refusal>(Ok(event));
    }
}

/// How much time was spent running, by whatever calendar.
fn spent(alert: &Alert, now: Timestamp) -> SignedDuration {
    let clocks = &alert.clocks;
    let earlier = clocks.earlier.iter().flat_map(|it| &it.shares);
    let earlier = earlier.filter(|it| it.spending == Spending::Running).map(|it| it.counted);
    let closed = clocks.stretches.iter().filter(|it| it.spending == Spending::Running);
    let present = match clocks.spending() {
        Spending::Running => now.duration_since(clocks.since),
        Spending::Paused(_) | Spending::Suspended(_) | Spending::Over => SignedDuration::ZERO,
    };
    earlier.chain(closed.map(|it| it.counted)).fold(present, |sum, it| sum + it)
}

fn laws(world: &World) -> Result<(), TestCaseError> {
    let Some(alert) = &world.alert else { return Ok(()) };
    let is_open = alert.state == State::Open;
    let is_climbed = !alert.climb.timers.is_empty();
    prop_assert_eq!(is_climbed, is_open && !alert.is_quiet(), "one climb, if it is open");
    if is_open && !alert.is_quiet() {
        let owner = Target::Team(alert.remit.responsible.clone());
        let can_be_told = world.channels.0.contains_key(&owner.to_string());
        let knows = belief(alert, &owner).is_some_and(|it| it >= alert.severity);
        prop_assert!(knows || !can_be_told, "{owner} does not know how it stands");
    }
    if !alert.is_unresolved() && !alert.is_quiet() {
        prop_assert_eq!(believers(alert), vec![], "somebody believes that it is not over");
    }
    let due = deadline(alert);
    prop_assert!(due.is_some() || !is_open || must_be_watched(alert), "nobody looks at it again");
    prop_assert!(due.is_none_or(|it| it > world.now), "it was due at {due:?}");
    prop_assert!(alert.remit.all_accountable().contains(&alert.remit.accountable));
    prop_assert!(alert.timeline.len() <= 200 && alert.notices.len() <= 400);
    Ok(())
}

/// Plays what falls due and then a deed; checks after each step.
fn live(
    world: &mut World,
    minutes: i64,
    deed: &Deed,
    check: &mut impl FnMut(&World) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let then = world.now + SignedDuration::from_mins(minutes);
    while let Some(due) = world.alert.as_ref().and_then(deadline).filter(|it| *it <= then) {
        world.now = due;
        world.tick();
        check(world)?;
    }
    world.now = then;
    perform(world, deed);
    check(world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_alert_is_climbed_known_and_looked_at_through_all_its_life(life in life()) {
        let mut world = world();
        for (minutes, deed) in &life {
            live(&mut world, *minutes, deed, &mut laws)?;
        }
    }

    #[test]
    fn nobody_is_told_while_it_is_quiet_but_of_a_broken_promise(life in life()) {
        let mut world = world();
        let (mut was_quiet, mut sent) = (false, 0);
        for (minutes, deed) in &life {
            live(&mut world, *minutes, deed, &mut |it| {
                let is_quiet = it.alert.as_ref().is_some_and(Alert::is_quiet);
                if was_quiet && is_quiet {
                    let told = it.sent[sent..].iter().find(|it| it.1.topic != Topic::Breached);
                    prop_assert_eq!(told, None);
                }
                (was_quiet, sent) = (is_quiet, it.sent.len());
                Ok(())
            })?;
        }
    }

    #[test]
    fn time_is_spent_only_while_somebody_must_act(life in life()) {
        let mut world = world();
        let mut last: Option<(AlertId, Spending, Timestamp, SignedDuration)> = None;
        for (minutes, deed) in &life {
            live(&mut world, *minutes, deed, &mut |it| {
                let Some(alert) = &it.alert else { return Ok(()) };
                let now = spent(alert, it.now);
                if let Some((id, spending, at, before)) = last.take().filter(|it| it.0 == alert.id) {
                    let passed = it.now.duration_since(at);
                    let most = match spending {
                        Spending::Running => passed,
                        Spending::Paused(_) | Spending::Suspended(_) | Spending::Over => {
                            SignedDuration::ZERO
                        }
                    };
                    prop_assert!(before <= now && now - before <= most, "{id} {before} {now}");
                }
                last = Some((alert.id, alert.clocks.spending(), it.now, now));
                Ok(())
            })?;
        }
    }

    #[test]
    fn a_late_tick_finds_the_alert_where_punctual_ones_took_it(
        life in life(),
        late in 1..600_i64,
    ) {
        let mut world = world();
        for (minutes, deed) in &life {
            live(&mut world, *minutes, deed, &mut |_| Ok(()))?;
        }
        let mut punctual = world.clone();
        live(&mut punctual, late, &Deed::Nothing, &mut |_| Ok(()))?;
        world.now = punctual.now;
        world.tick();
        let place = |it: &World| {
            let it = it.alert.clone()?;
            let state = std::mem::discriminant(&it.state);
            let whose = (it.remit.responsible.clone(), it.remit.party, it.remit.by_hand);
            let others = (it.owner_differs, it.refused_owner.map(|it| it.team));
            Some((state, whose, others, it.remit.until, it.blocked, it.suppressors, it.severity))
        };
        prop_assert_eq!(place(&world), place(&punctual));
    }
}
