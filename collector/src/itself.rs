//! Tells whoever runs the collector what is wrong with it.
//!
//! Each finding is a check of the endpoint that stands in for the collector, as
//! its connectivity is. Before there is a matrix nobody can be told, and the log
//! alone says it.

use remit_collector_domain::{
    detect::Level,
    endpoint::{Endpoint, Registration},
    itself::{self, Finding},
    mass_loss::stand_in,
};
use remit_shared::Clock;
use tracing::warn;

use crate::{
    ingest::{Ingest, IngestError},
    losses, outbox,
    ports::{
        directory::Directory,
        store::{Store, StoreError},
    },
};

/// How bad it was told to be, also by an earlier life of the collector.
pub(crate) async fn told<S: Store>(store: &S, check: &str) -> Result<Level, StoreError> {
    let all = store.all::<Endpoint>().await?;
    let told = all.iter().filter_map(|it| it.record.checks.get(check, ""));
    Ok(told.map(|it| it.announced).max().unwrap_or_default())
}

/// Tells of a finding: where the collector is at home, or, once it is over,
/// where it was told.
pub(crate) async fn tell<S: Store, D: Directory, C: Clock>(
    ingest: &Ingest<S, D, C>,
    finding: &Finding,
) -> Result<(), IngestError> {
    let Finding { check, level, summary, evidence, .. } = finding;
    warn!(check, ?level, summary, evidence, "about the collector itself");
    let about = match level {
        Level::Ok => told_of(&*ingest.store, check).await?,
        Level::Warn | Level::Crit => {
            let (home, now) = (ingest.directory.home(), ingest.clock.now());
            home.iter().map(|it| stand_in::collector(it, now)).collect()
        }
    };
    for registration in about {
        let id = registration.id;
        outbox::admit(&*ingest.store, Endpoint::enrolled(registration)).await?;
        let change = |it: &Endpoint, now| {
            let rules = ingest.directory.rules(&it.registration);
            Some(itself::tell(it, finding, &rules, now))
        };
        ingest.change(id, change).await?;
    }
    Ok(())
}

/// The collector's endpoints of which it was told.
async fn told_of<S: Store>(store: &S, check: &str) -> Result<Vec<Registration>, StoreError> {
    let all = store.all::<Endpoint>().await?;
    let told = all.iter().filter(|it| losses::told(&it.record, check).is_some());
    Ok(told.map(|it| Registration::clone(&it.record.registration)).collect())
}
