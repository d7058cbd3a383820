//! Looks every two seconds whether the machine's clock was set, and says so to
//! whoever runs the collector.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use remit_collector_domain::{
    detect::Level,
    timekeeping::{COLLECTOR_CLOCK, Reading, Timekeeping, look},
};
use remit_shared::{Chain, Clock, SteadyClock};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    ingest::{Ingest, IngestError},
    itself,
    ports::{directory::Directory, store::Store},
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
            let told = itself::told(&*self.ingest.store, COLLECTOR_CLOCK).await?;
            *state = Some(Timekeeping::begin(now, told != Level::Ok));
            return Ok(());
        };
        let (next, verdict) = look(before, now);
        if let Some(verdict) = verdict {
            itself::tell(&self.ingest, &verdict.finding()).await?;
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
}
