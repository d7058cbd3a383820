use proptest::prelude::*;
use remit_shared::{Function, Unit};

use super::*;
use crate::{matrix::CheckOverride, signal::Say};

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
        told.extend(checks.announce(&rules, |_| true).into_iter().map(|it| (second, it)));
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
    assert_eq!(checks.announce(&rules, |_| true), [], "it was never told, so it is not cleared");
    assert_eq!(checks, Checks::default());
}

/// Plays `second level` findings with one hold time, and says which level holds.
#[track_caller]
fn check(hold: i64, findings: &[(i64, Level)], expected: &[(i64, Level)]) {
    let mut checks = Checks::default();
    let mut levels = vec![];
    for (second, level) in findings {
        let hold = SignedDuration::from_secs(hold);
        let finding =
            Finding { level: *level, hold, summary: level_name(*level), evidence: String::new() };
        checks.observe("c", "", finding, at(*second));
        let now = checks.level("c", "");
        if levels.last().map_or(Level::Ok, |it: &(i64, Level)| it.1) != now {
            levels.push((*second, now));
            assert_eq!(checks.get("c", "").unwrap().summary, level_name(now));
        }
    }
    assert_eq!(levels, expected);
}

fn level_name(level: Level) -> String {
    format!("{level:?}")
}

#[test]
fn a_level_must_hold_before_it_counts() {
    use Level::{Crit, Ok, Warn};
    let findings = [(0, Warn), (30, Warn), (59, Ok), (60, Warn), (119, Warn), (120, Warn)];
    check(60, &findings, &[(120, Warn)]);
    // What rises further has been bad since it began to be.
    check(60, &[(0, Warn), (30, Crit), (60, Crit)], &[(60, Crit)]);
    // What is told as a warning must hold again to be critical.
    check(
        60,
        &[(0, Warn), (60, Warn), (61, Crit), (120, Crit), (121, Crit)],
        &[(60, Warn), (121, Crit)],
    );
    check(0, &[(0, Crit), (1, Warn), (2, Ok)], &[(0, Crit), (1, Warn), (2, Ok)]);
}

#[test]
fn one_good_sample_does_not_end_what_was_bad() {
    use Level::{Crit, Ok, Warn};
    let falls = [(0, Crit), (20, Crit), (30, Warn), (45, Ok), (50, Ok), (64, Ok), (65, Ok)];
    check(20, &falls, &[(20, Crit), (65, Ok)]);
    let hesitates = [(0, Crit), (20, Crit), (30, Ok), (45, Warn), (50, Warn)];
    check(20, &hesitates, &[(20, Crit), (50, Warn)]);
}

#[test]
fn a_threshold_has_a_side_and_a_clear_level_of_its_own() {
    use Level::{Crit, Ok, Warn};
    let rules = Rules::default();
    let limits = |metric| rules.watching(metric).next().unwrap().1.clone();
    for (metric, current, value, expected) in [
        ("disk_used", Ok, 849, Ok),
        ("disk_used", Ok, 850, Warn),
        ("disk_used", Ok, 950, Crit),
        ("disk_used", Crit, 949, Warn),
        ("disk_used", Warn, 801, Warn),
        ("disk_used", Warn, 800, Ok),
        ("disk_used", Ok, 801, Ok),
        ("disk_used", Ok, i64::MAX, Crit),
        ("disk_used", Crit, i64::MIN, Ok),
        ("clock_offset", Ok, -5_000, Warn),
        ("clock_offset", Ok, 60_000, Crit),
        ("clock_offset", Ok, i64::MIN, Crit),
        ("clock_offset", Warn, -1_001, Warn),
        ("clock_offset", Warn, -1_000, Ok),
        ("cpu_busy", Ok, 1_000, Warn),
    ] {
        assert_eq!(limits(metric).judge(current, value), expected, "{metric} {current:?} {value}");
    }
}

#[test]
fn a_value_is_told_in_the_words_of_its_unit() {
    for (unit, value, expected) in [
        (Unit::Permille, 963, "96.3 %"),
        (Unit::Milli, 1_500, "1.50"),
        (Unit::Bytes, 1_023, "1023 B"),
        (Unit::Bytes, 1_610_612_736, "1.5 GiB"),
        (Unit::BytesPerSecond, 2_048, "2.0 KiB/s"),
        (Unit::Milliseconds, -5_001, "-5001 ms"),
        (Unit::Permille, -5, "-0.5 %"),
        (Unit::Milli, -500, "-0.50"),
        (Unit::Flag, 1, "yes"),
    ] {
        assert_eq!(threshold::show(value, unit), expected);
    }
}

#[test]
fn every_check_that_ships_is_known_and_in_order() {
    assert!(CHECKS.is_sorted_by(|a, b| a.check < b.check));
    let rules = Rules::default();
    for it in CHECKS {
        assert_eq!(rules.function(it.check).as_str(), it.function);
        assert!(it.warn <= it.crit, "{}", it.check);
    }
    for check in [
        backup::FAILED,
        backup::GONE,
        backup::MISSED,
        backup::STUCK,
        backup::WARNING,
        clock::WRONG,
        patch::CYCLE,
        patch::REBOOT,
        patch::SECURITY,
        patch::UNKNOWN,
        presence::OFFLINE,
    ] {
        assert!(CHECKS.iter().any(|it| it.check == check), "{check}");
    }
}

#[test]
fn an_override_changes_one_cell_and_must_make_sense() {
    let wish = |check: &str| CheckOverride { check: check.into(), ..CheckOverride::default() };
    let erp = Function::new("lob_application").unwrap();
    let rules = Rules::with(&[
        CheckOverride { crit: Some(900), hold: Some(SignedDuration::ZERO), ..wish("disk-space") },
        CheckOverride {
            function: Some(erp.clone()),
            severity: Some(Severity::Critical),
            ..wish("backup-failed")
        },
    ])
    .unwrap();
    let mut checks = Checks::default();
    measure(&mut checks, &rules, &disk("/"), 900, at(0));
    assert_eq!(checks.level("disk-space", "/"), Level::Crit);
    assert_eq!(rules.function("backup-failed"), erp);
    assert_eq!(rules.severity("backup-failed", Level::Crit), Some(Severity::Critical));

    let days = |n: i64| Some(SignedDuration::from_hours(24 * n));
    let weekly = CheckOverride { warn_after: days(20), crit_after: days(40), ..wish("backup-rpo") };
    let rules = Rules::with(&[weekly]).unwrap();
    assert_eq!(rules.in_words("backup-rpo"), "warn after 20d, crit after 40d");
    assert_eq!(rules.policy.security, Policy::default().security, "one cell");

    for (wish, expected) in [
        (wish("disk-spaec"), "there is no check `disk-spaec`"),
        (
            CheckOverride { warn: Some(1), ..wish("backup-failed") },
            "check `backup-failed` has no threshold, so `warn`, `crit`, `clear` and `hold` say nothing of it",
        ),
        (
            CheckOverride { warn: Some(960), ..wish("disk-space") },
            "check `disk-space` needs clear < warn <= crit, got clear 800, warn 960, crit 950",
        ),
        (
            CheckOverride { clear: Some(850), ..wish("disk-space") },
            "check `disk-space` needs clear < warn <= crit, got clear 850, warn 850, crit 950",
        ),
        (
            CheckOverride { warn_after: days(20), ..wish("backup-rpo") },
            "check `backup-rpo` needs 0 < warn_after <= crit_after, got 20d and 14d",
        ),
        (
            CheckOverride { crit_after: days(20), ..wish("disk-space") },
            "check `disk-space` has no limit in time; `warn_after` and `crit_after` say nothing of it",
        ),
    ] {
        assert_eq!(Rules::with(&[wish]).unwrap_err().to_string(), expected);
    }
}

#[test]
fn evidence_is_cut_between_characters() {
    let mut checks = Checks::default();
    checks.set("c", "", Level::Crit, "é".repeat(400), "é".repeat(4_000), at(0));
    let state = checks.get("c", "").unwrap();
    assert!(state.summary.len() <= 503 && state.summary.ends_with("é…"));
    assert!(state.evidence.len() <= 2_003 && state.evidence.ends_with("é…"));
}

proptest! {
    /// However late some of it comes: once all is announced, what alerts heard
    /// last is what holds, and nothing is told twice in a row.
    #[test]
    fn what_was_told_last_is_what_holds(
        findings in prop::collection::vec((0..3_usize, 0..3_u8, any::<bool>(), 0..90_i64), 0..60),
    ) {
        let (mut checks, rules) = (Checks::default(), Rules::default());
        let mut told: Vec<Option<Severity>> = vec![None; 3];
        let mut now = 0;
        let levels = [Level::Ok, Level::Warn, Level::Crit];
        let hear = |signals: Vec<Signal>, told: &mut Vec<Option<Severity>>| {
            for signal in signals {
                let index: usize = signal.instance.parse().unwrap();
                let severity = match signal.say {
                    Say::Raised { severity, .. } => Some(severity),
                    Say::Cleared => None,
                };
                prop_assert_ne!(told[index], severity);
                told[index] = severity;
            }
            Ok(())
        };
        for (instance, level, is_late, seconds) in findings {
            now += seconds;
            let hold = SignedDuration::from_secs(60);
            let level = levels[usize::from(level)];
            let finding = Finding { level, hold, summary: String::new(), evidence: String::new() };
            checks.observe("disk-space", &instance.to_string(), finding, at(now));
            if !is_late {
                hear(checks.announce(&rules, |_| true), &mut told)?;
            }
        }
        hear(checks.announce(&rules, |_| true), &mut told)?;
        for (index, told) in told.iter().enumerate() {
            let level = checks.level("disk-space", &index.to_string());
            prop_assert_eq!(*told, rules.severity("disk-space", level));
        }
    }
}
