//! What a window has kept quiet, written down.

use crate::{
    alert::Alert,
    suppression::SuppressionKind,
    window::{LONGEST_LOG, SuppressedEntry, Window},
};

impl Window {
    /// Writes down what of these alerts people are not told because of it.
    /// However often an alert is shown, each of its raisings is one entry for
    /// each time that the window was open.
    pub fn log_quiet<'a>(mut self, alerts: impl IntoIterator<Item = &'a Alert>) -> Self {
        let named = self.id.to_string();
        let mut entries: Vec<_> =
            alerts.into_iter().filter_map(|it| kept_quiet(it, &named)).collect();
        entries.sort_by_key(|it| (it.at, it.alert));
        for entry in entries {
            if !self.logged.note(entry.at, entry.alert) {
                continue;
            }
            if self.log.len() < LONGEST_LOG {
                self.log.push(entry);
            } else {
                self.log_dropped = self.log_dropped.saturating_add(1);
            }
        }
        self
    }
}

/// What people are not told of an alert because of a window, if anything.
fn kept_quiet(alert: &Alert, window: &str) -> Option<SuppressedEntry> {
    let by = alert.suppressors.iter().find(|it| {
        it.mutes && it.what.kind == SuppressionKind::Window && it.what.reference == window
    })?;
    Some(SuppressedEntry {
        alert: alert.id,
        at: alert.raised_at.max(by.what.since),
        what: alert.summary.clone(),
        hostname: alert.about.hostname.clone(),
        severity: alert.severity,
    })
}
