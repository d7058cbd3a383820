//! What alerts say of the rows that decided them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use remit_shared::RowId;

use crate::{
    alert::{Alert, EntryKind},
    matrix::ReviewStats,
};

impl ReviewStats {
    /// Counts alerts that opened at an instant or later, each for the row that
    /// it lies under now.
    pub fn since<'a>(since: Timestamp, alerts: impl IntoIterator<Item = &'a Alert>) -> Self {
        let mut stats = Self::default();
        for alert in alerts.into_iter().filter(|it| since <= it.opened_at) {
            let Ok(row) = alert.remit.row.parse::<RowId>() else { continue };
            add(&mut stats.alerts, &row, 1);
            add(&mut stats.hand_backs, &row, entries(alert, EntryKind::HandedOff));
            add(&mut stats.reroutes, &row, entries(alert, EntryKind::Rerouted));
        }
        stats
    }
}

fn entries(alert: &Alert, kind: EntryKind) -> u64 {
    alert.timeline.iter().map(|it| u64::from(it.kind == kind)).sum()
}

fn add(to: &mut BTreeMap<RowId, u64>, row: &RowId, count: u64) {
    if 0 < count {
        *to.entry(row.clone()).or_default() += count;
    }
}
