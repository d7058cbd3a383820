//! On events in the documented shapes: see the page of `events`.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use jiff::Timestamp;
use proptest::prelude::*;

use super::{
    super::{
        adapter::shipped,
        xml::{Datum, Level},
    },
    *,
};

const SESSION: &str = "c0d93abe-3adf-4397-b762-351b73acf7e1";
const JOB: &str = "c4415b30-de82-4403-8816-ea66636356e8";

fn at(minute: i64) -> Timestamp {
    let midnight: Timestamp = "2026-11-29T00:00:00Z".parse().unwrap();
    midnight + SignedDuration::from_mins(minute)
}

/// An event of a classic provider, or of one that names its parameters by `=`.
fn event(minute: i64, id: u32, level: Level, data: &[&str]) -> Event {
    let datum = |it: &&str| match it.split_once("==") {
        Some((name, text)) => Datum { name: Some(name.into()), text: text.into() },
        None => Datum { name: None, text: (*it).into() },
    };
    Event {
        channel: String::new(),
        provider: String::new(),
        id,
        level,
        record: u64::try_from(minute).unwrap() * 10 + u64::from(id % 10),
        at: at(minute),
        computer: "srv".into(),
        data: data.iter().map(datum).collect(),
    }
}

/// Tells the events to a product's story, and shows what it makes known.
fn check(product: &str, log: usize, events: &[Event], expected: &Expect) -> Story {
    let adapters = shipped().unwrap();
    let adapter = adapters.iter().find(|it| it.product == product).unwrap();
    let mut story = Story::default();
    let mut text = String::new();
    for event in events {
        let Some(run) = story.hear(adapter, &adapter.logs[log], event) else { continue };
        let clock =
            |it: Option<Timestamp>| it.map_or("-".into(), |it| it.strftime("%H:%M").to_string());
        let (from, to) = (clock(run.started_at), clock(run.ended_at));
        writeln!(text, "{} {} ({}) {from} to {to}", run.job, run.result, run.raw_result).unwrap();
        for error in &run.errors {
            writeln!(text, "  {error}").unwrap();
        }
    }
    expected.assert_eq(&text);
    story
}

fn vbr_task(minute: i64, level: Level, vm: &str, status: &str) -> Event {
    let said = format!("{vm} task has finished");
    let data = [
        SESSION,
        JOB,
        "0",
        "task",
        "oib",
        "oib",
        "03/20/2025 12:34:03",
        status,
        "by hand",
        "pdc01",
        "vm-01",
        vm,
        "12.731",
        "0",
        "False",
        "2",
        "srv",
        "13.0.1.180",
        "1",
        &said,
    ];
    event(minute, 150, level, &data)
}

fn vbr_end(minute: i64, id: u32, level: Level, result: &str, retried: &str) -> Event {
    let said = "Backup job 'Nightly' finished.";
    let data = [SESSION, JOB, result, "0", "0", retried, "Nightly", "2", "srv", "13", "1", said];
    event(minute, id, level, &data)
}

fn vbr_start(minute: i64) -> Event {
    let said = "Backup job 'Nightly' has been started by user TECH\\user1.";
    let data = [SESSION, JOB, "0", "0", "1", "2", "srv", "13.0.1.180", "1", said];
    event(minute, 110, Level::Information, &data)
}

#[test]
fn a_job_is_green_and_a_machine_was_not_backed_up() {
    let story = check(
        "veeam-br",
        0,
        &[
            vbr_start(10),
            vbr_task(20, Level::Information, "VM01", "0"),
            vbr_task(25, Level::Error, "VM02", "2"),
            vbr_task(26, Level::Warning, "VM03", "3"),
            vbr_end(30, 190, Level::Information, "0", "False"),
        ],
        &expect![[r#"
            Nightly running (event 110) 00:10 to -
            Nightly partial (event 190, 0) 00:10 to 00:30
              VM02: failed: VM02 task has finished
              VM03: warning: VM03 task has finished
        "#]],
    );
    assert_eq!((story.open.len(), story.closed.len()), (0, 1));
    assert_eq!(story.closed[0].run_id.to_string(), format!("run_{}", SESSION.replace('-', "")));
}

#[test]
fn a_machine_that_succeeds_at_its_second_try_spoils_nothing() {
    check(
        "veeam-br",
        0,
        &[
            vbr_task(25, Level::Information, "VM02", "5"),
            vbr_task(26, Level::Error, "VM02", "2"),
            vbr_task(27, Level::Information, "VM02", "0"),
            vbr_end(30, 790, Level::Information, "0", "False"),
        ],
        &expect![[r#"
            Nightly success (event 790, 0) - to 00:30
        "#]],
    );
}

#[test]
fn every_end_of_veeam_means_what_its_reference_says() {
    let end = |minute, id, level, result| vbr_end(minute, id, level, result, "False");
    check(
        "veeam-br",
        0,
        &[
            end(1, 190, Level::Warning, "1"),
            vbr_end(2, 190, Level::Error, "2", "True"),
            end(3, 490, Level::Information, "0"),
            end(4, 390, Level::Error, "2"),
            // A code that the reference does not have is no success.
            end(5, 190, Level::Information, "7"),
            end(6, 190, Level::Error, "7"),
            event(
                7,
                40700,
                Level::Information,
                &[
                    "<x/>",
                    "<u/>",
                    "srv",
                    "13",
                    "1",
                    "Configuration backup has been completed. Result: Success.",
                ],
            ),
            event(
                8,
                40700,
                Level::Error,
                &[
                    "<x/>",
                    "<u/>",
                    "srv",
                    "13",
                    "1",
                    "Configuration backup has been completed. Result: Failed.",
                ],
            ),
            event(
                9,
                250,
                Level::Information,
                &[
                    "s",
                    "t",
                    "0",
                    "pdc",
                    "vm",
                    "VM1",
                    "c",
                    "s",
                    "d",
                    "x",
                    "srv",
                    "13",
                    "1",
                    "Restore for 'VM1' has finished with Success state.",
                ],
            ),
            event(
                10,
                24020,
                Level::Warning,
                &["1", "4", "14", "-1", "srv", "13", "1", "License is about to expire in 14 days."],
            ),
            event(
                11,
                24030,
                Level::Error,
                &["1", "4", "0", "-1", "srv", "13", "1", "License has expired."],
            ),
            event(
                12,
                24010,
                Level::Information,
                &[
                    "1",
                    "4",
                    "365",
                    "-1",
                    "u",
                    "<u/>",
                    "srv",
                    "13",
                    "1",
                    "License key has been installed.",
                ],
            ),
            event(13, 99999, Level::Error, &["something new"]),
        ],
        &expect![[r#"
            Nightly warning (event 190, 1) - to 00:01
              Backup job 'Nightly' finished.
            Nightly failed (event 190, 2, will be retried) - to 00:02
              Backup job 'Nightly' finished.
            Nightly success (event 490, 0) - to 00:03
            Nightly failed (event 390, 2) - to 00:04
              Backup job 'Nightly' finished.
            Nightly unknown (event 190, 7) - to 00:05
              Backup job 'Nightly' finished.
            Nightly failed (event 190, 7) - to 00:06
              Backup job 'Nightly' finished.
            Veeam configuration backup success (event 40700, Success) - to 00:07
            Veeam configuration backup failed (event 40700, Failed) - to 00:08
              Configuration backup has been completed. Result: Failed.
            Veeam restore success (event 250, 0) - to 00:09
            Veeam licence warning (event 24020, warning) - to 00:10
              License is about to expire in 14 days.
            Veeam licence failed (event 24030, error) - to 00:11
              License has expired.
            Veeam licence success (event 24010, information) - to 00:12
        "#]],
    );
}

#[test]
fn a_job_that_was_deleted_is_switched_off() {
    let deleted = event(
        40,
        23090,
        Level::Warning,
        &[JOB, "0", "1", "Nightly", "<x/>", "u", "srv", "13", "1", "gone"],
    );
    let story = check(
        "veeam-br",
        0,
        &[vbr_end(30, 190, Level::Information, "0", "False"), deleted],
        &expect![[r#"
            Nightly success (event 190, 0) - to 00:30
        "#]],
    );
    let jobs: Vec<_> = story.jobs("veeam-br").map(|it| (it.name, it.enabled)).collect();
    assert_eq!(jobs, [("Nightly".to_owned(), false)]);
}

#[test]
fn the_agents_one_end_means_what_its_level_says() {
    let said = |how: &str| format!("Veeam Agent 'Laptop' finished with {how}.");
    check(
        "veeam-agent",
        0,
        &[
            event(1, 110, Level::Information, &["Veeam Agent 'Laptop' has been started."]),
            event(2, 190, Level::Information, &[&said("Success")]),
            event(3, 190, Level::Warning, &[&said("Warning")]),
            event(
                4,
                191,
                Level::Warning,
                &["Veeam Agent 'Laptop' finished with Error and will be retried."],
            ),
            event(5, 190, Level::Error, &[&said("Failed")]),
            // From now on nothing leaves the machine.
            event(
                6,
                196,
                Level::Information,
                &["Backup job destination has been switched from nas to Backup Cache."],
            ),
            event(7, 190, Level::Information, &[&said("Success")]),
            event(8, 190, Level::Information, &[&said("Success")]),
        ],
        &expect![[r#"
            Laptop running (event 110) 00:01 to -
            Laptop success (event 190, information) 00:01 to 00:02
            Laptop warning (event 190, warning) - to 00:03
              Veeam Agent 'Laptop' finished with Warning.
            Laptop failed (event 191, warning) - to 00:04
              Veeam Agent 'Laptop' finished with Error and will be retried.
            Laptop failed (event 190, error) - to 00:05
              Veeam Agent 'Laptop' finished with Failed.
            Laptop warning (event 190, information) - to 00:07
              Backup job destination has been switched from nas to Backup Cache.
            Laptop success (event 190, information) - to 00:08
        "#]],
    );
}

fn wsb(minute: i64, id: u32, hresult: &str, volumes: &str) -> Event {
    let level = if matches!(id, 1 | 4 | 14) { Level::Information } else { Level::Error };
    let started = format!("BackupTime=={}", at(1));
    let (hresult, volumes) = (format!("HRESULT=={hresult}"), format!("VolumesInfo=={volumes}"));
    event(minute, id, level, &["BackupTemplateID=={x}", &hresult, &started, &volumes])
}

#[test]
fn completed_is_not_success() {
    let volumes = "<VolumeInfo><VolumeInfoItem Name=\"C:\" State=\"14\" HResult=\"0\" />\
                   <VolumeInfoItem Name=\"D:\" State=\"14\" HResult=\"-2139619228\" /></VolumeInfo>";
    let story = check(
        "windows-server-backup",
        0,
        &[
            wsb(2, 1, "0x0", ""),
            wsb(9, 4, "0x0", ""),
            wsb(9, 14, "0x0", ""),
            // Nobody says how this one ended, and then somebody does.
            wsb(30, 1, "0x0", ""),
            wsb(35, 14, "0x0", ""),
            wsb(36, 5, "0x80780049", ""),
            wsb(37, 14, "0x0", ""),
            wsb(60, 14, "0x80780049", ""),
            // The backup is good and a volume is not in it.
            wsb(90, 4, "0x0", volumes),
            wsb(120, 8, "0x8078015b", ""),
            wsb(150, 517, "0x80780031", ""),
            wsb(180, 777, "0x80780031", ""),
        ],
        &expect![[r#"
            Windows Server Backup running (event 1) 00:02 to -
            Windows Server Backup success (event 4, information) 00:01 to 00:09
            Windows Server Backup running (event 1) 00:30 to -
            Windows Server Backup unknown (event 14, 0x0) 00:01 to 00:35
              0x0
            Windows Server Backup failed (event 5, error) 00:01 to 00:36
              0x80780049
            Windows Server Backup failed (event 14, 0x80780049) 00:01 to 01:00
              0x80780049
            Windows Server Backup partial (event 4, information) 00:01 to 01:30
              D: failed with 0x80780064
            Windows Server Backup cancelled (event 8, error) 00:01 to 02:00
              0x8078015b
            Windows Server Backup failed (event 517, error) 00:01 to 02:30
              0x80780031
            Windows Server Backup failed (event 777, error) - to 03:00
              0x80780031
        "#]],
    );
    let ids: std::collections::BTreeSet<_> = story.closed.iter().map(|it| it.run_id).collect();
    assert_eq!((story.closed.len(), ids.len()), (7, 7));
}

#[test]
fn generic_products_say_it_by_their_ids() {
    for (product, ids) in [
        ("backup-assist", &[(5633, "success"), (5634, "failed"), (5635, "warning")][..]),
        (
            "cove",
            &[
                (105, "success"),
                (102, "failed"),
                (108, "partial"),
                (103, "cancelled"),
                (106, "failed"),
                (110, "failed"),
            ],
        ),
        (
            "redstor",
            &[
                (4098, "success"),
                (4099, "warning"),
                (4100, "partial"),
                (4102, "cancelled"),
                (4103, "failed"),
                (4105, "skipped"),
            ],
        ),
        ("vault-logix", &[(32769, "success"), (32770, "warning"), (32771, "failed")]),
        ("unitrends", &[(300, "failed")]),
    ] {
        let adapters = shipped().unwrap();
        let adapter = adapters.iter().find(|it| it.product == product).unwrap();
        for (id, expected) in ids {
            let level = if *expected == "failed" { Level::Error } else { Level::Information };
            let event = event(5, *id, level, &["said"]);
            let run = Story::default().hear(adapter, &adapter.logs[0], &event).unwrap();
            assert_eq!(run.result.as_str(), *expected, "{product} {id}");
        }
    }
}

#[test]
fn equal_events_make_equal_runs() {
    let adapters = shipped().unwrap();
    for adapter in &adapters {
        for id in [190, 4, 5633, 105, 4098, 32769] {
            let event = event(5, id, Level::Error, &["said"]);
            let hear = || Story::default().hear(adapter, &adapter.logs[0], &event);
            assert_eq!(hear(), hear());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_run_ends_better_than_its_objects(
        statuses in prop::collection::vec((0..4_u8, "[023567x]"), 0..12),
        result in "[0127x]",
    ) {
        let adapters = shipped().unwrap();
        let adapter = adapters.iter().find(|it| it.product == "veeam-br").unwrap();
        let mut story = Story::default();
        let mut last = BTreeMap::new();
        for (vm, status) in &statuses {
            let task = vbr_task(20, Level::Information, &format!("VM{vm}"), status);
            prop_assert_eq!(story.hear(adapter, &adapter.logs[0], &task), None);
            if !matches!(&**status, "5" | "6") {
                last.insert(*vm, status.clone());
            }
        }
        let end = vbr_end(30, 190, Level::Information, &result, "False");
        let run = story.hear(adapter, &adapter.logs[0], &end).unwrap();
        let all_good = result == "0" && last.values().all(|it| it == "0");
        prop_assert_eq!(run.result == RunResult::Success, all_good, "{:?}", run);
    }

    #[test]
    fn whatever_is_heard_little_is_remembered(
        events in prop::collection::vec((0..3000_i64, prop::sample::select(vec![1, 4, 5, 14, 110, 150, 190, 196, 23090]), "[a-z]{0,3}"), 0..600),
    ) {
        for adapter in shipped().unwrap() {
            let mut story = Story::default();
            for (minute, id, word) in &events {
                let data = [&**word; 13];
                let event = event(*minute, *id, Level::Information, &data);
                for log in &adapter.logs {
                    story.hear(&adapter, log, &event);
                }
            }
            prop_assert!(story.open.len() <= OPEN && story.closed.len() <= CLOSED);
            prop_assert!(story.jobs.len() <= JOBS);
        }
    }
}
