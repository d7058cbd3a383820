use std::sync::Arc;

use expect_test::{Expect, expect};
use remit_shared::{CheckStatus, Completeness, Failure, FailureKind, PatchState, Reboot};

use super::*;
use crate::{detect::Rules, endpoint::ProbeState, signal::Say};

fn day(day: i64) -> Timestamp {
    "2026-03-01T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
}

fn item(package: &str, candidate: &str, security: bool, state: PatchState) -> PatchItem {
    PatchItem {
        package: package.into(),
        installed: "1.0".into(),
        candidate: candidate.into(),
        origins: vec![],
        security,
        state,
        advisories: vec![],
        failure: String::new(),
    }
}

fn security(package: &str, candidate: &str) -> PatchItem {
    item(package, candidate, true, PatchState::Available)
}

fn scan(items: &[PatchItem]) -> PatchScan {
    PatchScan {
        manager: "apt".into(),
        system: String::new(),
        managed_by: String::new(),
        items: items.to_vec(),
        reboot: Reboot { required: Some(false), reasons: vec![], since: None },
        last_patched_at: Some(day(0)),
    }
}

/// One endpoint's updates, with a log of what alerts hear.
#[derive(Default)]
struct Stage {
    facts: Facts,
    checks: Checks,
    log: String,
}

impl Stage {
    fn answers(&mut self, today: i64, scan: &PatchScan) {
        self.probe(today, |it| {
            it.catalog_at = Some(day(today));
            it.completeness = Completeness::Full;
            it.failure = None;
        });
        scanned(&mut self.facts, scan, true, day(today));
        self.waits(today);
    }

    fn probe(&mut self, today: i64, change: impl FnOnce(&mut ProbeState)) {
        let probe = self.facts.probes.entry(Arc::from("patch-apt")).or_insert(ProbeState {
            source: "apt-get".into(),
            observed_at: day(today),
            catalog_at: None,
            completeness: Completeness::Full,
            missing: String::new(),
            failure: None,
            ever_answered: true,
        });
        probe.observed_at = day(today);
        change(probe);
    }

    /// Ticks twice: what has been told is not told again.
    fn waits(&mut self, today: i64) {
        let rules = Rules::default();
        for _ in 0..2 {
            tick(&self.facts, &mut self.checks, &rules.policy, day(today));
            for signal in self.checks.announce(&rules, |_| true) {
                let what = match signal.say {
                    Say::Raised { severity, .. } => severity.to_string(),
                    Say::Cleared => "over".to_owned(),
                };
                let line = format!("{today} {} {what}: {}\n", signal.check, signal.summary);
                self.log.push_str(&line);
            }
        }
    }

    fn view(&self, today: i64) -> PatchView {
        status(&self.facts, "apt", &Policy::default(), day(today))
    }

    #[track_caller]
    fn check(&self, expect: Expect) {
        expect.assert_eq(&self.log);
    }
}

#[test]
fn a_security_update_that_waits_is_told_twice_and_then_cleared() {
    let mut stage = Stage::default();
    for today in [1, 5, 14, 15, 16, 31, 32] {
        stage.answers(today, &scan(&[security("openssl", "1.1"), security("curl", "1.2")]));
    }
    stage.answers(33, &scan(&[]));
    assert_eq!(stage.facts.first_seen.len(), 0);
    stage.check(expect![[r#"
        15 patch-security-overdue medium: 2 security updates have waited for up to 14 days: curl, openssl
        31 patch-security-overdue high: 2 security updates have waited for up to 30 days: curl, openssl
        33 patch-security-overdue over: no security update waits for too long any more
    "#]]);
}

#[test]
fn an_update_that_is_superseded_before_it_was_installed_hands_its_age_on() {
    let mut stage = Stage::default();
    stage.answers(1, &scan(&[security("chromium", "1.1")]));
    stage.answers(8, &scan(&[security("chromium", "1.2")]));
    let seen: Vec<_> = stage.facts.first_seen.values().copied().collect();
    assert_eq!(seen, [day(1)]);
    let installed = PatchItem { installed: "1.2".into(), ..security("chromium", "1.3") };
    stage.answers(9, &scan(&[installed]));
    let seen: Vec<_> = stage.facts.first_seen.values().copied().collect();
    assert_eq!(seen, [day(9)]);
}

#[test]
fn what_is_optional_or_declined_is_not_missing() {
    let mut stage = Stage::default();
    let waiting = scan(&[
        item("driver", "2", true, PatchState::Optional),
        item("preview", "2", false, PatchState::Optional),
        item("hidden", "2", true, PatchState::Declined),
    ]);
    stage.answers(1, &waiting);
    stage.answers(40, &waiting);
    let PatchView { status, pending, security, held, .. } = stage.view(40);
    assert_eq!((pending, security, held), (Some(0), Some(0), Some(1)));
    assert_eq!(status, CheckStatus::Ok);
}

#[test]
fn what_is_held_or_phased_does_not_wait() {
    let mut stage = Stage::default();
    let items = [
        item("linux", "6.2", true, PatchState::Held),
        item("snapd", "2.1", true, PatchState::DeferredPhased),
        item("vim", "9.1", false, PatchState::Available),
        item("gcc", "14", false, PatchState::KeptBack),
    ];
    for today in [1, 20, 40] {
        stage.answers(today, &scan(&items));
    }
    stage.check(expect![""]);
    let PatchView { pending, security, held, deferred, .. } = stage.view(40);
    assert_eq!((pending, security, held, deferred), (Some(1), Some(0), Some(2), Some(1)));
}

#[test]
fn part_of_an_answer_forgets_nothing() {
    let mut stage = Stage::default();
    stage.answers(1, &scan(&[security("openssl", "1.1")]));
    scanned(&mut stage.facts, &scan(&[]), false, day(2));
    assert_eq!(stage.facts.first_seen.len(), 1);
}

#[test]
fn a_machine_that_nobody_updates_is_overdue_and_one_that_needs_nothing_is_not() {
    let mut stage = Stage::default();
    let waiting = scan(&[item("vim", "9.1", false, PatchState::Available)]);
    for today in [44, 45, 89, 90] {
        stage.answers(today, &waiting);
    }
    stage.answers(91, &PatchScan { last_patched_at: Some(day(90)), ..waiting });
    stage.answers(200, &scan(&[]));
    stage.check(expect![[r#"
        45 patch-cycle-overdue medium: nobody has installed updates for 45 days; 1 wait: vim
        90 patch-cycle-overdue high: nobody has installed updates for 90 days; 1 wait: vim
        91 patch-cycle-overdue over: updates are installed again
    "#]]);
}

#[test]
fn a_restart_that_is_due_counts_from_when_it_was_due_or_heard_of() {
    let reboot = |required, since| PatchScan {
        reboot: Reboot { required, reasons: vec!["linux-image-6.1".into()], since },
        ..scan(&[])
    };
    let mut stage = Stage::default();
    for today in [1, 6, 8, 9] {
        stage.answers(today, &reboot(Some(true), Some(day(1))));
    }
    // Nobody can tell any more: that is no restart.
    stage.answers(10, &reboot(None, None));
    stage.answers(11, &reboot(Some(false), None));
    for today in [20, 26, 27] {
        stage.answers(today, &reboot(Some(true), None));
    }
    stage.check(expect![[r#"
        8 reboot-pending low: a restart has been due for 7 days
        11 reboot-pending over: no restart is due
        27 reboot-pending low: a restart has been due for more than 7 days
    "#]]);
}

#[test]
fn what_nobody_knows_is_told_and_is_no_number() {
    let mut stage = Stage::default();
    assert_eq!(stage.view(0).status, CheckStatus::Unknown);
    stage.answers(1, &scan(&[]));
    assert_eq!((stage.view(1).status, stage.view(1).pending), (CheckStatus::Ok, Some(0)));

    // The lists are old.
    stage.probe(5, |it| it.catalog_at = Some(day(1)));
    stage.waits(5);
    let stale = stage.view(5);
    assert_eq!((stale.status, stale.pending, stale.held), (CheckStatus::Stale, None, None));
    stage.answers(6, &scan(&[]));

    // There are none.
    for today in [7, 8, 9] {
        stage.probe(today, |it| {
            it.catalog_at = None;
            it.completeness = Completeness::Partial;
            it.missing = "package lists are missing: run apt-get update".into();
        });
        stage.waits(today);
    }
    assert_eq!(stage.view(9).status, CheckStatus::Unknown);
    stage.answers(10, &scan(&[]));

    // The tool has no answer.
    let failure = Failure { kind: FailureKind::Locked, message: "held by process 4711".into() };
    for today in [11, 12, 13] {
        stage.probe(today, |it| it.failure = Some((failure.clone(), day(11))));
        stage.waits(today);
    }
    assert_eq!(stage.view(11).status, CheckStatus::Ok, "one failure is not yet ignorance");
    assert_eq!((stage.view(13).status, stage.view(13).pending), (CheckStatus::Unknown, None));
    stage.answers(14, &scan(&[]));
    stage.check(expect![[r#"
        5 patch-unknown medium: apt cannot say what is missing: its catalog is 4 days old
        6 patch-unknown over: apt knows again which updates are missing
        8 patch-unknown medium: apt cannot say what is missing: package lists are missing: run apt-get update
        10 patch-unknown over: apt knows again which updates are missing
        13 patch-unknown medium: apt cannot say what is missing: locked for 2 days: held by process 4711
        14 patch-unknown over: apt knows again which updates are missing
    "#]]);
}

#[test]
fn what_is_unknown_neither_raises_nor_clears() {
    let mut stage = Stage::default();
    stage.answers(1, &scan(&[security("openssl", "1.1")]));
    stage.waits(16);
    stage.check(expect![""]);
    assert_eq!(stage.view(16).status, CheckStatus::Stale);
    stage.answers(17, &scan(&[security("openssl", "1.1")]));
    scanned(&mut stage.facts, &scan(&[]), true, day(17));
    stage.waits(40);
    assert_eq!(stage.checks.level(SECURITY, "apt"), Level::Warn);
}

#[test]
fn a_listing_says_why() {
    let mut stage = Stage::default();
    let mut lines = String::new();
    let mut show = |stage: &Stage, today: i64| {
        let view = stage.view(today);
        lines.push_str(&format!(
            "{} {}: {} {:?} {:?}\n",
            rank(view.status),
            view.status,
            view.reason,
            view.pending,
            view.security
        ));
    };
    show(&stage, 0);
    stage.answers(1, &scan(&[security("openssl", "1.1")]));
    show(&stage, 1);
    stage.answers(20, &scan(&[security("openssl", "1.1")]));
    show(&stage, 20);
    stage.answers(40, &scan(&[security("openssl", "1.1")]));
    show(&stage, 40);
    stage.answers(60, &scan(&[item("vim", "9.1", false, PatchState::Available)]));
    show(&stage, 60);
    show(&stage, 62);
    let reboot = Reboot { required: Some(true), reasons: vec![], since: None };
    stage.answers(63, &PatchScan { reboot, ..scan(&[]) });
    show(&stage, 63);
    let reboot = Reboot { required: None, reasons: vec![], since: None };
    stage.answers(64, &PatchScan { reboot, ..scan(&[]) });
    show(&stage, 64);
    expect![[r#"
        0 unknown: apt was never asked None None
        3 warn: security updates wait: openssl Some(1) Some(1)
        3 warn: security updates have waited for 19 days: openssl Some(1) Some(1)
        2 crit: security updates have waited for 39 days: openssl Some(1) Some(1)
        3 warn: nobody has installed updates for 60 days Some(1) Some(0)
        1 stale: the last answer is 2 days old None None
        3 warn: installed updates wait for a restart Some(0) Some(0)
        4 ok: up to date, but nobody can tell whether a restart is due Some(0) Some(0)
    "#]]
    .assert_eq(&lines);
}
