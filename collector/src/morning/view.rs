//! A tenant's office and alerts, as a shift must know them.

use jiff::{Timestamp, tz::TimeZone};
use remit_collector_domain::{
    alert::{Alert, Disposition, State},
    calendar::Calendar,
    known_issue::{self, KnownIssue},
    matrix::Matrix,
    shift::{NightAlert, Over, Said},
    sla::Holder,
};
use remit_shared::{KnownIssueId, Tenant};

use crate::ports::store::{Store, StoreError};

/// The hours of the office: the calendar of that name, or else the first.
pub fn office(matrix: &Matrix) -> Option<&Calendar> {
    let named = matrix.calendars.iter().find(|it| it.name.as_str() == "office");
    named.or_else(|| matrix.calendars.first())
}

/// Where a tenant's days begin and end: where its office is, or its first site.
pub fn zone(matrix: &Matrix) -> TimeZone {
    let site = || matrix.sites.first().map(|it| it.zone.clone());
    office(matrix).map(|it| it.zone.clone()).or_else(site).unwrap_or(TimeZone::UTC)
}

/// What a shift must know of every alert of a tenant.
pub async fn night_alerts<S: Store>(
    store: &S,
    tenant: &Tenant,
) -> Result<Vec<NightAlert>, StoreError> {
    let mut alerts = Vec::new();
    for stored in store.all::<Alert>().await? {
        let alert = &stored.record;
        if alert.about.tenant == *tenant {
            let said = said(store, alert).await?;
            alerts.push(night_alert(alert, said));
        }
    }
    Ok(alerts)
}

fn night_alert(alert: &Alert, said: Option<Said>) -> NightAlert {
    let over = match &alert.state {
        State::Open | State::Acknowledged(_) => None,
        State::Resolved { at, by } => {
            let by_human = by.is_some() || alert.disposition() == Disposition::Resolved;
            Some(Over { at: *at, by_human })
        }
    };
    let (team, party) = (alert.remit.responsible.clone(), alert.remit.party);
    NightAlert {
        alert: alert.id,
        summary: alert.summary.clone(),
        severity: alert.severity,
        holder: Holder { team, party },
        received_at: alert.raised_at,
        over,
        said,
    }
}

async fn said<S: Store>(store: &S, alert: &Alert) -> Result<Option<Said>, StoreError> {
    let Some(disposed) = &alert.disposed else { return Ok(None) };
    Ok(match disposed.what {
        Disposition::None | Disposition::Resolved => None,
        Disposition::JointReview => Some(Said::JointReview { by_human: disposed.by.is_some() }),
        Disposition::KnownIssue => Some(match disposed.known_issue {
            Some(id) => known(store, id).await?,
            None => Said::KnownIssue { link: disposed.note.clone(), expires_at: Timestamp::MAX },
        }),
    })
}

/// A known issue, and until when it will do.
async fn known<S: Store>(store: &S, id: KnownIssueId) -> Result<Said, StoreError> {
    let stored = store.load::<KnownIssue>(&id).await?;
    let expires_at = stored.map_or(Timestamp::MAX, |it| match it.record.state {
        known_issue::State::Active => it.record.spec.expires_at,
        known_issue::State::Ended { at, .. }
        | known_issue::State::Expired { at }
        | known_issue::State::Broken { at, .. } => at,
    });
    Ok(Said::KnownIssue { link: id.to_string(), expires_at })
}
