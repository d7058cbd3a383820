//! What the tenants' matrices say.
//!
//! # Contract
//!
//! Answers come from memory and at once. A tenant without a published matrix
//! cannot have endpoints, so every endpoint's tenant is known here; if one is
//! not all the same, [`Directory::remit`] still names an owner and says why.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use remit_collector_domain::{alert::Remit, detect::Rules, endpoint::Registration};
use remit_shared::{Function, Party, Severity, Team, Tenant};

/// Looks things up in the matrices in force.
pub trait Directory: Send + Sync + 'static {
    /// Whose an endpoint's function is at a time.
    fn remit(
        &self,
        endpoint: &Registration,
        function: &Function,
        severity: Severity,
        at: Timestamp,
    ) -> Remit;

    /// How each of a tenant's teams is reached.
    fn channels(&self, tenant: &Tenant) -> Arc<BTreeMap<Team, Vec<String>>>;

    /// The checks and limits of an endpoint.
    fn rules(&self, endpoint: &Registration) -> Arc<Rules>;

    /// Which side a team is on, if the tenant's matrix has that team.
    fn party(&self, tenant: &Tenant, team: &Team) -> Option<Party>;
}
