//! What keeps an alert quiet, and what is said when that ends.

use super::*;

#[test]
fn e15_mw_problem_before() {
    check(
        "00:50 raise high
         00:50 window mnt_1 from 01:00 to 03:00
         01:01 tick
         01:10 show alert
         02:00 clear",
        expect![[r#"
            00:50 a new alert
            00:50 noc Assigned #1
            00:50 desk Informed #2
            01:05 it Escalated #3
            = open, high of noc, in spite of window mnt_1
            01:20 boss Escalated #4
            01:35 noc Escalated #5
            01:50 it Escalated #6
            02:00 noc Resolved #7
            02:00 desk Resolved #8
            02:00 it Resolved #9
            02:00 boss Resolved #10
        "#]],
    );
    // Unless the window says otherwise.
    check(
        "00:50 raise high
         00:50 window mnt_1 from 01:00 to 03:00 covering all
         01:01 tick
         01:10 show alert
         02:00 clear
         04:00 nothing",
        expect![[r#"
            00:50 a new alert
            00:50 noc Assigned #1
            00:50 desk Informed #2
            = open, high of noc, quiet by window mnt_1
            03:00 noc Resolved #3
            03:00 desk Resolved #4
        "#]],
    );
}

#[test]
fn e16_mw_problem_inside() {
    check(
        "03:00 window mnt_1 from 03:00 to 04:00
         03:10 raise high
         03:10 show alert
         04:16 show alert
         04:16 show ledger",
        expect![[r#"
            03:10 a new alert
            = open, high of noc, quiet by window mnt_1
            04:00 noc Assigned #1
            04:00 desk Informed #2
            04:15 it Escalated #3
            = open, high of noc
            | 03:10 to 04:00 suspended, noc
            | 04:00 on running, noc
        "#]],
    );
}

#[test]
fn e14_overlap_mw() {
    check(
        "01:00 window mnt_1 from 01:00 to 03:00
         01:00 window mnt_2 from 02:00 to 04:00
         01:10 raise high
         02:10 tick
         02:30 cancel mnt_2
         02:30 show alert
         03:01 show alert",
        expect![[r#"
            01:10 a new alert
            = open, high of noc, quiet by window mnt_1
            03:00 noc Assigned #1
            03:00 desk Informed #2
            = open, high of noc
        "#]],
    );
}

#[test]
fn what_comes_and_goes_within_a_window_is_never_told() {
    check(
        "03:00 window mnt_1 from 03:00 to 04:00
         03:10 raise high
         03:20 clear
         05:00 show alert",
        expect![[r#"
            03:10 a new alert
            = resolved by itself at 03:20, high of noc, quiet by window mnt_1
        "#]],
    );
}

#[test]
fn what_ends_while_it_is_quiet_is_told_to_whoever_believes_otherwise() {
    check(
        "20:00 raise high
         20:10 snooze ann from 20:10 to 21:00
         20:10 tick
         20:30 clear
         21:01 show alert",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            21:00 noc Resolved #3
            21:00 desk Resolved #4
            = resolved by itself at 20:30, high of noc
        "#]],
    );
}

#[test]
fn what_is_as_it_was_told_is_not_told_again() {
    check(
        "20:00 raise high
         20:10 snooze ann from 20:10 to 21:00
         20:10 tick
         20:30 raise high
         21:16 show climb",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            21:15 it Escalated #3
            | climb 3 since 21:00: step 2 at 21:30
        "#]],
    );
}

#[test]
fn what_got_worse_while_it_was_quiet_is_told() {
    check(
        "20:00 raise high
         20:10 snooze ann from 20:10 to 21:00
         20:10 tick
         20:30 raise critical
         21:01 show climb",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            21:00 noc Worse #3
            | climb 4 since 21:00: step 1 at 21:15
        "#]],
    );
}

#[test]
fn who_took_it_on_is_not_told_that_the_quiet_is_over() {
    check(
        "20:00 raise high
         20:05 ann acknowledges for 60
         20:10 snooze ann from 20:10 to 20:30
         20:10 tick
         20:31 show alert
         21:06 show alert",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            = acknowledged by ann (noc), high of noc
            21:05 noc Assigned #3
            = open, high of noc
        "#]],
    );
}

#[test]
fn the_hour_changes_the_owner_also_of_what_is_quiet() {
    check(
        "16:40 raise high
         16:45 snooze tom from 16:45 to 17:30
         16:45 tick
         17:10 show alert
         17:31 show alert",
        expect![[r#"
            16:40 a new alert
            16:40 it Assigned #1
            16:40 desk Informed #2
            = open, high of noc, quiet by snooze tom
            17:30 noc Assigned #3
            17:30 it Informed #4
            = open, high of noc
        "#]],
    );
}

#[test]
fn who_gets_it_while_it_is_quiet_is_told_so_afterwards_even_if_they_knew_of_it() {
    check(
        "16:40 raise high
         16:56 snooze tom from 16:56 to 17:30
         16:56 tick
         17:31 show alert",
        expect![[r#"
            16:40 a new alert
            16:40 it Assigned #1
            16:40 desk Informed #2
            16:55 noc Escalated #3
            17:30 noc Assigned #4
            17:30 it Informed #5
            = open, high of noc
        "#]],
    );
}

#[test]
fn what_went_and_came_back_while_it_was_quiet_is_as_it_was_told() {
    check(
        "20:00 raise high
         20:10 snooze ann from 20:10 to 21:00
         20:10 tick
         20:20 clear
         20:30 raise high
         21:01 show alert
         21:01 clear",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            = open, high of noc
            21:01 noc Resolved #3
            21:01 desk Resolved #4
        "#]],
    );
}

#[test]
fn what_a_parent_explained_settles_for_two_minutes_and_has_its_full_first_step() {
    check(
        "20:00 raise high
         20:10 parent opens
         20:10 show climb
         20:40 parent closes
         20:41:59.999 show alert
         20:43 show climb
         20:58 show ledger",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            | climb 2 since 20:00: step 0 at never
            = open, high of noc, quiet by dependency alr_parent
            | climb 3 since 20:42: step 1 at 20:57
            20:57 it Escalated #3
            | 20:00 to 20:10 running, noc
            | 20:10 to 20:40 suspended, noc
            | 20:40 on running, noc
        "#]],
    );
}

#[test]
fn what_is_well_when_its_parent_has_settled_is_told_as_over() {
    check(
        "20:00 raise high
         20:10 parent opens
         20:40 parent closes
         20:41 clear
         20:43 show alert",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:42 noc Resolved #3
            20:42 desk Resolved #4
            = resolved by itself at 20:41, high of noc
        "#]],
    );
    check(
        "20:00 parent opens
         20:01 raise high
         20:40 parent closes
         20:41 clear
         20:43 show alert",
        expect![[r#"
            20:01 a new alert
            = resolved by itself at 20:41, high of noc, quiet by dependency alr_parent
        "#]],
    );
}

#[test]
fn the_clock_of_what_a_parent_explained_begins_at_the_parents_close() {
    check(
        "20:00 parent opens
         20:01 raise high
         20:40 parent closes
         20:43 show ledger",
        expect![[r#"
            20:01 a new alert
            20:42 noc Assigned #1
            20:42 desk Informed #2
            | 20:01 to 20:40 suspended, noc
            | 20:40 on running, noc
        "#]],
    );
}

#[test]
fn flapping_is_told_once_when_it_begins_and_muted_until_it_settles() {
    check(
        "20:00 raise high
         20:05 clear
         20:10 raise high
         20:15 clear
         20:20 raise high
         20:21 clear
         21:20:59.999 show alert
         21:22 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:05 noc Resolved #3
            20:05 desk Resolved #4
            20:10 noc Assigned #5
            20:10 desk Informed #6
            20:15 noc Flapping #7
            20:25 it Escalated #8
            20:40 boss Escalated #9
            20:55 noc Escalated #10
            21:10 it Escalated #11
            = open, high of noc
            21:21 noc Resolved #12
            21:21 desk Resolved #13
            21:21 it Resolved #14
            21:21 boss Resolved #15
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:05 Resolved remit: disk is well
            | 20:10 Reopened remit: disk is full
            | 20:10 Routed remit: to noc: by night
            | 20:15 Suppressed remit: flapping: it changes too often to be told each time
            | 20:20 Repeated remit: 3 times by now: disk is full
            | 20:25 Escalated remit: to it: not acknowledged in time
            | 20:40 Escalated remit: to boss: not acknowledged in time
            | 20:55 Escalated remit: to noc: not acknowledged in time
            | 21:10 Escalated remit: to it: not acknowledged in time
            | 21:21 Unsuppressed remit: flapping
            | 21:21 Resolved remit: it has not come back
        "#]],
    );
}

#[test]
fn what_settles_while_it_is_bad_stays_open() {
    check(
        "20:00 raise high
         20:05 clear
         20:10 raise high
         20:15 clear
         20:20 raise high
         20:21 ann acknowledges for 240
         21:30 show alert
         21:40 clear",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:05 noc Resolved #3
            20:05 desk Resolved #4
            20:10 noc Assigned #5
            20:10 desk Informed #6
            20:15 noc Flapping #7
            = acknowledged by ann (noc), high of noc
            21:40 noc Resolved #8
            21:40 desk Resolved #9
        "#]],
    );
}
