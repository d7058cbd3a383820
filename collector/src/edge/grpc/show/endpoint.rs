//! Endpoints as messages.

use remit_collector_domain::{
    detect::{Level, Rules},
    endpoint::{Claim, Endpoint, Presence, claim::Because},
    version,
};
use remit_proto::{convert::Wire as _, v1};
use remit_shared::{CheckStatus, Completeness, FailureKind};

/// This collector's version, which agents' are compared with.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An endpoint; its readings only with `whole`.
pub(crate) fn endpoint(endpoint: &Endpoint, rules: &Rules, whole: bool) -> v1::Endpoint {
    let (registration, pulse) = (&endpoint.registration, &endpoint.pulse);
    let revoked = registration.revoked.as_ref();
    v1::Endpoint {
        endpoint_id: registration.id.to_string(),
        tenant: registration.tenant.to_string(),
        site: registration.site.to_string(),
        kind: registration.kind.to_wire(),
        tags: registration.tags.iter().map(ToString::to_string).collect(),
        host: Some(registration.host.to_wire()),
        presence: presence(endpoint).into(),
        last_heard_at: pulse.heard_at.map(|it| it.to_wire()),
        enrolled_at: Some(registration.enrolled_at.to_wire()),
        revoked_at: revoked.map(|it| it.at.to_wire()),
        revoked_reason: revoked.map(|it| it.reason.clone()).unwrap_or_default(),
        certificate_not_after: registration.certificates.last().map(|it| it.not_after.to_wire()),
        status: status(endpoint).to_wire(),
        checks: checks(endpoint, rules),
        probes: probes(endpoint),
        readings: if whole { readings(endpoint) } else { Vec::new() },
        events_applied: pulse.events,
        metrics_applied: pulse.metrics,
        records_lost: pulse.lost,
        open_alerts: 0,
        waiting: registration.claim.as_ref().map(waiting),
        token_id: registration.token.to_string(),
        revoked_by: revoked.map(|it| it.by.clone()).unwrap_or_default(),
        outdated: version::is_older(&registration.host.agent_version, VERSION),
    }
}

fn waiting(claim: &Claim) -> v1::Waiting {
    let reason = match claim.because {
        Because::TokenForMany => v1::WaitingReason::TokenForMany,
        Because::NewKey => v1::WaitingReason::NewKey,
        Because::NewSystem => v1::WaitingReason::NewSystem,
        Because::CopiedDisk => v1::WaitingReason::CopiedDisk,
        Because::NameTaken => v1::WaitingReason::NameTaken,
        Because::Expired => v1::WaitingReason::Expired,
    };
    v1::Waiting {
        since: Some(claim.at.to_wire()),
        reason: reason.into(),
        other_endpoint_id: claim.other.map(|it| it.to_string()).unwrap_or_default(),
        host: Some(claim.host.to_wire()),
        token_id: claim.token.to_string(),
        last_heard_at: None,
    }
}

/// Whether it is there, as far as anybody is told.
pub(crate) fn presence(endpoint: &Endpoint) -> v1::Presence {
    // Whoever is not trusted is not heard, whatever it says.
    if endpoint.registration.revoked.is_some() {
        return v1::Presence::ExpectedOff;
    }
    match endpoint.pulse.presence {
        Presence::NeverSeen => v1::Presence::NeverSeen,
        Presence::Online => v1::Presence::Online,
        Presence::Late => v1::Presence::Late,
        Presence::Offline => v1::Presence::Offline,
        Presence::ExpectedOff(_) => v1::Presence::ExpectedOff,
    }
}

/// The worst of an endpoint's checks; what is not heard is never ok.
pub(crate) fn status(endpoint: &Endpoint) -> CheckStatus {
    let worst = endpoint.checks.states.values().map(|it| it.level).max().unwrap_or_default();
    match (endpoint.pulse.presence, worst) {
        (_, Level::Crit) | (Presence::Offline, _) => CheckStatus::Crit,
        (_, Level::Warn) => CheckStatus::Warn,
        (Presence::NeverSeen, Level::Ok) => CheckStatus::Unknown,
        (Presence::Late | Presence::ExpectedOff(_), Level::Ok) => CheckStatus::Stale,
        (Presence::Online, Level::Ok) => CheckStatus::Ok,
    }
}

/// How far up a list of troubles a status belongs.
pub(crate) fn badness(status: CheckStatus) -> u8 {
    match status {
        CheckStatus::Ok => 0,
        CheckStatus::Stale => 1,
        CheckStatus::Unknown => 2,
        CheckStatus::Warn => 3,
        CheckStatus::Crit => 4,
    }
}

fn checks(endpoint: &Endpoint, rules: &Rules) -> Vec<v1::Check> {
    let states = endpoint.checks.states.iter();
    let check = |((check, instance), state): (
        &remit_collector_domain::detect::CheckKey,
        &remit_collector_domain::detect::CheckState,
    )| {
        let status = match state.level {
            Level::Ok => CheckStatus::Ok,
            Level::Warn => CheckStatus::Warn,
            Level::Crit => CheckStatus::Crit,
        };
        v1::Check {
            check: check.to_string(),
            instance: instance.to_string(),
            function: rules.function(check).to_string(),
            status: status.to_wire(),
            since: Some(state.since.to_wire()),
            detail: state.summary.clone(),
        }
    };
    states.map(check).collect()
}

fn probes(endpoint: &Endpoint) -> Vec<v1::Probe> {
    let told = &endpoint.facts.probes;
    let mut probes: Vec<v1::Probe> = told
        .iter()
        .map(|(name, state)| {
            let failure = state.failure.as_ref().map(|it| &it.0);
            v1::Probe {
                probe: name.to_string(),
                source: state.source.to_string(),
                observed_at: Some(state.observed_at.to_wire()),
                catalog_at: state.catalog_at.map(|it| it.to_wire()),
                completeness: state.completeness.to_wire(),
                missing: state.missing.clone(),
                failure: failure.map_or(0, |it| FailureKind::to_wire(&it.kind)),
                failure_message: failure.map(|it| it.message.clone()).unwrap_or_default(),
            }
        })
        .collect();
    for (index, name) in endpoint.layout.probes.iter().enumerate() {
        let measured = endpoint.pulse.measured_at(index);
        let newer = |it: &v1::Probe| it.probe == **name;
        match probes.iter_mut().find(|it| newer(it)) {
            Some(known) if known.failure == 0 => {
                known.observed_at = measured.map(|it| it.to_wire());
            }
            Some(_) => {}
            None => probes.push(v1::Probe {
                probe: name.to_string(),
                observed_at: measured.map(|it| it.to_wire()),
                completeness: Completeness::Full.to_wire(),
                ..Default::default()
            }),
        }
    }
    probes.sort_by(|a, b| a.probe.cmp(&b.probe));
    probes
}

fn readings(endpoint: &Endpoint) -> Vec<v1::CurrentReading> {
    let pulse = &endpoint.pulse;
    let series = endpoint.layout.series.iter().enumerate();
    let reading = |(index, (probe, series)): (usize, &(usize, remit_shared::Series))| {
        Some(v1::CurrentReading {
            metric: series.metric.to_string(),
            instance: series.instance.to_string(),
            unit: series.unit.to_wire(),
            value: pulse.newest(*probe, index)?,
            observed_at: pulse.measured_at(*probe).map(|it| it.to_wire()),
        })
    };
    let mut readings: Vec<_> = series.filter_map(reading).collect();
    readings.sort_by(|a, b| (&a.metric, &a.instance).cmp(&(&b.metric, &b.instance)));
    readings
}
