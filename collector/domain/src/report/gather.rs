//! From records to what a report is counted from.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use remit_shared::{Party, RowId};

use crate::{
    alert::{Alert, EntryKind},
    calendar::{Calendar, is_open},
    change::Change,
    daybook::Day,
    known_issue::{self, KnownIssue},
    matrix::{Matrix, ReviewStats, review},
    noise::Past,
    report::{AlertFact, ChangeFact, Facts, HeardDay, Input, KnownIssueFact, NightFact, Period},
    shift::Shift,
    sla::{Holder, Terms, judged},
};

/// Everything about one tenant that a report may need, in any order.
#[derive(Clone, Copy)]
pub struct Records<'a> {
    /// The matrix in force.
    pub matrix: &'a Matrix,
    /// When the office is open.
    pub office: Option<&'a Calendar>,
    /// Alerts.
    pub alerts: &'a [Arc<Alert>],
    /// What an alert's time is measured by.
    pub terms: &'a (dyn Fn(&Alert) -> Option<Terms> + Sync),
    /// Nights.
    pub shifts: &'a [Arc<Shift>],
    /// Days.
    pub days: &'a [Arc<Day>],
    /// What is known.
    pub known_issues: &'a [Arc<KnownIssue>],
    /// What somebody wants to change.
    pub changes: &'a [Arc<Change>],
    /// How many endpoints there are.
    pub endpoints: usize,
    /// Nothing is known from before.
    pub known_since: Timestamp,
}

/// Gathers what a report on a period is counted from, as of an instant.
pub fn gather(records: &Records<'_>, period: Period, asked_at: Timestamp) -> Input {
    let before = period.before();
    // What is known in part only would make the other look better, or worse.
    let is_known = records.known_since <= before.within.from;
    let today = period.zone.to_datetime(asked_at).date();
    let statistics = statistics(records.alerts, &period);
    Input {
        tenant: records.matrix.tenant.clone(),
        title: records.matrix.title.clone(),
        asked_at,
        endpoints: records.endpoints,
        facts: facts(records, &period),
        before: is_known.then(|| facts(records, &before)),
        review: review(records.matrix, today, Some(&statistics)).rows,
        known_issues: known_issues(records.known_issues),
        changes: changes(records.changes),
        office: records.office.cloned(),
        known_since: records.known_since,
        period,
    }
}

fn facts(records: &Records<'_>, period: &Period) -> Facts {
    let within = period.within;
    let concerns = |it: &&Arc<Alert>| {
        it.opened_at < within.to && it.resolved_at().is_none_or(|it| it >= within.from)
    };
    let alerts: Vec<&Arc<Alert>> = records.alerts.iter().filter(concerns).collect();
    let clocks = alerts.iter().filter_map(|it| {
        let terms = (records.terms)(it)?;
        Some(judged(&terms, it.severity, &it.clocks, within))
    });
    let nights = records.shifts.iter().filter_map(|it| {
        let counts = it.closing.as_ref()?.counts;
        (period.first <= it.day && it.day <= period.last)
            .then_some(NightFact { day: it.day, counts })
    });
    let days = records.days.iter().filter(|it| period.first <= it.day && it.day <= period.last);
    let days: Vec<&Arc<Day>> = days.collect();
    let opened = alerts.iter().filter(|it| within.contains(it.opened_at));
    Facts {
        clocks: clocks.flatten().collect(),
        nights: nights.collect(),
        past: opened.map(|it| Past::of(it).until(within.to)).collect(),
        alerts: alerts
            .iter()
            .map(|it| AlertFact::of(it, records.office).until(within.to))
            .collect(),
        patches: days.iter().map(|it| it.standing.patches).collect(),
        backups: days.iter().map(|it| it.standing.backups).collect(),
        heard: days.iter().map(|it| HeardDay { day: it.day, heard: it.heard }).collect(),
    }
}

impl AlertFact {
    /// What a report must know of an alert; `office` says when it is day.
    pub fn of(alert: &Alert, office: Option<&Calendar>) -> Self {
        let acked = alert.timeline.iter().find(|it| it.kind == EntryKind::Acknowledged);
        Self {
            id: alert.id,
            endpoint: alert.about.hostname.clone(),
            function: alert.about.function.clone(),
            severity: alert.severity,
            owner: Holder { team: alert.remit.responsible.clone(), party: alert.remit.party },
            opened_at: alert.opened_at,
            resolved_at: alert.resolved_at(),
            acked_at: acked.map(|it| it.at),
            by_itself: alert.went_away_by_itself(),
            hand_backs: count(alert, EntryKind::HandedOff),
            night: office.is_some_and(|it| !is_open(it, alert.opened_at)),
        }
    }
}

impl AlertFact {
    /// The same as it was then. A week is told alike whenever it is asked for:
    /// what became of an alert afterwards is another week's.
    pub(crate) fn until(self, then: Timestamp) -> Self {
        let resolved_at = self.resolved_at.filter(|it| *it < then);
        Self {
            resolved_at,
            acked_at: self.acked_at.filter(|it| *it < then),
            by_itself: self.by_itself && resolved_at.is_some(),
            ..self
        }
    }
}

fn count(alert: &Alert, kind: EntryKind) -> u32 {
    let times = alert.timeline.iter().filter(|it| it.kind == kind).count();
    u32::try_from(times).unwrap_or(u32::MAX)
}

/// What happened under each row to the alerts that opened in a period.
fn statistics(alerts: &[Arc<Alert>], period: &Period) -> ReviewStats {
    let mut statistics = ReviewStats::default();
    for alert in alerts.iter().filter(|it| period.within.contains(it.opened_at)) {
        let Ok(row) = RowId::new(&alert.remit.row) else { continue };
        let add = |to: &mut BTreeMap<RowId, u64>, times: u32| {
            *to.entry(row.clone()).or_default() += u64::from(times);
        };
        add(&mut statistics.alerts, 1);
        add(&mut statistics.hand_backs, count(alert, EntryKind::HandedOff).min(1));
        add(&mut statistics.reroutes, count(alert, EntryKind::Rerouted).min(1));
    }
    statistics
}

fn known_issues(issues: &[Arc<KnownIssue>]) -> Vec<KnownIssueFact> {
    let active = issues.iter().filter(|it| it.state == known_issue::State::Active);
    let fact = |it: &Arc<KnownIssue>| KnownIssueFact {
        id: it.id,
        title: it.spec.title.clone(),
        owner: it.spec.owner.clone(),
        kept_quiet: it.tally.total,
        review_at: it.spec.review_at.unwrap_or(it.spec.expires_at),
        expires_at: it.spec.expires_at,
    };
    active.map(fact).collect()
}

fn changes(changes: &[Arc<Change>]) -> Vec<ChangeFact> {
    let live = changes.iter().filter(|it| it.is_live());
    live.map(|it| ChangeFact {
        id: it.id,
        title: it.title.clone(),
        proposed_by: it.requested_by.name.clone(),
        proposed_at: it.requested_at,
        waits_for: waits_for(it),
    })
    .collect()
}

/// The sides whose agreement is missing, each once.
pub(crate) fn waits_for(change: &Change) -> Vec<Party> {
    let mut parties: Vec<Party> = change.missing().map(|it| it.party).collect();
    parties.sort_unstable();
    parties.dedup();
    parties
}
