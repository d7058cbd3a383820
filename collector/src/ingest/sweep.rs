//! Looks for silence and for overdue work.
//!
//! Who is silent is judged one by one, and then counted: while very many are
//! silent at once, one alert says so, about the site or about the collector
//! itself, and none of them is called offline. Those who stay away when it is
//! over are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_collector_domain::{
    detect::{
        Rules,
        presence::{self, Grace},
    },
    effect::Effect,
    endpoint::{self, Endpoint, Presence, Registration},
    exploited::Known,
    mass_loss::{self, COLLECTOR_CONNECTIVITY, Census, Pace, Verdict, judge, stand_in, standing},
};
use remit_shared::{Clock, EndpointId, EndpointKind};
use tracing::warn;

use crate::{
    ingest::{Ingest, IngestError},
    losses::{place, told},
    outbox,
    ports::{
        directory::Directory,
        store::{Store, StoreError, Stored},
    },
};

impl<S: Store, D: Directory, C: Clock> Ingest<S, D, C> {
    /// Who was online when the collector stopped, so that its own absence is
    /// not taken for theirs.
    pub async fn grace(&self) -> Result<Grace, StoreError> {
        let before = self
            .store
            .all::<Endpoint>()
            .await?
            .into_iter()
            .filter(|it| matches!(it.record.pulse.presence, Presence::Online | Presence::Late));
        Ok(Grace { before: before.count() as u64, began: self.listening.began() })
    }

    /// Judges who is silent, who is late with backups, and so on. Call it
    /// often; it commits only what changes.
    pub async fn sweep(&self, grace: &Grace) -> Result<(), IngestError> {
        let starting = grace.holds(self.roll.connected() as u64, self.listening.now());
        let pace = Pace { heartbeat: self.roll.heartbeat(), starting };
        let all = self.store.all::<Endpoint>().await?;
        self.count_heads(&all, grace, pace).await?;
        let known = self.directory.exploited();
        for stored in all {
            let endpoint = &stored.record;
            let rules = self.directory.rules(&endpoint.registration);
            let waited = |it: &Endpoint, now| {
                waited(it, self.presence(it, grace, pace), &rules, &known, now)
            };
            if waited(endpoint, self.clock.now()).is_some() {
                self.change(endpoint.id(), waited).await?;
            }
        }
        Ok(())
    }

    /// Looks whether very many are silent at once, and tells. What could not be
    /// told is looked at again by the next sweep as if nobody had.
    async fn count_heads(
        &self,
        all: &[Stored<Endpoint>],
        grace: &Grace,
        pace: Pace,
    ) -> Result<(), IngestError> {
        let now = self.clock.now();
        let mut census = Census::default();
        for Stored { record: it, .. } in all {
            let is_real = it.registration.kind != EndpointKind::Virtual;
            if is_real && let Some(standing) = standing(it, self.judged(it, grace, pace), now) {
                census.count(place(&it.registration), it.id(), standing);
            }
        }
        let (state, verdicts) = judge(&self.losses.now(), &census, pace, now);
        if !verdicts.is_empty() {
            let name = |it: &Stored<Endpoint>| {
                (it.record.id(), it.record.registration.host.hostname.clone())
            };
            let names: BTreeMap<EndpointId, String> = all.iter().map(name).collect();
            for verdict in &verdicts {
                for about in self.about(verdict, all, now) {
                    self.tell(verdict, about, &names).await?;
                }
            }
        }
        self.losses.become_so(state);
        Ok(())
    }

    /// What stands in for what a verdict is about. That the collector hears
    /// enough again is said wherever it was said that it does not.
    fn about(
        &self,
        verdict: &Verdict,
        all: &[Stored<Endpoint>],
        now: Timestamp,
    ) -> Vec<Registration> {
        match verdict {
            Verdict::SiteLost { place, .. } | Verdict::SiteBack { place, .. } => {
                vec![stand_in::site(place, now)]
            }
            Verdict::CollectorCutOff { .. } => {
                let home = self.directory.home();
                home.iter().map(|it| stand_in::collector(it, now)).collect()
            }
            Verdict::CollectorBack { .. } => {
                let told =
                    all.iter().filter(|it| told(&it.record, COLLECTOR_CONNECTIVITY).is_some());
                told.map(|it| Registration::clone(&it.record.registration)).collect()
            }
        }
    }

    async fn tell(
        &self,
        verdict: &Verdict,
        about: Registration,
        names: &BTreeMap<EndpointId, String>,
    ) -> Result<(), IngestError> {
        warn!(summary = verdict.summary(), "many endpoints fell silent, or are back");
        let id = about.id;
        outbox::admit(&*self.store, Endpoint::enrolled(about)).await?;
        let name = |it| names.get(&it).cloned().unwrap_or_default();
        let told = |it: &Endpoint, now| {
            let rules = self.directory.rules(&it.registration);
            let (next, signals) = mass_loss::tell(it, verdict, name, &rules, now);
            (next != *it).then(|| (next, signals.into_iter().map(Effect::Signal).collect()))
        };
        self.change(id, told).await.map(|_| ())
    }

    /// What an endpoint's silence makes of it.
    fn presence(&self, endpoint: &Endpoint, grace: &Grace, pace: Pace) -> Presence {
        let judged = self.judged(endpoint, grace, pace);
        let is_held = || self.losses.holds(&place(&endpoint.registration));
        let before = endpoint.pulse.presence;
        if judged == Presence::Offline && before != Presence::Offline && is_held() {
            return Presence::Late;
        }
        judged
    }

    /// The same if it were the only one.
    fn judged(&self, endpoint: &Endpoint, grace: &Grace, pace: Pace) -> Presence {
        let pulse = &endpoint.pulse;
        let heard = self.roll.last_heard(endpoint.id(), pulse, grace.began);
        let silence = self.listening.now().saturating_sub(heard);
        let judged = presence::judge(pulse.presence, silence, pace.heartbeat);
        let is_too_early = judged == Presence::Offline && pace.starting;
        if is_too_early { pulse.presence } else { judged }
    }
}

/// What waiting has made of an endpoint, if anything.
fn waited(
    endpoint: &Endpoint,
    judged: Presence,
    rules: &Rules,
    known: &Known,
    now: Timestamp,
) -> Option<(Endpoint, Vec<Effect>)> {
    let (mut next, mut signals) = presence::change(endpoint, judged, rules, now);
    if let Some((ticked, owed)) = endpoint::tick(&next, now, rules, known) {
        next = ticked;
        signals.extend(owed);
    }
    (next != *endpoint).then(|| (next, signals.into_iter().map(Effect::Signal).collect()))
}
