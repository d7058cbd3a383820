//! From records to what there is to talk about.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};
use remit_shared::EndpointKind;

use crate::{
    agenda::{
        Breach, Emergency, Inputs, JointReview, KnownIssue, NewCheck, OpenChange, ReviewedRow,
        Rule, Silent, Volume,
    },
    alert::{Alert, Disposition},
    calendar::Segment,
    change::Change,
    endpoint::{Endpoint, Presence},
    known_issue::{self, KnownIssue as Known},
    matrix::Matrix,
    noise::Past,
    report::waits_for,
    sla::Holder,
};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Everything about one tenant that an agenda may need, in any order.
#[derive(Clone, Copy)]
pub struct Records<'a> {
    /// The matrix in force.
    pub matrix: &'a Matrix,
    /// Alerts.
    pub alerts: &'a [Arc<Alert>],
    /// What is known.
    pub known_issues: &'a [Arc<Known>],
    /// What somebody wants to change.
    pub changes: &'a [Arc<Change>],
    /// Endpoints.
    pub endpoints: &'a [Arc<Endpoint>],
    /// Nothing is known from before.
    pub known_since: Timestamp,
}

/// Gathers what there is to talk about in a week.
pub fn gather(records: &Records<'_>, week: Segment) -> Inputs {
    let Records { alerts, known_since, .. } = *records;
    let known = records.known_issues.iter();
    let known = known.filter(|it| it.state == known_issue::State::Active);
    let live = records.changes.iter().filter(|it| it.is_live());
    // In a tenant's first week, everything is new.
    let is_old = known_since < week.from;
    Inputs {
        joint_reviews: alerts.iter().filter_map(|it| joint_review(it, week)).collect(),
        known_issues: known
            .map(|it| KnownIssue {
                id: it.id,
                title: it.spec.title.clone(),
                owner: it.spec.party,
                expires_at: it.spec.expires_at,
            })
            .collect(),
        changes: live
            .map(|it| OpenChange {
                id: it.id,
                title: it.title.clone(),
                proposed_at: it.requested_at,
                waits_for: waits_for(it),
            })
            .collect(),
        emergencies: records.changes.iter().filter_map(|it| emergency(it)).collect(),
        breaches: alerts.iter().flat_map(|it| breaches(it)).collect(),
        rows: rows(records.matrix, known_since, week.to),
        rules: rules(alerts, week),
        volumes: if is_old { volumes(alerts, week) } else { Vec::new() },
        new_checks: if is_old { new_checks(alerts, week) } else { Vec::new() },
        silent: records.endpoints.iter().filter_map(|it| silent(it)).collect(),
    }
}

fn holder(alert: &Alert) -> Holder {
    Holder { team: alert.remit.responsible.clone(), party: alert.remit.party }
}

/// What was put down in the week, and whatever is not over since.
fn joint_review(alert: &Alert, week: Segment) -> Option<JointReview> {
    let disposed = alert.disposed.as_ref().filter(|it| it.what == Disposition::JointReview)?;
    let is_due = disposed.at < week.to && (alert.is_unresolved() || week.contains(disposed.at));
    is_due.then(|| JointReview {
        alert: alert.id,
        summary: format!("{}: {}", alert.about.hostname, alert.summary),
        severity: alert.severity,
        holder: holder(alert),
        since: disposed.at,
        auto: disposed.is_automatic(),
    })
}

fn emergency(change: &Change) -> Option<Emergency> {
    let glass = change.break_glass.as_ref().filter(|_| change.needs_review())?;
    Some(Emergency {
        id: change.id,
        title: change.title.clone(),
        by: glass.by.name.clone(),
        party: glass.by.party,
        at: glass.at,
        why: glass.why.clone(),
    })
}

fn breaches(alert: &Alert) -> impl Iterator<Item = Breach> {
    let clocks = alert.clocks.clocks.iter().filter(|it| !it.kind.is_teams());
    clocks.filter_map(|it| {
        Some(Breach {
            alert: alert.id,
            summary: format!("{}: {}", alert.about.hostname, alert.summary),
            severity: alert.severity,
            clock: it.kind,
            holder: it.holder.clone(),
            at: it.breached_at?,
        })
    })
}

/// A row that nobody has looked at is as old as the agreement; one that is to
/// have been looked at in days to come was not.
fn rows(matrix: &Matrix, known_since: Timestamp, now: Timestamp) -> Vec<ReviewedRow> {
    let date = |at| TimeZone::UTC.to_datetime(at).date();
    let (founded, tomorrow) = (date(known_since), date(now).saturating_add(Span::new().days(1)));
    let row = |it: &crate::matrix::Row| ReviewedRow {
        row: it.id.clone(),
        reviewed: it.reviewed.filter(|it| *it <= tomorrow).unwrap_or(founded),
    };
    matrix.all_rows().map(row).collect()
}

fn rules(alerts: &[Arc<Alert>], week: Segment) -> Vec<Rule> {
    let mut rules: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for alert in alerts.iter().filter(|it| week.contains(it.opened_at)) {
        let (all, acted_on) = rules.entry(&alert.about.check).or_default();
        *all += 1;
        *acted_on += u32::from(Past::of(alert).acted_at.is_some());
    }
    let rule =
        |(check, (alerts, acted_on)): (&str, _)| Rule { check: check.to_owned(), alerts, acted_on };
    rules.into_iter().map(rule).collect()
}

fn volumes(alerts: &[Arc<Alert>], week: Segment) -> Vec<Volume> {
    let mut volumes: BTreeMap<Holder, [u32; 5]> = BTreeMap::new();
    for alert in alerts.iter().filter(|it| it.opened_at < week.to) {
        let age = week.to.duration_since(alert.opened_at).as_secs() / WEEK.as_secs();
        let weeks = usize::try_from(age).unwrap_or(usize::MAX);
        if let Some(count) = volumes.entry(holder(alert)).or_default().get_mut(weeks) {
            *count += 1;
        }
    }
    let volume = |(holder, [week, before @ ..]): (_, [u32; 5])| Volume { holder, week, before };
    volumes.into_iter().map(volume).collect()
}

fn new_checks(alerts: &[Arc<Alert>], week: Segment) -> Vec<NewCheck> {
    let mut checks: BTreeMap<&str, (Timestamp, BTreeSet<_>)> = BTreeMap::new();
    for it in alerts {
        let of = checks.entry(&it.about.check);
        let (first_at, endpoints) = of.or_insert_with(|| (it.opened_at, BTreeSet::new()));
        *first_at = it.opened_at.min(*first_at);
        endpoints.insert(it.about.endpoint);
    }
    let new = checks.into_iter().filter(|it| week.contains(it.1.0));
    new.map(|(check, (first_at, endpoints))| NewCheck {
        check: check.to_owned(),
        first_at,
        endpoints: u32::try_from(endpoints.len()).unwrap_or(u32::MAX),
    })
    .collect()
}

fn silent(endpoint: &Endpoint) -> Option<Silent> {
    let registration = &endpoint.registration;
    let is_silent = match endpoint.pulse.presence {
        Presence::NeverSeen | Presence::Offline => true,
        Presence::Online | Presence::Late | Presence::ExpectedOff(_) => false,
    };
    let is_real = registration.is_in_service() && registration.kind != EndpointKind::Virtual;
    (is_silent && is_real).then(|| Silent {
        endpoint: registration.id,
        hostname: registration.host.hostname.clone(),
        last_heard: endpoint.pulse.heard_at.unwrap_or(registration.enrolled_at),
    })
}
