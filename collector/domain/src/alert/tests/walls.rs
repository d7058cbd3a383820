//! Walls that people run into, and who gets the alert then.

use super::*;

#[test]
fn a_wall_gives_the_alert_to_the_other_side_after_half_an_hour() {
    check(
        "09:00 raise high
         09:05 tom is blocked needs_credential
         09:34:59.999 show alert
         09:36 show alert
         09:36 show timeline",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:15 noc Escalated #3
            09:30 boss Escalated #4
            = open, high of it, blocked needs_credential
            09:35 noc Assigned #5
            09:35 it Informed #6
            = open, high of noc
            | 09:00 Created remit: disk is full
            | 09:00 Routed remit: to it: by day
            | 09:05 Blocked tom (it): needs_credential: goes to noc at 2026-03-02T09:35:00Z
            | 09:15 Escalated remit: to noc: not acknowledged in time
            | 09:30 Escalated remit: to boss: not acknowledged in time
            | 09:35 HandedOff remit: to noc, tom (it) said needs_credential
        "#]],
    );
}

#[test]
fn who_cannot_wait_hands_it_over_at_once() {
    check(
        "09:00 raise high
         09:05 tom is blocked vendor_wait now
         09:05 show alert",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:05 noc Assigned #3
            09:05 it Informed #4
            = open, high of noc
        "#]],
    );
}

#[test]
fn what_may_be_an_attack_goes_to_those_who_look_at_attacks_at_once() {
    check(
        "09:00 raise high
         09:05 tom is blocked security_suspicion
         09:05 show alert",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:05 soc Assigned #3
            09:05 it Informed #4
            = open, high of soc
        "#]],
    );
}

#[test]
fn whoever_takes_over_climbs_a_ladder_of_their_own() {
    check(
        "09:00 raise high
         09:05 tom is blocked security_suspicion
         09:30 show alert",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:05 soc Assigned #3
            09:05 it Informed #4
            09:10 lead Escalated #5
            09:25 boss Escalated #6
            09:25 lead Escalated #7
            = open, high of soc
        "#]],
    );
}

#[test]
fn whoever_finds_a_way_in_time_keeps_it() {
    check(
        "09:00 raise high
         09:01 tom acknowledges for 240
         09:05 tom is blocked needs_on_site
         09:20 tom is unblocked
         09:21 tom is unblocked
         10:00 show alert",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:21 refused: alert alr_f1be56a04bd3522aa6086c655aa7c0dd is not blocked
            = acknowledged by tom (it), high of it
        "#]],
    );
}

#[test]
fn a_wall_outlasts_an_acknowledgement() {
    check(
        "09:00 raise high
         09:01 tom acknowledges for 10
         09:05 tom is blocked needs_on_site
         09:12 show alert
         09:36 show alert",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:11 it Assigned #3
            = open, high of it, blocked needs_on_site
            09:26 noc Escalated #4
            09:35 noc Assigned #5
            09:35 it Informed #6
            = open, high of noc
        "#]],
    );
}

#[test]
fn a_wall_that_the_hour_has_overtaken_is_gone() {
    check(
        "16:45 raise high
         16:50 tom is blocked needs_credential
         17:30 show alert",
        expect![[r#"
            16:45 a new alert
            16:45 it Assigned #1
            16:45 desk Informed #2
            17:00 noc Assigned #3
            17:00 it Informed #4
            17:15 it Escalated #5
            = open, high of noc
        "#]],
    );
}

#[test]
fn a_wall_is_gone_with_what_stood_behind_it() {
    check(
        "09:00 raise high
         09:05 tom is blocked needs_credential
         09:10 tom resolves
         10:00 show alert",
        expect![[r#"
            09:00 a new alert
            09:00 it Assigned #1
            09:00 desk Informed #2
            09:10 it Resolved #3
            09:10 desk Resolved #4
            = resolved by tom at 09:10, high of it, resolved
        "#]],
    );
}

#[test]
fn nobody_gets_what_they_could_not_hear_of() {
    // The row of version 3 has no ladder that would tell anybody else.
    check(
        "20:00 publish version 3
         20:00 ghost has a channel
         20:00 raise high
         20:00 ghost has no channel
         20:00 noc has no channel
         20:05 ann is blocked needs_credential now
         20:05 show alert
         20:20 ann hands over to noc
         20:20 show alert",
        expect![[r#"
            20:00 a new alert
            20:00 ghost Assigned #1
            20:00 desk Informed #2
            20:05 it Assigned #3
            = open, high of it
            = open, high of it, noc was refused
        "#]],
    );
}

#[test]
fn a_wall_is_gone_if_its_other_side_had_the_alert_while_the_collector_was_away() {
    // Acknowledged by night, given back by day, when it is the other side's.
    check(
        "07:30 raise high
         07:40 ann acknowledges for 60
         08:35 ann is blocked needs_credential
         18:00 late tick
         18:00 show alert
         18:00 show timeline",
        expect![[r#"
            07:30 a new alert
            07:30 noc Assigned #1
            07:30 desk Informed #2
            18:00 noc Assigned #3
            = open, high of noc
            | 07:30 Created remit: disk is full
            | 07:30 Routed remit: to noc: by night
            | 07:40 Acknowledged ann (noc): until 2026-03-02T08:40:00Z
            | 08:35 Blocked ann (noc): needs_credential: goes to it at 2026-03-02T09:05:00Z
            | 18:00 AckExpired remit: ann (noc) did not finish it in time
            | 18:00 Routed remit: to noc: by night
        "#]],
    );
}

#[test]
fn a_wall_hands_over_although_the_matrix_names_another_since() {
    check(
        "07:30 raise high
         07:40 ann acknowledges for 60
         07:50 ann is blocked needs_credential
         18:00 late tick
         18:00 show alert",
        expect![[r#"
            07:30 a new alert
            07:30 noc Assigned #1
            07:30 desk Informed #2
            18:00 it Assigned #3
            18:00 noc Informed #4
            = open, high of it
        "#]],
    );
}
