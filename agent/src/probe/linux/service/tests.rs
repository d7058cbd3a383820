use std::{path::Path, time::Duration};

use jiff::Timestamp;

use super::*;

/// From systemd 252.
const SHOWN: &str = "\
Result=success
Id=dbus.socket
Description=D-Bus User Message Bus Socket
ActiveState=active
SubState=running

Result=exit-code
Id=bad.service
Description=Fails on purpose, said \"a=b\"
ActiveState=failed
SubState=failed

Result=timeout
Id=a.mount
Description=A
ActiveState=failed
SubState=failed

Result=success
Id=dbus.service
Description=D-Bus User Message Bus
ActiveState=active
SubState=running

Result=success
Id=init.scope
Description=System and Service Manager
ActiveState=active
SubState=running
";

#[test]
fn failed_units_are_listed_and_running_services_counted() {
    let scan = parse(SHOWN).unwrap();
    let failed: Vec<_> =
        scan.failed.iter().map(|it| (&*it.name, &*it.state, &*it.description)).collect();
    assert_eq!(
        failed,
        [
            ("a.mount", "failed/timeout", "A"),
            ("bad.service", "failed/exit-code", "Fails on purpose, said \"a=b\""),
        ]
    );
    assert_eq!(scan.running, 1);
}

#[test]
fn a_manager_that_says_nothing_is_not_a_healthy_one() {
    for text in ["", "\n", "Version=252\nFeatures=+PAM\n"] {
        let err = parse(text).unwrap_err();
        assert_eq!(err.to_string(), "failed to find a unit in the output of `systemctl show`");
    }
}

#[test]
fn this_machine_answers_or_says_that_it_cannot() {
    let turn = Turn { now: Timestamp::UNIX_EPOCH, monotonic: Duration::ZERO };
    match ServiceProbe.sample(turn) {
        Ok(sample) => assert!(matches!(sample.body, Body::Services(_))),
        Err(err) => {
            assert!(!Path::new("/run/systemd/system").exists(), "{err}");
            assert_eq!(err.to_string(), "not on this machine: systemd is not running");
        }
    }
}
