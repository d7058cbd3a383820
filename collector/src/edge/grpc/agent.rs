//! The agent plane.

mod connection;
mod pace;

use std::{sync::Arc, time::Duration};

use remit_collector_domain::{
    effect::{AuditEntry, Effect},
    endpoint::{
        self, Certificate, Distrust, Endpoint, claim::comes_back_too_often, renewed_too_often,
    },
};
use remit_proto::{
    convert::Wire as _,
    v1::{
        ConnectRequest, ConnectResponse, RenewRequest, RenewResponse,
        agent_service_server::AgentService,
    },
};
use remit_runtime::{listen::ConnectInfo, supervise::Supervisor};
use remit_shared::{Clock, EndpointId, ErrorKind};
use tokio::sync::mpsc;
use tokio_stream::{StreamExt as _, adapters::Map, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

use crate::{
    edge::grpc::status::{ToStatus as _, answer},
    ingest::{Ingest, IngestError},
    pki::{
        Authority, Issued,
        peer::{self, Peer},
    },
    ports::{directory::Directory, store::Store},
};

/// Acknowledgements that may wait for a slow agent. There is at most one per
/// batch of its own records, and it does not send more before it reads them.
const ANSWERS: usize = 8;

/// What an agent is answered. On the heap, since a queue has room for many from
/// the beginning, and there are as many queues as agents.
type Said = Result<Box<ConnectResponse>, Status>;

/// How long an agent has to say hello.
const HELLO: Duration = Duration::from_secs(30);

/// Serves agents.
pub struct AgentEdge<S, D, C> {
    /// Takes reports.
    pub ingest: Arc<Ingest<S, D, C>>,
    /// Renews certificates.
    pub authority: Arc<Authority>,
    /// Carries sessions.
    pub tasks: Supervisor,
}

/// Who an agent is, by its certificate.
struct Caller {
    endpoint: EndpointId,
    serial: String,
    not_after: jiff::Timestamp,
}

fn caller<T>(request: &Request<T>) -> Result<Caller, Status> {
    let unknown = || answer(ErrorKind::Unauthenticated, "no agent certificate was shown");
    let info = request.extensions().get::<ConnectInfo>().ok_or_else(unknown)?;
    let certificate = info.certificates.first().ok_or_else(unknown)?;
    let identity = peer::identify(certificate)
        .map_err(|err| answer(ErrorKind::Unauthenticated, remit_shared::Chain(&err).to_string()))?;
    match identity.peer {
        Peer::Endpoint(endpoint) => {
            Ok(Caller { endpoint, serial: identity.serial, not_after: identity.not_after })
        }
        Peer::Operator(_) => {
            Err(answer(ErrorKind::Unauthenticated, "an operator's certificate is of no use here"))
        }
    }
}

#[tonic::async_trait]
impl<S: Store, D: Directory, C: Clock> AgentService for AgentEdge<S, D, C> {
    type ConnectStream = Map<ReceiverStream<Said>, fn(Said) -> Result<ConnectResponse, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<ConnectRequest>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        let caller = caller(&request)?;
        let (answers, stream) = mpsc::channel(ANSWERS);
        let session = connection::serve(
            Arc::clone(&self.ingest),
            caller,
            request.into_inner(),
            answers,
            self.tasks.token(),
        );
        self.tasks.spawn("agent session", session);
        Ok(Response::new(ReceiverStream::new(stream).map(|it| it.map(|it| *it))))
    }

    async fn renew(
        &self,
        request: Request<RenewRequest>,
    ) -> Result<Response<RenewResponse>, Status> {
        let caller = caller(&request)?;
        let csr = request.into_inner().csr;
        let trust = self.ingest.check(caller.endpoint, &caller.serial).await;
        let issued = match trust {
            Ok(()) => self.renewed(&caller, &csr).await?,
            Err(IngestError::Distrusted { source: Distrust::Expired(_), .. }) => {
                self.come_back(&caller, &csr).await?
            }
            Err(err) => return Err(err.to_status()),
        };
        Ok(Response::new(RenewResponse {
            certificate_chain: issued.chain.iter().map(|it| it.to_vec()).collect(),
            not_after: Some(issued.not_after.to_wire()),
            ca_roots: self.authority.roots().iter().map(|it| it.to_vec()).collect(),
        }))
    }
}

impl<S: Store, D: Directory, C: Clock> AgentEdge<S, D, C> {
    /// A further certificate for an endpoint that is trusted.
    async fn renewed(&self, caller: &Caller, csr: &[u8]) -> Result<Issued, Status> {
        let lifetime = self.authority.agent_lifetime();
        let now = self.ingest.clock.now();
        if let Some(at) = renewed_too_often(&*self.registered(caller).await?, lifetime, now) {
            return Err(later("the certificate was renewed twice of late", at));
        }
        let (issued, certificate) = self.issue(caller, csr)?;
        self.ingest
            .change(caller.endpoint, |endpoint, now| {
                let audit = AuditEntry {
                    at: now,
                    tenant: Some(endpoint.registration.tenant.clone()),
                    actor: endpoint.id().to_string(),
                    action: "endpoint.renew".into(),
                    object: endpoint.id().to_string(),
                    detail: format!("certificate {}", certificate.serial),
                };
                let next = endpoint::renew(endpoint, certificate.clone());
                Some((next, vec![Effect::Audit(audit)]))
            })
            .await
            .map_err(|it| it.to_status())?;
        Ok(issued)
    }

    /// A certificate that waits, for an endpoint whose own has ended.
    async fn come_back(&self, caller: &Caller, csr: &[u8]) -> Result<Issued, Status> {
        let now = self.ingest.clock.now();
        if let Some(at) = comes_back_too_often(&*self.registered(caller).await?, now) {
            return Err(later("the endpoint came back a moment ago", at));
        }
        let (issued, certificate) = self.issue(caller, csr)?;
        let back = self.ingest.come_back(caller.endpoint, &caller.serial, &certificate).await;
        back.map_err(|it| it.to_status())?;
        tracing::info!(endpoint = %caller.endpoint, "comes back after its certificate has ended");
        Ok(issued)
    }

    async fn registered(&self, caller: &Caller) -> Result<Arc<Endpoint>, Status> {
        let stored = self.ingest.store.load::<Endpoint>(&caller.endpoint).await;
        let stored = stored.map_err(|it| it.to_status())?;
        let gone = || answer(ErrorKind::Unauthenticated, "the endpoint is not known here");
        stored.map(|it| it.record).ok_or_else(gone)
    }

    fn issue(&self, caller: &Caller, csr: &[u8]) -> Result<(Issued, Certificate), Status> {
        let issued = self
            .authority
            .issue_agent(caller.endpoint, csr, self.ingest.clock.now())
            .map_err(|err| answer(ErrorKind::Invalid, remit_shared::Chain(&err).to_string()))?;
        let certificate =
            Certificate { serial: issued.serial.clone(), not_after: issued.not_after };
        Ok((issued, certificate))
    }
}

fn later(why: &str, at: jiff::Timestamp) -> Status {
    answer(ErrorKind::Exhausted, format!("{why}; ask again at {at}"))
}
