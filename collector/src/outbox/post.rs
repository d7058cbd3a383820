//! Delivers messages, each as often as it takes.
//!
//! What is critical or high goes out at once; what matters less waits for its
//! like in a [`Tray`] and goes with it.
//!
//! One message at a time per matter and channel, so that "resolved" never
//! overtakes "opened"; different channels and matters do not wait for each
//! other, and a channel that hangs holds up only itself.

mod parcel;

use std::{
    collections::{HashMap, HashSet, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    StreamExt as _,
    stream::{self, FuturesUnordered},
};
use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::{Alert, Delivery, NoticeId},
    effect::EffectKey,
    group::{Digest, Matter, Waits},
    letter::Letter,
    matrix::Call,
    notice::{self, Facts, Message},
};
use remit_shared::{Backoff, Chain, Clock};
use tokio::{
    sync::{Notify, Semaphore},
    time,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    engine::{Debt, Engine},
    outbox::{
        post::parcel::{Content, Line, Parcel},
        tray::{Owing, Tray},
    },
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

/// Alerts of one digest that are told at once how far it got.
const PER_DIGEST: usize = 64;

const BACKOFF: Backoff =
    Backoff { base: SignedDuration::from_secs(1), max: SignedDuration::from_mins(5) };

/// Nobody is left alone for longer, whatever they ask.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// How often it is looked whether what waits must go.
const LOOK: Duration = Duration::from_secs(1);

/// What is left to do after an attempt.
enum Next {
    /// Nothing, but to settle what stands.
    Done(Debt),
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

/// The mail room.
pub struct Post<S, D, C, N> {
    engine: Arc<Engine<S, D, C>>,
    notifier: Arc<N>,
    random: fn() -> u64,
    waits: Waits,
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
    /// A mail room that delivers through `notifier`. What can wait for its like
    /// waits for so long.
    pub fn new(
        engine: Arc<Engine<S, D, C>>,
        notifier: Arc<N>,
        random: fn() -> u64,
        waits: Waits,
    ) -> Self {
        Self { engine, notifier, random, waits, desk: Mutex::default(), arrived: Notify::new() }
    }

    /// Takes mail. What is here already is not taken twice.
    pub fn hand_over(&self, key: EffectKey, mail: Mail) {
        let mut desk = self.desk();
        if desk.known.insert(key.clone()) {
            desk.waiting.push_back((key, mail));
            self.arrived.notify_one();
        }
    }

    /// How much was handed over and is not settled.
    pub fn waiting(&self) -> usize {
        self.desk().known.len()
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
        let mut tray = Tray::new(self.waits);
        let mut look = time::interval(LOOK);
        look.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            let parcels = tokio::select! {
                () = stop.cancelled() => return,
                () = self.arrived.notified() => self.sort(&mut tray).await,
                _ = look.tick(), if tray.is_in_use() => self.collect(&mut tray).await,
                Some(line) = under_way.next(), if !under_way.is_empty() => {
                    match lines.get_mut(&line).and_then(VecDeque::pop_front) {
                        Some(parcel) => under_way.push(carry(parcel)),
                        None => drop(lines.remove(&line)),
                    }
                    Vec::new()
                }
            };
            for parcel in parcels {
                match lines.entry(parcel.line()) {
                    Entry::Occupied(mut line) => line.get_mut().push_back(parcel),
                    Entry::Vacant(line) => {
                        line.insert(VecDeque::new());
                        under_way.push(carry(parcel));
                    }
                }
            }
        }
    }

    /// Goes through what has arrived: what cannot wait is given back, what can
    /// is put into the tray.
    async fn sort(&self, tray: &mut Tray) -> Vec<Parcel> {
        let news: Vec<_> = self.desk().waiting.drain(..).collect();
        let mut parcels = Vec::new();
        for (key, mail) in news {
            match mail {
                Mail::Letter(letter) => {
                    let channel = letter.channel.clone();
                    parcels.push(Parcel {
                        keys: vec![key],
                        content: Content::Letter(letter),
                        channel,
                    });
                }
                Mail::Notice(id) => match self.put(tray, &key, id).await {
                    Ok(parcel) => parcels.extend(parcel),
                    Err(err) => {
                        warn!(notice = %id, error = %Chain(&err), "failed to look a message up");
                        // It is still owed, so it is handed over again.
                        self.desk().known.remove(&key);
                    }
                },
            }
        }
        parcels
    }

    async fn put(
        &self,
        tray: &mut Tray,
        key: &EffectKey,
        id: NoticeId,
    ) -> Result<Option<Parcel>, StoreError> {
        let stored = self.engine.store.load::<Alert>(&id.alert).await?;
        let alert = stored.as_ref().map(|it| &*it.record);
        let owed = alert.and_then(|alert| Some((alert, alert.notice(id.number)?)));
        let Some((alert, notice)) = owed.filter(|(_, notice)| !notice.delivery.is_final()) else {
            self.forget(vec![key.clone()], Debt::Stands).await;
            return Ok(None);
        };
        let sorted = tray.put(key, alert, notice, self.engine.clock.now());
        let why = if sorted.is_urgent {
            "a newer message said it"
        } else {
            "it was over before its turn"
        };
        self.withdraw(sorted.needless, why).await;
        let channel = notice.channel.clone();
        let parcel = Parcel { keys: vec![key.clone()], content: Content::Notice(id), channel };
        Ok(sorted.is_urgent.then_some(parcel))
    }

    /// Takes out of the tray what must go by now, but for what need not be told
    /// any more.
    async fn collect(&self, tray: &mut Tray) -> Vec<Parcel> {
        let now = self.engine.clock.now();
        for id in tray.alerts_due(now) {
            match self.engine.store.load::<Alert>(&id).await {
                Ok(stored) => {
                    if let Some(why) = tray.why_not(stored.as_ref().map(|it| &*it.record)) {
                        self.withdraw(tray.withdraw(id), why).await;
                    }
                }
                // Telling too much is better than telling too little.
                Err(err) => warn!(alert = %id, error = %Chain(&err), "failed to look an alert up"),
            }
        }
        let parcel = |(digest, keys): (Digest, Vec<EffectKey>)| {
            let channel = digest.channel.clone();
            Parcel { keys, content: Content::Digest(Box::new(digest)), channel }
        };
        tray.due(now).into_iter().map(parcel).collect()
    }

    /// Notes of messages that they are not sent any more.
    async fn withdraw(&self, messages: Vec<Owing>, why: &str) {
        for (id, key) in messages {
            let at = self.engine.clock.now();
            let delivery = Delivery::Withdrawn { at, why: why.to_owned() };
            match self.engine.delivered(id, &delivery, std::slice::from_ref(&key)).await {
                Ok(debt) => self.forget(vec![key], debt).await,
                Err(err) => {
                    warn!(notice = %id, error = %Chain(&err), "failed to withdraw a message");
                    self.desk().known.remove(&key);
                }
            }
        }
    }

    /// Notes that effects were performed. If that fails, they are handed over
    /// again, and found to be done.
    async fn forget(&self, keys: Vec<EffectKey>, debt: Debt) {
        if debt == Debt::Stands
            && let Err(err) = self.engine.store.settle(keys.clone()).await
        {
            warn!(error = %Chain(&err), "failed to settle messages");
        }
        let mut desk = self.desk();
        keys.iter().for_each(|it| drop(desk.known.take(it)));
    }

    /// Carries a parcel until it is delivered or given up, and settles it.
    async fn carry(&self, parcel: Parcel, gate: Arc<Semaphore>) -> Line {
        let mut failures = 0;
        let debt = loop {
            let asked = match self.attempt(&parcel, &gate, failures + 1).await {
                Ok(Next::Done(debt)) => break debt,
                Ok(Next::Again(asked)) => asked,
                Err(err) => {
                    let channel = &*parcel.channel;
                    warn!(channel, error = %Chain(&err), "failed to note a delivery");
                    SignedDuration::ZERO
                }
            };
            failures += 1;
            let wait = BACKOFF.wait(failures, (self.random)()).max(asked);
            time::sleep(wait.unsigned_abs()).await;
        };
        self.forget(parcel.keys.clone(), debt).await;
        parcel.line()
    }

    /// One attempt.
    async fn attempt(
        &self,
        parcel: &Parcel,
        gate: &Semaphore,
        attempts: u32,
    ) -> Result<Next, StoreError> {
        let Some(message) = self.message(parcel).await? else {
            return Ok(Next::Done(Debt::Stands));
        };
        let channel = &*parcel.channel;
        let sent = {
            let _turn = gate.acquire().await.expect("the gate is never closed");
            self.notifier.send(channel, &message).await
        };
        let at = self.engine.clock.now();
        let mut again = None;
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
                    again = Some(asked.clamp(SignedDuration::ZERO, LONGEST_WAIT));
                    Delivery::Failing { at, attempts, error }
                }
            }
        };
        let debt = match &parcel.content {
            Content::Notice(id) => self.engine.delivered(*id, &delivery, &parcel.keys).await?,
            Content::Digest(digest) => {
                let notes = digest.notices().map(|id| self.engine.delivered(id, &delivery, &[]));
                let mut notes = stream::iter(notes).buffer_unordered(PER_DIGEST);
                while let Some(noted) = notes.next().await {
                    noted?;
                }
                Debt::Stands
            }
            // The log and the counter know; the matter goes on without it.
            Content::Letter(_) => Debt::Stands,
        };
        Ok(again.map_or(Next::Done(debt), Next::Again))
    }

    /// What is to be said now, if anything still is.
    async fn message(&self, parcel: &Parcel) -> Result<Option<Message>, StoreError> {
        match &parcel.content {
            Content::Notice(id) => self.notice(*id).await,
            Content::Letter(letter) => {
                Ok(parcel.keys.first().map(|key| notice::of_letter(letter, key)))
            }
            Content::Digest(digest) => match digest.only() {
                Some(id) => self.notice(id).await,
                None => self.digest(digest).await,
            },
        }
    }

    async fn notice(&self, id: NoticeId) -> Result<Option<Message>, StoreError> {
        let stored = self.engine.store.load::<Alert>(&id.alert).await?;
        let alert = stored.as_ref().map(|it| &it.record);
        let owed = alert.and_then(|alert| Some((alert, alert.notice(id.number)?)));
        let owed = owed.filter(|(_, notice)| !notice.delivery.is_final());
        Ok(owed.map(|(alert, notice)| notice::word(alert, notice, &self.call(alert))))
    }

    async fn digest(&self, digest: &Digest) -> Result<Option<Message>, StoreError> {
        let mut facts = Vec::new();
        for (_, item) in digest.items() {
            let Matter::Alert(id) = item.about else { continue };
            let stored = self.engine.store.load::<Alert>(&id).await?;
            facts.extend(stored.map(|it| Facts::of(&it.record, &self.call(&it.record))));
        }
        Ok(notice::of_digest(digest, facts))
    }

    /// Whom to ring about an alert.
    fn call(&self, alert: &Alert) -> Call {
        let people = self.engine.directory.people(&alert.about.tenant);
        people.call(&alert.remit, self.engine.clock.now())
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn overdue(made_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(made_at) > PATIENCE
}
