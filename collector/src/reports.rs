//! Fetches what a report is gathered from.
//!
//! It decides nothing: which of it is the period's, and what it adds up to, is
//! the domain's [`report`].

pub mod tune;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    agenda,
    alert::Alert,
    calendar::Segment,
    change::Change,
    daybook::Day,
    endpoint::Endpoint,
    known_issue::KnownIssue,
    matrix_version::Published,
    report::{self, Input, Period, Records},
    shift::Shift,
};
use remit_shared::{EndpointKind, Tenant};

use crate::{
    adapters::matrices::{InForce, Matrices},
    morning::office,
    ports::{
        directory::Directory as _,
        store::{Record, Store, StoreError},
    },
};

/// How long alerts are kept once they are resolved: a quarter, the one before
/// it, and whoever asks some months later.
pub const KEEP_ALERTS: SignedDuration = SignedDuration::from_hours(24 * 400);

/// What a report on a tenant's period is counted from.
pub async fn input<S: Store>(
    store: &S,
    matrices: &Matrices,
    in_force: &InForce,
    period: Period,
    now: Timestamp,
) -> Result<Input, StoreError> {
    let tenant = &in_force.matrix.tenant;
    let is_real = |it: &Endpoint| {
        let registration = &it.registration;
        let is_there = registration.is_in_service() && registration.kind != EndpointKind::Virtual;
        registration.tenant == *tenant && is_there
    };
    let records = Records {
        matrix: &in_force.matrix,
        office: office(&in_force.matrix),
        alerts: &of(store, |it: &Alert| it.about.tenant == *tenant).await?,
        terms: &|it| matrices.terms(tenant, &it.terms),
        shifts: &of(store, |it: &Shift| it.tenant == *tenant).await?,
        days: &of(store, |it: &Day| it.tenant == *tenant).await?,
        known_issues: &of(store, |it: &KnownIssue| it.spec.tenant == *tenant).await?,
        changes: &of(store, |it: &Change| it.tenant == *tenant).await?,
        endpoints: of(store, is_real).await?.len(),
        known_since: known_since(store, tenant, now).await?,
    };
    Ok(report::gather(&records, period, now))
}

/// What there is to talk about in a tenant's week.
pub async fn agenda<S: Store>(
    store: &S,
    in_force: &InForce,
    week: Segment,
    now: Timestamp,
) -> Result<agenda::Inputs, StoreError> {
    let tenant = &in_force.matrix.tenant;
    let records = agenda::Records {
        matrix: &in_force.matrix,
        alerts: &of(store, |it: &Alert| it.about.tenant == *tenant).await?,
        known_issues: &of(store, |it: &KnownIssue| it.spec.tenant == *tenant).await?,
        changes: &of(store, |it: &Change| it.tenant == *tenant).await?,
        endpoints: &of(store, |it: &Endpoint| it.registration.tenant == *tenant).await?,
        known_since: known_since(store, tenant, now).await?,
    };
    Ok(agenda::gather(&records, week))
}

/// The records of a kind that are wanted.
pub async fn of<R: Record>(
    store: &impl Store,
    is_wanted: impl Fn(&R) -> bool + Send,
) -> Result<Vec<Arc<R>>, StoreError> {
    let all = store.all::<R>().await?;
    Ok(all.into_iter().map(|it| it.record).filter(|it| is_wanted(it)).collect())
}

/// Nothing is known from before a tenant's first matrix, nor of what is
/// forgotten.
async fn known_since(
    store: &impl Store,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let versions = of(store, |it: &Published| it.tenant == *tenant).await?;
    let founded = versions.iter().map(|it| it.published_at).min().unwrap_or(now);
    Ok(founded.max(now.checked_sub(KEEP_ALERTS).unwrap_or(Timestamp::MIN)))
}
