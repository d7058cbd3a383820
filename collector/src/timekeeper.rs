//! Looks every two seconds whether the machine's clock was set, and says so to
//! whoever runs the collector.
//!
//! What it finds is a check of the endpoint that stands in for the collector,
//! as its connectivity is. Before there is a matrix nobody can be told, and the
//! log alone says it.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use remit_collector_domain::{
    endpoint::{Endpoint, Registration},
    mass_loss::stand_in,
    timekeeping::{COLLECTOR_CLOCK, Reading, Timekeeping, Verdict, look, tell},
};
use remit_shared::{Chain, Clock, SteadyClock};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    ingest::{Ingest, IngestError},
    losses::told,
    outbox,
    ports::{
        directory::Directory,
        store::{Store, StoreError},
    },
};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(2);

/// Clocks that are read within so short a time show the same moment.
const MOMENT: SignedDuration = SignedDuration::from_millis(250);

/// Compares the machine's clocks.
pub struct Timekeeper<S, D, C, M> {
    /// Where endpoints are kept.
    pub ingest: Arc<Ingest<S, D, C>>,
    /// The machine's clocks, whatever clock the rest goes by.
    pub machine: M,
}

impl<S: Store, D: Directory, C: Clock, M: SteadyClock> Timekeeper<S, D, C, M> {
    /// Looks until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut beat = time::interval(EVERY);
        beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut state = None;
        while stop.run_until_cancelled(beat.tick()).await.is_some() {
            if let Err(err) = self.look(&mut state).await {
                // The next look finds the same.
                warn!(error = %Chain(&err), "failed to tell of the collector's own clock");
            }
        }
    }

    async fn look(&self, state: &mut Option<Timekeeping>) -> Result<(), IngestError> {
        let Some(now) = self.read() else { return Ok(()) };
        let Some(before) = state else {
            let is_told = !self.told().await?.is_empty();
            *state = Some(Timekeeping::begin(now, is_told));
            return Ok(());
        };
        let (next, verdict) = look(before, now);
        if let Some(verdict) = verdict {
            warn!(summary = verdict.summary(), "the collector's clock");
            self.tell(&verdict).await?;
        }
        *state = Some(next);
        Ok(())
    }

    /// What the clocks show, unless too much time passes while they are read.
    fn read(&self) -> Option<Reading> {
        let (running, slept) = (self.machine.running(), self.machine.slept());
        let wall = self.machine.now();
        let later = (self.machine.running(), self.machine.slept());
        let took = later.0.saturating_sub(running).max(later.1.saturating_sub(slept));
        (took < MOMENT).then_some(Reading { wall, running, slept })
    }

    /// The collector's endpoints of which its clock is told to be wrong.
    async fn told(&self) -> Result<Vec<Registration>, StoreError> {
        let all = self.ingest.store.all::<Endpoint>().await?;
        let told = all.iter().filter(|it| told(&it.record, COLLECTOR_CLOCK).is_some());
        Ok(told.map(|it| Registration::clone(&it.record.registration)).collect())
    }

    async fn tell(&self, verdict: &Verdict) -> Result<(), IngestError> {
        let now = self.ingest.clock.now();
        let about = match verdict {
            Verdict::Set { .. } | Verdict::Slept(_) => {
                let home = self.ingest.directory.home();
                home.iter().map(|it| stand_in::collector(it, now)).collect()
            }
            Verdict::Right | Verdict::Even => self.told().await?,
        };
        for registration in about {
            let id = registration.id;
            outbox::admit(&*self.ingest.store, Endpoint::enrolled(registration)).await?;
            let change = |it: &Endpoint, now| {
                let rules = self.ingest.directory.rules(&it.registration);
                Some(tell(it, verdict, &rules, now))
            };
            self.ingest.change(id, change).await?;
        }
        Ok(())
    }
}
