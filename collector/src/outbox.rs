//! Performs what committed records owe.
//!
//! Everything here may happen twice and must not happen never: an effect is
//! settled only after it was performed, or with it, and whoever it reaches can
//! tell a repeat. Signals go to the engine, each alert's in their order;
//! messages to [`Post`], which takes its time without holding up the rest.

mod lanes;
mod post;
#[cfg(test)]
mod tests;
mod tray;

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use remit_collector_domain::{
    effect::{Effect, EffectKey, RecordKey},
    endpoint::Endpoint,
    signal::{Origin, Signal, Speaker},
};
use remit_shared::{Chain, Clock};
use tokio::{
    sync::watch,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use crate::outbox::post::{Mail, Post};
use crate::{
    engine::{Debt, Engine},
    outbox::lanes::Lanes,
    ports::{
        directory::Directory,
        notifier::Notifier,
        store::{Commit, Owed, Store, StoreError},
    },
    telemetry,
};

/// Effects are looked for this often even if nobody rings: after a failure the
/// next round is the retry.
const ROUND: Duration = Duration::from_secs(1);

/// How often all that is owed is gone through again, and not just what is new:
/// what could not be handed over is found then.
const AGAIN: Duration = Duration::from_secs(10);

/// So many effects are looked at together.
const PAGE: usize = 1_000;

/// So much is worked on at once.
const AT_ONCE: usize = 200;

/// Performs effects.
pub struct Outbox<S, D, C, N> {
    /// Takes signals.
    pub engine: Arc<Engine<S, D, C>>,
    /// Takes messages.
    pub post: Post<S, D, C, N>,
    /// Tells watchers that the feed has grown, and to where.
    pub news: watch::Sender<u64>,
}

impl<S: Store, D: Directory, C: Clock, N: Notifier> Outbox<S, D, C, N> {
    /// Performs effects until told to stop. What is under way then is done
    /// again after the next start.
    pub async fn run(self, stop: CancellationToken) {
        let post = self.post.run(stop.clone());
        let rounds = async {
            let owed = Arc::clone(&self.engine.owed);
            let (mut reached, mut began) = (0, Instant::now());
            loop {
                if began.elapsed() >= AGAIN {
                    (reached, began) = (0, Instant::now());
                }
                match self.round(reached).await {
                    Ok(further) => reached = further,
                    Err(err) => {
                        warn!(error = %Chain(&err), "failed to perform what is owed");
                    }
                }
                let rung = time::timeout(ROUND, owed.notified());
                if stop.run_until_cancelled(rung).await.is_none() {
                    return;
                }
            }
        };
        tokio::join!(post, rounds);
    }

    /// Performs everything that is owed now behind a place, and hands over the
    /// messages. Gives the place up to which nothing is left to do.
    pub async fn round(&self, after: u64) -> Result<u64, StoreError> {
        let (mut reached, mut failed) = (after, None);
        let mut stuck = HashSet::new();
        self.news.send_if_modified({
            let end = self.engine.store.feed_end().await?;
            move |it| std::mem::replace(it, end) != end
        });
        loop {
            let page = self.engine.store.owed(reached, PAGE).await?;
            let (count, first) = (page.len(), page.first().map(|it| it.0));
            reached = page.last().map_or(reached, |it| it.0);
            self.perform(page, &mut stuck).await?;
            if !stuck.is_empty() {
                failed = failed.or(first);
            }
            if count < PAGE {
                telemetry::owed(self.post.waiting() + stuck.len());
                // From the page on where something failed, next time.
                return Ok(failed.map_or(reached, |it| it - 1));
            }
        }
    }

    /// Those of records in `stuck` must wait for an earlier one that failed.
    async fn perform(
        &self,
        page: Vec<(u64, Owed)>,
        stuck: &mut HashSet<RecordKey>,
    ) -> Result<(), StoreError> {
        let mut lanes = Lanes::default();
        for (_, owed) in page {
            match owed.effect {
                Effect::Notify(notice) => {
                    self.post.hand_over(owed.key, Mail::Notice(notice));
                }
                Effect::Tell(letter) => {
                    self.post.hand_over(owed.key, Mail::Letter(letter));
                }
                Effect::Signal(_) | Effect::Admit(_) | Effect::CaughtUp(_) => {
                    if !stuck.contains(&owed.key.record) {
                        lanes.add(owed);
                    }
                }
                // The store puts them where they belong.
                Effect::Publish(_) | Effect::Audit(_) => {}
            }
        }
        let mut lanes =
            stream::iter(lanes.into_iter().map(|it| self.in_order(it))).buffer_unordered(AT_ONCE);
        let mut done = Vec::new();
        while let Some((keys, failed)) = lanes.next().await {
            done.extend(keys);
            stuck.extend(failed);
        }
        drop(lanes);
        if !done.is_empty() {
            self.engine.store.settle(done).await?;
        }
        Ok(())
    }

    /// Performs one lane's effects in their order, up to the first that fails.
    /// Gives those that are done and not settled, and the record if one failed.
    async fn in_order(&self, lane: Vec<Owed>) -> (Vec<EffectKey>, Option<RecordKey>) {
        let mut done = Vec::new();
        for Owed { key, effect } in lane {
            match self.one(&key, effect).await {
                Ok(Debt::Settled) => {}
                Ok(Debt::Stands) => done.push(key),
                Err(err) => {
                    let error = Chain(&err).to_string();
                    warn!(record = %key.record, error, "failed to perform an effect");
                    return (done, Some(key.record));
                }
            }
        }
        (done, None)
    }

    async fn one(&self, key: &EffectKey, effect: Effect) -> Result<Debt, StoreError> {
        match (effect, &key.record) {
            (Effect::Signal(signal), RecordKey::Endpoint(id)) => {
                return self.signal(Speaker::Endpoint(*id), key, &signal).await;
            }
            (Effect::Signal(signal), RecordKey::Source(id)) => {
                return self.signal(Speaker::Source(*id), key, &signal).await;
            }
            (Effect::CaughtUp(backlog), RecordKey::Endpoint(id)) => {
                self.engine.caught_up(*id, backlog).await?;
            }
            (Effect::Admit(registration), _) => {
                admit(&*self.engine.store, Endpoint::enrolled(*registration)).await?;
            }
            (effect, record) => {
                warn!(%record, ?effect, "an effect that this record cannot owe");
            }
        }
        Ok(Debt::Stands)
    }

    async fn signal(
        &self,
        from: Speaker,
        key: &EffectKey,
        signal: &Signal,
    ) -> Result<Debt, StoreError> {
        let origin = Origin { from, revision: key.revision, position: key.position };
        self.engine.signal(origin, signal).await
    }
}

/// Lets an endpoint in, unless it is in already.
pub async fn admit<S: Store>(store: &S, endpoint: Endpoint) -> Result<(), StoreError> {
    match store.commit(Commit::new(endpoint, 0, Vec::new())).await {
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(err) => Err(err),
    }
}
