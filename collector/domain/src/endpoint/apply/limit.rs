//! How much is kept of one endpoint at most.
//!
//! Whoever holds an agent's key may say what he likes; he must not be able to
//! make the collector slow for everybody else by it. What is beyond a limit is
//! refused and counted, and that is told once a day while it goes on.

use jiff::SignedDuration;

use crate::{detect::MOST_CHECKS, endpoint::apply::Work};

/// Series, over all probes.
pub const SERIES: usize = 5_000;
/// Probes that measure, and as many that do more than measure.
pub const PROBES: usize = 100;
/// Managers of services, and as many of packages.
pub const MANAGERS: usize = 16;
/// Backup jobs: a hundred declared and a hundred that only ran.
pub const JOBS: usize = 200;

/// What is refused is not told again before so long.
const TOLD_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What of a record was refused.
pub(super) struct Refusal {
    count: u64,
    /// What there is too much of; the first of it if there are several.
    what: String,
}

impl Work<'_> {
    /// Whether there is room for something: it is known, or one of less than
    /// `most`. If not, that is noted.
    pub(super) fn has_room(
        &mut self,
        is_known: bool,
        count: usize,
        most: usize,
        what: &str,
        name: &str,
    ) -> bool {
        let fits = is_known || count < most;
        if !fits {
            self.refuse(1, format!("more than {most} {what}, such as `{name}`"));
        }
        fits
    }

    pub(super) fn refuse(&mut self, count: u64, what: String) {
        let refusal = self.refused.get_or_insert(Refusal { count: 0, what });
        refusal.count = refusal.count.saturating_add(count);
    }

    /// Counts what was refused, and tells it if that is news.
    pub(super) fn tell_refused(&mut self) {
        if self.checks.is_full() {
            self.refuse(1, format!("more than {MOST_CHECKS} things that are bad at once"));
        }
        let Some(Refusal { count, what }) = self.refused.take() else { return };
        let now = self.arrival.received_at;
        let refused = &mut self.endpoint.pulse.refused;
        refused.count = refused.count.saturating_add(count);
        let is_known = refused.told_at.is_some_and(|it| now.duration_since(it).abs() < TOLD_EVERY);
        if is_known {
            return;
        }
        refused.told_at = Some(now);
        let summary = format!("not all that the agent reports is kept: it has {what}");
        let evidence = format!("{} values, jobs and the like refused in all", refused.count);
        let late = self.is_late();
        self.signals.push(self.rules.edge("records-lost", summary, evidence, now, late));
    }
}
