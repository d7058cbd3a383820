//! Services that should be well and are not, from systemd.
//!
//! Every kind of unit can fail: a mount or a timer counts like a service.

use remit_shared::{Body, FailedUnit, ServiceScan};

use crate::probe::{
    Probe, ProbeError, Sample, Turn,
    systemd::{Properties, blocks, require, said, systemctl},
};

/// Asks systemd which units have failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServiceProbe;

impl Probe for ServiceProbe {
    fn name(&self) -> &'static str {
        "service-systemd"
    }

    fn source(&self) -> &'static str {
        "systemctl show"
    }

    fn sample(&mut self, _: Turn) -> Result<Sample, ProbeError> {
        require()?;
        let shown = systemctl()
            .args(["show", "*", "--state=failed", "--state=running"])
            .args(["--property=Id,ActiveState,SubState,Result,Description"])
            .run()?;
        Ok(Sample::full(Body::Services(parse(shown.expect()?)?)))
    }
}

fn parse(shown: &str) -> Result<ServiceScan, ProbeError> {
    let units = blocks(shown);
    // systemd's own scope always runs, so that silence cannot be the truth.
    if !units.iter().any(|it| said(it, "Id").is_some()) {
        let what = "the output of `systemctl show`".into();
        return Err(ProbeError::Parse { what, field: "a unit".into() });
    }
    let is = |unit: &Properties<'_>, name, value| said(unit, name) == Some(value);
    let running = units.iter().filter(|it| {
        is(it, "SubState", "running") && said(it, "Id").is_some_and(|id| id.ends_with(".service"))
    });
    let running = running.count() as u64;
    let failed = units.iter().filter(|it| is(it, "ActiveState", "failed"));
    let mut failed: Vec<_> = failed.filter_map(failed_unit).collect();
    failed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ServiceScan { manager: "systemd".into(), failed, running })
}

fn failed_unit(unit: &Properties<'_>) -> Option<FailedUnit> {
    let name = said(unit, "Id")?.to_owned();
    let state = format!("failed/{}", said(unit, "Result").unwrap_or("unknown"));
    let description = said(unit, "Description").unwrap_or_default().to_owned();
    Some(FailedUnit { name, state, description })
}

#[cfg(test)]
mod tests {
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
}
