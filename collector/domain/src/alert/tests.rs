//! Scripts in which time passes, and who is told when.

mod away;
mod edge;
mod histories;
mod laws;
mod past;
mod promises;
mod quiet;
mod walls;
mod world;
mod zones;

use expect_test::{Expect, expect};

use super::*;
use crate::alert::tests::world::World;

/// An alert that was just raised.
pub(crate) fn sample() -> Alert {
    let mut world = World::default();
    world.play_all("20:00 raise high");
    world.alert()
}

/// Plays a script of `hour:minute event` lines, with every tick that falls due
/// in between, and compares who is told what.
#[track_caller]
fn check(script: &str, expect: Expect) {
    let mut world = World::default();
    world.play_all(script);
    expect.assert_eq(&world.log);
}

#[test]
fn nobody_answers_and_the_ladder_never_ends_silently() {
    check(
        "20:00 raise high
         26:00 nothing",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 it Escalated #3
            20:30 boss Escalated #4
            20:45 noc Escalated #5
            21:00 it Escalated #6
            21:15 boss Escalated #7
            21:30 noc Escalated #8
            21:45 it Escalated #9
            22:00 boss Escalated #10
            22:15 boss Escalated #11
            22:15 lead Escalated #12
            23:15 boss Escalated #13
            23:15 lead Escalated #14
            24:15 boss Escalated #15
            24:15 lead Escalated #16
            25:15 boss Escalated #17
            25:15 lead Escalated #18
        "#]],
    );
}

#[test]
fn an_acknowledgement_stops_the_climb() {
    check(
        "20:00 raise high
         20:16 ann acknowledges for 240
         23:00 clear",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 it Escalated #3
            23:00 noc Resolved #4
            23:00 desk Resolved #5
            23:00 it Resolved #6
        "#]],
    );
}

#[test]
fn a_forgotten_acknowledgement_starts_over() {
    check(
        "20:00 raise high
         20:05 ann acknowledges for 30
         20:55 nothing",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:35 noc Assigned #3
            20:50 it Escalated #4
        "#]],
    );
}

#[test]
fn a_hand_over_begins_the_climb_anew_and_outlasts_the_boundary() {
    check(
        "16:40 raise high
         16:50 tom hands over to noc
         17:10 nothing",
        expect![[r#"
            16:40 a new alert
            16:40 it Assigned #1
            16:40 desk Informed #2
            16:50 noc Assigned #3
            16:50 it Informed #4
            17:05 noc Escalated #5
        "#]],
    );
    check(
        "16:50 raise high
         16:55 tom hands over to boss
         17:04 nothing",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            16:55 boss Assigned #3
            16:55 it Informed #4
        "#]],
    );
}

#[test]
fn an_acknowledgement_of_what_was_handed_over_goes_back_to_whom_it_was_handed() {
    check(
        "09:00 raise high
         09:05 tom hands over to noc
         09:06 ann acknowledges for 10
         09:20 nothing",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:05 noc Assigned #3
            09:05 it Informed #4
            09:16 noc Assigned #5
        "#]],
    );
}

#[test]
fn a_rise_takes_the_alert_back_and_a_fall_does_not() {
    check(
        "20:00 raise high
         20:05 ann acknowledges for 240
         20:10 raise medium
         20:20 raise critical
         20:36 nothing",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:20 noc Worse #3
            20:35 it Escalated #4
        "#]],
    );
}

#[test]
fn all_who_were_told_hear_that_it_is_over() {
    check(
        "20:00 raise high
         20:31 ann resolves",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 it Escalated #3
            20:30 boss Escalated #4
            20:31 noc Resolved #5
            20:31 desk Resolved #6
            20:31 it Resolved #7
            20:31 boss Resolved #8
        "#]],
    );
}

#[test]
fn a_signal_that_comes_twice_pages_once() {
    check(
        "20:00 raise high
         20:00 same signal
         20:01 raise high
         20:02 clear
         20:02 same signal
         20:03 raise high",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:02 noc Resolved #3
            20:02 desk Resolved #4
            20:03 noc Assigned #5
            20:03 desk Informed #6
        "#]],
    );
}

#[test]
fn a_late_tick_tells_every_rung_once_and_says_how_late() {
    check(
        "20:00 raise high
         22:00 late tick
         22:01 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            22:00 it Escalated #3
            22:00 boss Escalated #4
            22:00 noc Escalated #5
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 22:00 Escalated remit: to it: not acknowledged in time, 105 min late
            | 22:00 Escalated remit: to boss: not acknowledged in time, 90 min late
            | 22:00 Escalated remit: to noc: not acknowledged in time, 75 min late
        "#]],
    );
}

#[test]
fn nobody_at_all_can_be_told_and_the_alert_says_so() {
    check(
        "20:00 noc has no channel
         20:00 it has no channel
         20:00 boss has no channel
         20:00 lead has no channel
         20:00 desk has no channel
         20:00 raise high
         20:46 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 letter to boss and lead: noc cannot be told of db-7: disk is full
            20:00 letter to boss and lead: it cannot be told of db-7: disk is full
            20:00 letter to lead: boss cannot be told of db-7: disk is full
            20:00 letter to boss: lead cannot be told of db-7: disk is full
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:00 NoRecipient remit: noc cannot be told: no channel
            | 20:00 Escalated remit: to it: noc cannot be told
            | 20:00 NoRecipient remit: it cannot be told: no channel
            | 20:00 Escalated remit: to boss: noc cannot be told
            | 20:00 NoRecipient remit: boss cannot be told: no channel
            | 20:00 Escalated remit: to lead: nobody on the ladder can be told
            | 20:00 NoRecipient remit: lead cannot be told: no channel
            | 20:00 NoRecipient remit: desk cannot be told: no channel
            | 20:45 Escalated remit: to noc: not acknowledged in time
            | 20:45 NoRecipient remit: noc cannot be told: no channel
            | 20:45 Escalated remit: to it: noc cannot be told
            | 20:45 NoRecipient remit: it cannot be told: no channel
            | 20:45 Escalated remit: to boss: noc cannot be told
            | 20:45 NoRecipient remit: boss cannot be told: no channel
            | 20:45 Escalated remit: to lead: nobody on the ladder can be told
            | 20:45 NoRecipient remit: lead cannot be told: no channel
        "#]],
    );
}

#[test]
fn a_message_is_failing_until_it_arrives_or_is_given_up() {
    check(
        "20:00 raise high
         20:01 message 1 failing
         20:02 message 1 failing
         20:03 message 1 delivered
         20:04 message 1 failing
         20:05 message 2 failed
         20:06 message 2 delivered
         20:07 message 99 failed
         20:08 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:01 DeliveryFailed remit: noc by mail:noc, will be tried again: refused
            | 20:03 Notified remit: noc by mail:noc
            | 20:05 DeliveryFailed remit: desk by mail:desk, given up: refused
        "#]],
    );
}

#[test]
fn who_comes_too_late_changes_nothing() {
    let mut world = World::default();
    world.play("20:00 raise high");
    world.play("20:01 clear");
    let over = world.alert.clone().unwrap();
    let ack = Acknowledgement {
        by: world::person("ann"),
        at: over.opened_at,
        expires_at: over.opened_at,
        note: String::new(),
    };
    for event in [
        Event::Acknowledged(ack),
        Event::Resolved { by: world::person("ann"), note: String::new() },
        Event::Retired { why: "sold (ann)".into() },
        Event::HandedOver {
            by: world::person("ann"),
            to: world::team("it"),
            party: Party::Internal,
            reason: HandOverReason::Manual,
            note: String::new(),
        },
    ] {
        let step = world.step(&over, event);
        assert_eq!((&step.alert, step.effects.len()), (&over, 0));
    }
}

#[test]
fn a_timeline_keeps_its_beginning_and_its_end() {
    let mut world = World::default();
    world.play("20:00 raise high");
    for minute in 0..300 {
        world.play(&format!("20:{minute:02} ann notes {minute}"));
    }
    let alert = world.alert.unwrap();
    assert_eq!(alert.timeline.len(), 200);
    assert_eq!(alert.timeline[0].kind, EntryKind::Created);
    assert_eq!(alert.timeline.last().unwrap().detail, "299");
}

#[test]
fn whoever_was_told_long_ago_still_hears_that_it_is_over() {
    let mut world = World::default();
    world.play("20:00 raise high");
    for hour in 21..200 {
        world.play(&format!("{hour}:00 all messages delivered"));
    }
    assert!(world.alert.as_ref().unwrap().notices.len() <= 100 + 4);
    world.log.clear();
    world.play("200:00 clear");
    expect![[r#"
        199:15 boss Escalated #449
        199:15 lead Escalated #450
        200:00 desk Resolved #451
        200:00 lead Resolved #452
        200:00 boss Resolved #453
        200:00 noc Resolved #454
        200:00 it Resolved #455
    "#]]
    .assert_eq(&world.log);
}
