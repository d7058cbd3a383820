use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    detect::Rules,
    effect::Effect,
    endpoint::Endpoint,
    itself,
    mass_loss::{Place, stand_in},
    signal::Say,
};

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn at(wall: i64, running: i64, slept: i64) -> Reading {
    let wall = Timestamp::constant(1_772_000_000, 0) + seconds(wall);
    Reading { wall, running: seconds(running), slept: seconds(slept) }
}

/// Looks at each of these: what the wall clock shows, how long the other one has
/// run, how long the machine has slept.
#[track_caller]
fn check(looks: &[(i64, i64, i64)], expect: Expect) {
    let place = Place { tenant: "acme".parse().unwrap(), site: "hq".parse().unwrap() };
    let registration = stand_in::collector(&place, at(0, 0, 0).wall);
    let mut endpoint = Endpoint::enrolled(registration);
    let mut state = Timekeeping::begin(at(0, 0, 0), false);
    let mut log = String::new();
    for (wall, running, slept) in looks {
        let now = at(*wall, *running, *slept);
        let (next, verdict) = look(&state, now);
        state = next;
        let Some(verdict) = verdict else { continue };
        let (told, owes) = itself::tell(&endpoint, &verdict.finding(), &Rules::default(), now.wall);
        endpoint = told;
        for effect in owes {
            if let Effect::Audit(it) = &effect {
                log += &format!("{running} audit {}: {}\n", it.action, it.detail);
            } else if let Effect::Signal(it) = &effect {
                let how = match it.say {
                    Say::Raised { severity, .. } => severity.to_string(),
                    Say::Cleared => "over".to_owned(),
                };
                log += &format!("{running} {how}: {}\n", it.summary);
            } else {
                panic!("{effect:?}");
            }
        }
    }
    expect.assert_eq(&log);
}

#[test]
fn a_clock_that_is_set_is_told_and_over_when_it_is_right_again() {
    check(
        &[(2, 2, 0), (3604, 4, 0), (3606, 6, 0), (-3592, 8, 0), (10, 10, 0), (12, 12, 0)],
        expect![[r#"
            4 high: the collector's clock was set ahead by 1 h
            4 audit collector.clock: the collector's clock was set ahead by 1 h
            8 high: the collector's clock was set back by 2 h
            8 audit collector.clock: the collector's clock was set back by 2 h
            10 over: the collector's clock is right again
            10 audit collector.clock: the collector's clock is right again
        "#]],
    );
}

#[test]
fn a_clock_that_stays_where_it_was_set_is_believed_after_an_hour() {
    check(
        &[(12, 2, 0), (3601, 3591, 0), (3612, 3602, 0), (3614, 3604, 0), (3602, 3606, 0)],
        expect![[r#"
            2 medium: the collector's clock was set ahead by 10 s
            2 audit collector.clock: the collector's clock was set ahead by 10 s
            3602 over: the collector's clock has run evenly for an hour
            3602 audit collector.clock: the collector's clock has run evenly for an hour
            3606 medium: the collector's clock was set back by 14 s
            3606 audit collector.clock: the collector's clock was set back by 14 s
        "#]],
    );
}

#[test]
fn a_machine_that_slept_has_no_wrong_clock_and_was_deaf() {
    check(
        &[(2, 2, 0), (7204, 4, 7200), (7206, 6, 7200), (10900, 3700, 7200)],
        expect![[r#"
            4 medium: the collector slept for 2 h: nobody was watched
            4 audit collector.clock: the collector slept for 2 h: nobody was watched
            3700 over: the collector's clock has run evenly for an hour
            3700 audit collector.clock: the collector's clock has run evenly for an hour
        "#]],
    );
}

#[test]
fn what_an_earlier_life_told_ends_after_an_hour() {
    let state = Timekeeping::begin(at(0, 0, 0), true);
    let (state, verdict) = look(&state, at(3599, 3599, 0));
    assert_eq!(verdict, None);
    assert_eq!(look(&state, at(3600, 3600, 0)).1, Some(Verdict::Even));
}

/// Some thousandths more or less than the time that passed.
fn slowly() -> impl Strategy<Value = Vec<(i64, i64)>> {
    vec((1..10_000_i64, -100..=100_i64), 1..200)
}

proptest! {
    #[test]
    fn a_clock_that_is_brought_right_slowly_is_not_told(ticks in slowly()) {
        let mut now = at(0, 0, 0);
        let mut state = Timekeeping::begin(now, false);
        for (millis, thousandths) in ticks {
            let ran = SignedDuration::from_millis(millis);
            now.running += ran;
            now.wall += ran + ran * thousandths as i32 / 1000;
            let (next, verdict) = look(&state, now);
            prop_assert_eq!(verdict, None);
            state = next;
        }
    }

    #[test]
    fn every_jump_is_found_and_the_sum_of_all_is_what_it_is_off_by(
        jumps in vec(prop_oneof![-100_000..-2_001_i64, 2_001..100_000_i64], 1..20),
    ) {
        let mut now = at(0, 0, 0);
        let mut state = Timekeeping::begin(now, false);
        let mut sum = SignedDuration::ZERO;
        for millis in jumps {
            let by = SignedDuration::from_millis(millis);
            now.running += seconds(2);
            now.wall += seconds(2) + by;
            sum += by;
            let (next, verdict) = look(&state, now);
            state = next;
            let expected = if sum.abs() > JUMP { Verdict::Set { by, off: sum } } else { Verdict::Right };
            if expected == Verdict::Right {
                sum = SignedDuration::ZERO;
            }
            prop_assert_eq!(verdict, Some(expected));
        }
    }

    #[test]
    fn whatever_the_clocks_show_it_does_not_panic(
        looks in vec((any::<i64>(), any::<i64>(), any::<i64>()), 1..20),
    ) {
        let mut state = Timekeeping::begin(at(0, 0, 0), true);
        for (wall, running, slept) in looks {
            let wall = Timestamp::from_second(wall % 200_000_000_000).unwrap_or(Timestamp::MAX);
            let now = Reading { wall, running: seconds(running), slept: seconds(slept) };
            state = look(&state, now).0;
        }
    }
}
