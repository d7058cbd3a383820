//! Lets endpoints in, turns them away, and ends their trust.

use std::sync::Arc;

use remit_collector_domain::{
    effect::{AuditEntry, Effect},
    endpoint::{
        self, Certificate, Endpoint,
        claim::{self, Claim},
    },
};
use remit_shared::{Clock, EndpointId};

use crate::{
    ingest::{Ingest, IngestError},
    ports::{directory::Directory, store::Store},
};

impl<S: Store, D: Directory, C: Clock> Ingest<S, D, C> {
    /// Notes that a key waits to speak for an endpoint.
    pub async fn claim(&self, id: EndpointId, by: &Claim) -> Result<Arc<Endpoint>, IngestError> {
        self.change(id, |endpoint, _| {
            let waiting = endpoint.registration.claim.as_ref();
            let known = waiting.is_some_and(|it| it.certificate == by.certificate);
            (!known).then(|| (claim::claim(endpoint, by.clone()), Vec::new()))
        })
        .await
    }

    /// Notes that an endpoint comes back by its own key, whose certificate has
    /// ended, and waits with another.
    pub async fn come_back(
        &self,
        id: EndpointId,
        serial: &str,
        certificate: &Certificate,
    ) -> Result<Arc<Endpoint>, IngestError> {
        let back = self.change(id, |endpoint, now| {
            let next = claim::come_back(endpoint, serial, certificate.clone(), now)?;
            let by = id.to_string();
            let audit = audit(&next, "endpoint.come_back", &by, "", now);
            Some((next, vec![audit]))
        });
        let back = back.await?;
        let claim = back.registration.claim.as_ref();
        if claim.is_none_or(|it| it.certificate != *certificate) {
            // It was revoked meanwhile, or somebody agreed to another key.
            self.check(id, serial).await?;
        }
        Ok(back)
    }

    /// Lets in the key that waits. Sessions of the key before it end.
    pub async fn approve(&self, id: EndpointId, by: &str) -> Result<Arc<Endpoint>, IngestError> {
        let approved = self.settle(id, "endpoint.approve", by, "", claim::approve).await;
        self.roll.throw_out(id);
        self.lobby.leave(id);
        approved
    }

    /// Turns away the key that waits, from an endpoint that was there before.
    pub async fn reject(
        &self,
        id: EndpointId,
        by: &str,
        reason: &str,
    ) -> Result<Arc<Endpoint>, IngestError> {
        let rejected = self.settle(id, "endpoint.reject", by, reason, claim::reject).await;
        self.lobby.leave(id);
        rejected
    }

    /// Ends an endpoint's trust, now: the registry first, then its session.
    pub async fn revoke(
        &self,
        id: EndpointId,
        by: &str,
        reason: &str,
    ) -> Result<Arc<Endpoint>, IngestError> {
        let revoked = self
            .change(id, |endpoint, now| {
                let next = endpoint::revoke(endpoint, by, reason, now);
                let audit = audit(endpoint, "endpoint.revoke", by, reason, now);
                (next != *endpoint).then(|| (next, vec![audit]))
            })
            .await;
        self.roll.throw_out(id);
        self.lobby.leave(id);
        revoked
    }

    async fn settle(
        &self,
        id: EndpointId,
        action: &str,
        by: &str,
        detail: &str,
        settle: impl Fn(&Endpoint) -> Option<Endpoint> + Send + Sync,
    ) -> Result<Arc<Endpoint>, IngestError> {
        self.change(id, |endpoint, now| {
            let next = settle(endpoint)?;
            Some((next, vec![audit(endpoint, action, by, detail, now)]))
        })
        .await
    }
}

fn audit(
    endpoint: &Endpoint,
    action: &str,
    by: &str,
    detail: &str,
    now: jiff::Timestamp,
) -> Effect {
    let waited = endpoint.registration.claim.as_ref();
    let key = waited.map(|it| format!("certificate {}, {}", it.certificate.serial, it.because));
    let said = [detail.to_owned()].into_iter().filter(|it| !it.is_empty());
    Effect::Audit(AuditEntry {
        at: now,
        tenant: Some(endpoint.registration.tenant.clone()),
        actor: by.into(),
        action: action.into(),
        object: endpoint.id().to_string(),
        detail: said.chain(key).collect::<Vec<_>>().join("; "),
    })
}
