//! Endpoints: the fleet, and one machine.

pub(crate) mod group;
pub(crate) mod versions;
pub(crate) mod waiting;

use remit_proto::v1;
use serde::Serialize;

use self::waiting::Waiting;
use super::{
    Look, NOTHING, View,
    reading::{Reading, readings},
    sheet::Sheet,
    table::{Field, Table},
    text::{count, head, plain, short, telling},
    time::{Time, time},
};
use crate::word::spelled;

/// One machine. Readings only where one machine is asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Endpoint {
    pub(crate) endpoint_id: String,
    pub(crate) tenant: String,
    pub(crate) site: String,
    pub(crate) kind: Option<&'static str>,
    pub(crate) tags: Vec<String>,
    pub(crate) host: Option<Host>,
    pub(crate) presence: Option<&'static str>,
    pub(crate) last_heard_at: Option<Time>,
    pub(crate) enrolled_at: Option<Time>,
    pub(crate) revoked_at: Option<Time>,
    pub(crate) revoked_reason: String,
    pub(crate) certificate_not_after: Option<Time>,
    pub(crate) status: Option<&'static str>,
    pub(crate) checks: Vec<Check>,
    pub(crate) probes: Vec<Probe>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) events_applied: u64,
    pub(crate) metrics_applied: u64,
    pub(crate) records_lost: u64,
    pub(crate) open_alerts: u32,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) token_id: String,
    pub(crate) revoked_by: String,
    pub(crate) outdated: bool,
}

/// What a machine is.
#[derive(Debug, Serialize)]
pub(crate) struct Host {
    pub(crate) hostname: String,
    pub(crate) os: String,
    pub(crate) os_version: String,
    pub(crate) kernel: String,
    pub(crate) arch: String,
    pub(crate) agent_version: String,
    pub(crate) machine_id: String,
    pub(crate) booted_at: Option<Time>,
    pub(crate) zone: String,
}

/// One thing that is watched.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) check: String,
    pub(crate) instance: String,
    pub(crate) function: String,
    pub(crate) status: Option<&'static str>,
    pub(crate) since: Option<Time>,
    pub(crate) detail: String,
}

/// The last answer of one probe.
#[derive(Debug, Serialize)]
pub(crate) struct Probe {
    pub(crate) probe: String,
    pub(crate) source: String,
    pub(crate) observed_at: Option<Time>,
    pub(crate) catalog_at: Option<Time>,
    pub(crate) completeness: Option<&'static str>,
    pub(crate) missing: String,
    pub(crate) failure: Option<&'static str>,
    pub(crate) failure_message: String,
}

impl From<v1::Endpoint> for Endpoint {
    fn from(it: v1::Endpoint) -> Self {
        Self {
            endpoint_id: it.endpoint_id,
            tenant: it.tenant,
            site: it.site,
            kind: spelled::<v1::EndpointKind>(it.kind),
            tags: it.tags,
            host: it.host.map(Into::into),
            presence: spelled::<v1::Presence>(it.presence),
            last_heard_at: time(it.last_heard_at),
            enrolled_at: time(it.enrolled_at),
            revoked_at: time(it.revoked_at),
            revoked_reason: it.revoked_reason,
            certificate_not_after: time(it.certificate_not_after),
            status: spelled::<v1::CheckStatus>(it.status),
            checks: it.checks.into_iter().map(Into::into).collect(),
            probes: it.probes.into_iter().map(Into::into).collect(),
            readings: it.readings.into_iter().map(Into::into).collect(),
            events_applied: it.events_applied,
            metrics_applied: it.metrics_applied,
            records_lost: it.records_lost,
            open_alerts: it.open_alerts,
            waiting: it.waiting.map(Into::into),
            token_id: it.token_id,
            revoked_by: it.revoked_by,
            outdated: it.outdated,
        }
    }
}

impl From<v1::Host> for Host {
    fn from(it: v1::Host) -> Self {
        Self {
            hostname: it.hostname,
            os: it.os,
            os_version: it.os_version,
            kernel: it.kernel,
            arch: it.arch,
            agent_version: it.agent_version,
            machine_id: it.machine_id,
            booted_at: time(it.booted_at),
            zone: it.zone,
        }
    }
}

impl From<v1::Check> for Check {
    fn from(it: v1::Check) -> Self {
        Self {
            check: it.check,
            instance: it.instance,
            function: it.function,
            status: spelled::<v1::CheckStatus>(it.status),
            since: time(it.since),
            detail: it.detail,
        }
    }
}

impl From<v1::Probe> for Probe {
    fn from(it: v1::Probe) -> Self {
        Self {
            probe: it.probe,
            source: it.source,
            observed_at: time(it.observed_at),
            catalog_at: time(it.catalog_at),
            completeness: spelled::<v1::Completeness>(it.completeness),
            missing: it.missing,
            failure: spelled::<v1::FailureKind>(it.failure),
            failure_message: it.failure_message,
        }
    }
}

impl Endpoint {
    fn hostname(&self) -> &str {
        self.host.as_ref().map_or(NOTHING, |it| &it.hostname)
    }

    /// Whether it is heard; that it has left, or was never let in, outranks
    /// that.
    fn presence(&self) -> Option<&'static str> {
        match (&self.revoked_at, &self.waiting) {
            (Some(_), _) => Some("retired"),
            (None, Some(_)) => Some("waiting"),
            (None, None) => self.presence,
        }
    }
}

impl View for Endpoint {
    fn text(&self, look: &Look) -> String {
        let mut sheet = Sheet::new(look, self.hostname());
        sheet.fact("endpoint", &self.endpoint_id);
        let kind = self.kind.unwrap_or("endpoint");
        sheet.fact("what", &format!("{kind} of {} / {}", self.tenant, self.site));
        sheet.fact("tags", &self.tags.join(", "));
        sheet.line("presence", &look.word(self.presence()));
        sheet.line("last heard", &look.both(self.last_heard_at));
        if self.revoked_at.is_some() {
            let Self { revoked_by, revoked_reason, .. } = self;
            let retired =
                format!("{} by {revoked_by}: {revoked_reason}", look.both(self.revoked_at));
            sheet.fact("retired", &retired);
        }
        if let Some(waiting) = &self.waiting {
            waiting.facts(&mut sheet, look);
        }
        let alerts = count(self.open_alerts as usize, "open alert");
        sheet.line("status", &format!("{}, {alerts}", look.word(self.status)));
        if let Some(host) = &self.host {
            host.facts(self.outdated, &mut sheet, look);
        }
        sheet.line("enrolled", &look.both(self.enrolled_at));
        sheet.line("certificate to", &look.both(self.certificate_not_after));
        let applied = self.events_applied + self.metrics_applied;
        sheet.line("records", &format!("{applied} applied, {} lost", self.records_lost));
        let narrower = look.indented();
        sheet.section("Checks", &checks(&self.checks, &narrower));
        sheet.section("Probes", &probes(&self.probes, &narrower));
        sheet.section("Readings", &readings(&self.readings, &narrower));
        sheet.text()
    }
}

impl Host {
    fn facts(&self, outdated: bool, sheet: &mut Sheet<'_>, look: &Look) {
        let Self { os, os_version, kernel, arch, .. } = self;
        sheet.fact("system", &format!("{os} {os_version}, {kernel}, {arch}"));
        let behind = if outdated { ", older than the collector" } else { "" };
        sheet.fact("agent", &format!("{}{behind}", self.agent_version));
        sheet.fact("zone", &self.zone);
        sheet.line("booted", &look.both(self.booted_at));
    }
}

fn checks(checks: &[Check], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for check in checks {
        let what = match check.instance.as_str() {
            "" => check.check.clone(),
            instance => format!("{} {instance}", check.check),
        };
        table.row([
            Field::word(check.status),
            Field::Text(short(&what, 36)),
            Field::Text(format!("for {}", look.age(check.since))),
            Field::text(&check.detail),
        ]);
    }
    table.text()
}

fn probes(probes: &[Probe], look: &Look) -> String {
    let mut table = Table::new(look, &[]).wrapped();
    for probe in probes {
        // What went wrong outranks how much there is.
        let outcome = probe.failure.or(probe.completeness);
        let mut said = vec![plain(&probe.failure_message)];
        if !probe.missing.is_empty() {
            said.push(format!("missing: {}", plain(&probe.missing)));
        }
        if probe.catalog_at.is_some() {
            said.push(format!("catalog from {}", look.ago(probe.catalog_at)));
        }
        said.retain(|it| !it.is_empty());
        table.row([
            Field::Text(short(&probe.probe, 20)),
            Field::word(outcome),
            Field::Text(look.ago(probe.observed_at)),
            Field::Text(short(&probe.source, 20)),
            Field::Text(said.join("; ")),
        ]);
    }
    table.text()
}

/// `remit endpoint list`.
#[derive(Debug, Serialize)]
pub(crate) struct Endpoints {
    pub(crate) endpoints: Vec<Endpoint>,
}

impl View for Endpoints {
    fn text(&self, look: &Look) -> String {
        if self.endpoints.is_empty() {
            return "no endpoints".into();
        }
        let headings =
            ["ENDPOINT", "HOST", "PRESENCE", "HEARD", "STATUS", "ALERTS", "TENANT", "WORST"];
        let mut table = Table::new(look, &headings);
        let digits = telling(self.endpoints.iter().map(|it| it.endpoint_id.as_str()));
        for it in &self.endpoints {
            table.row([
                Field::Text(head(&it.endpoint_id, digits)),
                Field::Text(short(it.hostname(), 18)),
                Field::word(it.presence()),
                Field::Text(look.ago(it.last_heard_at)),
                Field::word(it.status),
                Field::number(it.open_alerts),
                Field::Text(short(&format!("{}/{}", it.tenant, it.site), 16)),
                Field::Text(it.worst()),
            ]);
        }
        table.text()
    }
}

impl Endpoint {
    /// What its status comes from.
    fn worst(&self) -> String {
        if let Some(waiting) = &self.waiting {
            return waiting.reason.unwrap_or(NOTHING).into();
        }
        let worst =
            self.checks.iter().find(|it| it.status == self.status && it.status != Some("ok"));
        worst.map_or(NOTHING.into(), |it| plain(&format!("{} {}", it.check, it.instance)))
    }
}
