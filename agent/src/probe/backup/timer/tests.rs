//! On what systemd 252 printed.

use std::fs;

use super::*;

const TIMERS: &str = "\
Unit=restic-home.service
NextElapseUSecRealtime=Tue 2026-11-24 00:00:00 UTC
Id=restic-home.timer
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Unit=borg-off.service
NextElapseUSecRealtime=
Id=borg-off.timer
LoadState=loaded
ActiveState=inactive
UnitFileState=disabled

Unit=fstrim.service
NextElapseUSecRealtime=Tue 2026-11-24 00:00:00 UTC
Id=fstrim.timer
LoadState=loaded
ActiveState=active
UnitFileState=enabled

Unit=
NextElapseUSecRealtime=
Id=nightly.timer
LoadState=not-found
ActiveState=inactive
UnitFileState=

Unit=restic-home.service
NextElapseUSecRealtime=Tue 2026-11-24 00:00:00 UTC
Id=restic-home.timer
LoadState=loaded
ActiveState=active
UnitFileState=enabled
";

const SERVICES: &str = "\
Result=success
ExecMainStartTimestamp=Mon 2026-11-23 21:35:08 UTC
ExecMainExitTimestamp=Mon 2026-11-23 21:36:08 UTC
ExecMainStatus=0
Id=restic-home.service
ActiveState=inactive
InvocationID=2d7fe608892040e299e4a1874a19e449

Result=success
ExecMainStartTimestamp=
ExecMainExitTimestamp=
ExecMainStatus=0
Id=borg-off.service
ActiveState=inactive
InvocationID=
";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn seen() -> Vec<Timer> {
    timers(TIMERS, &["nightly.timer".to_owned()].into())
}

#[test]
fn named_timers_and_backup_tools_are_jobs() {
    let timers = seen();
    let jobs: Vec<_> = timers.iter().map(|it| (&*it.job.name, it.job.enabled)).collect();
    assert_eq!(jobs, [("borg-off", false), ("nightly", false), ("restic-home", true)]);
    assert_eq!(timers[2].job.schedule, Schedule::NextAt(at("2026-11-24T00:00:00Z")));
    assert_eq!(timers[0].job.schedule, Schedule::Undeclared);

    let sample = sample(timers);
    assert_eq!(sample.completeness, Completeness::Partial);
    assert_eq!(sample.missing, "systemd knows no nightly.timer");
}

#[test]
fn only_what_ran_is_a_run() {
    let runs = runs(SERVICES, &seen());
    let [run] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!(run.run_id.to_string(), "run_2d7fe608892040e299e4a1874a19e449");
    assert_eq!((&*run.job, run.result), ("restic-home", RunResult::Success));
    assert_eq!(run.ended_at, Some(at("2026-11-23T21:36:08Z")));
}

#[test]
fn a_service_ends_as_systemd_says() {
    for (state, result, expected) in [
        ("inactive", "success", RunResult::Success),
        ("failed", "exit-code", RunResult::Failed),
        ("failed", "oom-kill", RunResult::Failed),
        ("failed", "something-new", RunResult::Failed),
        ("inactive", "exec-condition", RunResult::Skipped),
        ("activating", "success", RunResult::Running),
        ("deactivating", "success", RunResult::Running),
    ] {
        let text = format!(
            "Id=a.service\nActiveState={state}\nResult={result}\nExecMainStatus=3\n\
             InvocationID=2d7fe608892040e299e4a1874a19e449\n\
             InactiveEnterTimestamp=Mon 2026-11-23 21:36:08 UTC\n"
        );
        let run = run("a", &blocks(&text)[0]).unwrap();
        assert_eq!(
            (run.result, run.ended_at.is_none()),
            (expected, expected == RunResult::Running)
        );
        assert_eq!(run.raw_result, format!("Result={result}, exit 3"));
    }
}

#[test]
fn a_run_is_told_once_and_again_when_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut probe = TimerProbe::new([], DropBox::open(dir.path()).unwrap());
    let ended = runs(SERVICES, &seen()).remove(0);
    let running = BackupRun { result: RunResult::Running, ended_at: None, ..ended.clone() };
    let mut files = Vec::new();
    for run in [&running, &running, &ended, &ended] {
        probe.tell(vec![run.clone()], Timestamp::UNIX_EPOCH).unwrap();
        files.push(fs::read_dir(dir.path()).unwrap().count());
    }
    assert_eq!(files, [1, 1, 2, 2]);
}

#[test]
fn templates_and_package_lists_are_no_backups() {
    let listed = "restic@.timer enabled enabled\ndpkg-db-backup.timer enabled enabled\n\
                  borgmatic.timer disabled enabled\nlogrotate.timer enabled enabled\n";
    let found: Vec<_> = unit_files(listed).filter(|it| is_backup(it)).collect();
    assert_eq!(found, ["borgmatic.timer"]);
}
