use proptest::prelude::*;

use super::*;
use crate::probe::fake;

const DAY: Duration = Duration::from_hours(24);

fn service(name: &str, start: Start, state: State, exit: u32) -> Service {
    Service { name: name.into(), title: format!("The {name}"), start, state, exit, own_exit: 7 }
}

fn check(start: Start, state: State, exit: u32, uptime: Duration, expected: &str) {
    let failure = service("Spooler", start, state, exit).failure(uptime);
    let found = failure.map_or(String::new(), |it| it.state);
    assert_eq!(found, expected, "{start:?} {state:?} exit {exit} up {uptime:?}");
}

#[test]
fn a_service_that_should_run_and_does_not_has_failed_whatever_it_ended_with() {
    use Start::{AtBoot, Delayed};
    use State::{Changing, Paused, Running, Stopped};
    for start in [AtBoot, Delayed] {
        check(start, Running, 0, DAY, "");
        check(start, Changing, 0, DAY, "");
        check(start, Stopped, 0, DAY, "stopped/exit-0");
        check(start, Stopped, 1067, DAY, "stopped/crashed");
        check(start, Stopped, 1066, DAY, "stopped/exit-own-7");
        check(start, Stopped, 1053, DAY, "stopped/exit-1053");
        check(start, Stopped, 1077, DAY, "stopped/never-started");
        check(start, Paused, 0, DAY, "paused");
    }
}

#[test]
fn a_machine_that_has_just_started_has_time() {
    use Start::{AtBoot, Delayed};
    let minutes = Duration::from_mins;
    for (start, up, expected) in [
        (AtBoot, 4, ""),
        (AtBoot, 5, "stopped/never-started"),
        (Delayed, 5, ""),
        (Delayed, 19, ""),
        (Delayed, 20, "stopped/never-started"),
    ] {
        check(start, State::Stopped, 1077, minutes(up), expected);
    }
    // It was started, and ended: waiting will not bring it back.
    check(AtBoot, State::Stopped, 0, minutes(1), "stopped/exit-0");
    check(Delayed, State::Stopped, 1067, minutes(1), "stopped/crashed");
}

#[test]
fn what_a_trigger_starts_may_be_stopped_unless_it_ended_with_an_error() {
    for (exit, expected) in
        [(0, ""), (1077, ""), (1067, "stopped/crashed"), (1066, "stopped/exit-own-7")]
    {
        check(Start::Triggered, State::Stopped, exit, DAY, expected);
    }
    check(Start::Triggered, State::Paused, 0, DAY, "");
}

#[test]
fn some_only_look_whether_there_is_something_to_do() {
    for name in ["edgeupdate", "MapsBroker", "mapsbroker", "clr_optimization_v4.0.30319_64"] {
        let brief = |exit| service(name, Start::Delayed, State::Stopped, exit).failure(DAY);
        assert_eq!(brief(0), None, "{name}");
        assert_eq!(brief(1067).unwrap().state, "stopped/crashed", "{name}");
    }
}

/// As a server told it, shortened, with a service that nobody may ask for.
fn survey() -> io::Result<Survey> {
    Ok(Survey {
        automatic: vec![
            service("W32Time", Start::Triggered, State::Stopped, 1077),
            service("Spooler", Start::AtBoot, State::Stopped, 1067),
            service("MSSQLSERVER", Start::AtBoot, State::Running, 0),
            service("BITS", Start::Delayed, State::Stopped, 0),
        ],
        running: 61,
        hidden: vec!["Sense".into()],
    })
}

#[test]
fn those_that_failed_are_told_by_name_and_those_that_hide_are_named() {
    let sample = ServiceProbe::new(survey, || DAY).sample(fake::turn(0)).unwrap();
    let Body::Services(scan) = sample.body else { panic!() };
    let failed: Vec<_> = scan.failed.iter().map(|it| (&*it.name, &*it.state)).collect();
    assert_eq!(failed, [("BITS", "stopped/exit-0"), ("Spooler", "stopped/crashed")]);
    assert_eq!((&*scan.manager, scan.running), ("windows", 61));
    assert_eq!(scan.failed[1].description, "The Spooler");
    assert_eq!(sample.missing, "no permission to ask for Sense");
}

#[test]
fn a_manager_that_knows_of_nobody_has_not_answered() {
    let mut probe = ServiceProbe::new(|| Ok(Survey::default()), || DAY);
    let err = probe.sample(fake::turn(0)).unwrap_err().to_string();
    assert_eq!(err, "failed to find a service that runs in the service control manager");
}

proptest! {
    #[test]
    fn no_name_is_a_panic(name in "\\PC{0,20}", exit: u32) {
        let _ = service(&name, Start::Delayed, State::Stopped, exit).failure(DAY);
    }
}
