use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Plays probes that each take as long as they are said to, for two minutes,
/// and compares who was asked, delivered and given up when.
fn check(probes: &[(&str, ProbePlan, u64)], expected: Expect) {
    expected.assert_eq(&play(probes, true, secs(120)));
}

fn play(probes: &[(&str, ProbePlan, u64)], supported: bool, end: Duration) -> String {
    let mut phases: Vec<Phase> = probes.iter().map(|(_, plan, _)| plan.first()).collect();
    let mut returns: Vec<Option<Duration>> = vec![None; probes.len()];
    let mut log = String::new();
    loop {
        let back = returns.iter().flatten().min().copied();
        let Some(now) = next_wake(phases.iter().copied()).into_iter().chain(back).min() else {
            return log;
        };
        if now > end {
            return log;
        }
        for (at, (name, plan, takes)) in probes.iter().enumerate() {
            let event = if returns[at].is_some_and(|back| back <= now) {
                returns[at] = None;
                Event::Returned { supported }
            } else {
                Event::Tick
            };
            let (phase, effect) = step(plan, phases[at], event, now);
            phases[at] = phase;
            let Some(effect) = effect else { continue };
            if effect == Effect::Ask {
                returns[at] = Some(now + secs(*takes));
            }
            log.push_str(&format!("{} {name} {effect:?}\n", now.as_secs()));
        }
    }
}

#[test]
fn equal_intervals_share_their_ticks_however_long_each_takes() {
    check(
        &[("a", every(40, 30), 1), ("b", every(40, 30), 25), ("c", every(80, 30), 1)],
        expect![[r#"
            0 a Ask
            0 b Ask
            0 c Ask
            1 a Deliver
            1 c Deliver
            25 b Deliver
            40 a Ask
            40 b Ask
            41 a Deliver
            65 b Deliver
            80 a Ask
            80 b Ask
            80 c Ask
            81 a Deliver
            81 c Deliver
            105 b Deliver
            120 a Ask
            120 b Ask
        "#]],
    );
}

#[test]
fn a_hanging_probe_is_given_up_once_and_skipped_until_it_returns() {
    check(
        &[("nfs", every(10, 5), 47)],
        expect![[r#"
            0 nfs Ask
            5 nfs GiveUp
            50 nfs Ask
            55 nfs GiveUp
            100 nfs Ask
            105 nfs GiveUp
        "#]],
    );
}

#[test]
fn a_probe_may_take_longer_than_its_interval() {
    check(
        &[("slow", every(30, 60), 40)],
        expect![[r#"
            0 slow Ask
            40 slow Deliver
            60 slow Ask
            100 slow Deliver
            120 slow Ask
        "#]],
    );
}

#[test]
fn what_this_machine_has_not_is_asked_hourly() {
    let log = play(&[("zfs", every(10, 5), 1), ("patch", every(7200, 5), 1)], false, secs(7200));
    expect![[r#"
            0 zfs Ask
            0 patch Ask
            1 zfs Deliver
            1 patch Deliver
            3600 zfs Ask
            3601 zfs Deliver
            7200 zfs Ask
            7200 patch Ask
    "#]]
    .assert_eq(&log);
}

#[test]
fn a_probe_that_is_off_is_never_asked() {
    let plan = ProbePlan { enabled: false, ..every(10, 5) };
    assert_eq!(deadline(plan.first()), None);
    assert_eq!(step(&plan, plan.first(), Event::Tick, secs(9)), (Phase::Off, None));
}

#[test]
fn turns_that_were_slept_through_are_skipped() {
    let plan = every(10, 5);
    let (phase, effect) = step(&plan, Phase::Waiting { due: secs(10) }, Event::Tick, secs(73));
    assert_eq!(effect, Some(Effect::Ask));
    let (phase, _) = step(&plan, phase, Event::Returned { supported: true }, secs(73));
    assert_eq!(phase, Phase::Waiting { due: secs(80) });
}

#[test]
fn a_plan_is_found_by_name_or_family() {
    for (probe, interval) in [
        ("cpu", 10),
        ("disk-remote", 30),
        ("clock", 60),
        ("patch-apt", 3600),
        ("backup-restic", 1800),
        ("something", 60),
    ] {
        assert_eq!(ProbePlan::default_for(probe).interval, secs(interval), "{probe}");
    }
}

#[test]
fn a_plan_out_of_bounds_is_refused_with_its_value() {
    for (_, plan) in DEFAULTS {
        assert_eq!(plan.check(), Ok(()));
    }
    let err = every(0, 5).check().unwrap_err();
    assert_eq!(err.to_string(), "interval of 0 s is not between 1 s and 366 days");
    let err = every(10, 86_401).check().unwrap_err();
    assert_eq!(err.to_string(), "deadline of 86401 s is not between 1 s and 1 day");
}

fn plans() -> impl Strategy<Value = ProbePlan> {
    (any::<bool>(), 0..7200_u64, 0..1000_u64).prop_map(|(enabled, interval, deadline)| ProbePlan {
        enabled,
        ..every(interval, deadline)
    })
}

fn phases() -> impl Strategy<Value = Phase> {
    prop_oneof![
        any::<Duration>().prop_map(|due| Phase::Waiting { due }),
        any::<Duration>().prop_map(|until| Phase::Asked { until }),
        Just(Phase::Overdue),
        Just(Phase::Off),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Tick),
        any::<bool>().prop_map(|supported| Event::Returned { supported })
    ]
}

proptest! {
    #[test]
    fn no_plan_and_no_time_is_too_much(
        enabled: bool, interval: Duration, deadline: Duration, now: Duration,
        phase in phases(), event in events(),
    ) {
        step(&ProbePlan { enabled, interval, deadline }, phase, event, now);
    }

    #[test]
    fn a_tick_before_its_time_changes_nothing(plan in plans(), phase in phases(), now: Duration) {
        prop_assume!(deadline(phase).is_none_or(|due| now < due));
        prop_assert_eq!(step(&plan, phase, Event::Tick, now), (phase, None));
    }

    #[test]
    fn one_tick_is_enough(plan in plans(), phase in phases(), now in 0..u64::from(u32::MAX)) {
        prop_assume!(plan.check().is_ok());
        let (after, _) = step(&plan, phase, Event::Tick, secs(now));
        prop_assert!(deadline(after).is_none_or(|due| secs(now) < due));
    }

    #[test]
    fn the_next_turn_is_on_the_grid_and_within_one_interval(
        plan in plans(), now in 0..10_000_000_000_u64,
    ) {
        let now = Duration::from_millis(now);
        let returned = Event::Returned { supported: true };
        let (phase, _) = step(&plan, Phase::Overdue, returned, now);
        let due = deadline(phase).unwrap();
        let interval = plan.interval.max(SHORTEST);
        prop_assert_eq!(due.as_nanos() % interval.as_nanos(), 0);
        prop_assert!(now < due && due <= now + interval);
    }

    /// Whatever happens, a probe is asked only when it is idle, and everything
    /// that is asked is either delivered or given up, once.
    #[test]
    fn an_asking_ends_in_one_delivery_or_one_giving_up(
        plan in plans(), events in prop::collection::vec((events(), 0..900_u64), 0..60),
    ) {
        let (mut phase, mut now) = (plan.first(), Duration::ZERO);
        let mut asked = false;
        for (event, passes) in events {
            now += secs(passes);
            let (next, effect) = step(&plan, phase, event, now);
            match effect {
                Some(Effect::Ask) => {
                    let idle = matches!(phase, Phase::Waiting { .. });
                    prop_assert!(idle && !asked);
                    asked = true;
                }
                Some(Effect::Deliver | Effect::GiveUp) => {
                    prop_assert!(asked);
                    asked = false;
                }
                None => {}
            }
            phase = next;
        }
        prop_assert!(plan.enabled || phase == Phase::Off);
    }
}
