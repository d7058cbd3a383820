//! What an alert must know of the world when something happens, gathered.

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{About, Alert, Context, Remit},
    endpoint::Registration,
    sla::Terms,
    suppression::Suppression,
};
use remit_shared::{AlertId, Clock, Severity};
use uuid::Uuid;

use crate::{
    engine::{Engine, board::candidate},
    ports::{
        directory::{Directory, People},
        store::{Store, StoreError},
    },
};

/// The world at an instant, as one alert sees it.
pub(super) struct Scene {
    remit: Remit,
    people: People,
    terms: Terms,
    terms_then: Terms,
    suppressors: Vec<Suppression>,
    rule: String,
    now: Timestamp,
}

impl Scene {
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            remit: &self.remit,
            reach: &self.people,
            terms: &self.terms,
            terms_then: &self.terms_then,
            calendars: self.people.calendars(),
            suppressors: &self.suppressors,
            rule: &self.rule,
            now: self.now,
        }
    }
}

impl<S: Store, D: Directory, C: Clock> Engine<S, D, C> {
    /// Looks around for an alert; `known` is its value so far, if it has one.
    pub(super) async fn scene(
        &self,
        registration: &Registration,
        about: &About,
        severity: Severity,
        known: Option<&Alert>,
    ) -> Result<Scene, StoreError> {
        let now = self.clock.now();
        let tenant = &about.tenant;
        let (remit, terms) = self.directory.remit(registration, &about.function, severity, now);
        let earlier = known.and_then(|it| self.directory.terms(tenant, &it.terms));
        Ok(Scene {
            remit,
            people: self.directory.people(tenant),
            terms_then: earlier.unwrap_or_else(|| terms.clone()),
            terms,
            suppressors: self.suppressors(registration, about, known, now),
            rule: self.directory.rules(registration).in_words(&about.check),
            now,
        })
    }

    /// What keeps an alert quiet now.
    fn suppressors(
        &self,
        registration: &Registration,
        about: &About,
        known: Option<&Alert>,
        now: Timestamp,
    ) -> Vec<Suppression> {
        let unresolved = known.filter(|it| it.is_unresolved());
        // An alert that is not there yet has no name; nothing else has this one.
        let id = known.map_or(AlertId::from_uuid(Uuid::nil()), |it| it.id);
        let opened_at = unresolved.map_or(now, |it| it.raised_at);
        let child = candidate(id, about, registration.tags.to_vec(), opened_at);
        let rules = self.directory.inhibitions(&about.tenant);
        self.board.inhibitors(&child, &rules, now)
    }
}
