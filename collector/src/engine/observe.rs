//! Looks at what windows and known issues keep quiet, and has it counted.
//!
//! It looks at alerts as they are now and not at what happens to them, so that
//! neither a crash nor a conflict loses anything: the next look finds it again,
//! and what was counted is known. Many alerts at once are one commit.

use std::sync::Arc;

use jiff::Timestamp;
use remit_collector_domain::{
    alert::Alert,
    endpoint::Endpoint,
    known_issue::{self, KnownIssue, State},
    window::Window,
};
use remit_shared::{Clock, Tenant};

use crate::{
    engine::{Engine, quiet::passed},
    ports::{
        directory::Directory,
        store::{Commit, Store, StoreError, Stored},
    },
};

impl<S: Store, D: Directory, C: Clock> Engine<S, D, C> {
    /// Counts what is quiet, and ends what is not any more what was agreed.
    pub(super) async fn observe(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let windows = self.store.all::<Window>().await?;
        let mut issues = self.store.all::<KnownIssue>().await?;
        issues.retain(|it| it.record.state == State::Active);
        if windows.is_empty() && issues.is_empty() {
            return Ok(());
        }
        let mut alerts = self.store.all::<Alert>().await?;
        alerts.sort_by_key(|it| (it.record.raised_at, it.record.id));
        for stored in windows {
            let of_tenant = of(&alerts, &stored.record.tenant).map(|it| &**it);
            let window = Window::clone(&stored.record).log_quiet(of_tenant);
            if window != *stored.record {
                let commit = Commit::new(window, stored.revision, Vec::new());
                passed(self.store.commit(commit).await)?;
            }
        }
        for stored in issues {
            let of_tenant: Vec<_> = of(&alerts, &stored.record.spec.tenant).collect();
            self.count(&stored, &of_tenant, now).await?;
        }
        Ok(())
    }

    /// Counts what alerts there are of a known issue.
    async fn count(
        &self,
        stored: &Stored<KnownIssue>,
        alerts: &[&Arc<Alert>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let asks_values = stored.record.spec.breaks_when.iter().any(|it| it.is_of_value());
        let mut step = known_issue::Step::of(KnownIssue::clone(&stored.record));
        for alert in alerts {
            let value = if asks_values { self.value(alert).await? } else { None };
            if let Some(it) = known_issue::occurrence(&step.issue, alert, value) {
                step = step.then(known_issue::Event::Occurred(it), now);
            }
        }
        if step.issue == *stored.record {
            return Ok(());
        }
        let is_over = step.issue.state != State::Active;
        passed(self.keep_known(step, stored.revision).await)?;
        if is_over {
            self.reconsider(&stored.record.spec.tenant).await?;
        }
        Ok(())
    }

    /// What was measured last of what an alert is about, if anything is.
    async fn value(&self, alert: &Alert) -> Result<Option<i64>, StoreError> {
        let about = &alert.about;
        let Some(endpoint) = self.store.load::<Endpoint>(&about.endpoint).await? else {
            return Ok(None);
        };
        let rules = self.directory.rules(&endpoint.record.registration);
        let threshold = rules.threshold(&about.check);
        let measured = threshold.and_then(|it| endpoint.record.value(it.metric, &about.instance));
        Ok(measured.map(|it| it.0))
    }
}

fn of<'a>(alerts: &'a [Stored<Alert>], tenant: &'a Tenant) -> impl Iterator<Item = &'a Arc<Alert>> {
    alerts.iter().map(|it| &it.record).filter(move |it| it.about.tenant == *tenant)
}
