//! The enrollment listener: a token and a public key become an identity.
//!
//! The token's record is the only one that changes: it notes the key that it
//! let in and comes to owe the endpoint's admission. A repeat with the same key
//! finds that note and gives the same endpoint, whatever was lost before.
//!
//! A machine that is known already is the endpoint that it was; its new key
//! waits on that endpoint's record until somebody agrees.

mod guard;
mod newcomer;
mod place;

use std::{sync::Arc, time::Duration};

use remit_collector_domain::{
    endpoint::{self, Endpoint, claim::Because},
    enroll::{Given, Redeemed, Token, redeem},
};
use remit_proto::{
    convert::{Wire as _, required},
    v1::{EnrollRequest, EnrollResponse, enrollment_service_server::EnrollmentService},
};
use remit_runtime::{listen::ConnectInfo, random};
use remit_shared::{Chain, Clock, EndpointId, EndpointKind, ErrorKind, Host, TokenId};
use sha2::{Digest as _, Sha256};
use tokio::time;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

pub use self::{guard::Guard, place::Lanes};
use self::{guard::Wait, newcomer::Newcomer, place::Place};
use crate::{
    edge::grpc::status::{ToStatus as _, answer},
    ingest::Ingest,
    outbox::admit,
    pki::{Authority, Issued, PublicKey},
    ports::{
        directory::Directory,
        store::{Commit, Store, StoreError, Stored},
    },
};

/// In how many milliseconds to ask again, as gRPC spells it.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// So often and so long apart a new endpoint is looked for: ten seconds.
const LOOKS: u32 = 2000;
/// See [`LOOKS`].
const LOOK: Duration = Duration::from_millis(5);

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
    /// Keeps those of one token, and those of one name, apart.
    pub lanes: Lanes,
}

/// Says when to ask again, to people and to programs.
fn later(wait: Wait) -> Status {
    let mut status = answer(ErrorKind::Exhausted, wait.to_string());
    let length = wait.length().as_millis().max(1);
    if let Ok(value) = length.to_string().parse() {
        status.metadata_mut().insert(PUSHBACK, value);
    }
    status
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
            self.guard.admit(peer, now).map_err(later)?;
        }
        let enrolled = self.admit(request.into_inner()).await;
        if let (Err(status), Some(peer)) = (&enrolled, peer) {
            // What is our own trouble is nobody's guess.
            if matches!(status.code(), Code::Unauthenticated | Code::InvalidArgument) {
                self.guard.refused(peer, now);
            }
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
        let token = self.token(&secret_sha256).await?.record;
        let _turn = self.lanes.enter(&token, &host.hostname).await;
        loop {
            let Stored { record: token, revision } = self.token(&secret_sha256).await?;
            let now = self.ingest.clock.now();
            let key = key.sha256();
            let place = self.place(&token, &host, &key).await?;
            let Redeemed { token, endpoint, again } = redeem(&token, key, place.endpoint, now)
                .map_err(|it| answer(ErrorKind::Unauthenticated, it.to_string()))?;
            let given = token.use_of(&key).and_then(|it| it.given.clone());
            let issued = match &given {
                Some(Given { der, certificate: it }) => {
                    self.authority.again(der, &it.serial, it.not_after)
                }
                None => self
                    .authority
                    .issue_agent(endpoint, &asked.csr, now)
                    .map_err(|err| answer(ErrorKind::Invalid, Chain(&err).to_string()))?,
            };
            let newcomer = Newcomer { host: &host, kind, issued: &issued, place, now };
            let registration = newcomer.registration(&token);
            if !again {
                let token = token.clone().giving(&key, newcomer.given());
                let owes = newcomer.owes(&token, &registration);
                match self.ingest.store.commit(Commit::new(token, revision, owes)).await {
                    Ok(_) => self.ingest.owed.notify_one(),
                    Err(StoreError::Conflict { .. }) => continue,
                    Err(err) => return Err(err.to_status()),
                }
            }
            if place.is_known {
                self.note_key(&token, &newcomer).await?;
            } else {
                // The outbox would do it too; here it is done before the agent
                // connects. Both write the same, and all that there is to say.
                let made = Endpoint::enrolled(registration);
                admit(&*self.ingest.store, made).await.map_err(|it| it.to_status())?;
                self.is_there(endpoint).await?;
            }
            let waits = place.waits.map(|it| it.0);
            tracing::info!(%endpoint, hostname = host.hostname, again, ?waits, "enrolled");
            return Ok(self.welcome(&token, endpoint, &issued, waits));
        }
    }

    /// The token with this secret.
    async fn token(&self, secret_sha256: &[u8; 32]) -> Result<Stored<Token>, Status> {
        let stored = self.ingest.store.load::<Token>(&token_name(secret_sha256)).await;
        let stored = stored.map_err(|it| it.to_status())?;
        // One answer for "never was" and "wrong": nobody learns which ids exist.
        stored
            .filter(|it| it.record.secret_sha256 == *secret_sha256)
            .ok_or_else(|| answer(ErrorKind::Unauthenticated, "the token is not known here"))
    }

    async fn place(&self, token: &Token, host: &Host, key: &[u8; 32]) -> Result<Place, Status> {
        let all = self.ingest.store.all::<Endpoint>().await.map_err(|it| it.to_status())?;
        let all: Vec<&Endpoint> = all.iter().map(|it| &*it.record).collect();
        Ok(match token.use_of(key) {
            Some(used) => Place::of_known(token, used, host, &all),
            None => {
                let fresh = EndpointId::from_uuid(random::uuid());
                Place::of_new(token, host, &all, fresh)
            }
        })
    }

    /// Waits until a new endpoint can be read: the outbox may be writing it at
    /// this moment, and the agent connects as soon as it has its answer.
    async fn is_there(&self, endpoint: EndpointId) -> Result<(), Status> {
        for _ in 0..LOOKS {
            let found = self.ingest.store.load::<Endpoint>(&endpoint).await;
            if found.map_err(|it| it.to_status())?.is_some() {
                return Ok(());
            }
            time::sleep(LOOK).await;
        }
        Err(answer(ErrorKind::Unavailable, "the endpoint is not written yet: ask again"))
    }

    /// Notes on the endpoint what the key was given, unless it is there already.
    async fn note_key(&self, token: &Token, newcomer: &Newcomer<'_>) -> Result<(), Status> {
        let Newcomer { place, .. } = newcomer;
        let noted = match newcomer.claim(token) {
            Some(claim) => self.ingest.claim(place.endpoint, &claim).await,
            None => {
                let certificate = newcomer.certificate();
                let note = |endpoint: &Endpoint, _| {
                    let known = &endpoint.registration.certificates;
                    (!known.contains(&certificate))
                        .then(|| (endpoint::renew(endpoint, certificate.clone()), Vec::new()))
                };
                self.ingest.change(place.endpoint, note).await
            }
        };
        match &noted.map_err(|it| it.to_status())?.registration.revoked {
            None => Ok(()),
            Some(it) => {
                let words = format!("the endpoint was revoked at {}: {}", it.at, it.reason);
                Err(answer(ErrorKind::Unauthenticated, words))
            }
        }
    }

    fn welcome(
        &self,
        token: &Token,
        endpoint: EndpointId,
        issued: &Issued,
        waits: Option<Because>,
    ) -> EnrollResponse {
        EnrollResponse {
            endpoint_id: endpoint.to_string(),
            certificate_chain: issued.chain.iter().map(|it| it.to_vec()).collect(),
            ca_roots: self.authority.roots().iter().map(|it| it.to_vec()).collect(),
            agent_addresses: self.agent_addresses.clone(),
            not_after: Some(issued.not_after.to_wire()),
            tenant: token.tenant.to_string(),
            site: token.site.to_string(),
            waits_because: waits.map(|it| it.to_string()).unwrap_or_default(),
        }
    }
}
