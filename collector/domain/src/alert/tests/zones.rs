//! Ladders that count opening hours, and zones whose rules change under them.

use jiff::tz::{Offset, TimeZone};
use remit_shared::CalendarName;

use super::*;
use crate::calendar::parse_hours;

/// Office hours in a zone that is so many hours ahead.
fn office(ahead: i8) -> Calendar {
    Calendar {
        name: CalendarName::new("office").unwrap(),
        zone: TimeZone::fixed(Offset::constant(ahead)),
        hours: parse_hours("daily 08:00-17:00").unwrap(),
        holidays: Default::default(),
        yearly: Default::default(),
        holiday_rules: None,
        exceptions: Default::default(),
    }
}

fn world() -> World {
    let mut world = World::default();
    world.calendars = vec![office(0)];
    world.ladder_hours = Some(CalendarName::new("office").unwrap());
    world
}

#[test]
fn a_ladder_may_wait_for_the_office_to_open() {
    let mut world = world();
    world.calendars = vec![office(2)];
    world.play_all(
        "20:00 raise high
         30:31 nothing",
    );
    expect![[r#"
        20:00 a new alert
        20:00 noc Assigned #1
        20:00 desk Informed #2
        30:15 it Escalated #3
        30:30 boss Escalated #4
    "#]]
    .assert_eq(&world.log);
}

#[test]
fn steps_to_come_move_when_the_rules_of_their_zone_do() {
    let mut world = world();
    world.play("20:00 raise high");
    world.calendars = vec![office(2)];
    world.play_all(
        "21:00 tick
         30:31 nothing
         30:31 show timeline",
    );
    expect![[r#"
        20:00 a new alert
        20:00 noc Assigned #1
        20:00 desk Informed #2
        30:15 it Escalated #3
        30:30 boss Escalated #4
        | 20:00 Created remit: disk is full
        | 20:00 Routed remit: to noc: by night
        | 21:00 Rescheduled remit: the rules of UTC have changed, the next step is due 2026-03-03T06:15:00Z
        | 30:15 Escalated remit: to it: not acknowledged in time
        | 30:30 Escalated remit: to boss: not acknowledged in time
    "#]]
    .assert_eq(&world.log);
}

#[test]
fn steps_that_were_due_stay_where_they_were() {
    let mut world = world();
    world.calendars = vec![office(2)];
    world.play_all(
        "20:00 raise high
         30:16 nothing",
    );
    world.calendars = vec![office(1)];
    world.play_all(
        "30:17 tick
         31:31 nothing",
    );
    expect![[r#"
        20:00 a new alert
        20:00 noc Assigned #1
        20:00 desk Informed #2
        30:15 it Escalated #3
        31:30 boss Escalated #4
    "#]]
    .assert_eq(&world.log);
}

#[test]
fn another_versions_calendar_moves_nothing_that_is_armed() {
    let mut world = world();
    world.calendars = vec![office(-4)];
    world.play("09:00 raise high");
    world.calendars = vec![office(-3)];
    world.play_all(
        "10:00 publish version 2
         10:01 tick
         12:16 nothing",
    );
    expect![[r#"
        09:00 a new alert
        09:00 it Assigned #1
        09:00 desk Informed #2
        12:15 noc Escalated #3
    "#]]
    .assert_eq(&world.log);
}
