use std::fs;

use proptest::prelude::*;

use super::*;

/// 2024-01-20 12:00, whatever the zone.
const NOON: f64 = 45_311.5;

struct Says(String);

impl Scheduler for Says {
    fn ask(&mut self, _: &[String]) -> Result<String, ProbeError> {
        Ok(self.0.clone())
    }
}

fn sample(scan: &str) -> (Result<Sample, ProbeError>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let inbox = DropBox::open(folder.path()).unwrap();
    let zone = TimeZone::fixed(jiff::tz::offset(1));
    let mut probe = TasksProbe::new(Box::new(Says(scan.into())), Vec::new(), zone, inbox);
    let turn = Turn { now: Timestamp::UNIX_EPOCH, monotonic: Duration::ZERO };
    let first = probe.sample(turn);
    probe.sample(turn).ok();
    (first, fs::read_dir(folder.path()).unwrap().count())
}

fn task(last_result: u32, state: i32) -> Task {
    Task {
        path: r"\Backup\Nightly".into(),
        enabled: true,
        state,
        last_run: NOON,
        last_result: last_result.cast_signed(),
        next_run: NOON + 1.0,
        ..Task::default()
    }
}

#[test]
fn a_code_means_what_microsoft_says() {
    let zone = TimeZone::fixed(jiff::tz::offset(1));
    for (code, state, expected) in [
        (0, 3, Some(RunResult::Success)),
        (0, 4, Some(RunResult::Running)),
        (0x41301, 3, Some(RunResult::Running)),
        (0x41303, 3, None),
        (0x41306, 3, Some(RunResult::Cancelled)),
        (1, 3, Some(RunResult::Failed)),
        (0x8007_0002, 3, Some(RunResult::Failed)),
        (0xc000_013a, 3, Some(RunResult::Failed)),
    ] {
        let run = run(&task(code, state), &zone);
        assert_eq!(run.as_ref().map(|it| it.result), expected, "{code:#x}");
        if let Some(run) = run {
            assert_eq!(run.raw_result, format!("{code:#010x}"));
            assert_eq!(run.started_at, Some("2024-01-20T11:00:00Z".parse().unwrap()));
        }
    }
    assert_eq!(run(&Task { last_run: 0.0, ..task(0, 3) }, &zone), None);
}

#[test]
fn tasks_are_jobs_and_each_run_is_told_once() {
    let scan = TaskScan {
        error: None,
        tasks: vec![
            Task { missed: 2, ..task(0, 3) },
            Task {
                path: r"\Off".into(),
                enabled: false,
                state: 1,
                last_run: 0.0,
                next_run: 0.0,
                ..task(0, 1)
            },
            Task {
                path: r"\Gone".into(),
                error: Some(Fault {
                    step: "finding it".into(),
                    hresult: 0x8007_0002_u32.cast_signed(),
                }),
                ..Task::default()
            },
            Task {
                path: r"\Secret".into(),
                error: Some(Fault {
                    step: "finding it".into(),
                    hresult: 0x8007_0005_u32.cast_signed(),
                }),
                ..Task::default()
            },
        ],
    };
    let (sample, told) = sample(&serde_json::to_string(&scan).unwrap());
    let sample = sample.unwrap();
    assert_eq!(told, 1);
    assert_eq!(sample.completeness, Completeness::Partial);
    assert_eq!(
        sample.missing,
        r"there is no task \Gone; task \Secret: finding it gave 0x80070005: access is denied"
    );
    let Body::Backups(scan) = sample.body else { panic!() };
    let jobs: Vec<_> = scan.jobs.iter().map(|it| (&*it.name, it.enabled)).collect();
    assert_eq!(jobs, [(r"Backup\Nightly", true), ("Off", false), ("Gone", false)]);
    let next = "2024-01-21T11:00:00Z".parse().unwrap();
    assert_eq!(scan.jobs[0].schedule, Schedule::NextAt(next));
    assert_eq!(scan.jobs[1].schedule, Schedule::Undeclared);
}

#[test]
fn no_scheduler_no_rights_and_nonsense_are_different_answers() {
    for (code, expected) in [
        (0x8000_4001_u32, "not on this machine: connecting gave 0x80004001: not implemented here"),
        (0x8007_0005, "no permission to read the Task Scheduler"),
        (0x8007_06ba, "the Task Scheduler failed: connecting gave 0x800706ba"),
    ] {
        let error = Some(Fault { step: "connecting".into(), hresult: code.cast_signed() });
        let json = serde_json::to_string(&TaskScan { error, tasks: Vec::new() }).unwrap();
        assert_eq!(sample(&json).0.unwrap_err().to_string(), expected);
    }
    let err = sample("schtasks: Zugriff verweigert").0.unwrap_err();
    assert!(matches!(err, ProbeError::Parse { .. }), "{err}");
}

proptest! {
    #[test]
    fn any_answer_is_read_without_a_panic(text in ".{0,200}", last: f64, next: f64, code: i32, state: i32) {
        let _ = sample(&text);
        let task = Task { last_run: last, next_run: next, last_result: code, state, ..Task::default() };
        let zone = TimeZone::UTC;
        run(&task, &zone);
        job(&task, &zone);
    }
}
