//! Looks every minute at what must hold, and says so to somebody outside.
//!
//! The auditor decides nothing and repairs nothing: it reads what is kept, asks
//! the domain whether that can be, and counts, logs and passes on what cannot.
//! While all is well it holds a dead man's switch: if the collector hangs, or
//! something that must hold does not, the one who misses that is not us.
//!
//! # Invariants
//!
//! - A round looks at no more than [`ALERTS`] alerts and [`ENTRIES`] entries of
//!   the audit trail, and goes on where the one before it stopped. Only the
//!   first one reads the whole trail.
//! - The switch is held only after a round that found nothing and that could
//!   look at everything it wanted to.
//!
//! # Not here
//!
//! Alerts about the collector itself. Whoever raises them watches
//! [`Auditor::found`].

#[cfg(test)]
mod tests;
mod trail;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::Alert,
    effect::Effect,
    endpoint::Endpoint,
    invariants::{Invariant, Violation, of_alert, of_owed},
};
use remit_shared::{AlertId, Chain, Clock};
use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use self::trail::Trail;
use crate::{
    ports::{
        store::{Store, StoreError},
        switch::Switch,
    },
    telemetry,
};

/// How often it is looked, unless the switch wants to be held more often.
const ROUND: Duration = Duration::from_secs(60);

/// How many alerts a round looks at.
const ALERTS: usize = 5_000;

/// How many effects, the oldest.
const EFFECTS: usize = 1_000;

/// How many entries of the audit trail.
const ENTRIES: u64 = 10_000;

/// Looks at what must hold.
pub struct Auditor<S, C, W> {
    /// What is looked at.
    pub store: Arc<S>,
    /// What time it is.
    pub clock: Arc<C>,
    /// Who misses us, and how often they want to hear.
    pub switch: Option<(W, Duration)>,
    /// What the newest round found, for whoever raises alerts about the
    /// collector itself.
    pub found: watch::Sender<Arc<[Violation]>>,
}

/// Where the rounds have got to.
#[derive(Debug)]
struct Reached {
    /// Since when anybody is there to do what is due.
    awake: Timestamp,
    /// The last alert that was looked at.
    alert: Option<AlertId>,
    trail: Trail,
}

impl<S: Store, C: Clock, W: Switch> Auditor<S, C, W> {
    /// Looks until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let every = self.switch.as_ref().map_or(ROUND, |it| it.1.min(ROUND));
        let mut beat = time::interval(every);
        beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut reached = Reached { awake: self.clock.now(), alert: None, trail: Trail::default() };
        let mut held: Option<time::Instant> = None;
        while let Some(now) = stop.run_until_cancelled(beat.tick()).await {
            let is_clean = self.look(&mut reached).await;
            if let Some((switch, every)) = &self.switch
                && is_clean
                && held.is_none_or(|it| *every <= now.duration_since(it))
            {
                match switch.hold().await {
                    Ok(()) => held = Some(now),
                    // They miss us already, and will hear of it.
                    Err(err) => warn!(error = %Chain(&err), "failed to say that all is well"),
                }
            }
        }
    }

    /// One round: whether nothing was found, and everything could be looked at.
    async fn look(&self, reached: &mut Reached) -> bool {
        match self.round(reached).await {
            Ok(found) => {
                for it in &found {
                    error!(
                        invariant = it.invariant.as_str(),
                        object = it.object,
                        it.why,
                        "violated"
                    );
                    telemetry::violated(it.invariant);
                }
                telemetry::audited(if found.is_empty() { "clean" } else { "violated" });
                let is_clean = found.is_empty();
                self.found.send_replace(found.into());
                is_clean
            }
            Err(err) => {
                warn!(error = %Chain(&err), "failed to look at what must hold");
                telemetry::audited("failed");
                false
            }
        }
    }

    async fn round(&self, reached: &mut Reached) -> Result<Vec<Violation>, StoreError> {
        let (now, awake) = (self.clock.now(), reached.awake);
        let mut found = Vec::new();
        let alerts = self.store.all::<Alert>().await?;
        let after = alerts.partition_point(|it| reached.alert.is_some_and(|id| it.record.id <= id));
        let piece = alerts[after..].iter().take(ALERTS);
        // Past the last, the next round begins anew.
        let is_end = alerts.len() <= after + ALERTS;
        reached.alert = piece.clone().next_back().filter(|_| !is_end).map(|it| it.record.id);
        for it in piece {
            let endpoint = self.store.load::<Endpoint>(&it.record.about.endpoint).await?;
            let endpoint = endpoint.map(|it| Arc::clone(&it.record.registration));
            found.extend(of_alert(&it.record, endpoint.as_deref(), awake, now));
        }
        for (_, owed) in self.store.owed(0, EFFECTS).await? {
            found.extend(of_owed(&owed.key, &owed.effect, awake, now));
            if let Effect::Notify(id) = &owed.effect {
                found.extend(self.no_such_message(id.alert, id.number).await?);
            }
        }
        if let Err(broken) = reached.trail.follow(&*self.store, ENTRIES).await? {
            found.push(Violation {
                invariant: Invariant::Trail,
                object: "audit trail".to_owned(),
                why: broken.to_string(),
            });
        }
        Ok(found)
    }

    /// That a message is owed which its alert, that is still there, never made.
    /// Alerts keep their newest messages only, so older ones prove nothing.
    async fn no_such_message(
        &self,
        alert: AlertId,
        number: u32,
    ) -> Result<Option<Violation>, StoreError> {
        let stored = self.store.load::<Alert>(&alert).await?;
        let made = stored.map(|it| it.record.notices_made);
        Ok(made.filter(|it| *it < number).map(|_| Violation {
            invariant: Invariant::Notice,
            object: format!("alert {alert}"),
            why: format!("message {number} is owed and was never made"),
        }))
    }
}
