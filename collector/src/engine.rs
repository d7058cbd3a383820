//! Drives the alert core: feeds it signals, people's wishes and time, and
//! commits what it answers.
//!
//! It decides nothing: a branch that depends on what an alert means belongs in
//! the domain crate.

mod backlog;
mod board;
mod explain;
mod letters;
mod observe;
mod quiet;
mod scene;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use remit_collector_domain::{
    alert::{
        self, Alert, Delivery, Event, NoticeId, Received, Step, command::Refusal, must_be_watched,
    },
    authority,
    effect::{EffectKey, RecordKey},
    endpoint::{Endpoint, Registration},
    letter::Matter,
    signal::{Origin, Say, Signal, Speaker},
};
use remit_shared::{AlertId, Chain, Clock, EndpointId, Severity, Tenant};
use tokio::{sync::Notify, time};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use crate::engine::board::Board;
use crate::{
    losses::Losses,
    ports::{
        directory::Directory,
        store::{Commit, Store, StoreError, Stored},
    },
};

/// How often overdue alerts are looked for; so much can an escalation be late.
const SWEEP: Duration = Duration::from_secs(1);

/// How many overdue alerts are taken at once.
const BATCH: usize = 500;

/// The alert engine.
#[derive(Debug)]
pub struct Engine<S, D, C> {
    /// Where alerts are kept.
    pub store: Arc<S>,
    /// Who is responsible.
    pub directory: Arc<D>,
    /// What time it is.
    pub clock: Arc<C>,
    /// Rung when a commit owes something.
    pub owed: Arc<Notify>,
    /// The alerts that say already what others would.
    pub board: Board,
    /// What fell silent at once.
    pub losses: Arc<Losses>,
}

/// Whether what was owed is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debt {
    /// By the commit that performed it.
    Settled,
    /// Not yet: there was nothing to commit.
    Stands,
}

/// The effect that a signal came by.
fn debt(origin: Origin) -> EffectKey {
    let record = match origin.from {
        Speaker::Endpoint(id) => RecordKey::Endpoint(id),
        Speaker::Source(id) => RecordKey::Source(id),
    };
    EffectKey { record, revision: origin.revision, position: origin.position }
}

/// Why a wish did not come true.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such alert.
    #[error("there is no alert {0}")]
    NoSuchAlert(AlertId),
    /// The alert does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Whoever asks may not.
    #[error(transparent)]
    Forbidden(#[from] authority::Refusal),
    /// The store did not do as told.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store, D: Directory, C: Clock> Engine<S, D, C> {
    /// Takes a signal to its alert. Once this returns `Ok`, the signal cannot
    /// be lost, and taking it again changes nothing.
    pub async fn signal(&self, origin: Origin, signal: &Signal) -> Result<Debt, StoreError> {
        let Some(subject) = signal.subject.or(origin.from.itself()) else {
            warn!(from = ?origin.from, check = &*signal.check, "a signal about nothing");
            return Ok(Debt::Stands);
        };
        let Some(endpoint) = self.store.load::<Endpoint>(&subject).await? else {
            warn!(endpoint = %subject, "a signal about an endpoint that is not there");
            return Ok(Debt::Stands);
        };
        let registration = &endpoint.record.registration;
        if registration.revoked.is_some() && signal.is_raised() {
            // Somebody else may still speak of a machine that has left.
            return Ok(Debt::Stands);
        }
        let about = alert::About {
            tenant: registration.tenant.clone(),
            site: registration.site.clone(),
            endpoint: registration.id,
            hostname: registration.host.hostname.clone(),
            check: Arc::clone(&signal.check),
            instance: Arc::clone(&signal.instance),
            function: signal.function.clone(),
        };
        let signal = &*self.explained(signal, &endpoint.record);
        loop {
            let newest = self.store.newest_alert(subject, &signal.check, &signal.instance).await?;
            let known = newest.as_ref().map(|it| &*it.record);
            let severity = match &signal.say {
                Say::Raised { severity, .. } => *severity,
                Say::Cleared => known.map_or(Severity::Info, |it| it.severity),
            };
            let scene = self.scene(registration, &about, severity, known).await?;
            let (step, expected) =
                match alert::receive(known, about.clone(), signal, origin, &scene.context()) {
                    Received::Nothing => return Ok(Debt::Stands),
                    Received::Opened(step) => (step, 0),
                    Received::Changed(step) => (step, newest.map_or(0, |it| it.revision)),
                };
            let debt = vec![debt(origin)];
            match self.commit(*step, expected, registration, debt).await {
                // Somebody else got in first, so somebody makes progress.
                Err(StoreError::Conflict { .. }) => continue,
                done => return done.map(|_| Debt::Settled),
            }
        }
    }

    /// Does what a person wishes, if `decide` turns the wish into an event.
    pub async fn command(
        &self,
        id: AlertId,
        decide: impl Fn(&Alert, jiff::Timestamp) -> Result<Event, CommandError> + Send + Sync,
    ) -> Result<Arc<Alert>, CommandError> {
        loop {
            let stored = self.store.load::<Alert>(&id).await?;
            let stored = stored.ok_or(CommandError::NoSuchAlert(id))?;
            let event = decide(&stored.record, self.clock.now())?;
            match self.apply(&stored, event, Vec::new()).await {
                Err(StoreError::Conflict { .. }) => continue,
                done => return Ok(done?.0),
            }
        }
    }

    /// Notes how far a message got. If that was all the way, `debts` are
    /// settled with it.
    pub async fn delivered(
        &self,
        NoticeId { alert, number }: NoticeId,
        delivery: &Delivery,
        debts: &[EffectKey],
    ) -> Result<Debt, StoreError> {
        let debts = if delivery.is_final() { debts } else { &[] };
        loop {
            let Some(stored) = self.store.load::<Alert>(&alert).await? else {
                return Ok(Debt::Stands);
            };
            let alert = &stored.record;
            let Some(endpoint) = self.store.load::<Endpoint>(&alert.about.endpoint).await? else {
                warn!(alert = %alert.id, "an alert about an endpoint that is not there");
                return Ok(Debt::Stands);
            };
            let step = alert::delivered(alert, number, delivery.clone(), self.clock.now());
            match self.advance(&stored, step, &endpoint.record.registration, debts.to_vec()).await {
                Err(StoreError::Conflict { .. }) => continue,
                done => return done.map(|it| it.1),
            }
        }
    }

    /// Lets time pass for one alert.
    pub async fn tick(&self, id: AlertId) -> Result<(), StoreError> {
        loop {
            let Some(stored) = self.store.load::<Alert>(&id).await? else { return Ok(()) };
            match self.apply(&stored, Event::Tick, Vec::new()).await {
                Err(StoreError::Conflict { .. }) => continue,
                done => return done.map(|_| ()),
            }
        }
    }

    /// Lets the alerts of endpoints that have left look around: they are over.
    /// If that is cut short, the next start does it.
    pub async fn left(&self, endpoints: &BTreeSet<EndpointId>) -> Result<(), StoreError> {
        self.tick_those(|it| endpoints.contains(&it.about.endpoint) && it.is_unresolved()).await
    }

    /// Learns which alerts say already what others would. Call it once, before
    /// anything else.
    pub async fn recall(&self) -> Result<(), StoreError> {
        for stored in self.store.all::<Alert>().await? {
            let about = &stored.record.about;
            let Some(endpoint) = self.store.load::<Endpoint>(&about.endpoint).await? else {
                continue;
            };
            let rules = self.directory.inhibitions(&about.tenant);
            self.board.note(&stored.record, &endpoint.record.registration.tags, &rules);
        }
        Ok(())
    }

    /// Lets every unresolved alert of a tenant look at the matrix again.
    pub async fn reconsider(&self, tenant: &Tenant) -> Result<(), StoreError> {
        self.tick_those(|it| it.about.tenant == *tenant && it.is_unresolved()).await
    }

    /// Lets every alert look again at what keeps it quiet: that may have ended
    /// without a word.
    pub async fn watch(&self) -> Result<(), StoreError> {
        self.tick_those(must_be_watched).await
    }

    /// Ticks overdue alerts until told to stop. Meanwhile it looks once at all
    /// that are not over: the rules of time zones may be others than they were
    /// when the collector stopped, or a matrix be in force that no alert has
    /// looked at yet, and no deadline knows of that.
    pub async fn run(&self, stop: CancellationToken) {
        let sweeps = async {
            let mut sweep = time::interval(SWEEP);
            sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                sweep.tick().await;
                if let Err(err) = self.tick_overdue().await {
                    // The next sweep is the retry.
                    warn!(error = %Chain(&err), "failed to tick overdue alerts");
                }
            }
        };
        let look = async {
            if let Err(err) = self.tick_those(Alert::is_unresolved).await {
                warn!(error = %Chain(&err), "failed to look at all alerts again");
            }
        };
        stop.run_until_cancelled(async { tokio::join!(look, sweeps) }).await;
    }

    async fn tick_those(&self, which: impl Fn(&Alert) -> bool) -> Result<(), StoreError> {
        for stored in self.store.all::<Alert>().await? {
            if which(&stored.record) {
                self.tick(stored.record.id).await?;
            }
        }
        Ok(())
    }

    async fn tick_overdue(&self) -> Result<(), StoreError> {
        for id in self.store.due(self.clock.now(), BATCH).await? {
            self.tick(id).await?;
        }
        Ok(())
    }

    async fn apply(
        &self,
        stored: &Stored<Alert>,
        event: Event,
        debts: Vec<EffectKey>,
    ) -> Result<(Arc<Alert>, Debt), StoreError> {
        let alert = &stored.record;
        let endpoint = self.store.load::<Endpoint>(&alert.about.endpoint).await?;
        let Some(endpoint) = endpoint else {
            warn!(alert = %alert.id, "an alert about an endpoint that is not there");
            return Ok((Arc::clone(alert), Debt::Stands));
        };
        let registration = &endpoint.record.registration;
        let is_time = matches!(event, Event::Tick);
        let event = if is_time { alert::passing(registration) } else { event };
        let scene = self.scene(registration, &alert.about, alert.severity, Some(alert)).await?;
        let step = alert::step(alert, event, &scene.context());
        self.advance(stored, step, registration, debts).await
    }

    /// Commits a step, unless it leads nowhere.
    async fn advance(
        &self,
        stored: &Stored<Alert>,
        step: Step,
        registration: &Registration,
        debts: Vec<EffectKey>,
    ) -> Result<(Arc<Alert>, Debt), StoreError> {
        let alert = &stored.record;
        if step.alert == **alert && step.effects.is_empty() {
            return Ok((Arc::clone(alert), Debt::Stands));
        }
        let settled = if debts.is_empty() { Debt::Stands } else { Debt::Settled };
        let alert = self.commit(step, stored.revision, registration, debts).await?;
        Ok((alert, settled))
    }

    async fn commit(
        &self,
        step: Step,
        expected: u64,
        about: &Registration,
        settles: Vec<EffectKey>,
    ) -> Result<Arc<Alert>, StoreError> {
        let letters = self.letters(&step.letters, Matter::Unreached(step.alert.id)).await?;
        let effects: Vec<_> = step.effects.into_iter().chain(letters).collect();
        let owes = !effects.is_empty();
        let alert = Arc::new(step.alert);
        let commit = Commit::of(Arc::clone(&alert), expected, effects).settling(settles);
        self.store.commit(commit).await?;
        let rules = self.directory.inhibitions(&alert.about.tenant);
        self.board.note(&alert, &about.tags, &rules);
        if owes {
            self.owed.notify_one();
        }
        Ok(alert)
    }
}
