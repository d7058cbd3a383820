//! What an alert asks of a matrix, in the alert's own words.
//!
//! # Not here
//!
//! Whose an alert is: [`resolve`](fn@super::resolve) says so, and
//! [`Remit::decided`](crate::alert::Remit::decided) is the alert's word for it.

use std::sync::Arc;

use jiff::Timestamp;
use remit_shared::{AgreementName, Function, Severity, Team};

use crate::{
    alert::{self, HandOverReason},
    matrix::{Matrix, reach},
    people::Target,
    sla::{Agreement, Terms},
};

impl Matrix {
    /// What an agreement promises; what ships, if the matrix names none.
    pub fn terms(&self, agreement: Option<&AgreementName>) -> Terms {
        let named = agreement.and_then(|it| self.agreement(it));
        let agreement = named.cloned().unwrap_or_else(Agreement::standard);
        let hours = agreement.hours.as_ref().and_then(|it| self.calendar(it));
        Terms {
            calendar: hours.cloned().map(Arc::new),
            agreement: Arc::new(agreement),
            matrix_version: self.version,
        }
    }

    /// Who takes an alert over for which reason, and how soon: the other party,
    /// if the matrix does not say.
    pub fn triggers(&self, function: &Function, remit: &alert::Remit) -> Vec<alert::Trigger> {
        let counterpart = self.takes_over_from(remit);
        let trigger = |reason| {
            let said = self.hand_over(reason, function);
            let to = said.to.or_else(|| counterpart.cloned())?;
            let party = self.team(&to)?.party;
            Some(alert::Trigger { reason, after: said.after, to, party })
        };
        HandOverReason::ALL.into_iter().filter_map(trigger).collect()
    }
}

impl alert::Reach for Matrix {
    fn reach(&self, target: &Target, severity: Severity, at: Timestamp) -> alert::Reached {
        let found = reach(self, target, severity, at);
        let channels = found.channels.iter().map(|(_, channel)| channel.to_string()).collect();
        let quiet: String = found.quieted.iter().map(|it| format!("; {it}")).collect();
        let quieted = !found.quieted.is_empty();
        alert::Reached { channels, because: found.because + &quiet, quieted }
    }

    fn ladder(&self, team: &Team, function: &Function) -> Option<alert::Ladder> {
        self.policy_of(team, function).map(Into::into)
    }
}
