//! Agents that report, stop, come back, lie about the time and are copied.

mod backfill;
mod conservation;
mod hostile;
mod preview;
mod session;
mod stage;
mod tick;

use std::sync::Arc;

use remit_shared::{Answer, Body, Completeness, Departure, Lifecycle, Reading, Unit};

use super::*;
use crate::{
    detect::Level,
    endpoint::tests::stage::{Stage, disk, failure, services},
};

/// An endpoint to try things with.
pub(crate) fn sample() -> Endpoint {
    Stage::default().endpoint
}

#[test]
fn a_record_is_applied_once_and_in_its_turn() {
    let mut stage = Stage::default();
    assert_eq!(stage.measures(1, 0, 700), Verdict::Applied);
    assert_eq!(stage.measures(1, 0, 999), Verdict::Duplicate);
    assert_eq!(stage.measures(3, 0, 999), Verdict::Ahead { expected: 2 });
    assert_eq!(stage.endpoint.value("disk_used", "/").unwrap().0, 700);
    assert_eq!(stage.measures(2, 0, 701), Verdict::Applied);
    assert_eq!(stage.endpoint.value("disk_used", "/").unwrap().0, 701);
    assert_eq!(stage.says(1, 0, services(&[])), Verdict::Applied, "streams count for themselves");
}

#[test]
fn a_gap_declares_what_is_lost_and_counts_it_once() {
    let mut stage = Stage::default();
    stage.measures(1, 0, 700);
    assert_eq!(stage.loses(3, 9), Verdict::Ahead { expected: 2 });
    assert_eq!(stage.loses(2, 9), Verdict::Applied);
    assert_eq!(stage.loses(2, 9), Verdict::Duplicate);
    // What of a gap was applied before is not lost.
    assert_eq!(stage.loses(5, 11), Verdict::Applied);
    assert_eq!((stage.endpoint.pulse.lost, stage.endpoint.pulse.metrics), (10, 11));
    assert_eq!(stage.loses(99, 12), Verdict::Applied, "a gap that begins after its end is one");
    assert_eq!(
        stage.told(),
        [
            "records-lost low: 8 records of the agent are lost: spool full",
            "records-lost low: 2 records of the agent are lost: spool full",
            "records-lost low: 1 records of the agent are lost: spool full",
        ]
    );
}

#[test]
fn a_report_that_only_measures_touches_the_pulse_alone() {
    let mut stage = Stage::default();
    stage.measures(1, 0, 700);
    let before = stage.endpoint.clone();
    stage.measures(2, 10, 701);
    let after = &stage.endpoint;
    assert!(Arc::ptr_eq(&before.registration, &after.registration));
    assert!(Arc::ptr_eq(&before.layout, &after.layout));
    assert!(Arc::ptr_eq(&before.facts, &after.facts));
    assert!(Arc::ptr_eq(&before.checks, &after.checks));
}

#[test]
fn a_probe_that_recovers_leaves_no_trace() {
    let mut stage = Stage::default();
    stage.measures(1, 0, 700);
    stage.says(1, 10, failure("disk"));
    assert!(stage.endpoint.facts.probes["disk"].ever_answered, "it has measured before");
    stage.measures(2, 20, 700);
    assert!(stage.endpoint.facts.probes.is_empty());
}

#[test]
fn a_series_that_is_gone_is_not_full_and_one_that_was_not_seen_is() {
    let mut stage = Stage::default();
    let both = [("/", 100), ("/mnt", 990)];
    for seq in 1..=10 {
        let second = seq as i64 * 10;
        stage.gives(seq, second, disk(second, &both));
    }
    assert_eq!(stage.endpoint.checks.level("disk-space", "/mnt"), Level::Crit);
    let mut part = disk(100, &[("/", 100)]);
    part.completeness = Completeness::Partial;
    part.missing = "/mnt does not answer".into();
    stage.gives(11, 100, part);
    assert_eq!(stage.endpoint.checks.level("disk-space", "/mnt"), Level::Crit);
    assert_eq!(stage.endpoint.value("disk_used", "/mnt").unwrap().0, 990);
    stage.gives(12, 110, disk(110, &[("/", 100)]));
    assert_eq!(stage.endpoint.value("disk_used", "/mnt"), None);
    assert_eq!(
        stage.told(),
        [
            "disk-space high: disk space in use on /mnt: 99.0 % (limit 95.0 %)",
            "disk-space over: disk_used[/mnt] is not there any more",
        ]
    );
}

#[test]
fn history_gets_what_changed_and_that_something_was_measured() {
    let mut stage = Stage::default();
    stage.gives(1, 0, disk(0, &[("/", 100), ("/mnt", 200)]));
    stage.gives(2, 10, disk(10, &[("/", 100), ("/mnt", 201)]));
    stage.gives(3, 20, disk(20, &[("/mnt", 201)]));
    stage.gives(4, 30, disk(30, &[("/mnt", 201)]));
    let changed: Vec<_> = stage.frames.iter().map(|it| it.changed.clone()).collect();
    let first = vec![(0, Some(100)), (1, Some(200))];
    assert_eq!(changed, [first, vec![(1, Some(201))], vec![(0, None)], vec![]]);
}

#[test]
fn a_service_of_another_manager_is_not_forgotten() {
    let mut stage = Stage::default();
    stage.says(1, 0, services(&["a.service"]));
    let mut other = services(&["b"]);
    let Body::Services(scan) = &mut other.body else { unreachable!() };
    scan.manager = "runit".into();
    stage.says(2, 10, other);
    stage.says(3, 20, services(&[]));
    assert_eq!(
        stage.told(),
        [
            "service-failed high: a.service has failed (failed/exit-code)",
            "service-failed high: b has failed (failed/exit-code)",
            "service-failed over: the service runs again",
        ]
    );
}

#[test]
fn a_goodbye_holds_until_the_agent_is_back() {
    let mut stage = Stage::default();
    stage.greets(1, None, (0, 0), 0);
    stage.says(1, 10, stage::lifecycle(Lifecycle::Stopping(Departure::Shutdown)));
    assert_eq!(stage.endpoint.pulse.presence, Presence::ExpectedOff(Departure::Shutdown));
    stage.measures(1, 11, 700);
    assert_eq!(stage.endpoint.pulse.presence, Presence::ExpectedOff(Departure::Shutdown));
    stage.greets(1, stage.token(), (2, 1), 600);
    assert_eq!(stage.endpoint.pulse.presence, Presence::Online);
}

#[test]
fn a_goodbye_that_comes_after_the_hello_is_an_old_one() {
    let mut stage = Stage::default();
    stage.greets(1, None, (2, 0), 600);
    stage.says(1, 0, stage::lifecycle(Lifecycle::Stopping(Departure::ServiceStop)));
    assert_eq!(stage.endpoint.pulse.presence, Presence::Online);
    let started = Lifecycle::Started { version: "0.1.0".into(), after_crash: false };
    stage.says(2, 599, stage::lifecycle(started));
    assert_eq!(stage.endpoint.pulse.presence, Presence::Online);
}

#[test]
fn a_probe_may_measure_what_it_likes() {
    let mut stage = Stage::default();
    let readings = vec![Reading::new("cpu_busy", Unit::Permille, i64::MIN); 3];
    let answer = Answer::full("cpu", "/proc/stat", stage::at(0), Body::Readings(readings));
    assert_eq!(stage.gives(1, 0, answer), Verdict::Applied);
    assert_eq!(stage.endpoint.pulse.values.len(), 1);
}
