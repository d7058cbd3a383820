//! The operator plane: what people and their programs may ask.
//!
//! All its services are one [`Plane`], because they share who is asking and
//! what they may. Every call starts with [`Plane::caller`]; a call that forgets
//! has nobody to ask [`Plane::permit`] for.

mod agenda;
mod alerts;
mod alone;
mod audit;
mod backups;
mod changes;
mod contacts;
mod endpoints;
mod find;
mod history;
mod known_issues;
mod matrices;
mod operators;
mod page;
mod patches;
mod refusals;
mod reports;
mod shifts;
mod sources;
mod tokens;
mod watch;
mod windows;

use std::sync::Arc;

pub use self::refusals::Refusals;
use remit_collector_domain::{
    authority::{self, Action, Scope},
    effect::AuditEntry,
    operator::Operator,
};
use remit_runtime::supervise::Supervisor;
use remit_shared::{Clock, Tenant};
use tonic::{Request, Status};

use crate::{
    adapters::{matrices::Matrices, notify::SetUp},
    changes::Changes,
    edge::grpc::{caller, status::ToStatus as _},
    engine::Engine,
    ingest::Ingest,
    pki::Authority,
    ports::store::Store,
    sources::Sources,
};

/// The operator plane.
pub struct Plane<S, C> {
    /// Works on alerts.
    pub engine: Arc<Engine<S, Matrices, C>>,
    /// Knows who is connected, and ends trust.
    pub ingest: Arc<Ingest<S, Matrices, C>>,
    /// Works on changes.
    pub changes: Arc<Changes<S, C>>,
    /// The matrices in force.
    pub matrices: Arc<Matrices>,
    /// The channels that the settings have.
    pub channels: SetUp,
    /// The systems whose alerts are taken in.
    pub sources: Arc<Sources<S, C>>,
    /// What was refused of late.
    pub refusals: Refusals,
    /// Issues certificates.
    pub authority: Arc<Authority>,
    /// What enrollment tokens say: where the enrollment listener is.
    pub enrollment_addresses: Vec<String>,
    /// Rung when the feed grows.
    pub news: tokio::sync::watch::Receiver<u64>,
    /// Carries streams.
    pub tasks: Supervisor,
    /// Stops streams.
    pub stop: tokio_util::sync::CancellationToken,
}

impl<S: Store, C: Clock> Plane<S, C> {
    fn store(&self) -> &S {
        &self.engine.store
    }

    /// Who asks.
    async fn caller<T>(&self, request: &Request<T>) -> Result<Arc<Operator>, Status> {
        caller::operator(self.store(), &*self.engine.clock, request).await
    }

    /// Whether they may. A refusal is written down, the same one not too often.
    async fn permit(
        &self,
        operator: &Operator,
        action: Action,
        scope: &Scope<'_>,
    ) -> Result<(), Status> {
        let Err(refusal) = authority::may(operator, action, scope) else { return Ok(()) };
        tracing::info!(operator = %operator.id, ?action, %refusal, "refused");
        // A tenant that somebody may not see is not told who knocked.
        let tenant = scope.tenant.filter(|it| operator.sees(it));
        let (words, detail) = (action.as_str(), refusal.to_string());
        let entry = self.audit(operator, tenant, words, String::new(), detail);
        if self.refusals.admits(operator.id, words, entry.at) {
            self.store().note_denied(entry).await.map_err(|it| it.to_status())?;
        }
        Err(refusal.to_status())
    }

    /// A line for the audit trail.
    fn audit(
        &self,
        operator: &Operator,
        tenant: Option<&Tenant>,
        action: &str,
        object: impl ToString,
        detail: impl Into<String>,
    ) -> AuditEntry {
        AuditEntry {
            at: self.engine.clock.now(),
            tenant: tenant.cloned(),
            actor: format!("{} {}", operator.id, operator.name),
            action: action.into(),
            object: object.to_string(),
            detail: detail.into(),
        }
    }
}
