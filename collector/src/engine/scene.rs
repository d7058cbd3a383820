//! What an alert must know of the world when something happens, gathered.

use std::sync::Arc;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{About, Alert, Context, Owners, Remit},
    detect::presence::OFFLINE,
    endpoint::Registration,
    known_issue::{self, KnownIssue},
    sla::Terms,
    suppression::Suppression,
    window::{self, Matter, Window},
};
use remit_shared::{AlertId, Clock, Function, Severity, Tenant};
use uuid::Uuid;

use crate::{
    engine::{Engine, board::candidate},
    losses::place,
    ports::{
        directory::{Directory, People, subject},
        store::{Store, StoreError},
    },
};

/// The world at an instant, as one alert sees it.
pub(super) struct Scene<'a, D> {
    asked: Asked<'a, D>,
    remit: Arc<Remit>,
    people: People,
    terms: Terms,
    terms_then: Terms,
    suppressors: Vec<Suppression>,
    rule: String,
    now: Timestamp,
}

/// What the matrix is asked about one alert.
#[derive(Debug)]
struct Asked<'a, D> {
    directory: &'a D,
    endpoint: &'a Registration,
    function: &'a Function,
    severity: Severity,
}

impl<D: Directory> Owners for Asked<'_, D> {
    fn at(&self, instant: Timestamp) -> Remit {
        self.directory.remit(self.endpoint, self.function, self.severity, instant).0
    }
}

impl<D: Directory> Scene<'_, D> {
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            remit: &self.remit,
            owners: &self.asked,
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
    pub(super) async fn scene<'a>(
        &'a self,
        registration: &'a Registration,
        about: &'a About,
        severity: Severity,
        known: Option<&Alert>,
    ) -> Result<Scene<'a, D>, StoreError> {
        let now = self.clock.now();
        let tenant = &about.tenant;
        let (remit, terms) = self.directory.remit(registration, &about.function, severity, now);
        let earlier = known.and_then(|it| self.directory.terms(tenant, &it.terms));
        let (directory, function) = (&*self.directory, &about.function);
        Ok(Scene {
            asked: Asked { directory, endpoint: registration, function, severity },
            remit: Arc::new(remit),
            people: self.directory.people(tenant),
            terms_then: earlier.unwrap_or_else(|| terms.clone()),
            terms,
            suppressors: self.suppressors(registration, about, severity, known, now).await?,
            rule: self.directory.rules(registration).in_words(&about.check),
            now,
        })
    }

    /// What keeps an alert quiet now.
    async fn suppressors(
        &self,
        registration: &Registration,
        about: &About,
        severity: Severity,
        known: Option<&Alert>,
        now: Timestamp,
    ) -> Result<Vec<Suppression>, StoreError> {
        let unresolved = known.filter(|it| it.is_unresolved());
        let open_since = unresolved.map(|it| it.raised_at);
        // An alert that is not there yet has no name; nothing else has this one.
        let id = known.map_or(AlertId::from_uuid(Uuid::nil()), |it| it.id);
        let child = candidate(id, about, &registration.tags, open_since.unwrap_or(now));
        let rules = self.directory.inhibitions(&about.tenant);
        let mut quiet = self.board.inhibitors(&child, &rules, now);
        let windows = self.windows(&about.tenant).await?;
        let subject = subject(registration);
        let matter = Matter {
            tenant: &about.tenant,
            subject: &subject,
            function: &about.function,
            check: &about.check,
        };
        quiet.extend(window::suppressors(&windows, matter, open_since, now));
        if *about.check == *OFFLINE {
            let lost = self.losses.suppression(&place(registration));
            // Who was called offline before is known to be.
            quiet.extend(lost.filter(|it| open_since.is_none_or(|open| it.since <= open)));
        }
        for issue in self.store.all::<KnownIssue>().await? {
            quiet.extend(known_issue::suppressor(&issue.record, about, severity, now));
        }
        Ok(quiet)
    }

    /// A tenant's windows; there are few.
    async fn windows(&self, tenant: &Tenant) -> Result<Vec<Window>, StoreError> {
        let all = self.store.all::<Window>().await?;
        let of = all.into_iter().filter(|it| it.record.tenant == *tenant);
        Ok(of.map(|it| Window::clone(&it.record)).collect())
    }
}
