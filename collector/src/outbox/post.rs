//! Delivers messages, each as often as it takes.
//!
//! One message at a time per alert and channel, so that "resolved" never
//! overtakes "opened"; different channels and alerts do not wait for each
//! other, and a channel that hangs holds up only itself.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::{Alert, Delivery, NoticeId},
    effect::EffectKey,
    notice,
};
use remit_shared::{AlertId, Backoff, Chain, Clock};
use tokio::{
    sync::{Notify, Semaphore},
    time,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    engine::Engine,
    ports::{
        directory::Directory,
        notifier::{Answer, Notifier},
        store::{Store, StoreError},
    },
    telemetry,
};

/// A message that could not be delivered for so long is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// Attempts under way on one channel.
const PER_CHANNEL: usize = 8;

const BACKOFF: Backoff =
    Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_mins(5) };

/// Nobody is left alone for longer, whatever they ask.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// What is left to do after an attempt.
enum Next {
    /// Nothing.
    Settle,
    /// Another, and not before this long.
    Again(SignedDuration),
}

/// The mail room.
pub struct Post<S, D, C, N> {
    engine: Arc<Engine<S, D, C>>,
    notifier: Arc<N>,
    random: fn() -> u64,
    desk: Mutex<Desk>,
    arrived: Notify,
}

/// Messages that were handed over and are not settled.
#[derive(Default)]
struct Desk {
    known: HashSet<EffectKey>,
    waiting: VecDeque<(EffectKey, NoticeId)>,
}

impl<S: Store, D: Directory, C: Clock, N: Notifier> Post<S, D, C, N> {
    /// A mail room that delivers through `notifier`.
    pub fn new(engine: Arc<Engine<S, D, C>>, notifier: Arc<N>, random: fn() -> u64) -> Self {
        Self { engine, notifier, random, desk: Mutex::default(), arrived: Notify::new() }
    }

    /// Takes a message. One that is here already is not taken twice.
    pub fn hand_over(&self, key: EffectKey, notice: NoticeId) {
        let mut desk = self.desk();
        if desk.known.insert(key.clone()) {
            desk.waiting.push_back((key, notice));
            self.arrived.notify_one();
        }
    }

    /// Delivers until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut lines: HashMap<(AlertId, String), VecDeque<(EffectKey, NoticeId)>> = HashMap::new();
        let mut channels: HashMap<String, Arc<Semaphore>> = HashMap::new();
        let mut under_way = FuturesUnordered::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.arrived.notified() => {
                    let news: Vec<_> = self.desk().waiting.drain(..).collect();
                    for (key, notice) in news {
                        let channel = self.channel_of(notice).await.unwrap_or_default();
                        let line = lines.entry((notice.alert, channel.clone())).or_default();
                        line.push_back((key.clone(), notice));
                        if line.len() == 1 {
                            let gate = channels
                                .entry(channel.clone())
                                .or_insert_with(|| Arc::new(Semaphore::new(PER_CHANNEL)));
                            under_way.push(self.carry(key, notice, channel, Arc::clone(gate)));
                        }
                    }
                }
                Some((line_key, channel)) = under_way.next(), if !under_way.is_empty() => {
                    let key = (line_key, channel);
                    let Some(line) = lines.get_mut(&key) else { continue };
                    line.pop_front();
                    match line.front().cloned() {
                        None => {
                            lines.remove(&key);
                        }
                        Some((effect, notice)) => {
                            let gate = channels.entry(key.1.clone()).or_insert_with(|| {
                                Arc::new(Semaphore::new(PER_CHANNEL))
                            });
                            under_way.push(self.carry(effect, notice, key.1, Arc::clone(gate)));
                        }
                    }
                }
            }
        }
    }

    async fn channel_of(&self, id: NoticeId) -> Option<String> {
        let alert = self.engine.store.load::<Alert>(&id.alert).await.ok().flatten()?;
        Some(alert.record.notice(id.number)?.channel.clone())
    }

    /// Carries one message until it is delivered or given up, and settles it.
    async fn carry(
        &self,
        key: EffectKey,
        id: NoticeId,
        channel: String,
        gate: Arc<Semaphore>,
    ) -> (AlertId, String) {
        let mut failures = 0;
        loop {
            let asked = match self.attempt(id, &channel, &gate, failures + 1).await {
                Ok(Next::Settle) => break,
                Ok(Next::Again(asked)) => asked,
                Err(err) => {
                    warn!(notice = %id, error = %Chain(&err), "failed to note a delivery");
                    SignedDuration::ZERO
                }
            };
            failures += 1;
            let wait = BACKOFF.wait(failures, (self.random)()).max(asked);
            time::sleep(wait.unsigned_abs()).await;
        }
        if let Err(err) = self.engine.store.settle(vec![key.clone()]).await {
            warn!(notice = %id, error = %Chain(&err), "failed to settle a delivered message");
        }
        self.desk().known.remove(&key);
        (id.alert, channel)
    }

    /// One attempt.
    async fn attempt(
        &self,
        id: NoticeId,
        channel: &str,
        gate: &Semaphore,
        attempts: u32,
    ) -> Result<Next, StoreError> {
        let Some(stored) = self.engine.store.load::<Alert>(&id.alert).await? else {
            return Ok(Next::Settle);
        };
        let Some(notice) = stored.record.notice(id.number) else { return Ok(Next::Settle) };
        if let Delivery::Delivered { .. } | Delivery::Failed { .. } = notice.delivery {
            return Ok(Next::Settle);
        }
        let message = notice::word(&stored.record, notice);
        let made_at = notice.made_at;
        let sent = {
            let _turn = gate.acquire().await.expect("the gate is never closed");
            self.notifier.send(channel, &message).await
        };
        let at = self.engine.clock.now();
        let mut next = Next::Settle;
        let delivery = match sent {
            Ok(Answer(said)) => {
                info!(notice = %id, channel, attempts, said, "delivered");
                telemetry::message("delivered");
                Delivery::Delivered { at, attempts }
            }
            Err(err) => {
                let error = Chain(&err).to_string();
                warn!(notice = %id, channel, attempts, error, "not delivered");
                let given_up = err.is_final() || overdue(made_at, at);
                telemetry::message(if given_up { "given_up" } else { "failed" });
                if given_up {
                    Delivery::Failed { at, attempts, error }
                } else {
                    let asked = err.retry_after().unwrap_or_default();
                    next = Next::Again(asked.clamp(SignedDuration::ZERO, LONGEST_WAIT));
                    Delivery::Failing { at, attempts, error }
                }
            }
        };
        self.engine.delivered(id.alert, id.number, &delivery).await?;
        Ok(next)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn overdue(made_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(made_at) > PATIENCE
}
