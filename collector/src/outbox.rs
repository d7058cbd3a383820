//! Performs what committed records owe.
//!
//! Everything here may happen twice and must not happen never: an effect is
//! settled only after it was performed, and whoever it reaches can tell a
//! repeat. Signals go to the engine, news and audit entries to their logs,
//! messages to [`Post`], which takes its time without holding up the rest.

mod post;
#[cfg(test)]
mod tests;
mod tray;

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use remit_collector_domain::{
    effect::{Effect, EffectKey, RecordKey},
    endpoint::Endpoint,
    signal::{Origin, Signal, Speaker},
};
use remit_shared::{Chain, Clock};
use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use crate::outbox::post::{Mail, Post};
use crate::{
    engine::Engine,
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

/// So many effects are looked at together.
const PAGE: usize = 1_000;

/// So many records are worked on at once.
const AT_ONCE: usize = 64;

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
            loop {
                if let Err(err) = self.round().await {
                    warn!(error = %Chain(&err), "failed to perform what is owed");
                }
                let rung = time::timeout(ROUND, owed.notified());
                if stop.run_until_cancelled(rung).await.is_none() {
                    return;
                }
            }
        };
        tokio::join!(post, rounds);
    }

    /// Performs everything that is owed now, and hands over the messages.
    pub async fn round(&self) -> Result<(), StoreError> {
        let mut skip = 0;
        let mut stuck = HashSet::new();
        loop {
            let page = self.engine.store.owed(skip, PAGE).await?;
            let count = page.len();
            let done = self.perform(page, &mut stuck).await?;
            // What is left of the page are messages on their way, and what
            // failed: the next round is its retry.
            skip += count - done;
            if count < PAGE {
                telemetry::owed(skip);
                return Ok(());
            }
        }
    }

    /// Gives how many of the effects are settled. Those of records in `stuck`
    /// must wait for an earlier one that failed.
    async fn perform(
        &self,
        page: Vec<Owed>,
        stuck: &mut HashSet<RecordKey>,
    ) -> Result<usize, StoreError> {
        let mut news = Vec::new();
        let mut work: Vec<(RecordKey, Vec<Owed>)> = Vec::new();
        for owed in page {
            match owed.effect {
                Effect::Notify(notice) => {
                    self.post.hand_over(owed.key, Mail::Notice(notice));
                }
                Effect::Tell(letter) => {
                    self.post.hand_over(owed.key, Mail::Letter(letter));
                }
                Effect::Publish(_) | Effect::Audit(_) => news.push(owed.key),
                Effect::Signal(_) | Effect::Admit(_) | Effect::CaughtUp(_)
                    if stuck.contains(&owed.key.record) => {}
                Effect::Signal(_) | Effect::Admit(_) | Effect::CaughtUp(_) => {
                    match work.iter_mut().find(|it| it.0 == owed.key.record) {
                        Some((_, of_record)) => of_record.push(owed),
                        None => work.push((owed.key.record.clone(), vec![owed])),
                    }
                }
            }
        }
        let told = news.len();
        if !news.is_empty() {
            self.engine.store.publish(news).await?;
            self.news.send_replace(self.engine.store.feed_end().await?);
        }
        let mut done = HashSet::new();
        let mut under_way = FuturesUnordered::new();
        for (_, of_record) in work {
            if under_way.len() >= AT_ONCE
                && let Some((keys, failed)) = under_way.next().await
            {
                done.extend(keys);
                stuck.extend(failed);
            }
            under_way.push(self.in_order(of_record));
        }
        while let Some((keys, failed)) = under_way.next().await {
            done.extend(keys);
            stuck.extend(failed);
        }
        let settled = told + done.len();
        if !done.is_empty() {
            self.engine.store.settle(done.into_iter().collect()).await?;
        }
        Ok(settled)
    }

    /// Performs one record's effects in their order, up to the first that
    /// fails. Gives those that are done, and the record if one failed.
    async fn in_order(&self, effects: Vec<Owed>) -> (Vec<EffectKey>, Option<RecordKey>) {
        let mut done = Vec::new();
        for Owed { key, effect } in effects {
            if let Err(err) = self.one(&key, effect).await {
                warn!(record = %key.record, error = %Chain(&err), "failed to perform an effect");
                return (done, Some(key.record));
            }
            done.push(key);
        }
        (done, None)
    }

    async fn one(&self, key: &EffectKey, effect: Effect) -> Result<(), StoreError> {
        match (effect, &key.record) {
            (Effect::Signal(signal), RecordKey::Endpoint(id)) => {
                self.signal(Speaker::Endpoint(*id), key, &signal).await
            }
            (Effect::Signal(signal), RecordKey::Source(id)) => {
                self.signal(Speaker::Source(*id), key, &signal).await
            }
            (Effect::CaughtUp(backlog), RecordKey::Endpoint(id)) => {
                self.engine.caught_up(*id, backlog).await
            }
            (Effect::Admit(registration), _) => {
                admit(&*self.engine.store, Endpoint::enrolled(*registration)).await
            }
            (effect, record) => {
                warn!(%record, ?effect, "an effect that this record cannot owe");
                Ok(())
            }
        }
    }

    async fn signal(
        &self,
        from: Speaker,
        key: &EffectKey,
        signal: &Signal,
    ) -> Result<(), StoreError> {
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
