//! What an endpoint brought along when it came back, told once.
//!
//! Detection opens no alert for a level that was bad in between and is not any
//! more. That it was is told all the same, in one letter per return: it is
//! history, and the team whose the endpoint is must not have to look for it.

use std::sync::Arc;

use jiff::SignedDuration;
use remit_collector_domain::{
    endpoint::{Backlog, Endpoint},
    group,
    letter::{Audience, Matter, Notice},
    tuning::{Episode, Recording, episodes},
};
use remit_shared::{Clock, EndpointId, function};

use crate::{
    engine::Engine,
    ports::{
        directory::Directory,
        store::{Commit, Store, StoreError},
    },
};

/// What was bad before the silence began was told then, so it is looked at from
/// so much earlier on: longer than anything has to be bad before it counts.
const BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// How often a value that history keeps once was seen.
const EVERY: SignedDuration = SignedDuration::from_secs(60);

/// So many changes of a series are looked at.
const MOST: usize = 50_000;

impl<S: Store, D: Directory, C: Clock> Engine<S, D, C> {
    /// Tells the endpoint's team what was bad in that time and is over. If there
    /// was nothing, nothing is told.
    pub async fn caught_up(&self, id: EndpointId, backlog: Backlog) -> Result<(), StoreError> {
        loop {
            let Some(stored) = self.store.load::<Endpoint>(&id).await? else { return Ok(()) };
            let endpoint = &stored.record;
            let found = self.missed(endpoint, backlog).await?;
            let registration = &endpoint.registration;
            let hostname = &registration.host.hostname;
            let Some(item) = group::backlog(id, hostname, &found) else { return Ok(()) };
            let (now, function) = (self.clock.now(), function::infra_monitoring());
            let (remit, _) = self.directory.remit(registration, &function, item.severity, now);
            let silence = format!("It was not heard from {} to {}.", backlog.from, backlog.until);
            let notice = Notice {
                tenant: registration.tenant.clone(),
                to: Audience::Team(remit.responsible),
                by: now,
                page: false,
                subject: format!("[BACKLOG] {hostname}: {}", item.summary),
                text: format!("{silence}\n\nremit endpoint show {id}"),
            };
            let owes = self.letters(&[notice], Matter::Backlog(id)).await?;
            let commit = Commit::of(Arc::clone(endpoint), stored.revision, owes);
            match self.store.commit(commit).await {
                // Its next report got in first.
                Err(StoreError::Conflict { .. }) => continue,
                Err(err) => return Err(err),
                Ok(_) => {
                    self.owed.notify_one();
                    return Ok(());
                }
            }
        }
    }

    /// What became bad in that time, by the limits that hold, oldest first.
    async fn missed(
        &self,
        endpoint: &Endpoint,
        backlog: Backlog,
    ) -> Result<Vec<Episode>, StoreError> {
        let rules = self.directory.rules(&endpoint.registration);
        let begin = backlog.from.checked_sub(BEFORE).unwrap_or(backlog.from);
        let mut found = Vec::new();
        for (_, series) in &endpoint.layout.series {
            let checks: Vec<_> = rules.watching(&series.metric).map(|it| it.0).collect();
            if checks.is_empty() {
                continue;
            }
            let values =
                self.store.history(endpoint.id(), series, begin, backlog.until, MOST).await?;
            let recording = Recording {
                endpoint: endpoint.id(),
                series: series.clone(),
                every: EVERY,
                values,
                until: backlog.until,
            };
            for check in checks {
                found.extend(episodes(&recording, &rules, check));
            }
        }
        found.retain(|it| it.from >= backlog.from);
        found.sort_by_key(|it| it.from);
        Ok(found)
    }
}
