//! One alert in a message, field by field, for those who sort by fields.

use jiff::Timestamp;
use remit_shared::{AlertId, EndpointId, Function, Party, Severity, Site, Team, Tenant};

use crate::{
    alert::{Alert, State},
    matrix::Call,
};

/// What a message says of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The alert.
    pub alert: AlertId,
    /// The customer environment.
    pub tenant: Tenant,
    /// Where its endpoint stands.
    pub site: Site,
    /// Its endpoint.
    pub endpoint: EndpointId,
    /// What that is called.
    pub hostname: String,
    /// The check.
    pub check: String,
    /// Which of several things it watches; may be empty.
    pub instance: String,
    /// Which kind of work it is.
    pub function: Function,
    /// How much it matters.
    pub severity: Severity,
    /// Whether somebody has taken it on.
    pub acknowledged: bool,
    /// When it ended.
    pub resolved_at: Option<Timestamp>,
    /// When it began.
    pub opened_at: Timestamp,
    /// One line.
    pub summary: String,
    /// What was seen.
    pub evidence: String,
    /// Whose it is.
    pub owner: Team,
    /// That team's side.
    pub owner_party: Party,
    /// Who answers for it.
    pub accountable: Team,
    /// Why it is theirs.
    pub reason: String,
    /// What to do: a link, or words; may be empty.
    pub runbook: String,
    /// Whom to ring.
    pub call: Call,
}

impl Facts {
    /// As of now.
    pub fn of(alert: &Alert, call: &Call) -> Self {
        let (about, remit) = (&alert.about, &alert.remit);
        let (acknowledged, resolved_at) = match &alert.state {
            State::Open => (false, None),
            State::Acknowledged(_) => (true, None),
            State::Resolved { at, .. } => (false, Some(*at)),
        };
        Self {
            alert: alert.id,
            tenant: about.tenant.clone(),
            site: about.site.clone(),
            endpoint: about.endpoint,
            hostname: about.hostname.clone(),
            check: about.check.to_string(),
            instance: about.instance.to_string(),
            function: about.function.clone(),
            severity: alert.severity,
            acknowledged,
            resolved_at,
            opened_at: alert.opened_at,
            summary: alert.summary.clone(),
            evidence: alert.evidence.clone(),
            owner: remit.responsible.clone(),
            owner_party: remit.party,
            accountable: remit.accountable.clone(),
            reason: format!("{} (matrix version {})", remit.reason, remit.matrix_version),
            runbook: remit.runbook.clone(),
            call: call.clone(),
        }
    }

    /// Where it stands, in a word.
    pub fn state(&self) -> &'static str {
        match (self.resolved_at, self.acknowledged) {
            (Some(_), _) => "resolved",
            (None, true) => "acknowledged",
            (None, false) => "open",
        }
    }
}
