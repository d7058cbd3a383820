//! `remit-agent probe`: what one probe says now.

use std::time::Duration;

use remit_runtime::clock::SystemClock;
use remit_shared::{BackupScan, Body, Clock as _, PatchScan, ServiceScan};
use serde_json::{Value, json};
use tokio::time;

use super::{Failure, USAGE, say};
use crate::{
    config::Config,
    probe::{Probe, Sample, Turn, registry},
};

/// Between the two looks that a rate needs.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks one probe, or lists them all.
pub(super) async fn run(config: &Config, name: Option<&str>, json: bool) -> Result<(), Failure> {
    let mut probes = registry::called_for(config)?;
    let Some(name) = name else {
        for it in &probes {
            say(&format!("{:16}  {}\n", it.name(), it.source()));
        }
        return Ok(());
    };
    let Some(probe) = probes.iter_mut().find(|it| it.name() == name) else {
        let known: Vec<_> = probes.iter().map(|it| it.name()).collect();
        let text = format!("there is no probe `{name}`: use {}", known.join(", "));
        return Err(Failure { code: USAGE, text });
    };
    let sample = ask(probe.as_mut()).await?;
    let value = to_json(probe.as_ref(), &sample);
    if json {
        say(&format!("{}\n", serde_json::to_string_pretty(&value)?));
    } else {
        show(&sample, &value);
    }
    Ok(())
}

async fn ask(probe: &mut dyn Probe) -> Result<Sample, Failure> {
    let turn = |monotonic| Turn { now: SystemClock.now(), monotonic };
    let first = probe.sample(turn(Duration::ZERO))?;
    if !matches!(first.body, Body::Readings(_)) {
        return Ok(first);
    }
    time::sleep(PAUSE).await;
    Ok(probe.sample(turn(PAUSE))?)
}

fn show(sample: &Sample, value: &Value) {
    match &sample.body {
        Body::Readings(readings) => {
            for it in readings {
                say(&format!(
                    "{:40}  {:>16}  {}\n",
                    it.series.to_string(),
                    it.value,
                    it.series.unit
                ));
            }
        }
        Body::Failure(it) => say(&format!("{}: {}\n", it.kind, it.message)),
        Body::Unchanged
        | Body::Services(_)
        | Body::Patches(_)
        | Body::Backups(_)
        | Body::Jobs(_)
        | Body::Run(_)
        | Body::Lifecycle(_) => say(&format!("{value:#}\n")),
    }
    if !sample.missing.is_empty() {
        say(&format!("missing: {}\n", sample.missing));
    }
}

fn to_json(probe: &dyn Probe, sample: &Sample) -> Value {
    let source = sample.source.as_deref().unwrap_or(probe.source());
    let catalog = sample.catalog_at.map(|it| it.to_string());
    json!({
        "probe": probe.name(),
        "source": source,
        "catalog_at": catalog,
        "completeness": sample.completeness.as_str(),
        "missing": sample.missing,
        "answer": body(&sample.body),
    })
}

fn body(body: &Body) -> Value {
    match body {
        Body::Readings(readings) => {
            let one = |it: &remit_shared::Reading| {
                let series = &it.series;
                json!({
                    "metric": &*series.metric,
                    "instance": &*series.instance,
                    "unit": series.unit.as_str(),
                    "value": it.value,
                })
            };
            json!({ "readings": readings.iter().map(one).collect::<Vec<_>>() })
        }
        Body::Failure(it) => json!({ "failure": it.kind.as_str(), "message": it.message }),
        Body::Services(it) => services(it),
        Body::Patches(it) => patches(it),
        Body::Backups(it) => backups(it),
        // No probe answers with these.
        Body::Unchanged | Body::Jobs(_) | Body::Run(_) | Body::Lifecycle(_) => Value::Null,
    }
}

fn services(scan: &ServiceScan) -> Value {
    let failed = scan
        .failed
        .iter()
        .map(|it| json!({ "name": it.name, "state": it.state, "description": it.description }));
    json!({
        "manager": scan.manager,
        "running": scan.running,
        "failed": failed.collect::<Vec<_>>(),
    })
}

fn patches(scan: &PatchScan) -> Value {
    let items = scan.items.iter().map(|it| {
        json!({
            "package": it.package,
            "installed": it.installed,
            "candidate": it.candidate,
            "origins": it.origins,
            "security": it.security,
            "state": it.state.as_str(),
            "advisories": it.advisories,
            "failure": it.failure,
        })
    });
    json!({
        "manager": scan.manager,
        "system": scan.system,
        "managed_by": scan.managed_by,
        "reboot_required": scan.reboot.required,
        "reboot_reasons": scan.reboot.reasons,
        "last_patched_at": scan.last_patched_at.map(|it| it.to_string()),
        "updates": items.collect::<Vec<_>>(),
    })
}

fn backups(scan: &BackupScan) -> Value {
    let newest = scan.newest.iter().map(|it| {
        json!({
            "job": it.job,
            "id": it.id,
            "taken_at": it.taken_at.to_string(),
            "count": it.count,
        })
    });
    let jobs = scan
        .jobs
        .iter()
        .map(|it| json!({ "name": it.name, "product": it.product, "enabled": it.enabled }));
    json!({
        "product": scan.product,
        "jobs": jobs.collect::<Vec<_>>(),
        "newest": newest.collect::<Vec<_>>(),
    })
}
