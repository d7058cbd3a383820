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
mod tests;
