//! The enrollment listener: a token and a public key become an identity.
//!
//! The token's record is the only one that changes: it notes the key that it
//! let in and comes to owe the endpoint's admission. A repeat with the same key
//! finds that note and gives the same endpoint, whatever was lost before.

mod guard;

use std::sync::Arc;

use remit_collector_domain::{
    effect::{AuditEntry, Effect},
    endpoint::{self, Certificate, Endpoint, Registration},
    enroll::{Redeemed, Token, redeem},
};
use remit_proto::{
    convert::{Wire as _, required},
    v1::{EnrollRequest, EnrollResponse, enrollment_service_server::EnrollmentService},
};
use remit_runtime::{listen::ConnectInfo, random};
use remit_shared::{Chain, Clock, EndpointId, EndpointKind, ErrorKind, Host, TokenId};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};
use uuid::Uuid;

pub use self::guard::Guard;
use crate::{
    edge::grpc::status::{ToStatus as _, answer},
    ingest::Ingest,
    outbox::admit,
    pki::{Authority, Issued, PublicKey},
    ports::{
        directory::Directory,
        store::{Commit, Store, StoreError},
    },
};

/// Lets agents in.
pub struct EnrollmentEdge<S, D, C> {
    /// Where tokens and endpoints are kept.
    pub ingest: Arc<Ingest<S, D, C>>,
    /// Issues certificates.
    pub authority: Arc<Authority>,
    /// Where agents find the agent plane: `host:port`.
    pub agent_addresses: Vec<String>,
    /// Slows down who guesses.
    pub guard: Guard,
}

/// A token's name follows from its secret, so that it is found without a search.
pub fn token_name(secret_sha256: &[u8; 32]) -> TokenId {
    let mut name = [0; 16];
    name.copy_from_slice(&secret_sha256[..16]);
    TokenId::from_uuid(Uuid::from_bytes(name))
}

/// What is kept of a token's secret.
pub fn hash_secret(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[tonic::async_trait]
impl<S: Store, D: Directory, C: Clock> EnrollmentService for EnrollmentEdge<S, D, C> {
    async fn enroll(
        &self,
        request: Request<EnrollRequest>,
    ) -> Result<Response<EnrollResponse>, Status> {
        let peer = request.extensions().get::<ConnectInfo>().map(|it| it.peer.ip());
        let now = self.ingest.clock.now();
        if let Some(peer) = peer {
            self.guard.admit(peer, now).map_err(|wait| {
                let words = format!("too many refused tokens; try again in {} s", wait.as_secs());
                answer(ErrorKind::Exhausted, words)
            })?;
        }
        let enrolled = self.admit(request.into_inner()).await;
        if let (Err(status), Some(peer)) = (&enrolled, peer) {
            self.guard.refused(peer, now);
            tracing::warn!(%peer, reason = status.message(), "enrollment refused");
        }
        enrolled.map(Response::new)
    }
}

impl<S: Store, D: Directory, C: Clock> EnrollmentEdge<S, D, C> {
    async fn admit(&self, asked: EnrollRequest) -> Result<EnrollResponse, Status> {
        let host = required::<Host>("host", asked.host).map_err(|it| it.to_status())?;
        let kind = match asked.kind {
            0 => EndpointKind::Server,
            some => EndpointKind::from_wire("kind", some).map_err(|it| it.to_status())?,
        };
        if kind == EndpointKind::Virtual {
            return Err(answer(ErrorKind::Invalid, "a virtual endpoint has no agent to enroll"));
        }
        let invalid = |err: &dyn std::error::Error| answer(ErrorKind::Invalid, err.to_string());
        let key = PublicKey::from_request(&asked.csr).map_err(|err| invalid(&err))?;
        let secret_sha256 = hash_secret(&asked.token_secret);
        let id = token_name(&secret_sha256);
        // One answer for "never was" and "wrong": nobody learns which ids exist.
        let unknown = || answer(ErrorKind::Unauthenticated, "the token is not known here");
        loop {
            let stored = self.ingest.store.load::<Token>(&id).await;
            let stored = stored.map_err(|it| it.to_status())?.ok_or_else(unknown)?;
            if stored.record.secret_sha256 != secret_sha256 {
                return Err(unknown());
            }
            let now = self.ingest.clock.now();
            let fresh = EndpointId::from_uuid(random::uuid());
            let Redeemed { token, endpoint, again } =
                redeem(&stored.record, key.sha256(), fresh, now)
                    .map_err(|it| answer(ErrorKind::Unauthenticated, it.to_string()))?;
            let issued = self
                .authority
                .issue_agent(endpoint, &asked.csr, now)
                .map_err(|err| answer(ErrorKind::Invalid, Chain(&err).to_string()))?;
            let registration = registration(&token, endpoint, &host, kind, &issued, now);
            if !again {
                let audit = AuditEntry {
                    at: now,
                    tenant: Some(token.tenant.clone()),
                    actor: format!("token {id}"),
                    action: "endpoint.enroll".into(),
                    object: endpoint.to_string(),
                    detail: format!("{} at {}", host.hostname, token.site),
                };
                let owes =
                    vec![Effect::Admit(Box::new(registration.clone())), Effect::Audit(audit)];
                match self
                    .ingest
                    .store
                    .commit(Commit::new(token.clone(), stored.revision, owes))
                    .await
                {
                    Ok(_) => self.ingest.owed.notify_one(),
                    Err(StoreError::Conflict { .. }) => continue,
                    Err(err) => return Err(err.to_status()),
                }
            }
            // The outbox would do it too; here it is done before the agent connects.
            admit(&*self.ingest.store, Endpoint::enrolled(registration))
                .await
                .map_err(|it| it.to_status())?;
            if again {
                self.add_certificate(endpoint, &issued).await?;
            }
            tracing::info!(%endpoint, hostname = host.hostname, again, "enrolled");
            return Ok(self.welcome(&token, endpoint, &issued));
        }
    }

    async fn add_certificate(&self, endpoint: EndpointId, issued: &Issued) -> Result<(), Status> {
        let certificate =
            Certificate { serial: issued.serial.clone(), not_after: issued.not_after };
        let added = self.ingest.change(endpoint, |endpoint, _| {
            let known = &endpoint.registration.certificates;
            (!known.contains(&certificate))
                .then(|| (endpoint::renew(endpoint, certificate.clone()), Vec::new()))
        });
        let endpoint = added.await.map_err(|it| it.to_status())?;
        match &endpoint.registration.revoked {
            None => Ok(()),
            Some(it) => {
                let words = format!("the endpoint was revoked at {}: {}", it.at, it.reason);
                Err(answer(ErrorKind::Unauthenticated, words))
            }
        }
    }

    fn welcome(&self, token: &Token, endpoint: EndpointId, issued: &Issued) -> EnrollResponse {
        EnrollResponse {
            endpoint_id: endpoint.to_string(),
            certificate_chain: issued.chain.iter().map(|it| it.to_vec()).collect(),
            ca_roots: self.authority.roots().iter().map(|it| it.to_vec()).collect(),
            agent_addresses: self.agent_addresses.clone(),
            not_after: Some(issued.not_after.to_wire()),
            tenant: token.tenant.to_string(),
            site: token.site.to_string(),
        }
    }
}

fn registration(
    token: &Token,
    id: EndpointId,
    host: &Host,
    kind: EndpointKind,
    issued: &Issued,
    now: jiff::Timestamp,
) -> Registration {
    Registration {
        id,
        tenant: token.tenant.clone(),
        site: token.site.clone(),
        kind: token.kind.unwrap_or(kind),
        tags: token.tags.clone(),
        host: host.clone(),
        enrolled_at: now,
        token: token.id,
        certificates: vec![Certificate {
            serial: issued.serial.clone(),
            not_after: issued.not_after,
        }],
        revoked: None,
    }
}
