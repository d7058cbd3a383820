//! What time alone makes of an endpoint.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_shared::FailureKind;

use crate::{
    detect::{
        Checks, Finding, Level, PROBE_FAILING, Policy, Rules, backup, clock, exploited, patch,
        remind, span,
    },
    endpoint::{Endpoint, Facts, ProbeState, Registration, preview::Settled},
    exploited::Known,
    flapping::link,
    signal::Signal,
};

/// The check that speaks of the agent's certificate.
const CERTIFICATE: &str = "certificate-expiry";

/// Looks at everything that becomes true by waiting, and tells what was found
/// while a backlog was applied, and what is still bad. `None` if nothing changes. An endpoint whose
/// trust has ended is left alone.
pub fn tick(
    endpoint: &Endpoint,
    now: Timestamp,
    rules: &Rules,
    known: &Known,
) -> Option<(Endpoint, Vec<Signal>)> {
    let Endpoint { registration, facts, pulse, .. } = endpoint;
    if registration.revoked.is_some() {
        return None;
    }
    let mut checks = Checks::clone(&endpoint.checks);
    let policy = &rules.policy;
    backup::tick(facts, &mut checks, policy, pulse.heard_at, now);
    patch::tick(facts, &mut checks, policy, now);
    let exploited = exploited::tick(facts, &mut checks, policy, known, now);
    probes(facts, &mut checks, policy, now);
    certificate(registration, &mut checks, policy, now);
    clock::judge(&mut checks, policy, pulse.clock_ahead, now);
    let link = link::tick(&pulse.link, now);
    link::judge(&mut checks, &link, now);
    let mut signals = Vec::new();
    if !pulse.is_catching_up(now) {
        signals.extend(remind::tick(endpoint, &mut checks, rules, now));
    }
    let settled = Settled::of(endpoint, rules, now);
    let news = checks.announce(rules, |it| settled.has(it));
    remind::after(&mut checks, &news, now);
    signals.extend(news);
    let is_as_before = checks == *endpoint.checks && link == pulse.link && exploited.is_none();
    if signals.is_empty() && is_as_before {
        return None;
    }
    let mut next = Endpoint { checks: Arc::new(checks), ..endpoint.clone() };
    if let Some(exploited) = exploited {
        next.facts = Arc::new(Facts { exploited, ..Facts::clone(facts) });
    }
    next.pulse.link = link;
    Some((next, signals))
}

fn probes(facts: &Facts, checks: &mut Checks, policy: &Policy, now: Timestamp) {
    for (name, probe) in &facts.probes {
        let (level, summary) = match fails_for(probe) {
            Some((length, what)) if length >= policy.probe_failing => {
                let length = span(length);
                (Level::Warn, format!("probe `{name}` has had no answer for {length}: {what}"))
            }
            Some(_) => continue,
            None => (Level::Ok, format!("probe `{name}` answers again")),
        };
        let evidence = format!("it asks {}", probe.source);
        checks.observe(PROBE_FAILING, name, Finding::now(level, summary, evidence), now);
    }
    // A probe that measures and is well leaves no trace among the facts.
    let known: Vec<&str> = facts.probes.keys().map(|it| &**it).collect();
    checks.retain(PROBE_FAILING, &known, "the probe answers again", now);
}

/// For how long a probe that had answers has been seen to have none, and why.
/// A machine that lacks what the probe asks for has nothing to be failing.
fn fails_for(probe: &ProbeState) -> Option<(SignedDuration, String)> {
    let (failure, since) = probe.failure.as_ref()?;
    if failure.kind == FailureKind::Unsupported || !probe.ever_answered {
        return None;
    }
    let what = format!("{}: {}", failure.kind, failure.message);
    Some((probe.observed_at.duration_since(*since), what))
}

fn certificate(registration: &Registration, checks: &mut Checks, policy: &Policy, now: Timestamp) {
    let Some(newest) = registration.certificates.iter().map(|it| it.not_after).max() else {
        return;
    };
    let left = newest.duration_since(now);
    let level = if left <= policy.certificate / 3 {
        Level::Crit
    } else if left <= policy.certificate {
        Level::Warn
    } else {
        Level::Ok
    };
    let summary = match level {
        Level::Ok => "the agent has a new certificate".to_owned(),
        Level::Warn | Level::Crit if left.is_negative() => {
            "the agent's certificate has expired: it must be enrolled again".to_owned()
        }
        Level::Warn | Level::Crit => {
            format!("the agent's certificate expires in {} and is not renewed", span(left))
        }
    };
    let evidence = format!("not after {newest}");
    checks.observe(CERTIFICATE, "", Finding::now(level, summary, evidence), now);
}
