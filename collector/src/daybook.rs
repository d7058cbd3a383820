//! Writes down how things stand at the end of every tenant's day.
//!
//! It decides nothing: what a day is, and for how much of it somebody listened,
//! is the domain's [`daybook`].

use std::{sync::Arc, time::Duration};

use remit_collector_domain::{
    daybook::{self, Day},
    detect::Rules,
    endpoint::Endpoint,
};
use remit_shared::{Chain, Clock, Tenant};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    adapters::matrices::Matrices,
    engine::Engine,
    morning::zone,
    ports::{
        directory::Directory as _,
        store::{Commit, Store, StoreError},
    },
};

/// How often it is written: a day's last note is at most so old.
const ROUND: Duration = Duration::from_secs(60);

/// Keeps the books.
#[derive(Debug)]
pub struct Daybook<S, C> {
    /// Has the records and the time.
    pub engine: Arc<Engine<S, Matrices, C>>,
    /// The matrices in force.
    pub matrices: Arc<Matrices>,
}

impl<S: Store, C: Clock> Daybook<S, C> {
    /// Keeps the books until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut round = time::interval(ROUND);
        round.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(round.tick()).await.is_some() {
            for tenant in self.matrices.tenants() {
                if let Err(err) = self.note(&tenant).await {
                    // The next round is the retry.
                    warn!(%tenant, error = %Chain(&err), "failed to note how things stand");
                }
            }
        }
    }

    async fn note(&self, tenant: &Tenant) -> Result<(), StoreError> {
        let Some(in_force) = self.matrices.of(tenant) else { return Ok(()) };
        let (store, now) = (&self.engine.store, self.engine.clock.now());
        let days = store.all::<Day>().await?.into_iter().map(|it| it.record);
        let last = days.filter(|it| it.tenant == *tenant).max_by_key(|it| it.day);
        let endpoints = store.all::<Endpoint>().await?;
        let endpoints: Vec<(Arc<Endpoint>, Arc<Rules>)> = endpoints
            .into_iter()
            .filter(|it| it.record.registration.tenant == *tenant)
            .map(|it| {
                let rules = self.matrices.rules(&it.record.registration);
                (it.record, rules)
            })
            .collect();
        let all = endpoints.iter().map(|(endpoint, rules)| (&**endpoint, &rules.policy));
        let standing = |day| daybook::count(all, day, now);
        for day in daybook::note(tenant, &zone(&in_force.matrix), last.as_deref(), standing, now) {
            let known = store.load::<Day>(&(tenant.clone(), day.day)).await?;
            let revision = known.map_or(0, |it| it.revision);
            store.commit(Commit::new(day, revision, Vec::new())).await?;
        }
        Ok(())
    }
}
