use remit_shared::Unit;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn disk(mount: &str) -> Series {
    Series { metric: "disk_used".into(), instance: mount.into(), unit: Unit::Permille }
}

#[test]
fn a_full_disk_is_told_after_its_hold_time_and_once() {
    let (mut checks, rules) = (Checks::default(), Rules::default());
    let mut told = Vec::new();
    for (second, value) in [(0, 700), (10, 960), (30, 961), (69, 962), (70, 963), (80, 964)] {
        measure(&mut checks, &rules, &disk("/"), value, at(second));
        told.extend(checks.announce(&rules, false).into_iter().map(|it| (second, it)));
    }
    let [(second, signal)] = told.as_slice() else { panic!("one signal: {told:?}") };
    assert_eq!(*second, 70);
    assert_eq!(signal.summary, "disk space in use on /: 96.3 % (limit 95.0 %)");
    assert!(matches!(signal.say, Say::Raised { severity: Severity::High, .. }));
}

#[test]
fn between_clear_and_warn_nothing_begins_and_nothing_ends() {
    let (mut checks, rules) = (Checks::default(), Rules::default());
    for second in 0..10 {
        measure(&mut checks, &rules, &disk("/"), 830, at(second * 60));
    }
    assert_eq!(checks.level("disk-space", "/"), Level::Ok);
    for second in 10..20 {
        measure(&mut checks, &rules, &disk("/"), 870, at(second * 60));
    }
    assert_eq!(checks.level("disk-space", "/"), Level::Warn);
    for second in 20..30 {
        measure(&mut checks, &rules, &disk("/"), 830, at(second * 60));
    }
    assert_eq!(checks.level("disk-space", "/"), Level::Warn);
    for second in 30..40 {
        measure(&mut checks, &rules, &disk("/"), 790, at(second * 60));
    }
    assert_eq!(checks.level("disk-space", "/"), Level::Ok);
    assert_eq!(checks.announce(&rules, false), [], "it was never told, so it is not cleared");
    assert_eq!(checks, Checks::default());
}
