//! What reports make of an alert.

use super::*;
use crate::{noise::Past, report::AlertFact};

/// What a script's alert was like.
fn past(script: &str) -> (Past, AlertFact) {
    let mut world = World::default();
    world.play_all(script);
    let alert = world.alert.expect("the script raises an alert");
    (Past::of(&alert), AlertFact::of(&alert, None))
}

#[test]
fn what_is_over_before_anybody_comes_was_told_and_not_acted_on() {
    let (past, fact) = past("20:00 raise high\n20:20 clear\n22:00 nothing");
    assert!(past.by_itself && past.acted_at.is_none());
    assert!(past.closed_at.is_some() && fact.was_over_first());
    // To noc, desk and it; that it is over is no message that woke anybody.
    assert_eq!(past.told_at.len(), 3);
}

#[test]
fn who_takes_it_on_has_acted_even_if_it_goes_away_by_itself() {
    let (past, fact) = past("20:00 raise high\n20:16 ann acknowledges for 240\n23:00 clear");
    assert_eq!(past.acted_at, Some(world::at("20:16")));
    assert!(past.by_itself && !fact.was_over_first());
    assert_eq!(fact.acked_at, past.acted_at);
}

#[test]
fn what_becomes_of_an_alert_after_a_week_is_another_weeks() {
    let (past, fact) = past("20:00 raise high\n20:16 ann acknowledges for 240\n23:00 clear");
    let (past, fact) = (past.until(world::at("20:10")), fact.until(world::at("20:10")));
    assert!(!past.by_itself && past.acted_at.is_none() && past.closed_at.is_none());
    assert_eq!(past.told_at.len(), 2, "the first step came later");
    assert_eq!((fact.acked_at, fact.resolved_at, fact.was_over_first()), (None, None, false));
}
