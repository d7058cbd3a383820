//! How old and how large a backup may be.

use super::*;

fn good(id: u128, began: &str, bytes: u64) -> BackupRun {
    BackupRun {
        ended_at: Some(at(began) + mins(20)),
        bytes_processed: Some(bytes),
        ..run(id, began, RunResult::Success)
    }
}

#[test]
fn data_that_is_too_old_is_told_at_three_quarters_and_at_the_limit() {
    let mut stage = Stage::default();
    stage.declares("2026-03-01T00:00", &[job(Schedule::Undeclared)]);
    stage.runs("2026-03-02T00:20", &good(1, "2026-03-02T00:00", 9));
    for day in ["2026-03-12T11:59", "2026-03-12T12:01", "2026-03-16T00:01"] {
        stage.waits(day);
    }
    stage.runs("2026-03-16T09:20", &good(2, "2026-03-16T09:00", 9));
    stage.waits("2026-03-16T09:21");
    stage.check(expect![[r#"
        2026-03-12T12:01 backup-rpo medium: the newest good backup of `nightly` is 10 days old
        2026-03-16T00:01 backup-rpo high: the newest good backup of `nightly` is 14 days old
        2026-03-16T09:21 backup-rpo over: backup `nightly` is young enough again
    "#]]);
}

#[test]
fn a_run_that_failed_saves_no_data() {
    let mut stage = Stage::default();
    stage.declares("2026-03-01T00:00", &[job(Schedule::Undeclared)]);
    let failed = BackupRun {
        ended_at: Some(at("2026-03-11T01:00")),
        ..run(1, "2026-03-11T00:00", RunResult::Failed)
    };
    stage.runs("2026-03-11T01:00", &failed);
    stage.waits("2026-03-16T00:00");
    assert!(
        stage.log.ends_with("`nightly` is known for 15 days and has no good backup\n"),
        "{}",
        stage.log
    );
}

#[test]
fn what_the_repository_holds_counts_by_the_time_of_its_data() {
    let mut stage = Stage::default();
    stage.holds("2026-03-15T00:00", &[job(Schedule::Undeclared)], Some("2026-03-01T00:00"));
    assert_eq!(data_time(stage.state()), Some(at("2026-03-01T00:00")));
    stage.waits("2026-03-15T01:00");
    stage.check(expect![[r#"
        2026-03-15T01:00 backup-rpo high: the newest good backup of `nightly` is 14 days old
    "#]]);
}

#[test]
fn the_clock_runs_on_in_silence_and_says_that_it_is_unverified() {
    let mut stage = Stage::default();
    stage.declares("2026-03-01T00:00", &[job(Schedule::Undeclared)]);
    let heard = Some(at("2026-03-02T00:00"));
    let policy = Policy::default();
    tick(&stage.facts, &mut stage.checks, &policy, heard, at("2026-03-16T00:00"));
    let state = stage.checks.get(RPO, "nightly").unwrap();
    assert_eq!(
        state.evidence,
        "it may be 14 days old\nunverified: the endpoint was last heard at Mon 2026-03-02 00:00 UTC"
    );
}

#[test]
fn a_job_that_was_switched_off_does_not_age() {
    let mut stage = Stage::default();
    stage.declares("2026-03-01T00:00", &[job(Schedule::Undeclared)]);
    stage.declares("2026-03-02T00:00", &[]);
    stage.log.clear();
    stage.waits("2026-04-02T00:00");
    assert_eq!(stage.log, "");
}

#[test]
fn a_backup_of_half_or_twice_the_usual_size_is_told_until_it_is_usual() {
    let mut stage = Stage::default();
    for (id, bytes) in (1..).zip([100, 110, 90, 49, 100, 211, 200, 0, 190, 195]) {
        let began = format!("{id:02}:00");
        stage.runs(&began, &good(id, &began, bytes));
    }
    stage.check(expect![[r#"
        04:00 backup-size medium: backup `nightly` read 49 % of its usual size
        05:00 backup-size over: backup `nightly` is of its usual size
        06:00 backup-size medium: backup `nightly` read 211 % of its usual size
        07:00 backup-size over: backup `nightly` is of its usual size
        08:00 backup-size medium: backup `nightly` read nothing at all
        09:00 backup-size over: backup `nightly` is of its usual size
    "#]]);
    assert_eq!(stage.state().sizes, [49, 100, 211, 200, 0, 190, 195]);
}

#[test]
fn nothing_is_unusual_about_the_first_few_but_nothing_at_all() {
    let mut stage = Stage::default();
    for (id, bytes) in (1..).zip([5, 5_000, 0]) {
        let began = format!("{id:02}:00");
        stage.runs(&began, &good(id, &began, bytes));
    }
    stage.check(expect![[r#"
        03:00 backup-size medium: backup `nightly` read nothing at all
    "#]]);
}

#[test]
fn sizes_beyond_all_measure_are_compared_all_the_same() {
    let mut stage = Stage::default();
    for (id, bytes) in (1..).zip([u64::MAX, u64::MAX, u64::MAX, 1, u64::MAX]) {
        let began = format!("{id:02}:00");
        stage.runs(&began, &good(id, &began, bytes));
    }
    assert_eq!(stage.log.lines().count(), 2, "{}", stage.log);
}
