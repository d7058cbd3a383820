use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use remit_shared::{RunId, RunResult};

use super::*;

fn ping(job: &str, signal: Signal) -> Ping {
    Ping { job: job.into(), signal, rid: None, create: None }
}

#[test]
fn addresses_of_healthchecks_are_understood() {
    let rid = "0195b2f4-7c55-7d9c-8f4e-6a1d2c3b4a59";
    for (path, query, expected) in [
        ("/ping/nightly", None, ping("nightly", Signal::Success)),
        ("/ping/nightly/", None, ping("nightly", Signal::Success)),
        ("/ping/nightly/start", None, ping("nightly", Signal::Start)),
        ("/ping/nightly/fail", Some(""), ping("nightly", Signal::Fail)),
        ("/ping/nightly/log", Some("x=y&flag"), ping("nightly", Signal::Log)),
        ("/ping/nightly/0", None, ping("nightly", Signal::Exit(0))),
        ("/ping/nightly/255", None, ping("nightly", Signal::Exit(255))),
        (
            "/ping/5c2e97a5-d2b1-4c55-8a7e-3f0b6b0c91d4",
            None,
            ping("5c2e97a5-d2b1-4c55-8a7e-3f0b6b0c91d4", Signal::Success),
        ),
        (
            "/ping/nightly/start",
            Some(&*format!("create=1&rid={rid}")),
            Ping {
                rid: Some(rid.parse().unwrap()),
                create: Some(true),
                ..ping("nightly", Signal::Start)
            },
        ),
    ] {
        assert_eq!(parse("POST", path, query), Ok(expected), "{path}");
    }
}

#[test]
fn what_is_no_ping_is_told_why() {
    for (method, target, expected) in [
        ("PUT", "/ping/nightly", "method not allowed"),
        ("GET", "/", "not found"),
        ("GET", "/ping", "not found"),
        ("GET", "/ping/", "not found"),
        ("GET", "/ping/../x", "not found"),
        ("GET", "/ping/Nightly", "not found"),
        ("GET", "/ping/%2e", "not found"),
        ("GET", "/ping/a/256", "`256` is neither start, fail, log nor an exit status of 0 to 255"),
        ("GET", "/ping/a/+1", "`+1` is neither start, fail, log nor an exit status of 0 to 255"),
        ("GET", "/ping/a/b/c", "`b/c` is neither start, fail, log nor an exit status of 0 to 255"),
        ("GET", "/ping/a?rid=1", "invalid value of `rid`"),
        ("GET", "/ping/a?create=yes", "invalid value of `create`"),
    ] {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        assert_eq!(parse(method, path, query).unwrap_err().to_string(), expected, "{target}");
    }
}

/// Plays a script of calls, one a minute, and compares what was told.
fn check(script: &str, expected: Expect) {
    let mut ledger = Ledger::default();
    let mut names = BTreeMap::new();
    let mut told = String::new();
    for (minute, call) in script.lines().enumerate() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute as i64);
        let (target, words) = call.split_once(' ').unwrap_or((call, ""));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let ping = parse("GET", &format!("/ping/{path}"), Some(query)).unwrap();
        let fresh = RunId::from_uuid(Uuid::from_u128(minute as u128));
        let (next, runs) = ledger.apply(&ping, "ping", words, fresh, now);
        ledger = next;
        for it in runs {
            let number = names.len() + 1;
            let number = names.entry(it.run_id).or_insert(number);
            let minute = |at: Option<Timestamp>| {
                at.map_or("-".into(), |it| (it.as_second() / 60).to_string())
            };
            let (from, to) = (minute(it.started_at), minute(it.ended_at));
            let errors = it.errors.join("|");
            told += &format!(
                "{} #{number} {from}..{to} {} ({}) {errors}\n",
                it.job, it.result, it.raw_result
            );
        }
    }
    expected.assert_eq(&told.replace(" \n", "\n"));
}

#[test]
fn a_start_and_the_next_end_are_one_run() {
    check(
        "a/start\nb/start\na/log half\na\na/start\na/3 first\\nlast",
        expect![[r#"
            a #1 0..- running (start)
            b #2 1..- running (start)
            a #1 0..- running (log)
            a #1 0..3 success (success)
            a #3 4..- running (start)
            a #3 4..5 failed (exit 3) first\nlast
        "#]],
    );
}

#[test]
fn an_end_without_a_start_is_a_run_all_the_same() {
    check(
        "a\na/fail no space\na/log nothing",
        expect![[r#"
            a #1 -..0 success (success)
            a #2 -..1 failed (fail) no space
        "#]],
    );
}

#[test]
fn overlapping_runs_are_told_apart_by_their_ids() {
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    check(
        &format!(
            "a/start?rid={one}\na/start?rid={two}\na/start?rid={one}\na?rid={one}\na/fail\na/1?rid={two}"
        ),
        expect![[r#"
            a #1 0..- running (start)
            a #2 1..- running (start)
            a #1 0..- running (start)
            a #1 0..3 success (success)
            a #3 -..4 failed (fail)
            a #2 1..5 failed (exit 1)
        "#]],
    );
}

#[test]
fn a_start_ends_the_run_that_nobody_ended() {
    check(
        "a/start\na/start\na",
        expect![[r#"
            a #1 0..- running (start)
            a #1 0..1 unknown (another start came before its end)
            a #2 1..- running (start)
            a #2 1..2 success (success)
        "#]],
    );
}

#[test]
fn a_named_run_finds_its_end_though_the_ledger_is_lost() {
    let rid = Some(Uuid::from_u128(7));
    let tell = |signal, fresh| {
        let ping = Ping { rid, ..ping("a", signal) };
        let fresh = RunId::from_uuid(Uuid::from_u128(fresh));
        Ledger::default().apply(&ping, "ping", "", fresh, Timestamp::UNIX_EPOCH).1.remove(0)
    };
    let (start, end) = (tell(Signal::Start, 1), tell(Signal::Success, 2));
    assert_eq!(start.run_id, end.run_id);
}

fn any_signal() -> impl Strategy<Value = Signal> {
    prop_oneof![
        Just(Signal::Start),
        Just(Signal::Success),
        Just(Signal::Fail),
        Just(Signal::Log),
        any::<u8>().prop_map(Signal::Exit),
    ]
}

fn any_ping() -> impl Strategy<Value = Ping> {
    let rid = prop::option::of((0_u128..3).prop_map(Uuid::from_u128));
    ("[a-c]", any_signal(), rid).prop_map(|(job, signal, rid)| Ping {
        job,
        signal,
        rid,
        create: None,
    })
}

proptest! {
    #[test]
    fn any_text_is_a_ping_or_refused(method in "GET|PUT|", path in "(/ping/)?\\PC{0,40}", query in prop::option::of("\\PC{0,40}")) {
        if let Ok(ping) = parse(&method, &path, query.as_deref()) {
            prop_assert!(!ping.job.is_empty() && ping.job.len() <= MAX_NAME);
        }
    }

    #[test]
    fn a_ping_survives_its_address(job in "[a-z0-9][a-z0-9_.-]{0,62}", signal in any_signal(), rid in any::<Option<u128>>(), create in any::<Option<bool>>()) {
        let ping = Ping { job, signal, rid: rid.map(Uuid::from_u128), create };
        let end = match signal {
            Signal::Success => String::new(),
            Signal::Exit(status) => format!("/{status}"),
            Signal::Start | Signal::Fail | Signal::Log => format!("/{signal}"),
        };
        let rid = ping.rid.map(|it| format!("rid={it}"));
        let create = ping.create.map(|it| format!("create={}", u8::from(it)));
        let query: Vec<_> = rid.into_iter().chain(create).collect();
        prop_assert_eq!(parse("HEAD", &format!("/ping/{}{end}", ping.job), Some(&query.join("&"))), Ok(ping));
    }

    #[test]
    fn every_run_that_begins_ends_once_or_is_open(pings in prop::collection::vec(any_ping(), 0..60)) {
        let mut ledger = Ledger::default();
        let mut running = BTreeMap::new();
        for (at, ping) in pings.iter().enumerate() {
            let fresh = RunId::from_uuid(Uuid::from_u128(1_000 + at as u128));
            let (next, runs) = ledger.apply(ping, "ping", "", fresh, Timestamp::UNIX_EPOCH);
            prop_assert!(!ledger.is_begun_by(ping) || runs.iter().any(|it| it.result == RunResult::Running));
            for it in runs {
                if it.result == RunResult::Running {
                    running.insert(it.run_id, it.job);
                } else {
                    let began = running.remove(&it.run_id).is_some();
                    prop_assert_eq!(began, it.started_at.is_some());
                }
            }
            ledger = next;
        }
        let open: BTreeMap<_, _> = ledger.open().iter().map(|it| (it.run_id, it.job.clone())).collect();
        prop_assert_eq!(open, running);
    }
}
