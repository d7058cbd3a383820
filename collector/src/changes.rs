//! Changes that take both sides: asks for them, agrees to them, and makes them
//! true when their time has come.
//!
//! It decides nothing: who must agree, and who may, is the domain's
//! [`change`].
//!
//! # Invariants
//!
//! - What could not be carried out is not asked for.
//! - A refusal leaves its audit entry, in a commit of the change that it is
//!   about.
//! - A change is kept as applied first and carried out then, under its own id.
//!   A crash between the two leaves it to the next round, which makes nothing
//!   twice.
//! - What has a time takes effect then without anybody, also if the collector
//!   slept through it. If it cannot, it fails and says why.

mod carry_out;
mod product;
mod world;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use remit_collector_domain::{
    change::{
        self, Change, Draft, Event, Facts, Order, Present, Refusal, Signatory, State, Step,
        Subject, audit,
    },
    effect::Effect,
    letter::Matter,
    operator::Operator,
};
use remit_runtime::random;
use remit_shared::{Chain, ChangeId, Clock, Tenant};
use sha2::{Digest as _, Sha256};
use tokio::{sync::Mutex, time};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::product::{Agreed, product};
pub use self::{
    carry_out::{Carried, CarryOutError},
    product::{Undoable, is_named},
    world::World,
};
use crate::{
    adapters::{matrices::Matrices, sealed::Sealed},
    engine::Engine,
    ingest::Ingest,
    ports::store::{Commit, Store, StoreError, Stored},
};

/// How often it is asked whether a change's time has come.
const ROUND: Duration = Duration::from_secs(1);
/// So many changes of one tenant may wait at once.
const MOST_LIVE: usize = 200;

/// Works on changes.
pub struct Changes<S, C> {
    /// Works on alerts.
    pub engine: Arc<Engine<S, Matrices, C>>,
    /// The matrices in force.
    pub matrices: Arc<Matrices>,
    /// Ends trust.
    pub ingest: Arc<Ingest<S, Matrices, C>>,
    /// Opens the way to act alone.
    pub sealed: Sealed,
    /// One thing at a time: what has taken effect is carried out by whoever
    /// made it so, and not by the clock meanwhile.
    pub turn: Mutex<()>,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The customer environment.
    pub tenant: Tenant,
    /// What kind of thing would change.
    pub subject: Subject,
    /// In one line.
    pub title: String,
    /// Why.
    pub why: String,
    /// What would hold from then on.
    pub text: String,
    /// When it takes effect.
    pub start: Start,
    /// The sealed code, to make it true alone and at once.
    pub break_glass: Option<String>,
}

/// When a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Once somebody applies it.
    Applied,
    /// Once everybody who must has agreed.
    Agreed,
    /// At this time, if everybody who must has agreed by then.
    At(Timestamp),
}

/// Why a wish about a change did not come true.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such change.
    #[error("there is no change {0}")]
    NoSuchChange(ChangeId),
    /// Too many wait already.
    #[error("{MOST_LIVE} changes of {0} wait already: settle or withdraw some of them")]
    TooMany(Tenant),
    /// The domain says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be carried out.
    #[error(transparent)]
    Undoable(#[from] Undoable),
    /// It takes effect, and could not be carried out yet.
    #[error(transparent)]
    CarryOut(#[from] CarryOutError),
    /// The store did not do as told.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody asks of a change.
type Decide<'a> = dyn Fn(&Change, Present<'_>) -> Result<Event, Refusal> + Send + Sync + 'a;

impl<S: Store, C: Clock> Changes<S, C> {
    /// Asks for a change, or makes it true alone.
    pub async fn propose(&self, wish: Wish, by: &Operator) -> Result<Change, ChangeError> {
        let _turn = self.turn.lock().await;
        let world = self.world(&wish.tenant).await?;
        let all = self.engine.store.all::<Change>().await?;
        let waiting = |it: &&Stored<Change>| it.record.tenant == wish.tenant && it.record.is_live();
        if MOST_LIVE <= all.iter().filter(waiting).count() {
            return Err(ChangeError::TooMany(wish.tenant));
        }
        let now = world.now;
        let facts = world.facts(&wish.subject, &wish.text, by);
        let draft = Draft {
            id: ChangeId::from_uuid(random::uuid()),
            tenant: wish.tenant,
            subject: wish.subject,
            title: wish.title,
            why: wish.why,
            sha256: sha256(&wish.text),
            text: wish.text,
            effective_from: match wish.start {
                Start::Applied => None,
                Start::Agreed => Some(now),
                Start::At(time) => Some(time),
            },
        };
        let change = change::propose(draft, by, world.present(&facts))?;
        let mut step = change::step(change, Event::Proposed, now);
        if let Some(code) = &wish.break_glass {
            let (change, why) = (&step.change, step.change.why.clone());
            let fits = self.sealed.fits(code);
            let event = change::break_glass(change, by, fits, &why, now)?;
            let broken = change::step(step.change, event, now);
            step = Step {
                effects: [step.effects, broken.effects].concat(),
                notices: [step.notices, broken.notices].concat(),
                ..broken
            };
        }
        rehearse(&step.change, world)?;
        // As late as can be: what is refused opens nothing.
        if step.change.break_glass.is_some() && wish.break_glass.is_some_and(|it| !it.is_empty()) {
            self.sealed.open().map_err(|_| Refusal::SealedCode)?;
        }
        let id = step.change.id;
        self.keep(step, 0).await?;
        Ok(self.settled(id, true).await?.change)
    }

    /// Does what a person asks of a change, if they may and it allows it; gives
    /// what came of it.
    pub async fn act(
        &self,
        id: ChangeId,
        by: &Operator,
        asked: &str,
        decide: &Decide<'_>,
    ) -> Result<Carried, ChangeError> {
        let _turn = self.turn.lock().await;
        loop {
            let stored = self.stored(id).await?;
            let before = &stored.record;
            let world = self.world(&before.tenant).await?;
            let facts = self.facts(&world, before);
            let event = match decide(before, world.present(&facts)) {
                Ok(event) => event,
                Err(refusal) => {
                    self.note_refusal(&stored, by, asked, &refusal).await?;
                    return Err(refusal.into());
                }
            };
            let now = world.now;
            let step = change::step(Change::clone(before), event, now);
            if step.order == Some(Order::CarryOut) {
                rehearse(&step.change, world)?;
            }
            match self.keep(step, stored.revision).await {
                Err(StoreError::Conflict { .. }) => continue,
                Err(err) => return Err(err.into()),
                Ok(()) => return self.settled(id, true).await,
            }
        }
    }

    /// Lets time pass for every change until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut round = time::interval(ROUND);
        round.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(round.tick()).await.is_some() {
            if let Err(err) = self.tick().await {
                // The next round is the retry.
                warn!(error = %Chain(&err), "failed to look at changes");
            }
        }
    }

    /// Does what is due by now: for matrices whose time has come, for changes
    /// that have a time, and for what a crash left undone.
    pub async fn tick(&self) -> Result<(), StoreError> {
        for tenant in self.matrices.advance(self.engine.clock.now()) {
            self.engine.reconsider(&tenant).await?;
        }
        for stored in self.engine.store.all::<Change>().await? {
            let id = stored.record.id;
            let _turn = self.turn.lock().await;
            if let Err(err) = self.settled(id, false).await {
                // The others are not to wait for it.
                warn!(change = %id, error = %Chain(&err), "failed to let time pass for a change");
            }
        }
        Ok(())
    }

    /// Does what the clock and crashes have left to do for a change.
    async fn settled(&self, id: ChangeId, watching: bool) -> Result<Carried, ChangeError> {
        loop {
            let stored = self.stored(id).await?;
            let now = self.engine.clock.now();
            if stored.record.is_owed() {
                return Ok(self.carry_out(&stored, watching).await?);
            }
            if change::deadline(&stored.record).is_none_or(|it| now < it) {
                return Ok(Carried::nothing_more(&stored.record));
            }
            let event = self.due(&stored.record).await?;
            let step = change::step(Change::clone(&stored.record), event, now);
            let order = step.order;
            match self.keep(step, stored.revision).await {
                Err(StoreError::Conflict { .. }) => continue,
                kept => kept?,
            }
            if order == Some(Order::TakeBack) {
                self.take_back(&stored.record).await?;
            }
        }
    }

    /// What a change's deadline brings.
    async fn due(&self, change: &Change) -> Result<Event, ChangeError> {
        let now = self.engine.clock.now();
        let takes_effect = match change.state {
            State::Approved { .. } => now < change.expires_at,
            State::Open
            | State::Applied { .. }
            | State::Rejected { .. }
            | State::Withdrawn { .. }
            | State::Expired { .. }
            | State::Failed { .. } => false,
        };
        if !takes_effect {
            return Ok(Event::Tick);
        }
        let world = self.world(&change.tenant).await?;
        let facts = self.facts(&world, change);
        let applied = change::apply(change, None, world.present(&facts));
        let applied = applied.map_err(ChangeError::from).and_then(|event| {
            let step = change::step(change.clone(), event.clone(), now);
            rehearse(&step.change, world).map(|()| event)
        });
        match applied {
            Err(ChangeError::Store(err)) => Err(err.into()),
            Err(why) => Ok(Event::Failed { why: Chain(&why).to_string() }),
            Ok(event) => Ok(event),
        }
    }

    /// What a change would do if whoever asked for it did so now.
    fn facts(&self, world: &World, change: &Change) -> Facts {
        match world.requester(change) {
            Some(by) => world.facts(&change.subject, &change.text, by),
            // The domain says that they are gone.
            None => Facts::between([]),
        }
    }

    async fn stored(&self, id: ChangeId) -> Result<Stored<Change>, ChangeError> {
        let stored = self.engine.store.load::<Change>(&id).await?;
        stored.ok_or(ChangeError::NoSuchChange(id))
    }

    /// Keeps a step with all that it owes.
    async fn keep(&self, step: Step, expected: u64) -> Result<(), StoreError> {
        let Step { change, mut effects, notices, .. } = step;
        effects.extend(self.engine.letters(&notices, Matter::Change(change.id)).await?);
        self.engine.store.commit(Commit::new(change, expected, effects)).await?;
        self.engine.owed.notify_one();
        Ok(())
    }

    async fn note_refusal(
        &self,
        stored: &Stored<Change>,
        by: &Operator,
        asked: &str,
        refusal: &Refusal,
    ) -> Result<(), StoreError> {
        let (change, now) = (Change::clone(&stored.record), self.engine.clock.now());
        let entry = audit::refused(&change, &Signatory::of(by), asked, refusal, now);
        let commit = Commit::new(change, stored.revision, vec![Effect::Audit(entry)]);
        match self.engine.store.commit(commit).await {
            // Somebody else got in first: what was refused may not be any more.
            Ok(_) | Err(StoreError::Conflict { .. }) => {
                self.engine.owed.notify_one();
                Ok(())
            }
            Err(err) => Err(err),
        }
    }
}

/// Whether a change can be carried out, as things stand when it takes effect
/// and if everybody who must has agreed.
fn rehearse(change: &Change, world: World) -> Result<(), ChangeError> {
    let agreed = match change.break_glass {
        Some(_) => Vec::new(),
        None if change.approvals.is_empty() => Agreed::as_required(change),
        None => Agreed::to(change),
    };
    let at = change.effective_from.map_or(world.now, |it| it.max(world.now));
    let state = State::Applied { at, by: String::new(), result: String::new() };
    let applied = Change { state, ..change.clone() };
    product(&applied, &world.at(at), &agreed)?;
    Ok(())
}

/// SHA-256 of a text, as everybody writes it.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|it| format!("{it:02x}")).collect()
}
