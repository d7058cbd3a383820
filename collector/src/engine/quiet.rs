//! Lets time pass for what keeps alerts quiet.
//!
//! # Not here
//!
//! Whether an alert is quiet: that is derived from what was asked for, whether
//! or not anybody ticked.

use jiff::Timestamp;
use remit_collector_domain::{
    alert::Alert,
    endpoint::Endpoint,
    known_issue::{self, KnownIssue},
    letter::Matter,
    window::{self, Bad, Condition, Window},
};
use remit_shared::Clock;

use crate::{
    engine::Engine,
    ports::{
        directory::{Directory, subject},
        store::{Commit, Store, StoreError},
    },
};

impl<S: Store, D: Directory, C: Clock> Engine<S, D, C> {
    /// Ticks the windows and known issues that are due, and counts what they
    /// keep quiet.
    pub async fn tick_quiet(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let is_due = |deadline: Option<Timestamp>| deadline.is_some_and(|it| it <= now);
        for stored in self.store.all::<Window>().await? {
            if is_due(window::deadline(&stored.record)) {
                let bad = self.bad(&stored.record).await?;
                let step = window::tick(Window::clone(&stored.record), &bad, now);
                let letters = self.letters(&step.notices, Matter::Window(step.window.id)).await?;
                let owes = step.effects.into_iter().chain(letters).collect();
                passed(self.store.commit(Commit::new(step.window, stored.revision, owes)).await)?;
                self.owed.notify_one();
                self.reconsider(&stored.record.tenant).await?;
            }
        }
        for stored in self.store.all::<KnownIssue>().await? {
            if is_due(known_issue::deadline(&stored.record)) {
                let issue = KnownIssue::clone(&stored.record);
                let step = known_issue::step(issue, known_issue::Event::Tick, now);
                passed(self.keep_known(step, stored.revision).await)?;
                self.reconsider(&stored.record.spec.tenant).await?;
            }
        }
        self.observe().await
    }

    /// Commits what became of a known issue, and whom that is told.
    pub async fn keep_known(
        &self,
        step: known_issue::Step,
        expected: u64,
    ) -> Result<u64, StoreError> {
        let letters = self.letters(&step.notices, Matter::KnownIssue(step.issue.id)).await?;
        let owes = step.effects.into_iter().chain(letters).collect();
        let revision = self.store.commit(Commit::new(step.issue, expected, owes)).await?;
        self.owed.notify_one();
        Ok(revision)
    }

    /// What is bad now of what a window is about.
    async fn bad(&self, window: &Window) -> Result<Bad, StoreError> {
        let mut bad = Bad::new();
        for stored in self.store.all::<Alert>().await? {
            let about = &stored.record.about;
            if about.tenant != window.tenant || !stored.record.is_unresolved() {
                continue;
            }
            let Some(endpoint) = self.store.load::<Endpoint>(&about.endpoint).await? else {
                continue;
            };
            let subject = subject(&endpoint.record.registration);
            if window.spec.selector.matches(&subject, &about.function, &about.check) {
                bad.insert(Condition {
                    endpoint: about.endpoint,
                    check: about.check.clone(),
                    instance: about.instance.clone(),
                });
            }
        }
        Ok(bad)
    }
}

/// Whoever got in first made progress; the next tick looks again.
pub(super) fn passed(committed: Result<u64, StoreError>) -> Result<(), StoreError> {
    match committed {
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(err) => Err(err),
    }
}
