//! Delivers messages, each as often as it takes.
//!
//! One message at a time per matter and channel, so that "resolved" never
//! overtakes "opened"; different channels and matters do not wait for each
//! other, and a channel that hangs holds up only itself.

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::{Alert, Delivery, NoticeId},
    effect::EffectKey,
    letter::Letter,
    notice::{self, Message},
};
use remit_shared::{Backoff, Chain, Clock};
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

/// What is to be told.
#[derive(Clone, Debug)]
pub enum Mail {
    /// An alert's message, worded when it is sent.
    Notice(NoticeId),
    /// A letter.
    Letter(Box<Letter>),
}

/// Mail, and where it goes.
struct Parcel {
    key: EffectKey,
    mail: Mail,
    channel: String,
}

/// What must keep its order: one matter on one channel.
type Line = (String, String);

/// The mail room.
pub struct Post<S, D, C, N> {
    engine: Arc<Engine<S, D, C>>,
    notifier: Arc<N>,
    random: fn() -> u64,
    desk: Mutex<Desk>,
    arrived: Notify,
}

/// Mail that was handed over and is not settled.
#[derive(Default)]
struct Desk {
    known: HashSet<EffectKey>,
    waiting: VecDeque<(EffectKey, Mail)>,
}

impl<S: Store, D: Directory, C: Clock, N: Notifier> Post<S, D, C, N> {
    /// A mail room that delivers through `notifier`.
    pub fn new(engine: Arc<Engine<S, D, C>>, notifier: Arc<N>, random: fn() -> u64) -> Self {
        Self { engine, notifier, random, desk: Mutex::default(), arrived: Notify::new() }
    }

    /// Takes mail. What is here already is not taken twice.
    pub fn hand_over(&self, key: EffectKey, mail: Mail) {
        let mut desk = self.desk();
        if desk.known.insert(key.clone()) {
            desk.waiting.push_back((key, mail));
            self.arrived.notify_one();
        }
    }

    /// Delivers until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut lines: HashMap<Line, VecDeque<Parcel>> = HashMap::new();
        let mut gates: HashMap<String, Arc<Semaphore>> = HashMap::new();
        let mut under_way = FuturesUnordered::new();
        let mut carry = |parcel: Parcel| {
            let gate = gates.entry(parcel.channel.clone());
            let gate = gate.or_insert_with(|| Arc::new(Semaphore::new(PER_CHANNEL)));
            self.carry(parcel, Arc::clone(gate))
        };
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.arrived.notified() => {
                    let news: Vec<_> = self.desk().waiting.drain(..).collect();
                    for (key, mail) in news {
                        let channel = self.channel_of(&mail).await.unwrap_or_default();
                        let parcel = Parcel { key, mail, channel };
                        match lines.entry(parcel.line()) {
                            Entry::Occupied(mut line) => line.get_mut().push_back(parcel),
                            Entry::Vacant(line) => {
                                line.insert(VecDeque::new());
                                under_way.push(carry(parcel));
                            }
                        }
                    }
                }
                Some(line) = under_way.next(), if !under_way.is_empty() => {
                    match lines.get_mut(&line).and_then(VecDeque::pop_front) {
                        Some(parcel) => under_way.push(carry(parcel)),
                        None => drop(lines.remove(&line)),
                    }
                }
            }
        }
    }

    async fn channel_of(&self, mail: &Mail) -> Option<String> {
        match mail {
            Mail::Notice(id) => {
                let alert = self.engine.store.load::<Alert>(&id.alert).await.ok().flatten()?;
                Some(alert.record.notice(id.number)?.channel.clone())
            }
            Mail::Letter(letter) => Some(letter.channel.clone()),
        }
    }

    /// Carries a parcel until it is delivered or given up, and settles it.
    async fn carry(&self, parcel: Parcel, gate: Arc<Semaphore>) -> Line {
        let record = &parcel.key.record;
        let mut failures = 0;
        loop {
            let asked = match self.attempt(&parcel, &gate, failures + 1).await {
                Ok(Next::Settle) => break,
                Ok(Next::Again(asked)) => asked,
                Err(err) => {
                    warn!(%record, error = %Chain(&err), "failed to note a delivery");
                    SignedDuration::ZERO
                }
            };
            failures += 1;
            let wait = BACKOFF.wait(failures, (self.random)()).max(asked);
            time::sleep(wait.unsigned_abs()).await;
        }
        if let Err(err) = self.engine.store.settle(vec![parcel.key.clone()]).await {
            warn!(%record, error = %Chain(&err), "failed to settle a delivered message");
        }
        self.desk().known.remove(&parcel.key);
        parcel.line()
    }

    /// One attempt.
    async fn attempt(
        &self,
        parcel: &Parcel,
        gate: &Semaphore,
        attempts: u32,
    ) -> Result<Next, StoreError> {
        let Some(message) = self.message(parcel).await? else { return Ok(Next::Settle) };
        let channel = &*parcel.channel;
        let sent = {
            let _turn = gate.acquire().await.expect("the gate is never closed");
            self.notifier.send(channel, &message).await
        };
        let at = self.engine.clock.now();
        let mut next = Next::Settle;
        let delivery = match sent {
            Ok(Answer(said)) => {
                info!(message = %message.id, channel, attempts, said, "delivered");
                telemetry::message("delivered");
                Delivery::Delivered { at, attempts }
            }
            Err(err) => {
                let error = Chain(&err).to_string();
                warn!(message = %message.id, channel, attempts, error, "not delivered");
                let given_up = err.is_final() || overdue(message.made_at, at);
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
        match &parcel.mail {
            Mail::Notice(id) => self.engine.delivered(id.alert, id.number, &delivery).await?,
            // The log and the counter know; the matter goes on without it.
            Mail::Letter(_) => {}
        }
        Ok(next)
    }

    /// What is to be said now, if anything still is.
    async fn message(&self, parcel: &Parcel) -> Result<Option<Message>, StoreError> {
        let id = match &parcel.mail {
            Mail::Notice(id) => id,
            Mail::Letter(letter) => return Ok(Some(notice::of_letter(letter, &parcel.key))),
        };
        let stored = self.engine.store.load::<Alert>(&id.alert).await?;
        let alert = stored.as_ref().map(|it| &it.record);
        let owed = alert.and_then(|alert| Some((alert, alert.notice(id.number)?)));
        let owed = owed.filter(|(_, notice)| !notice.delivery.is_final());
        Ok(owed.map(|(alert, notice)| notice::word(alert, notice)))
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parcel {
    fn line(&self) -> Line {
        let matter = match &self.mail {
            Mail::Notice(id) => id.alert.to_string(),
            Mail::Letter(letter) => letter.matter.to_string(),
        };
        (matter, self.channel.clone())
    }
}

fn overdue(made_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(made_at) > PATIENCE
}
