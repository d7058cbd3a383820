//! A period in a few numbers, to be laid beside another's.

use remit_shared::Severity;

use crate::{
    calendar::Segment,
    report::{BackupDay, Facts, Nights, PatchDay, effort},
    sla::{Attainment, ClockKind, Judged, attainment},
};

/// A period in a few numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// How many alerts opened.
    pub opened: usize,
    /// How many of them were high or critical.
    pub urgent: usize,
    /// How many of them opened while the office was shut.
    pub night: usize,
    /// How many alerts were over in the period.
    pub resolved: usize,
    /// How many were not over at its end.
    pub left: usize,
    /// How many that opened were over before anybody took notice.
    pub over_first: usize,
    /// How often alerts were given back.
    pub hand_backs: usize,
    /// How well it was kept how soon somebody responds.
    pub response: Attainment,
    /// How well it was kept how soon it is over.
    pub resolution: Attainment,
    /// How well teams kept what they promised each other.
    pub teams: Attainment,
    /// What became of the nights.
    pub nights: Nights,
    /// How patches stood on the last day that is known.
    pub patches: Option<PatchDay>,
    /// How backups stood on the last day that is known.
    pub backups: Option<BackupDay>,
}

pub(super) fn totals(facts: &Facts, within: Segment) -> Totals {
    let Facts { alerts, clocks, nights, patches, backups, .. } = facts;
    let opened: Vec<_> = alerts.iter().filter(|it| it.opened_in(within)).collect();
    Totals {
        opened: opened.len(),
        urgent: opened.iter().filter(|it| it.severity >= Severity::High).count(),
        night: opened.iter().filter(|it| it.night).count(),
        resolved: alerts.iter().filter(|it| it.resolved_in(within)).count(),
        left: alerts.iter().filter(|it| it.is_open_at(within.to)).count(),
        over_first: opened.iter().filter(|it| it.was_over_first()).count(),
        hand_backs: opened.iter().map(|it| it.hand_backs as usize).sum(),
        response: attainment(of_kind(clocks, ClockKind::Response)),
        resolution: attainment(of_kind(clocks, ClockKind::Resolution)),
        teams: teams(clocks),
        nights: effort::nights(nights),
        patches: patches.iter().max_by_key(|it| it.day).copied(),
        backups: backups.iter().max_by_key(|it| it.day).copied(),
    }
}

fn of_kind(clocks: &[Judged], kind: ClockKind) -> impl Iterator<Item = &Judged> {
    clocks.iter().filter(move |it| it.kind == kind)
}

/// Times of different promises cannot be compared, so they have no percentiles.
fn teams(clocks: &[Judged]) -> Attainment {
    let all = attainment(clocks.iter().filter(|it| it.kind.is_teams()));
    Attainment { percentiles: None, ..all }
}
