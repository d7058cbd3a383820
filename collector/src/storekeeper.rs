//! Looks every ten seconds whether the disk that everything is kept on has room,
//! and says so to whoever runs the collector.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use remit_collector_domain::{
    detect::Level,
    storeroom::{COLLECTOR_DISK, Room, finding, judge},
};
use remit_shared::{Chain, Clock};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    ingest::{Ingest, IngestError},
    itself,
    ports::{directory::Directory, store::Store},
};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(10);

/// Watches how much room there is.
pub struct Storekeeper<S, D, C> {
    /// Where endpoints are kept.
    pub ingest: Arc<Ingest<S, D, C>>,
}

impl<S: Store, D: Directory, C: Clock> Storekeeper<S, D, C> {
    /// Looks until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut beat = time::interval(EVERY);
        beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut level = None;
        while stop.run_until_cancelled(beat.tick()).await.is_some() {
            // What cannot be told now may be told the next time.
            let Some(room) = self.ingest.store.room() else { continue };
            if let Err(err) = self.look(&mut level, room).await {
                // The next look finds the same.
                warn!(error = %Chain(&err), "failed to tell of the collector's own disk");
            }
        }
    }

    async fn look(&self, level: &mut Option<Level>, room: Room) -> Result<(), IngestError> {
        let before = match *level {
            Some(it) => it,
            None => itself::told(&*self.ingest.store, COLLECTOR_DISK).await?,
        };
        let now = judge(room, before);
        if now != before {
            itself::tell(&self.ingest, &finding(room, now)).await?;
        }
        *level = Some(now);
        Ok(())
    }
}
