//! Tells a time-series database what was measured.
//!
//! Every few seconds it looks at the newest values, which are in memory, packs
//! what was measured since and leaves it in a queue, from which it is sent.
//! Nothing that takes reports waits for any of this, or knows of it.
//!
//! # Invariants
//!
//! - The queue has a bound; when it is full, the oldest goes, and is counted.
//! - Packs are sent one after the other, each until it is taken or refused for
//!   good.
//! - Nothing is kept over a restart: the newest values are told again.

mod queue;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    endpoint::Endpoint,
    outgoing::{Open, Sample, Told, counted, news, open},
};
use remit_shared::{Backoff, Chain, Clock, EndpointId, Tenant};
use tokio::{task, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::queue::Queue;
use crate::{
    ports::{
        recorder::Recorder,
        store::{Store, StoreError},
    },
    telemetry,
};

/// How often alerts are counted.
const COUNTED: SignedDuration = SignedDuration::from_secs(15);
/// The waits between attempts.
const BACKOFF: Backoff =
    Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_secs(30) };

/// Tells one database.
pub struct Outgoing<S, C, R> {
    /// What the log calls it.
    pub name: String,
    /// Where the newest values are.
    pub store: Arc<S>,
    /// What time it is.
    pub clock: Arc<C>,
    /// The database.
    pub recorder: R,
    /// The tenants that it is told of; all if none is named.
    pub tenants: Vec<Tenant>,
    /// How often is looked for what is new.
    pub every: Duration,
    /// How many samples a pack holds.
    pub batch: usize,
    /// How many samples wait at most.
    pub queue: usize,
    /// Spreads attempts.
    pub random: fn() -> u64,
}

/// What was told so far.
#[derive(Default)]
struct Known {
    endpoints: HashMap<EndpointId, Told>,
    open: Open,
    counted_at: Option<Timestamp>,
}

impl<S: Store, C: Clock, R: Recorder> Outgoing<S, C, R> {
    /// Tells until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let queue = Queue::new(self.queue);
        tokio::join!(self.gather(&queue, &stop), self.send(&queue, &stop));
    }

    async fn gather(&self, queue: &Queue<R::Pack>, stop: &CancellationToken) {
        let mut known = Known::default();
        let mut beat = time::interval(self.every);
        beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(beat.tick()).await.is_some() {
            if let Err(err) = self.look(&mut known, queue).await {
                // The next beat is the retry.
                warn!(to = self.name, error = %Chain(&err), "failed to look for what is new");
            }
        }
    }

    async fn look(&self, known: &mut Known, queue: &Queue<R::Pack>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let is_meant = |it: &Tenant| self.tenants.is_empty() || self.tenants.contains(it);
        let mut samples: Vec<Sample> = Vec::new();
        for stored in self.store.all::<Endpoint>().await? {
            let endpoint = &stored.record;
            if is_meant(&endpoint.registration.tenant) {
                let told = known.endpoints.entry(endpoint.id()).or_default();
                let (next, new) = news(endpoint, told, now);
                *told = next;
                samples.extend(new);
                self.leave(&mut samples, self.batch, queue).await;
            }
        }
        if known.counted_at.is_none_or(|it| COUNTED <= now.duration_since(it).abs()) {
            let alerts = self.store.all::<Alert>().await?;
            let of_them = alerts.iter().map(|it| &*it.record);
            known.open = open(of_them.filter(|it| is_meant(&it.about.tenant)), &known.open);
            known.counted_at = Some(now);
            samples.extend(counted(&known.open, now));
        }
        self.leave(&mut samples, 1, queue).await;
        Ok(())
    }

    /// Leaves packs in the queue, as long as there are so many samples.
    async fn leave(&self, samples: &mut Vec<Sample>, least: usize, queue: &Queue<R::Pack>) {
        while samples.len() >= least {
            let rest = samples.split_off(samples.len().min(self.batch));
            let pack = self.recorder.pack(samples);
            let dropped = queue.push(pack, samples.len());
            telemetry::samples(&self.name, "dropped", dropped);
            telemetry::samples_waiting(&self.name, queue.waiting());
            *samples = rest;
            // Whoever takes reports goes first.
            task::yield_now().await;
        }
    }

    async fn send(&self, queue: &Queue<R::Pack>, stop: &CancellationToken) {
        let mut is_refused = false;
        while let Some((pack, count)) = stop.run_until_cancelled(queue.pop()).await {
            telemetry::samples_waiting(&self.name, queue.waiting());
            let Some(refused) = stop.run_until_cancelled(self.send_one(&pack)).await else {
                return;
            };
            match refused {
                None => {
                    telemetry::samples(&self.name, "sent", count);
                    is_refused = false;
                }
                Some(why) => {
                    telemetry::samples(&self.name, "refused", count);
                    // Once, until something is taken again.
                    if !std::mem::replace(&mut is_refused, true) {
                        warn!(
                            to = self.name,
                            error = why,
                            "samples are refused, and not sent again"
                        );
                    }
                }
            }
        }
    }

    /// Sends a pack until it is taken, or refused for good: then says why.
    async fn send_one(&self, pack: &R::Pack) -> Option<String> {
        let mut failures = 0;
        loop {
            let Err(err) = self.recorder.record(pack).await else {
                if failures > 0 {
                    info!(to = self.name, failures, "samples are taken again");
                }
                return None;
            };
            if err.is_final() {
                return Some(Chain(&err).to_string());
            }
            failures += 1;
            if failures == 1 {
                warn!(to = self.name, error = %Chain(&err), "samples wait: they are not taken");
            }
            let wait = BACKOFF.wait(failures, (self.random)());
            let wait = wait.max(err.retry_after().unwrap_or_default());
            time::sleep(wait.unsigned_abs()).await;
        }
    }
}
