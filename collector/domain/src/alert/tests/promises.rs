//! What was promised, and who hears that it is nearly or altogether too late.

use super::*;
use crate::sla::testing::office;

#[test]
fn e23_priority_raise_late() {
    check(
        "20:00 promise resolution critical 60
         20:00 raise medium
         20:01 ann acknowledges for 300
         23:00 raise critical
         23:00 show clocks
         23:14 show ledger",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            23:00 boss Breached #3
            23:00 lead Breached #4
            23:00 noc Worse #5
            | resolution missed at 21:00
            | 20:00 to 20:01 running, noc
            | 20:01 on running, noc
        "#]],
    );
}

#[test]
fn a_breach_of_the_contract_is_told_to_both_who_answer_for_it_once() {
    check(
        "20:00 promise response high 40
         20:00 raise high
         20:41 show clocks
         20:41 show timeline",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 it Escalated #3
            20:30 noc AtRisk #4
            20:30 boss AtRisk #5
            20:30 boss Escalated #6
            20:40:00.001 boss Breached #7
            20:40:00.001 lead Breached #8
            | response missed at 20:40
            | 20:00 Created remit: disk is full
            | 20:00 Routed remit: to noc: by night
            | 20:15 Escalated remit: to it: not acknowledged in time
            | 20:30 AtRisk remit: response of noc, at 2026-03-02T20:30:00Z
            | 20:30 Escalated remit: to boss: not acknowledged in time
            | 20:40:00.001 Breached remit: response of noc, at 2026-03-02T20:40:00Z
        "#]],
    );
}

#[test]
fn only_the_holders_side_responds() {
    check(
        "20:00 promise response high 40
         20:00 raise high
         20:05 tom notes hm
         20:31 ann notes hm
         20:44 show clocks",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:15 it Escalated #3
            20:30 noc AtRisk #4
            20:30 boss AtRisk #5
            20:30 boss Escalated #6
        "#]],
    );
}

#[test]
fn a_breach_is_told_even_if_the_alert_is_quiet() {
    check(
        "20:00 promise resolution high 40
         20:00 raise high
         20:10 snooze ann from 20:10 to 22:00
         20:10 tick
         20:41 show clocks",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:40:00.001 boss Breached #3
            20:40:00.001 lead Breached #4
            | resolution missed at 20:40
        "#]],
    );
}

#[test]
fn the_clocks_stand_while_somebody_else_must_act() {
    check(
        "20:00 promise resolution high 60
         20:00 raise high
         20:01 ann acknowledges for 600
         20:10 ann pauses for awaiting_vendor
         20:10 ann pauses for awaiting_vendor
         22:10 ann resumes
         22:10 ann resumes
         22:30 show ledger
         23:01 show clocks",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:10 refused: the clocks are already stopped, awaiting_vendor, until 2026-03-07T20:10:00Z
            22:10 refused: the clocks of alert alr_f1be56a04bd3522aa6086c655aa7c0dd are not stopped
            | 20:00 to 20:01 running, noc
            | 20:01 to 20:10 running, noc
            | 20:10 to 22:10 paused, noc
            | 22:10 on running, noc
            22:45 noc AtRisk #3
            22:45 boss AtRisk #4
            23:00:00.001 boss Breached #5
            23:00:00.001 lead Breached #6
            | resolution missed at 23:00
        "#]],
    );
}

#[test]
fn a_word_of_somebody_lets_the_clocks_go_on() {
    check(
        "20:00 promise resolution high 60
         20:00 raise high
         20:01 ann acknowledges for 600
         20:10 ann pauses for awaiting_customer
         20:30 tom notes done
         20:31 show ledger",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            | 20:00 to 20:01 running, noc
            | 20:01 to 20:10 running, noc
            | 20:10 to 20:30 paused, noc
            | 20:30 on running, noc
        "#]],
    );
}

#[test]
fn a_pause_that_nobody_ends_ends_after_five_days() {
    check(
        "20:00 raise high
         20:01 ann acknowledges for 10000
         20:10 ann pauses for awaiting_vendor
         140:11 show ledger",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            | 20:00 to 20:01 running, noc
            | 20:01 to 20:10 running, noc
            | 20:10 to 140:10 paused, noc
            | 140:10 on running, noc
        "#]],
    );
}

#[test]
fn a_hand_over_does_not_begin_the_contract_anew() {
    check(
        "16:40 promise response high 60
         16:40 raise high
         17:31 show ledger
         17:41 show clocks",
        expect![[r#"
            16:40 a new alert
            16:40 it Assigned #1
            16:40 desk Informed #2
            16:55 noc Escalated #3
            17:00 noc Assigned #4
            17:00 it Informed #5
            17:15 it Escalated #6
            17:25 noc AtRisk #7
            17:25 boss AtRisk #8
            17:30 boss Escalated #9
            | 16:40 to 17:00 running, it
            | 17:00 on running, noc
            17:40:00.001 boss Breached #10
            17:40:00.001 lead Breached #11
            | response missed at 17:40
        "#]],
    );
}

#[test]
fn what_was_promised_before_holds_for_what_was_spent_before() {
    check(
        "20:00 promise resolution high 120
         20:00 raise high
         20:01 ann acknowledges for 300
         21:00 promise resolution high 30
         21:00 tick
         21:01 show clocks
         21:01 show ledger",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            21:00 boss Breached #3
            21:00 lead Breached #4
            | resolution missed at 21:00
            | 20:00 to 20:01 running, noc
            | 20:01 to 21:00 running, noc
            | 21:00 on running, noc
        "#]],
    );
}

#[test]
fn reopening_goes_on_with_what_was_promised() {
    check(
        "20:00 promise resolution high 60
         20:00 raise high
         20:01 ann acknowledges for 300
         20:40 ann resolves
         20:55 raise high
         20:56 ann acknowledges for 300
         21:16 show clocks
         21:16 show ledger",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            20:40 noc Resolved #3
            20:40 desk Resolved #4
            20:55 noc Assigned #5
            20:55 desk Informed #6
            21:00 noc AtRisk #7
            21:00 boss AtRisk #8
            21:15:00.001 boss Breached #9
            21:15:00.001 lead Breached #10
            | resolution missed at 21:15
            | 20:00 to 20:01 running, noc
            | 20:01 to 20:40 running, noc
            | 20:40 to 20:55 over, noc
            | 20:55 to 20:56 running, noc
            | 20:56 on running, noc
        "#]],
    );
}

#[test]
fn a_tick_after_the_rules_of_a_zone_have_changed_moves_what_is_due() {
    let mut world = World::default();
    world.count_only(office("Etc/GMT"));
    world.play_all(
        "08:00 promise resolution high 60
         08:00 raise high
         08:01 tom acknowledges for 300",
    );
    assert_eq!(world.alert().clocks_due.map(world::shown).as_deref(), Some("08:30"));
    // The office opens two hours later than was thought.
    world.count_only(office("Etc/GMT+2"));
    world.play("08:02 tick");
    assert_eq!(world.alert().clocks_due.map(world::shown).as_deref(), Some("10:29"));
}
