//! The alerts that say already what others would, in memory.
//!
//! Only what may be a cause is kept: an endpoint that is silent, a site that is
//! out of reach, and whatever a matrix names. So it stays small however many
//! alerts there are, and it is filled from the store at start.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{About, Alert, State},
    inhibit::{Candidate, Rule, inhibitors},
    suppression::Suppression,
};
use remit_shared::{AlertId, Tag};

/// Possible causes.
#[derive(Debug, Default)]
pub struct Board {
    causes: Mutex<BTreeMap<AlertId, Candidate>>,
}

impl Board {
    /// Sees the newest value of an alert about an endpoint with these tags.
    pub(super) fn note(&self, alert: &Alert, tags: &[Tag], rules: &[Rule]) {
        let closed_at = match alert.state {
            State::Open | State::Acknowledged(_) => None,
            State::Resolved { at, .. } => Some(at),
        };
        let cause = Candidate {
            opened_at: alert.raised_at,
            closed_at,
            ..candidate(alert.id, &alert.about, tags, alert.raised_at)
        };
        if rules.iter().any(|it| it.is_source(&cause)) {
            self.causes().insert(alert.id, cause);
        }
    }

    /// Which of them keep an alert quiet.
    pub(super) fn inhibitors(
        &self,
        child: &Candidate,
        rules: &[Rule],
        now: Timestamp,
    ) -> Vec<Suppression> {
        let mut causes = self.causes();
        causes.retain(|_, it| it.holds_until().is_none_or(|until| until > now));
        if causes.is_empty() {
            return Vec::new();
        }
        let others = causes.values().filter(|it| it.tenant == child.tenant);
        let candidates: Vec<Candidate> = others.cloned().collect();
        inhibitors(child, &candidates, rules, now)
    }

    fn causes(&self) -> MutexGuard<'_, BTreeMap<AlertId, Candidate>> {
        self.causes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An alert as inhibition sees it.
pub(super) fn candidate(
    alert: AlertId,
    about: &About,
    tags: &[Tag],
    opened_at: Timestamp,
) -> Candidate {
    Candidate {
        alert,
        tenant: about.tenant.clone(),
        endpoint: Some(about.endpoint),
        hostname: about.hostname.clone(),
        site: Some(about.site.clone()),
        tags: tags.to_vec(),
        check: about.check.clone(),
        instance: about.instance.clone(),
        function: about.function.clone(),
        opened_at,
        closed_at: None,
    }
}
