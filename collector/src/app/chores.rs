//! What the collector does again and again. The next time is the retry.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::Alert,
    detect::presence::Grace,
    endpoint::Endpoint,
    exploited::{Catalogue, Known},
    retention,
};
use remit_shared::{Chain, Clock};
use tokio::{task, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{RunError, Sled, servers::Listeners};
use crate::{
    adapters::{catalogue, matrices::Matrices},
    config::Config,
    engine::Engine,
    ingest::{Ingest, Listening, NOTED_EVERY},
    pki::Authority,
    ports::{
        directory::Directory as _,
        store::{Horizon, Store as _, StoreError},
    },
    reports::KEEP_ALERTS,
    telemetry,
};

/// How often silence and overdue work are looked for.
const SWEEP: Duration = Duration::from_secs(2);
/// How often windows and known issues are looked at.
const QUIET: Duration = Duration::from_secs(5);
/// How often what keeps alerts quiet is looked at again, if nobody said that
/// it has ended.
const WATCH: Duration = Duration::from_secs(60);
/// How often somebody looks whether there is another catalogue.
const CATALOGUE: Duration = Duration::from_secs(5);
/// How often what is too old is forgotten.
const PRUNE: Duration = Duration::from_secs(3600);
/// How often the collector looks at its own certificate.
const RENEWAL: Duration = Duration::from_secs(3600);

/// Looks for silence and overdue work.
pub(super) async fn sweep<C: Clock>(
    ingest: Arc<Ingest<Sled, Matrices, C>>,
    stop: CancellationToken,
) {
    let grace = match ingest.grace().await {
        Ok(grace) => grace,
        Err(err) => {
            warn!(error = %Chain(&err), "failed to look at who was online before");
            Grace { before: 0, began: ingest.listening.began() }
        }
    };
    let mut sweep = time::interval(SWEEP);
    sweep.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(sweep.tick()).await.is_some() {
        if let Err(err) = ingest.sweep(&grace).await {
            // The next sweep is the retry.
            warn!(error = %Chain(&err), "failed to look for silence");
        }
    }
}

/// Opens and shuts windows, and ends what is known when its time is over.
pub(super) async fn keep_quiet<C: Clock>(
    engine: Arc<Engine<Sled, Matrices, C>>,
    stop: CancellationToken,
) {
    let mut beat = time::interval(QUIET);
    beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(beat.tick()).await.is_some() {
        if let Err(err) = engine.tick_quiet().await {
            // The next beat is the retry.
            warn!(error = %Chain(&err), "failed to look at windows and known issues");
        }
    }
}

/// Reads the catalogue of what is exploited, now and whenever it changes. What
/// makes no sense is not taken: the one before stays in force.
pub(super) async fn keep_catalogue(
    path: PathBuf,
    matrices: Arc<Matrices>,
    stop: CancellationToken,
) {
    let mut beat = time::interval(CATALOGUE);
    beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    let mut last = None;
    let mut is_first = true;
    while stop.run_until_cancelled(beat.tick()).await.is_some() {
        let file = path.clone();
        let look = task::spawn_blocking(move || {
            let stamp = catalogue::stamp(&file);
            let is_known = stamp == last && !is_first;
            (stamp, (!is_known).then(|| catalogue::read(&file)))
        });
        let Ok((stamp, read)) = look.await else { continue };
        (last, is_first) = (stamp, false);
        match read {
            None => {}
            Some(Ok(catalogue)) => {
                let entries = catalogue.count();
                info!(entries, source = catalogue.source(), "read what is known to be exploited");
                matrices.learn_exploited(Known::InForce(Arc::new(catalogue)));
            }
            Some(Err(err)) => {
                let known = matrices.exploited();
                let in_force =
                    known.catalogue().map_or_else(|| "none".to_owned(), Catalogue::source);
                warn!(error = %Chain(&err), in_force, "the catalogue of what is exploited is not taken");
            }
        }
    }
}

/// Ends with an error once the store has stopped: what cannot remember
/// anything must not go on listening, and starting anew may help.
pub(super) async fn watch_store(
    store: Arc<Sled>,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    stop.run_until_cancelled(store.stopped()).await.map_or(Ok(()), Err)
}

/// Looks again at what keeps alerts quiet.
pub(super) async fn watch<C: Clock>(
    engine: Arc<Engine<Sled, Matrices, C>>,
    stop: CancellationToken,
) {
    let mut beat = time::interval(WATCH);
    beat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(beat.tick()).await.is_some() {
        if let Err(err) = engine.watch().await {
            // The next beat is the retry.
            warn!(error = %Chain(&err), "failed to look at what keeps alerts quiet");
        }
    }
}

/// Writes down how long the collector has been listening.
pub(super) async fn note_listening(
    store: Arc<Sled>,
    listening: Arc<Listening>,
    stop: CancellationToken,
) {
    let mut beat = time::interval(NOTED_EVERY);
    while stop.run_until_cancelled(beat.tick()).await.is_some() {
        if let Err(err) = store.note_listened(listening.now()).await {
            warn!(error = %Chain(&err), "failed to note the listening time");
        }
    }
}

/// The time of what was stored last, apart from what people did.
pub(super) async fn newest(store: &Sled) -> Result<Option<Timestamp>, StoreError> {
    let endpoints = store.all::<Endpoint>().await?;
    let alerts = store.all::<Alert>().await?;
    let heard = endpoints.iter().filter_map(|it| it.record.pulse.heard_at);
    Ok(heard.chain(alerts.iter().map(|it| it.record.last_seen_at)).max())
}

/// Forgets what is too old, as long as the clock can be believed. `newest` is
/// the time of what was stored last when the collector started.
pub(super) async fn prune<C: Clock>(
    store: Arc<Sled>,
    config: Config,
    clock: Arc<C>,
    newest: Option<Timestamp>,
    stop: CancellationToken,
) {
    let start = time::Instant::now();
    let mut beat = time::interval(PRUNE);
    while stop.run_until_cancelled(beat.tick()).await.is_some() {
        let now = clock.now();
        let running = SignedDuration::try_from(start.elapsed()).unwrap_or(SignedDuration::MAX);
        let believed = retention::believe(now, newest, running);
        telemetry::clock_doubted(believed.is_err());
        if let Err(leap) = believed {
            warn!(error = %leap, "nothing is forgotten");
            continue;
        }
        let before = |keep: SignedDuration| now.checked_sub(keep).unwrap_or(Timestamp::MIN);
        let horizon = Horizon {
            history: before(config.keep_history.0),
            hours: before(config.keep_hourly.0),
            feed: before(config.keep_feed.0),
            audit: before(config.keep_audit.0),
            alerts: before(KEEP_ALERTS),
        };
        if let Err(err) = store.prune(horizon).await {
            warn!(error = %Chain(&err), "failed to forget what is too old");
        }
    }
}

/// Replaces the collector's own certificate in time, on every listener.
pub(super) async fn renew<C: Clock>(
    authority: Arc<Authority>,
    clock: Arc<C>,
    listeners: Listeners,
    stop: CancellationToken,
) {
    let mut hourly = time::interval(RENEWAL);
    while stop.run_until_cancelled(hourly.tick()).await.is_some() {
        if let Err(err) = renew_server(&authority, clock.now(), &listeners) {
            warn!(error = %Chain(&err), "failed to renew the server certificate");
        }
    }
}

fn renew_server(
    authority: &Authority,
    now: Timestamp,
    listeners: &Listeners,
) -> Result<(), RunError> {
    let Some(identity) = authority.renew_server_if_needed(now)? else {
        return Ok(());
    };
    listeners.show(&identity, authority)?;
    info!("the server certificate was renewed");
    Ok(())
}
