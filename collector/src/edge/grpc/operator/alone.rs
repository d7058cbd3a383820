//! What somebody may keep quiet alone.
//!
//! Whoever may not is told who must agree, and what to type to ask them: that
//! is a change's business.

use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;
use remit_collector_domain::{
    change::{Facts, Quieting, Requirement},
    endpoint::{Endpoint, Registration},
    matrix::Subject,
    operator::Operator,
};
use remit_shared::{Clock, EndpointId, ErrorKind, Function, Tenant};
use tonic::Status;

use super::Plane;
use crate::{
    edge::grpc::status::{ToStatus as _, answer, not_found},
    ports::{directory::subject, store::Store},
};

/// So many people are named who could agree.
const NAMED: usize = 5;

/// The endpoints that something is about.
pub(super) struct Reached {
    /// Which.
    pub(super) endpoints: Vec<Arc<Registration>>,
    /// Of how many that the tenant has.
    pub(super) of: usize,
}

impl Reached {
    /// Their names.
    pub(super) fn ids(&self) -> BTreeSet<EndpointId> {
        self.endpoints.iter().map(|it| it.id).collect()
    }
}

/// What would be quiet there.
pub(super) struct Quiet<'a> {
    /// Where.
    pub(super) reached: &'a Reached,
    /// The kinds of work; none stands for all.
    pub(super) functions: &'a BTreeSet<Function>,
    /// For how long; `None` if people are told as ever.
    pub(super) lasts: Option<SignedDuration>,
    /// Whether it is documented as known.
    pub(super) is_declared: bool,
}

impl<S: Store, C: Clock> Plane<S, C> {
    /// The trusted endpoints of a tenant that something is about.
    pub(super) async fn reached(
        &self,
        tenant: &Tenant,
        is_meant: impl Fn(&Subject) -> bool + Send,
    ) -> Result<Reached, Status> {
        let all = self.store().all::<Endpoint>().await.map_err(|it| it.to_status())?;
        let of = all.iter().map(|it| &it.record.registration);
        let of: Vec<_> = of.filter(|it| it.tenant == *tenant && it.is_in_service()).collect();
        let endpoints = of.iter().filter(|it| is_meant(&subject(it)));
        Ok(Reached { endpoints: endpoints.map(|it| Arc::clone(it)).collect(), of: of.len() })
    }

    /// What the matrix in force says of keeping something quiet.
    pub(super) fn quieting(
        &self,
        by: &Operator,
        tenant: &Tenant,
        quiet: &Quiet<'_>,
    ) -> Result<Facts, Status> {
        let in_force = self.matrices.of(tenant);
        let in_force = in_force.ok_or_else(|| not_found("matrix of tenant", tenant.as_str()))?;
        let subjects: Vec<_> = quiet.reached.endpoints.iter().map(|it| subject(it)).collect();
        let quieting = Quieting {
            matrix: &in_force.matrix,
            subjects: &subjects,
            functions: quiet.functions,
            is_declared: quiet.is_declared,
            of: quiet.reached.of,
        };
        Ok(Facts { quiet_for: quiet.lasts, ..Facts::quieting(quieting, by) })
    }

    /// Says who must agree, and what to type to ask them.
    pub(super) async fn refer(
        &self,
        tenant: &Tenant,
        by: &Operator,
        required: &[Requirement],
        command: &str,
    ) -> Status {
        let all = match self.store().all::<Operator>().await {
            Ok(all) => all,
            Err(err) => return err.to_status(),
        };
        let could = all.iter().map(|it| &it.record).filter(|it| {
            it.revoked.is_none()
                && it.id != by.id
                && it.sees(tenant)
                && required.iter().any(|asked| asked.could_be_met_by(it))
        });
        let names: Vec<_> = could.map(|it| it.name.as_str()).take(NAMED).collect();
        let who = match names.as_slice() {
            [] if required.iter().any(|asked| asked.could_be_met_by(by)) => {
                "; you are the only one, so somebody of your side must ask, and you agree"
                    .to_owned()
            }
            [] => "; there is no such person yet".to_owned(),
            some => format!(" ({})", some.join(", ")),
        };
        let asked: Vec<_> = required.iter().map(agreement).collect();
        let words = format!("{}{who}; propose it: {command}", asked.join(", and "));
        answer(ErrorKind::Conflict, words)
    }
}

fn agreement(it: &Requirement) -> String {
    let Requirement { party, role, teams, because } = it;
    let teams: Vec<_> = teams.iter().map(|it| it.as_str()).collect();
    let of = if teams.is_empty() { String::new() } else { format!(" ({})", teams.join(" or ")) };
    format!("a {role} of the {party} side{of} must agree, because {because}")
}
