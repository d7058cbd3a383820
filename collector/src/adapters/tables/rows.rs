//! Records by key, and the ways to find an alert.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Alert, State, deadline},
    effect::RecordKey,
    endpoint::Endpoint,
};
use remit_shared::{AlertId, EndpointId};
use uuid::Uuid;

use crate::{adapters::tables::Row, ports::store::Kind};

/// Records, by kind and key.
#[derive(Debug, Default)]
pub(super) struct Rows([BTreeMap<RecordKey, Row>; Kind::ALL.len()]);

impl Rows {
    pub(super) fn of(&self, kind: Kind) -> &BTreeMap<RecordKey, Row> {
        &self.0[kind as usize]
    }

    pub(super) fn get(&self, key: &RecordKey) -> Option<&Row> {
        self.of(Kind::of(key)).get(key)
    }

    /// Gives back what was there before.
    pub(super) fn put(&mut self, key: RecordKey, row: Row) -> Option<Row> {
        self.0[Kind::of(&key) as usize].insert(key, row)
    }

    pub(super) fn remove(&mut self, key: &RecordKey) -> Option<Row> {
        self.0[Kind::of(key) as usize].remove(key)
    }
}

/// The endpoints by their host names, in small letters. Follows from the
/// endpoints alone.
#[derive(Debug, Default)]
pub(super) struct HostNames(BTreeSet<(String, EndpointId)>);

impl HostNames {
    pub(super) fn of(&self, hostname: &str) -> impl Iterator<Item = EndpointId> {
        let name = hostname.to_ascii_lowercase();
        let first = (name.clone(), EndpointId::from_uuid(Uuid::nil()));
        let same_name = self.0.range(first..).take_while(move |it| it.0 == name);
        same_name.map(|it| it.1)
    }

    pub(super) fn insert(&mut self, endpoint: &Endpoint) {
        self.0.insert(named(endpoint));
    }

    pub(super) fn remove(&mut self, endpoint: &Endpoint) {
        self.0.remove(&named(endpoint));
    }

    pub(super) fn replace(&mut self, old: &Endpoint, new: &Endpoint) {
        // As with every report.
        if !Arc::ptr_eq(&old.registration, &new.registration) {
            self.remove(old);
            self.insert(new);
        }
    }
}

fn named(endpoint: &Endpoint) -> (String, EndpointId) {
    (endpoint.registration.host.hostname.to_ascii_lowercase(), endpoint.id())
}

/// What an alert is about, then when it was opened.
type Fingerprint = (EndpointId, Arc<str>, Arc<str>, Timestamp, AlertId);

/// The ways to find an alert. Follows from the alerts alone.
#[derive(Debug, Default)]
pub(super) struct AlertIndex {
    by_fingerprint: BTreeSet<Fingerprint>,
    by_deadline: BTreeSet<(Timestamp, AlertId)>,
    by_resolution: BTreeSet<(Timestamp, AlertId)>,
}

impl AlertIndex {
    pub(super) fn insert(&mut self, alert: &Alert) {
        self.by_fingerprint.insert(fingerprint(alert));
        self.by_deadline.extend(deadline(alert).map(|at| (at, alert.id)));
        self.by_resolution.extend(resolved_at(alert).map(|at| (at, alert.id)));
    }

    pub(super) fn remove(&mut self, alert: &Alert) {
        self.by_fingerprint.remove(&fingerprint(alert));
        if let Some(at) = deadline(alert) {
            self.by_deadline.remove(&(at, alert.id));
        }
        if let Some(at) = resolved_at(alert) {
            self.by_resolution.remove(&(at, alert.id));
        }
    }

    pub(super) fn replace(&mut self, old: &Alert, new: &Alert) {
        // As when it is noted that a message arrived.
        let is_found_alike = old.about.check == new.about.check
            && old.about.instance == new.about.instance
            && (old.about.endpoint, old.opened_at) == (new.about.endpoint, new.opened_at)
            && (deadline(old), resolved_at(old)) == (deadline(new), resolved_at(new));
        if !is_found_alike {
            self.remove(old);
            self.insert(new);
        }
    }

    pub(super) fn newest(
        &self,
        endpoint: EndpointId,
        check: &str,
        instance: &str,
    ) -> Option<AlertId> {
        let (check, instance) = (Arc::from(check), Arc::from(instance));
        let last = (endpoint, check, instance, Timestamp::MAX, AlertId::from_uuid(Uuid::max()));
        let mut before = self.by_fingerprint.range(..=&last).rev();
        let (of, check, instance, _, alert) = before.next()?;
        ((of, check, instance) == (&last.0, &last.1, &last.2)).then_some(*alert)
    }

    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = AlertId> {
        let last = (now, AlertId::from_uuid(Uuid::max()));
        self.by_deadline.range(..=last).map(|it| it.1)
    }

    pub(super) fn resolved_before(&self, time: Timestamp) -> impl Iterator<Item = AlertId> {
        let first = (time, AlertId::from_uuid(Uuid::nil()));
        self.by_resolution.range((Bound::Unbounded, Bound::Excluded(first))).map(|it| it.1)
    }
}

fn fingerprint(alert: &Alert) -> Fingerprint {
    let about = &alert.about;
    let (check, instance) = (Arc::clone(&about.check), Arc::clone(&about.instance));
    (about.endpoint, check, instance, alert.opened_at, alert.id)
}

fn resolved_at(alert: &Alert) -> Option<Timestamp> {
    match alert.state {
        State::Resolved { at, .. } => Some(at),
        State::Open | State::Acknowledged(_) => None,
    }
}
