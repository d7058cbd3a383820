//! The edge cases of the catalogue, each by its name. Those about quiet are in
//! `quiet.rs`, those about promises in `promises.rs`.

use super::*;

#[test]
fn e02_boundary_1700() {
    check(
        "16:59:59.999 raise high",
        expect![[r#"
        16:59:59.999 a new alert
        16:59:59.999 it Assigned #1
        16:59:59.999 desk Informed #2
    "#]],
    );
    check(
        "17:00 raise high",
        expect![[r#"
        17:00 a new alert
        17:00 noc Assigned #1
        17:00 desk Informed #2
    "#]],
    );
}

#[test]
fn e03_unacked_at_1700() {
    check(
        "16:50 raise high
         17:20 show ledger",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            17:00 noc Assigned #3
            17:00 it Informed #4
            17:15 it Escalated #5
            | 16:50 to 17:00 running, it
            | 17:00 on running, noc
        "#]],
    );
    // What need not be told at once is told together with what else came with
    // the hour.
    check(
        "16:50 raise medium
         17:01 show alert",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            17:00 noc HandOff #3
            17:00 it Informed #4
            = open, medium of noc
        "#]],
    );
}

#[test]
fn e04_acked_at_1700() {
    check(
        "16:50 raise high
         16:55 tom acknowledges for 30
         17:01 show alert
         17:30 show alert",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            = acknowledged by tom (it), high of it, the matrix names noc
            17:25 noc Assigned #3
            17:25 it Informed #4
            = open, high of noc
        "#]],
    );
}

#[test]
fn e05_ack_race_1700() {
    // Whichever is first: the night's, and acknowledged by who asked for it.
    let orders =
        ["17:00 tick\n17:00 tom acknowledges for 30", "17:00 tom acknowledges for 30\n17:00 tick"];
    let logs = orders.map(|order| {
        let mut world = World::default();
        world.play_all("16:50 raise high");
        world.play_all(order);
        world.play_all("17:01 show alert\n17:01 show timeline\n17:30:00.001 show alert");
        world.log
    });
    assert_eq!(logs[0], logs[1]);
    expect![[r#"
        16:50 a new alert
        16:50 it Assigned #1
        16:50 desk Informed #2
        17:00 noc Assigned #3
        17:00 it Informed #4
        = acknowledged by tom (it), high of noc
        | 16:50 Created remit: disk is full
        | 16:50 Routed remit: to it: by day
        | 17:00 Rerouted remit: to noc: by night
        | 17:00 Acknowledged tom (it): until 2026-03-02T17:30:00Z
        17:30 noc Assigned #5
        = open, high of noc
    "#]]
    .assert_eq(&logs[0]);
    check(
        "16:50 raise high
         16:59:59.999 tom acknowledges for 30
         17:00 tick
         17:01 show alert",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            = acknowledged by tom (it), high of it, the matrix names noc
        "#]],
    );
}

#[test]
fn e07_resolve_during_escalation() {
    check(
        "20:00 raise high
         20:15 tick
         20:15:00.001 say message 3
         20:15:00.002 ann resolves
         20:15:00.003 say message 3
         20:15:00.003 message 3 delivered
         23:00 show climb
         23:00 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 it Escalated #3
            > [ESCALATED HIGH] db-7: disk is full (acme)
            20:15:00.002 noc Resolved #4
            20:15:00.002 desk Resolved #5
            20:15:00.002 it Resolved #6
            > [RESOLVED] db-7: disk is full (acme)
            > State:       resolved by ann at 2026-03-02T20:15:00.002Z
            | climb 2 since 20:00: step 0 at never
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:15 Escalated remit: to it: not acknowledged in time
            | 20:15:00.002 Resolved ann (noc)
            | 20:15:00.003 Notified remit: it by mail:it
        "#]],
    );
}

#[test]
fn e08_resolve_before_fire() {
    check(
        "20:00 raise high
         20:14:59.999 ann resolves
         20:15 tick
         22:00 show climb",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:14:59.999 noc Resolved #3
            20:14:59.999 desk Resolved #4
            | climb 2 since 20:00: step 0 at never
        "#]],
    );
}

#[test]
fn e09_matrix_change_open_unacked() {
    check(
        "20:00 raise high
         20:05 publish version 2
         20:05 tick
         20:19 show climb
         20:19 show ledger",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:05 boss Assigned #3
            20:05 noc Informed #4
            | climb 2 since 20:05: step 1 at 20:20
            | 20:00 to 20:05 running, noc
            | 20:05 on running, boss
        "#]],
    );
}

#[test]
fn e10_matrix_change_open_acked() {
    check(
        "20:00 raise high
         20:02 ann acknowledges for 60
         20:05 publish version 2
         20:05 tick
         20:30 show alert
         21:03 show alert",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            = acknowledged by ann (noc), high of noc, the matrix names boss
            21:02 boss Assigned #3
            21:02 noc Informed #4
            = open, high of boss
        "#]],
    );
}

#[test]
fn e11_team_change_mid_ladder() {
    check(
        "20:00 raise high
         20:20 show climb
         20:20 publish version 2
         20:20 tick
         20:20 show climb
         20:51 show climb",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 it Escalated #3
            | climb 1 since 20:00: step 2 at 20:30
            20:20 boss Assigned #4
            20:20 noc Informed #5
            | climb 2 since 20:20: step 1 at 20:35
            20:35 it Escalated #6
            20:50 boss Escalated #7
            | climb 2 since 20:20: step 3 at 21:05
        "#]],
    );
}

#[test]
fn e12_new_team_without_ladder() {
    check(
        "20:00 raise high
         20:10 show climb
         20:10 publish version 3
         20:10 tick
         20:10 show climb
         20:10 show alert
         20:31 tick
         20:31 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            | climb 1 since 20:00: step 1 at 20:15
            | climb 1 since 20:00: step 1 at 20:15
            = open, high of noc, ghost was refused
            20:15 it Escalated #3
            20:30 boss Escalated #4
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:10 RouteRefused remit: stays with noc: ghost has no ladder and cannot be told: no channel
            | 20:15 Escalated remit: to it: not acknowledged in time
            | 20:30 Escalated remit: to boss: not acknowledged in time
        "#]],
    );
}

#[test]
fn e13_person_leaves() {
    // Before it is told.
    check(
        "20:00 noc has no channel
         20:00 raise high
         20:31 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 it Escalated #1
            20:00 desk Informed #2
            20:00 letter to boss and lead: noc cannot be told of db-7: disk is full
            20:30 boss Escalated #3
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:00 NoRecipient remit: noc cannot be told: no channel
            | 20:00 Escalated remit: to it: noc cannot be told
            | 20:30 Escalated remit: to boss: not acknowledged in time
        "#]],
    );
    // While it is climbed.
    check(
        "20:00 raise high
         20:10 it has no channel
         20:16 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 boss Escalated #3
            20:15 letter to boss and lead: it cannot be told of db-7: disk is full
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:15 Escalated remit: to it: not acknowledged in time
            | 20:15 NoRecipient remit: it cannot be told: no channel
            | 20:15 Escalated remit: to boss: it cannot be told
        "#]],
    );
}

#[test]
fn e18_backfill_cleared() {
    let mut world = World::default();
    world.play("06:00 clear");
    assert_eq!(world.alert, None);
    assert_eq!(world.log, "");
}

#[test]
fn e19_backfill_backup_fail() {
    let mut world = World::default();
    world.play_all(
        "06:00 raise medium delayed
         06:05 ann acknowledges for 240
         08:00 the shift ends
         08:00 show alert",
    );
    expect![[r#"
        06:00 a new alert
        06:00 noc Assigned #1
        06:00 desk Informed #2
        = acknowledged by ann (noc), medium of noc, joint_review (auto)
    "#]]
    .assert_eq(&world.log);
    let alert = world.alert();
    assert!(alert.delayed);
    // It counts from when it could be known.
    assert_eq!(
        (world::shown(alert.observed_at), world::shown(alert.opened_at)),
        ("04:00".to_owned(), "06:00".to_owned())
    );
}

#[test]
fn e22_reopen_29_31_min() {
    check(
        "20:00 raise high
         20:05 clear
         20:34 raise high",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:05 noc Resolved #3
            20:05 desk Resolved #4
            20:34 noc Assigned #5
            20:34 desk Informed #6
        "#]],
    );
    check(
        "20:00 raise high
         20:05 clear
         20:35 raise high",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:05 noc Resolved #3
            20:05 desk Resolved #4
            20:35 noc Assigned #5
            20:35 desk Informed #6
        "#]],
    );
    check(
        "20:00 raise high
         20:05 clear
         20:36 raise high",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:05 noc Resolved #3
            20:05 desk Resolved #4
            20:36 a new alert, follows the last
            20:36 noc Assigned #1
            20:36 desk Informed #2
        "#]],
    );
}

#[test]
fn e30_down_over_handoff() {
    check(
        "16:50 raise high
         17:05 late tick
         17:06 show climb",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            17:05 noc Assigned #3
            17:05 it Informed #4
            | climb 2 since 17:05: step 1 at 17:20
        "#]],
    );
}
