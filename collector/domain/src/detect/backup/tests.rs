mod limits;

use expect_test::{Expect, expect};
use remit_shared::{CheckStatus, RecoveryPoint, RunId};
use uuid::Uuid;

use super::*;
use crate::{detect::Rules, signal::Say};

/// One endpoint's backups, with a log of what alerts hear.
#[derive(Default)]
struct Stage {
    facts: Facts,
    checks: Checks,
    log: String,
}

fn at(text: &str) -> Timestamp {
    let text = if text.len() > 5 { text.to_owned() } else { format!("2026-03-02T{text}") };
    format!("{text}:00Z").parse().unwrap()
}

fn mins(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn job(schedule: Schedule) -> BackupJob {
    BackupJob {
        name: "nightly".into(),
        product: "restic".into(),
        schedule,
        start_grace: mins(30),
        run_grace: mins(120),
        enabled: true,
    }
}

fn cron(expression: &str, zone: &str) -> BackupJob {
    job(Schedule::Cron { expression: expression.into(), zone: zone.into() })
}

fn run(id: u128, began: &str, result: RunResult) -> BackupRun {
    BackupRun {
        run_id: RunId::from_uuid(Uuid::from_u128(id)),
        job: "nightly".into(),
        product: "restic".into(),
        started_at: Some(at(began)),
        ended_at: None,
        result,
        raw_result: String::new(),
        recovery_point: None,
        bytes_processed: None,
        bytes_added: None,
        files: None,
        errors: vec![],
        evidence: String::new(),
    }
}

impl Stage {
    fn declares(&mut self, now: &str, jobs: &[BackupJob]) {
        declared(&mut self.facts, &mut self.checks, jobs, at(now));
        self.tells(now);
    }

    fn holds(&mut self, now: &str, jobs: &[BackupJob], taken_at: Option<&str>) {
        let point = |taken_at| RecoveryPoint {
            job: "nightly".into(),
            id: "4f1c".into(),
            taken_at: at(taken_at),
            count: 7,
        };
        let scan = BackupScan {
            product: "restic".into(),
            jobs: jobs.to_vec(),
            newest: taken_at.map(point).into_iter().collect(),
        };
        scanned(&mut self.facts, &mut self.checks, &scan, true, at(now));
        self.tells(now);
    }

    fn runs(&mut self, now: &str, run: &BackupRun) {
        if ran(&mut self.facts, &mut self.checks, run, at(now), at(now)) {
            let again =
                self.checks.announce_again(&Rules::default(), FAILED, &run.job, false).unwrap();
            self.log.push_str(&format!("{now} {} ({:?})\n", again.summary, again.say));
        }
        self.tells(now);
    }

    /// Ticks at one time, twice: what has been told is not told again.
    fn waits(&mut self, now: &str) {
        for _ in 0..2 {
            let policy = Policy::default();
            tick(&self.facts, &mut self.checks, &policy, Some(at(now)), at(now));
            self.tells(now);
        }
    }

    fn tells(&mut self, now: &str) {
        for signal in self.checks.announce(&Rules::default(), |_| true) {
            let what = match signal.say {
                Say::Raised { severity, .. } => severity.to_string(),
                Say::Cleared => "over".to_owned(),
            };
            self.log.push_str(&format!("{now} {} {what}: {}\n", signal.check, signal.summary));
        }
    }

    fn state(&self) -> &JobState {
        &self.facts.jobs["nightly"]
    }

    #[track_caller]
    fn check(&self, expect: Expect) {
        expect.assert_eq(&self.log);
    }
}

#[test]
fn a_run_that_does_not_start_is_missed_after_its_grace_and_until_it_starts() {
    let mut stage = Stage::default();
    stage.declares("00:10", &[cron("30 2 * * *", "UTC")]);
    stage.waits("02:59");
    stage.waits("03:01");
    stage.waits("2026-03-03T02:00");
    stage.runs("2026-03-03T02:31", &run(1, "2026-03-03T02:30", RunResult::Running));
    stage.check(expect![[r#"
        03:01 backup-missed high: backup `nightly` did not start at Mon 2026-03-02 02:30 UTC
        2026-03-03T02:31 backup-missed over: backup `nightly` started at Tue 2026-03-03 02:30 UTC
    "#]]);
}

#[test]
fn a_time_before_the_job_was_known_is_not_missed() {
    let mut stage = Stage::default();
    stage.declares("03:10", &[cron("30 2 * * *", "UTC")]);
    stage.waits("23:00");
    stage.check(expect![""]);
}

#[test]
fn another_schedule_counts_from_when_it_was_heard_of() {
    let mut stage = Stage::default();
    stage.declares("00:10", &[cron("30 2 * * *", "UTC")]);
    stage.runs("02:30", &run(1, "02:30", RunResult::Success));
    stage.declares("14:00", &[cron("0 12 * * *", "UTC")]);
    stage.waits("14:01");
    stage.declares("15:00", &[cron("0 12 * * *", "UTC")]);
    stage.waits("2026-03-03T12:31");
    stage.check(expect![[r#"
        2026-03-03T12:31 backup-missed high: backup `nightly` did not start at Tue 2026-03-03 12:00 UTC
    "#]]);
}

#[test]
fn a_start_a_little_early_is_the_one_that_was_meant() {
    let mut stage = Stage::default();
    stage.declares("00:10", &[cron("30 2 * * *", "UTC")]);
    stage.runs("02:29", &run(1, "02:29", RunResult::Success));
    stage.waits("04:00");
    assert_eq!(expected_at(stage.state()), Some(at("2026-03-03T02:30")));
    stage.check(expect![""]);
}

#[test]
fn e32_backup_tz_dst_expects_one_run_in_the_gap_and_one_in_the_fold() {
    for (known, ran_at, due) in [
        ("2026-03-28T12:00", None, "2026-03-29T01:30"),
        ("2026-10-24T12:00", None, "2026-10-25T00:30"),
        ("2026-10-24T12:00", Some("2026-10-25T00:30"), "2026-10-26T01:30"),
        ("2026-10-24T12:00", Some("2026-10-25T01:30"), "2026-10-26T01:30"),
    ] {
        let mut stage = Stage::default();
        stage.declares(known, &[cron("30 2 * * *", "Europe/Berlin")]);
        if let Some(began) = ran_at {
            stage.runs(began, &run(1, began, RunResult::Success));
        }
        assert_eq!(expected_at(stage.state()), Some(at(due)), "{known} {ran_at:?}");
    }
}

#[test]
fn a_period_counts_from_the_last_start() {
    let mut stage = Stage::default();
    stage.declares("00:00", &[job(Schedule::Every(mins(60)))]);
    stage.runs("00:40", &run(1, "00:40", RunResult::Success));
    stage.waits("02:10");
    stage.waits("02:11");
    stage.check(expect![[r#"
        02:11 backup-missed high: backup `nightly` did not start at Mon 2026-03-02 01:40 UTC
    "#]]);
}

#[test]
fn that_the_next_start_is_to_come_does_not_excuse_the_one_that_was_missed() {
    let mut stage = Stage::default();
    stage.declares("00:00", &[job(Schedule::NextAt(at("02:30")))]);
    stage.waits("03:01");
    stage.declares("03:02", &[job(Schedule::NextAt(at("2026-03-03T02:30")))]);
    stage.waits("03:03");
    assert_ne!(stage.checks.level(MISSED, "nightly"), Level::Ok);
    stage.runs("08:00", &run(1, "08:00", RunResult::Success));
    stage.waits("08:01");
    stage.check(expect![[r#"
        03:01 backup-missed high: backup `nightly` did not start at Mon 2026-03-02 02:30 UTC
        08:00 backup-missed over: backup `nightly` started at Mon 2026-03-02 08:00 UTC
    "#]]);
}

#[test]
fn a_job_without_a_schedule_is_never_missed() {
    let mut stage = Stage::default();
    stage.declares("00:00", &[job(Schedule::Undeclared)]);
    stage.waits("2026-03-12T00:00");
    stage.check(expect![""]);
}

#[test]
fn a_schedule_that_cannot_be_read_is_told_and_not_taken_for_none() {
    let mut stage = Stage::default();
    stage.declares("00:00", &[cron("61 2 * * *", "UTC")]);
    stage.waits("00:01");
    stage.declares("00:02", &[cron("30 2 * * *", "Mars/Olympus")]);
    stage.waits("00:03");
    stage.declares("00:04", &[cron("30 2 * * *", "UTC")]);
    stage.waits("00:05");
    stage.check(expect![[r#"
        00:01 backup-missed medium: nobody can tell when backup `nightly` should run: cron expression `61 2 * * *` cannot be read: minute: `61` is not a number from 0 to 59
        00:05 backup-missed over: the schedule of backup `nightly` can be read
    "#]]);
}

#[test]
fn each_failed_run_is_told_and_the_same_one_once() {
    let mut stage = Stage::default();
    let failed = |id, began| BackupRun {
        ended_at: Some(at(began)),
        raw_result: "exit 1".into(),
        errors: vec!["Fatal: unable to open repository".into(), "wrong password".into()],
        ..run(id, began, RunResult::Failed)
    };
    stage.runs("02:31", &failed(1, "02:31"));
    stage.runs("02:32", &failed(1, "02:31"));
    stage.runs("03:31", &failed(2, "03:31"));
    stage.runs("03:32", &failed(1, "02:31"));
    assert_eq!(
        stage.checks.get(FAILED, "nightly").unwrap().evidence,
        "Fatal: unable to open repository\nwrong password"
    );
    stage.runs("04:31", &run(3, "04:31", RunResult::Success));
    stage.check(expect![[r#"
        02:31 backup `nightly` failed: exit 1: Fatal: unable to open repository (Raised { severity: High, evidence: "Fatal: unable to open repository\nwrong password", delayed: false })
        03:31 backup `nightly` failed: exit 1: Fatal: unable to open repository (Raised { severity: High, evidence: "Fatal: unable to open repository\nwrong password", delayed: false })
        04:31 backup-failed over: backup `nightly` has succeeded
    "#]]);
}

#[test]
fn how_a_run_ended_decides_what_is_told() {
    use RunResult::*;
    for (result, level) in [
        (Success, Level::Ok),
        (Warning, Level::Ok),
        (Partial, Level::Warn),
        (Failed, Level::Crit),
        (Cancelled, Level::Crit),
        (Skipped, Level::Ok),
        (Running, Level::Ok),
        (Unknown, Level::Ok),
    ] {
        let mut stage = Stage::default();
        stage.runs("02:31", &run(1, "02:30", result));
        assert_eq!(stage.checks.level(FAILED, "nightly"), level, "{result}");
        let is_good = matches!(result, Success | Warning);
        assert_eq!(stage.state().last_success_at.is_some(), is_good, "{result}");
        // What failed before is over only when a backup is there.
        stage.runs("03:00", &run(2, "02:59", Failed));
        stage.runs("03:30", &run(3, "03:29", result));
        assert_eq!(stage.checks.level(FAILED, "nightly") == Level::Ok, is_good, "{result}");
    }
}

#[test]
fn three_warnings_in_a_row_are_told_and_a_success_ends_them() {
    let mut stage = Stage::default();
    for (id, result) in [
        (1, RunResult::Warning),
        (2, RunResult::Warning),
        (3, RunResult::Success),
        (4, RunResult::Warning),
        (5, RunResult::Warning),
        (6, RunResult::Warning),
        (7, RunResult::Warning),
        (8, RunResult::Success),
    ] {
        let began = format!("{:02}:00", id);
        stage.runs(
            &began,
            &BackupRun { errors: vec!["1 file changed".into()], ..run(id, &began, result) },
        );
    }
    stage.check(expect![[r#"
        06:00 backup-warning medium: backup `nightly` has ended with warnings 3 times in a row: 1 file changed
        08:00 backup-warning over: backup `nightly` has no remarks
    "#]]);
}

#[test]
fn a_run_that_does_not_end_is_stuck_until_it_ends_or_another_begins() {
    let mut stage = Stage::default();
    stage.declares("00:00", &[cron("30 2 * * *", "UTC")]);
    stage.runs("02:30", &run(1, "02:30", RunResult::Running));
    stage.waits("04:30");
    stage.waits("04:31");
    stage.runs(
        "05:00",
        &BackupRun { ended_at: Some(at("05:00")), ..run(1, "02:30", RunResult::Success) },
    );
    stage.runs("2026-03-03T02:30", &run(2, "2026-03-03T02:30", RunResult::Running));
    stage.waits("2026-03-03T05:00");
    stage.runs("2026-03-04T02:30", &run(3, "2026-03-04T02:30", RunResult::Running));
    stage.check(expect![[r#"
        04:31 backup-stuck high: backup `nightly` has been running since Mon 2026-03-02 02:30 UTC; it may take 2 h
        05:00 backup-stuck over: backup `nightly` is not stuck any more
        2026-03-03T05:00 backup-stuck high: backup `nightly` has been running since Tue 2026-03-03 02:30 UTC; it may take 2 h
        2026-03-04T02:30 backup-stuck over: backup `nightly` is not stuck any more
    "#]]);
}

#[test]
fn runs_that_overlap_are_told_apart_by_their_ids() {
    let mut stage = Stage::default();
    stage.runs("02:00", &run(1, "02:00", RunResult::Running));
    stage.runs("02:30", &run(2, "02:30", RunResult::Running));
    stage.runs(
        "02:40",
        &BackupRun { ended_at: Some(at("02:40")), ..run(1, "02:00", RunResult::Failed) },
    );
    assert_eq!(
        stage.state().last_run.as_ref().unwrap().run_id,
        run(2, "02:30", RunResult::Running).run_id
    );
    stage.runs(
        "02:50",
        &BackupRun { ended_at: Some(at("02:50")), ..run(2, "02:30", RunResult::Success) },
    );
    stage.check(expect![[r#"
        02:40 backup `nightly` failed: it did not say why (Raised { severity: High, evidence: "", delayed: false })
        02:50 backup-failed over: backup `nightly` has succeeded
    "#]]);
}

#[test]
fn a_job_that_is_gone_or_switched_off_is_told() {
    let mut stage = Stage::default();
    stage.holds("00:00", &[cron("30 2 * * *", "UTC")], None);
    stage.holds("01:00", &[], None);
    stage.waits("12:00");
    stage.holds("13:00", &[cron("30 2 * * *", "UTC")], None);
    stage.waits("13:30");
    stage.holds("14:00", &[BackupJob { enabled: false, ..cron("30 2 * * *", "UTC") }], None);
    stage.check(expect![[r#"
        01:00 backup-gone medium: backup `nightly` is no longer known to restic
        13:00 backup-gone over: backup `nightly` is switched on again
        14:00 backup-gone medium: backup `nightly` was switched off where its schedule lives
    "#]]);

    let mut stage = Stage::default();
    stage.declares("00:00", &[job(Schedule::Undeclared)]);
    stage.declares("01:00", &[]);
    stage.declares("02:00", &[]);
    stage.check(expect![[r#"
        01:00 backup-gone medium: backup `nightly` is no longer declared in the agent's configuration
    "#]]);
}

#[test]
fn half_an_answer_does_not_say_what_is_gone() {
    let mut stage = Stage::default();
    stage.holds("00:00", &[job(Schedule::Undeclared)], None);
    let empty = BackupScan { product: "restic".into(), jobs: vec![], newest: vec![] };
    scanned(&mut stage.facts, &mut stage.checks, &empty, false, at("01:00"));
    stage.tells("01:00");
    stage.check(expect![""]);
}

#[test]
fn a_job_that_is_only_scanned_is_missed_when_a_scan_could_have_shown_it() {
    let known = [cron("30 2 * * *", "UTC")];
    let mut stage = Stage::default();
    stage.holds("00:00", &known, None);
    stage.holds("03:10", &known, None);
    stage.waits("05:01");
    stage.check(expect![""]);
    stage.holds("05:10", &known, Some("02:31"));
    assert_eq!(stage.state().last_success_at, Some(at("02:31")));
    stage.holds("2026-03-03T05:01", &known, Some("02:31"));
    stage.waits("2026-03-03T05:02");
    stage.holds("2026-03-03T06:00", &known, Some("2026-03-03T03:40"));
    stage.check(expect![[r#"
        2026-03-03T05:02 backup-missed high: backup `nightly` did not start at Tue 2026-03-03 02:30 UTC
        2026-03-03T06:00 backup-missed over: backup `nightly` started at Tue 2026-03-03 03:40 UTC
    "#]]);
}

#[test]
fn an_older_recovery_point_takes_no_success_back() {
    let mut stage = Stage::default();
    stage.declares("00:00", &[job(Schedule::Undeclared)]);
    stage.runs("03:00", &run(1, "03:00", RunResult::Success));
    stage.holds("04:00", &[], Some("02:00"));
    assert_eq!(stage.state().last_success_at, Some(at("03:00")));
    assert_eq!(stage.state().newest.as_ref().unwrap().count, 7);
}

#[test]
fn a_listing_begins_with_the_worst_and_calls_nothing_well_that_is_not_known() {
    let mut stage = Stage::default();
    let mut lines = String::new();
    let mut show = |stage: &Stage, online: bool, now: &str| {
        let (status, reason) = status(stage.state(), &stage.checks, online, at(now));
        lines.push_str(&format!("{} {status}: {reason}\n", rank(status)));
    };
    stage.declares("00:00", &[cron("30 2 * * *", "UTC")]);
    show(&stage, true, "00:01");
    show(&stage, false, "00:01");
    stage.runs("02:40", &run(1, "02:30", RunResult::Success));
    show(&stage, true, "08:00");
    show(&stage, false, "08:00");
    stage.waits("2026-03-03T03:01");
    show(&stage, true, "2026-03-03T03:01");
    show(&stage, false, "2026-03-03T03:01");
    stage.runs("2026-03-03T04:00", &run(2, "2026-03-03T04:00", RunResult::Partial));
    show(&stage, true, "2026-03-03T04:01");
    stage.runs("2026-03-03T05:00", &run(3, "2026-03-03T05:00", RunResult::Unknown));
    stage.runs("2026-03-03T06:00", &run(4, "2026-03-03T06:00", RunResult::Success));
    stage.runs("2026-03-03T07:00", &run(5, "2026-03-03T07:00", RunResult::Unknown));
    show(&stage, true, "2026-03-03T07:01");
    stage.declares("2026-03-03T08:00", &[]);
    show(&stage, true, "2026-03-03T08:01");
    let mut stage = Stage::default();
    stage.runs("06:00", &run(4, "06:00", RunResult::Success));
    show(&stage, true, "2026-03-05T06:01");
    show(&stage, true, "2026-03-20T06:01");
    expect![[r#"
        1 unknown: no good backup is known; expected at Mon 2026-03-02 02:30 UTC
        1 unknown: the endpoint is not heard, so this is unverified: no good backup is known
        4 ok: the last good backup is of Mon 2026-03-02 02:40 UTC, 5 h ago
        2 stale: the endpoint is not heard, so this is unverified: the last good backup is of Mon 2026-03-02 02:40 UTC
        0 crit: backup `nightly` did not start at Tue 2026-03-03 02:30 UTC
        2 stale: the endpoint is not heard, so this is unverified: the last good backup is of Mon 2026-03-02 02:40 UTC
        3 warn: backup `nightly` is incomplete: it did not say why
        1 unknown: nobody can tell how it ended; the last good backup is of Tue 2026-03-03 06:00 UTC
        3 warn: backup `nightly` is no longer declared in the agent's configuration
        4 ok: the last good backup is of Mon 2026-03-02 06:00 UTC, 3 days ago
        2 stale: the last good backup is of Mon 2026-03-02 06:00 UTC, and nobody said how often it should run
    "#]].assert_eq(&lines);
    assert_eq!(CheckStatus::ALL.iter().map(|it| rank(*it)).min(), Some(rank(CheckStatus::Crit)));
}
