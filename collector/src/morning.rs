//! Finishes the nights of every tenant whose matrix has office hours.
//!
//! It decides nothing: when a night is over and what becomes of its alerts is
//! the domain's [`shift`].
//!
//! # Invariants
//!
//! - A shift is kept before it is due, so that one whose end the collector
//!   slept through is finished when it wakes. A tenant's first is the one that
//!   ends next.
//! - Which alerts must be flagged follows from the finished shift. A crash
//!   between the two leaves them to the next round.

mod view;

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, civil::Date};
use remit_collector_domain::{
    alert::{Alert, command},
    calendar::Calendar,
    effect::Effect,
    letter::{self, Matter},
    matrix::Matrix,
    operator::Operator,
    shift::{self, NightAlert, NightDisposition, Shift},
    upkeep,
};
use remit_shared::{AlertId, Chain, Clock, Tenant};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use self::view::{night_alerts, office, zone};
use crate::{
    adapters::matrices::Matrices,
    engine::{CommandError, Engine},
    ports::store::{Commit, Store, StoreError},
    reports,
};

/// How often it is asked whether a night is over.
const ROUND: Duration = Duration::from_secs(5);

/// What an alert is told that nobody disposed of.
const NOTE: &str = "nobody disposed of it before the office opened";

/// Finishes nights.
#[derive(Debug)]
pub struct Morning<S, C> {
    /// Works on alerts.
    pub engine: Arc<Engine<S, Matrices, C>>,
    /// The matrices in force.
    pub matrices: Arc<Matrices>,
}

impl<S: Store, C: Clock> Morning<S, C> {
    /// Finishes nights until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut round = time::interval(ROUND);
        round.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(round.tick()).await.is_some() {
            for tenant in self.matrices.tenants() {
                if let Err(err) = self.finish(&tenant).await {
                    // The next round is the retry.
                    warn!(%tenant, error = %Chain(&err), "failed to finish a night");
                }
            }
        }
    }

    /// Finishes every night of a tenant that is over.
    async fn finish(&self, tenant: &Tenant) -> Result<(), CommandError> {
        let Some(in_force) = self.matrices.of(tenant) else { return Ok(()) };
        let Some(office) = office(&in_force.matrix) else { return Ok(()) };
        let mut last = self.last_closed(tenant).await?;
        if let Some(closed) = &last {
            self.flag(closed, &unflagged(closed)).await?;
        }
        loop {
            let now = self.engine.clock.now();
            let after = match &last {
                Some(closed) => Some(closed.day),
                None => self.first_kept(tenant).await?.and_then(|it| it.yesterday().ok()),
            };
            let Some(day) = shift::next_day(office, after, now) else { return Ok(()) };
            match self.step(&in_force.matrix, office, day, now).await? {
                Some(closed) => last = Some(closed),
                None => return Ok(()),
            }
        }
    }

    /// Lets time pass for one shift; gives it if that finished it.
    async fn step(
        &self,
        matrix: &Matrix,
        office: &Calendar,
        day: Date,
        now: Timestamp,
    ) -> Result<Option<Shift>, CommandError> {
        let (store, tenant) = (&self.engine.store, &matrix.tenant);
        let stored = store.load::<Shift>(&(tenant.clone(), day)).await?;
        let (before, revision) = match stored {
            Some(stored) => (Shift::clone(&stored.record), stored.revision),
            None => {
                let new = Shift::new(tenant.clone(), day);
                let revision = store.commit(Commit::new(new.clone(), 0, Vec::new())).await?;
                (new, revision)
            }
        };
        if shift::deadline(office, &before).is_none_or(|it| now < it) {
            return Ok(None);
        }
        let alerts = self.alerts(tenant).await?;
        let shift::Step { shift, flag, notices, audit } =
            shift::step(office, &before, &alerts, now);
        let mut owes: Vec<Effect> = audit.into_iter().map(Effect::Audit).collect();
        let operators = reports::of(&**store, |_: &Operator| true).await?;
        let operators: Vec<Operator> = operators.iter().map(|it| Operator::clone(it)).collect();
        // What the matrix itself needs is told with it, once a business day.
        let upkeep = match &shift.closing {
            Some(closing) => {
                let last = self.last_closed(tenant).await?.and_then(|it| it.closing);
                let last = last.map_or(closing.night.from, |it| it.at);
                upkeep::notices(matrix, &office.zone, last, now)
            }
            None => Vec::new(),
        };
        for notice in notices.iter().chain(&upkeep) {
            owes.extend(letter::address(notice, Matter::Shift(day), matrix, &operators, now));
        }
        store.commit(Commit::new(shift.clone(), revision, owes)).await?;
        self.engine.owed.notify_one();
        self.flag(&shift, &flag).await?;
        Ok(shift.closing.is_some().then_some(shift))
    }

    /// Puts alerts down for both teams, unless they were disposed of, or came
    /// back, after the shift was finished.
    async fn flag(&self, closed: &Shift, alerts: &[AlertId]) -> Result<(), CommandError> {
        let Some(closing) = &closed.closing else { return Ok(()) };
        for id in alerts {
            let is_due = |it: &Alert| {
                it.raised_at <= closing.at
                    && it.disposed.as_ref().is_none_or(|it| it.at <= closing.at)
            };
            let Some(stored) = self.engine.store.load::<Alert>(id).await? else { continue };
            let now = self.engine.clock.now();
            let alert = &stored.record;
            if !is_due(alert) || command::joint_review(alert, NOTE, now).is_none() {
                continue;
            }
            let decide = |alert: &Alert, now| {
                let event = Some(alert).filter(|it| is_due(it));
                let event = event.and_then(|it| command::joint_review(it, NOTE, now));
                Ok(event.ok_or(command::Refusal::AlreadyResolved(alert.id))?)
            };
            match self.engine.command(*id, decide).await {
                // Somebody disposed of it this very moment, or it is gone.
                Ok(_) | Err(CommandError::Refused(_) | CommandError::NoSuchAlert(_)) => {}
                Err(err) => return Err(err),
            }
        }
        Ok(())
    }

    async fn alerts(&self, tenant: &Tenant) -> Result<Vec<NightAlert>, StoreError> {
        night_alerts(&*self.engine.store, tenant).await
    }

    async fn last_closed(&self, tenant: &Tenant) -> Result<Option<Shift>, StoreError> {
        let closed = self.shifts(tenant).await?.into_iter().filter(|it| it.closing.is_some());
        Ok(closed.max_by_key(|it| it.day).map(|it| Shift::clone(&it)))
    }

    async fn first_kept(&self, tenant: &Tenant) -> Result<Option<Date>, StoreError> {
        Ok(self.shifts(tenant).await?.iter().map(|it| it.day).min())
    }

    async fn shifts(&self, tenant: &Tenant) -> Result<Vec<Arc<Shift>>, StoreError> {
        let all = self.engine.store.all::<Shift>().await?;
        Ok(all.into_iter().map(|it| it.record).filter(|it| it.tenant == *tenant).collect())
    }
}

/// What a finished shift wanted flagged, as far as it lists its alerts.
fn unflagged(closed: &Shift) -> Vec<AlertId> {
    let listed = closed.closing.iter().flat_map(|it| &it.alerts);
    let left = listed.filter(|it| it.disposition == NightDisposition::JointReviewAuto);
    left.map(|it| it.alert).collect()
}
