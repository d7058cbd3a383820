//! What somebody in a hurry must know.

use jiff::SignedDuration;
use remit_shared::{Party, Severity};

use crate::{
    matrix::ReviewState,
    noise,
    report::{Coverage, Input, Noise, Totals},
    sla::{ClockKind, Verdict},
};

/// How long before its end a known issue is worth a remark.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What somebody in a hurry must know, the most serious first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Of a part of the period nothing is known, so no number speaks of it.
    NotKnown(Coverage),
    /// Promises of the contract were broken.
    Broken {
        /// Which.
        kind: ClockKind,
        /// How often.
        times: usize,
        /// How often for high and critical alerts.
        urgent: usize,
    },
    /// Things have no backup that is young enough.
    BackupsLate {
        /// How many.
        things: usize,
    },
    /// Nothing backs things up.
    BackupsMissing {
        /// How many.
        things: usize,
    },
    /// Security patches are missing.
    SecurityPending {
        /// On how many endpoints.
        endpoints: usize,
    },
    /// Nobody knows how things stand.
    Unknown {
        /// How many endpoints have no answer on patches.
        patches: usize,
        /// How many things have none on backups.
        backups: usize,
    },
    /// Alerts of a night that nobody dealt with before the office opened.
    LeftOver {
        /// How many.
        alerts: usize,
    },
    /// Nobody has looked at rows of the matrix for 120 days, or ever.
    RowsOverdue {
        /// How many.
        rows: usize,
    },
    /// Changes wait for somebody's approval.
    ChangesWait {
        /// How many.
        changes: usize,
        /// How many of them wait for each side.
        by_party: Vec<(Party, usize)>,
    },
    /// Known issues end soon.
    IssuesEnd {
        /// How many.
        issues: usize,
    },
    /// A check that told mostly for nothing.
    Noisy {
        /// Which.
        check: String,
        /// How many alerts it opened.
        alerts: usize,
        /// How many of them nobody did anything about.
        for_nothing: usize,
    },
    /// None of the above.
    AllWell,
}

pub(super) fn remarks(
    input: &Input,
    totals: &Totals,
    coverage: Coverage,
    noise: &Noise,
) -> Vec<Remark> {
    let unknown = (!coverage.is_whole()).then_some(Remark::NotKnown(coverage));
    let mut remarks: Vec<Remark> = unknown.into_iter().collect();
    remarks.extend(broken(input));
    remarks.extend(state(totals));
    remarks.extend(agreement(input, totals));
    remarks.extend(noisiest(noise));
    if remarks.is_empty() {
        remarks.push(Remark::AllWell);
    }
    remarks
}

fn broken(input: &Input) -> impl Iterator<Item = Remark> {
    let kinds = ClockKind::ALL.into_iter().filter(|it| !it.is_teams());
    kinds.filter_map(|kind| {
        let clocks = input.facts.clocks.iter();
        let broken = clocks.filter(|it| it.kind == kind && it.verdict == Verdict::Breached);
        let severities: Vec<_> = broken.map(|it| it.severity).collect();
        let urgent = severities.iter().filter(|it| **it >= Severity::High).count();
        let times = severities.len();
        (times > 0).then_some(Remark::Broken { kind, times, urgent })
    })
}

fn state(totals: &Totals) -> impl Iterator<Item = Remark> {
    let late = totals.backups.map_or(0, |it| it.breach);
    let missing = totals.backups.map_or(0, |it| it.uncovered);
    let pending = totals.patches.map_or(0, |it| it.security_pending);
    let patches = totals.patches.map_or(0, |it| it.unknown);
    let backups = totals.backups.map_or(0, |it| it.unknown);
    let remarks = [
        (late > 0).then_some(Remark::BackupsLate { things: late }),
        (missing > 0).then_some(Remark::BackupsMissing { things: missing }),
        (pending > 0).then_some(Remark::SecurityPending { endpoints: pending }),
        (patches + backups > 0).then_some(Remark::Unknown { patches, backups }),
    ];
    remarks.into_iter().flatten()
}

fn agreement(input: &Input, totals: &Totals) -> impl Iterator<Item = Remark> {
    let alerts = totals.nights.all.joint_review_auto;
    let rows = input.review.iter().filter(|it| match it.state {
        ReviewState::Overdue | ReviewState::Never => true,
        ReviewState::Fresh | ReviewState::Soon | ReviewState::Due => false,
    });
    let rows = rows.count();
    let changes = input.changes.len();
    let waiting = |party: Party| {
        let waits = input.changes.iter().filter(|it| it.waits_for.contains(&party)).count();
        (waits > 0).then_some((party, waits))
    };
    let by_party = Party::ALL.iter().filter_map(|it| waiting(*it)).collect();
    let ends = |at: jiff::Timestamp| at.duration_since(input.asked_at) <= SOON;
    let issues = input.known_issues.iter().filter(|it| ends(it.expires_at)).count();
    let remarks = [
        (alerts > 0).then_some(Remark::LeftOver { alerts }),
        (rows > 0).then_some(Remark::RowsOverdue { rows }),
        (changes > 0).then_some(Remark::ChangesWait { changes, by_party }),
        (issues > 0).then_some(Remark::IssuesEnd { issues }),
    ];
    remarks.into_iter().flatten()
}

fn noisiest(noise: &Noise) -> Option<Remark> {
    let worst = noise.checks.first.first()?;
    let for_nothing = worst.for_nothing();
    let is_noisy = worst.alerts >= noise::ENOUGH && 2 * for_nothing > worst.alerts;
    let check = worst.check.to_string();
    is_noisy.then_some(Remark::Noisy { check, alerts: worst.alerts, for_nothing })
}
