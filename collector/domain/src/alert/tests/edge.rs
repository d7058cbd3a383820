//! The edge cases of the catalogue, each by its name.

use super::*;

#[test]
fn e08_resolve_before_fire() {
    check(
        "20:00 raise high
         20:14 ann resolves
         22:00 nothing",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:14 noc Resolved #3
            20:14 desk Resolved #4
        "#]],
    );
}

#[test]
fn e03_unacked_at_1700() {
    check(
        "16:50 raise high
         17:20 nothing",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            17:00 noc Assigned #3
            17:00 it Informed #4
            17:15 it Escalated #5
        "#]],
    );
}

#[test]
fn e04_acked_at_1700() {
    check(
        "16:50 raise high
         16:55 tom acknowledges for 30
         17:30 nothing",
        expect![[r#"
            16:50 a new alert
            16:50 it Assigned #1
            16:50 desk Informed #2
            17:25 noc Assigned #3
            17:25 it Informed #4
        "#]],
    );
}

#[test]
fn e02_boundary_1700() {
    check(
        "16:59 raise high
         16:59 clear",
        expect![[r#"
            16:59 a new alert
            16:59 it Assigned #1
            16:59 desk Informed #2
            16:59 it Resolved #3
            16:59 desk Resolved #4
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
fn e30_down_over_handoff() {
    check(
        "16:41 raise high
         17:05 late tick
         17:06 nothing",
        expect![[r#"
            16:41 a new alert
            16:41 it Assigned #1
            16:41 desk Informed #2
            17:05 noc Assigned #3
            17:05 it Informed #4
        "#]],
    );
}

#[test]
fn e09_matrix_change_open_unacked() {
    check(
        "20:00 raise high
         20:05 publish version 2
         20:05 late tick
         20:19 nothing",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:05 boss Assigned #3
            20:05 noc Informed #4
        "#]],
    );
}

#[test]
fn e10_matrix_change_open_acked() {
    check(
        "20:00 raise high
         20:02 ann acknowledges for 60
         20:05 publish version 2
         20:05 late tick
         20:30 nothing",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
        "#]],
    );
}

#[test]
fn e13_person_leaves() {
    check(
        "20:00 noc has no channel
         20:00 raise high
         20:31 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 it Escalated #1
            20:00 desk Informed #2
            20:30 boss Escalated #3
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:00 NoRecipient remit: noc has no channel
            | 20:00 Escalated remit: to it: noc cannot be told
            | 20:30 Escalated remit: to boss: not acknowledged in time
        "#]],
    );
}
