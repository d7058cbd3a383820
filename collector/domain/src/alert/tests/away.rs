//! What fell due while the collector was away: done in its order, by what the
//! matrix said then, and told once.

use super::*;

#[test]
fn who_cannot_be_told_now_leaves_it_with_whom_the_matrix_named_last() {
    // Nobody would hear of what the night of version 3 is given.
    check(
        "20:00 raise high
         20:10 publish version 3
         20:10 tick
         41:30 late tick
         41:30 show alert",
        expect![[r#"
            20:00 a new alert
            20:00 noc Assigned #1
            20:00 desk Informed #2
            41:30 it Assigned #3
            41:30 noc Informed #4
            = open, high of it, ghost was refused
        "#]],
    );
}

#[test]
fn what_settled_meanwhile_was_over_with_whoever_had_it_then() {
    check(
        "07:00 raise high
         07:01 clear
         07:02 raise high
         07:03 clear
         07:04 raise high
         07:30 clear
         12:00 late tick
         12:00 show alert
         12:00 show timeline",
        expect![[r#"
            07:00 a new alert
            07:00 noc Assigned #1
            07:00 desk Informed #2
            07:01 noc Resolved #3
            07:01 desk Resolved #4
            07:02 noc Assigned #5
            07:02 desk Informed #6
            07:03 noc Flapping #7
            07:17 it Escalated #8
            12:00 noc Resolved #9
            12:00 desk Resolved #10
            12:00 it Resolved #11
            = resolved by itself at 12:00, high of it
            | 07:00 Created remit: disk is full
            | 07:00 Routed remit: to noc: by night
            | 07:01 Resolved remit: disk is well
            | 07:02 Reopened remit: disk is full
            | 07:02 Routed remit: to noc: by night
            | 07:03 Suppressed remit: flapping: it changes too often to be told each time
            | 07:04 Repeated remit: 3 times by now: disk is full
            | 07:17 Escalated remit: to it: not acknowledged in time
            | 12:00 Unsuppressed remit: flapping
            | 12:00 Rerouted remit: to it: by day
            | 12:00 Resolved remit: it has not come back
        "#]],
    );
}
