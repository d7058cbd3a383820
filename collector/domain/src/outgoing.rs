//! What goes out to a time-series database: names, labels, values.
//!
//! A database that keeps years and draws them takes samples, so this is a
//! translation: [`news`] says what has been measured since somebody was last
//! told, and what is no more. Prometheus' habits hold: names end in their unit,
//! values are in base units, and a series that ends is marked as ended.
//!
//! # Invariants
//!
//! - The samples of one series are in order of their times, and no time comes
//!   twice.
//! - Nothing older than [`FRESH`] goes out: databases refuse what is old, and
//!   some refuse all that comes with it.
//! - Whoever goes on from what was told before tells nothing twice; whoever
//!   goes on from nothing tells the newest again, with the same time and value.

mod name;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{EndpointKind, Party, Severity, Team, Tenant};

pub use self::name::{metric, value};
use crate::{
    alert::Alert,
    endpoint::{Endpoint, Presence, Registration},
};

/// Samples that are older are kept to ourselves.
pub const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// How often it is said again whether an endpoint is heard.
const HEARD: SignedDuration = SignedDuration::from_secs(60);

/// The label that holds a series' name.
const NAME: &str = "__name__";
/// Whether an endpoint is heard, 1 or 0.
const UP: &str = "remit_endpoint_up";
/// How many alerts are not resolved.
const ALERTS: &str = "remit_alerts_open";

/// One value of one series; `None` marks that the series has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Name and labels, sorted, each name once.
    pub labels: Labels,
    /// When.
    pub at: Timestamp,
    /// In the unit that the name says.
    pub value: Option<f64>,
}

/// A series by its name and labels, in the order of their names.
pub type Labels = BTreeMap<Arc<str>, Arc<str>>;

/// What was told of an endpoint.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Who it was then: labels say so.
    registration: Option<Arc<Registration>>,
    /// The newest measurement that was told, by probe.
    measured: Vec<Option<Timestamp>>,
    /// Which series go on, by their index.
    going: Vec<bool>,
    /// Whether it is heard, and when that was said.
    up: Option<(bool, Timestamp)>,
}

/// What is new of an endpoint, and what has then been told.
pub fn news(endpoint: &Endpoint, told: &Told, now: Timestamp) -> (Told, Vec<Sample>) {
    let registration = &endpoint.registration;
    let is_same = |it: &Arc<Registration>| {
        Arc::ptr_eq(it, registration) || labels(it) == labels(registration)
    };
    let mut samples = Vec::new();
    let mut told = told.clone();
    // A machine with another name is another series.
    if let Some(before) = told.registration.clone().filter(|it| !is_same(it)) {
        end(endpoint, &before, &mut told, now, &mut samples);
        told = Told { measured: told.measured, ..Told::default() };
    }
    told.registration = Some(Arc::clone(registration));
    let is_there = registration.is_in_service() && registration.kind != EndpointKind::Virtual;
    if !is_there {
        end(endpoint, registration, &mut told, now, &mut samples);
        return (told, samples);
    }
    let is_up = matches!(endpoint.pulse.presence, Presence::Online | Presence::Late);
    if is_up {
        measured(endpoint, &mut told, now, &mut samples);
    } else {
        end_series(endpoint, registration, &mut told, now, &mut samples);
    }
    let is_old = |(was, at): (bool, Timestamp)| was != is_up || HEARD <= now.duration_since(at);
    if endpoint.pulse.heard_at.is_some() && told.up.is_none_or(is_old) {
        let value = Some(f64::from(u8::from(is_up)));
        samples.push(Sample { labels: named(UP, registration), at: now, value });
        told.up = Some((is_up, now));
    }
    (told, samples)
}

/// Values that were measured since, and series that are gone.
fn measured(endpoint: &Endpoint, told: &mut Told, now: Timestamp, samples: &mut Vec<Sample>) {
    let pulse = &endpoint.pulse;
    let layout = &endpoint.layout;
    told.going.resize(layout.series.len(), false);
    let before = told.measured.clone();
    told.measured.resize(layout.probes.len(), None);
    let common = named("", &endpoint.registration);
    for (index, (probe, series)) in layout.series.iter().enumerate() {
        let Some(at) = pulse.measured_at(*probe) else { continue };
        let is_new = before.get(*probe).copied().flatten().is_none_or(|it| it < at);
        if !is_new || now.duration_since(at) > FRESH {
            continue;
        }
        let found = pulse.newest(*probe, index);
        if found.is_none() && !told.going[index] {
            continue;
        }
        told.going[index] = found.is_some();
        let labels = name::of(&common, series);
        samples.push(Sample { labels, at, value: found.map(|it| value(series.unit, it)) });
    }
    for (probe, known) in told.measured.iter_mut().enumerate() {
        *known = (*known).max(pulse.measured_at(probe));
    }
}

fn end(
    endpoint: &Endpoint,
    as_known: &Registration,
    told: &mut Told,
    now: Timestamp,
    samples: &mut Vec<Sample>,
) {
    end_series(endpoint, as_known, told, now, samples);
    if told.up.take().is_some() {
        samples.push(Sample { labels: named(UP, as_known), at: now, value: None });
    }
}

/// Everything that was going on has ended.
fn end_series(
    endpoint: &Endpoint,
    as_known: &Registration,
    told: &mut Told,
    now: Timestamp,
    samples: &mut Vec<Sample>,
) {
    let common = named("", as_known);
    for ((_, series), going) in endpoint.layout.series.iter().zip(&mut told.going) {
        if std::mem::take(going) {
            samples.push(Sample { labels: name::of(&common, series), at: now, value: None });
        }
    }
}

/// How many alerts are open, by whose they are and how bad.
pub type Open = BTreeMap<(Tenant, Team, Party, Severity), u64>;

/// Counts the alerts that are not resolved. What was counted `before` and is
/// no more is 0, so that lines come down to it.
pub fn open<'a>(alerts: impl IntoIterator<Item = &'a Alert>, before: &Open) -> Open {
    let mut open: Open = before.keys().map(|it| (it.clone(), 0)).collect();
    for alert in alerts {
        if alert.is_unresolved() {
            let remit = &alert.remit;
            let tenant = alert.about.tenant.clone();
            let key = (tenant, remit.responsible.clone(), remit.party, alert.severity);
            *open.entry(key).or_default() += 1;
        }
    }
    open
}

/// The counts as samples.
pub fn counted(open: &Open, now: Timestamp) -> Vec<Sample> {
    let sample =
        |((tenant, team, party, severity), count): (&(Tenant, Team, Party, Severity), &u64)| {
            let labels = [
                (NAME, ALERTS),
                ("party", party.as_str()),
                ("responsible", team.as_str()),
                ("severity", severity.as_str()),
                ("tenant", tenant.as_str()),
            ];
            let labels = labels.into_iter().map(|(name, it)| (name.into(), it.into())).collect();
            Sample { labels, at: now, value: Some(*count as f64) }
        };
    open.iter().map(sample).collect()
}

/// The labels that every series of an endpoint has.
fn labels(of: &Registration) -> Labels {
    [
        ("endpoint", of.id.to_string().as_str()),
        ("host", of.host.hostname.as_str()),
        ("kind", of.kind.as_str()),
        ("site", of.site.as_str()),
        ("tenant", of.tenant.as_str()),
    ]
    .into_iter()
    .filter(|it| !it.1.is_empty())
    .map(|(name, it)| (name.into(), it.into()))
    .collect()
}

fn named(name: &str, of: &Registration) -> Labels {
    let mut labels = labels(of);
    labels.insert(NAME.into(), name.into());
    labels
}
