//! What the tenants' matrices say.
//!
//! # Contract
//!
//! Answers come from memory and at once. A tenant without a published matrix
//! cannot have endpoints, so every endpoint's tenant is known here; if one is
//! not all the same, [`Directory::remit`] still names an owner and says why.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{
    alert::{Ladder, Reach, Reached, Remit, TermsRef, Trigger},
    calendar::Calendar,
    detect::Rules,
    endpoint::Registration,
    exploited::Known,
    inhibit,
    mass_loss::Place,
    matrix::{Call, Matrix, Subject},
    people::Target,
    sla::Terms,
};
use remit_shared::{Function, Party, Severity, Team, Tenant};

/// Looks things up in the matrices in force.
pub trait Directory: fmt::Debug + Send + Sync + 'static {
    /// Whose an endpoint's function is at a time, and what was promised.
    fn remit(
        &self,
        endpoint: &Registration,
        function: &Function,
        severity: Severity,
        at: Timestamp,
    ) -> (Remit, Terms);

    /// What was promised by an older version.
    fn terms(&self, tenant: &Tenant, of: &TermsRef) -> Option<Terms>;

    /// How a tenant's people are reached.
    fn people(&self, tenant: &Tenant) -> People;

    /// The checks and limits of an endpoint.
    fn rules(&self, endpoint: &Registration) -> Arc<Rules>;

    /// Where the collector itself stands: what is wrong with its own connection
    /// is for the people there. `None` as long as there is no tenant.
    fn home(&self) -> Option<Place>;

    /// Which alerts of a tenant say already what others would.
    fn inhibitions(&self, tenant: &Tenant) -> Arc<[inhibit::Rule]>;

    /// What is known to be exploited; the same for every tenant.
    fn exploited(&self) -> Known;
}

/// A tenant's people, as the matrix in force knows them.
#[derive(Clone, Debug, Default)]
pub struct People(pub Option<Arc<Matrix>>);

impl People {
    /// The calendars that ladders count in.
    pub fn calendars(&self) -> &[Calendar] {
        self.0.as_ref().map_or(&[], |it| &it.calendars)
    }

    /// Which side a team is on, if the matrix has that team.
    pub fn party(&self, team: &Team) -> Option<Party> {
        self.0.as_ref()?.team(team).map(|it| it.party)
    }

    /// Whom to ring about what these teams have, at an instant.
    pub fn call(&self, remit: &Remit, at: Timestamp) -> Call {
        self.0.as_ref().map_or_else(Call::default, |it| {
            it.whom_to_call(&remit.responsible, &remit.accountable, at)
        })
    }

    /// Who takes an alert over for which reason, and how soon.
    pub fn triggers(&self, function: &Function, remit: &Remit) -> Vec<Trigger> {
        self.0.as_ref().map_or_else(Vec::new, |it| it.triggers(function, remit))
    }
}

impl Reach for People {
    fn reach(&self, target: &Target, severity: Severity, at: Timestamp) -> Reached {
        let Some(matrix) = &self.0 else {
            let because = "the tenant has no matrix in force".to_owned();
            return Reached { because, ..Reached::default() };
        };
        matrix.reach(target, severity, at)
    }

    fn ladder(&self, team: &Team, function: &Function) -> Option<Ladder> {
        self.0.as_ref()?.ladder(team, function)
    }
}

/// What the matrix must know of an endpoint.
pub fn subject(endpoint: &Registration) -> Subject {
    Subject {
        id: endpoint.id,
        hostname: endpoint.host.hostname.clone(),
        site: endpoint.site.clone(),
        kind: endpoint.kind,
        tags: endpoint.tags.iter().cloned().collect(),
    }
}
