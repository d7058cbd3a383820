//! The agent plane.

mod connection;
mod pace;

use std::{sync::Arc, time::Duration};

use remit_collector_domain::{
    effect::{AuditEntry, Effect},
    endpoint::{self, Certificate, Endpoint, renewed_too_often},
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
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::{
    edge::grpc::status::{ToStatus as _, answer},
    ingest::Ingest,
    pki::{
        Authority,
        peer::{self, Peer},
    },
    ports::{
        directory::Directory,
        store::{Store, Stored},
    },
};

/// Acknowledgements that may wait for a slow agent. There is at most one per
/// batch of its own records, and it does not send more before it reads them.
const ANSWERS: usize = 8;

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
    type ConnectStream = ReceiverStream<Result<ConnectResponse, Status>>;

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
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn renew(
        &self,
        request: Request<RenewRequest>,
    ) -> Result<Response<RenewResponse>, Status> {
        let caller = caller(&request)?;
        let now = self.ingest.clock.now();
        self.ingest.check(caller.endpoint, &caller.serial).await.map_err(|it| it.to_status())?;
        let stored = self.ingest.store.load::<Endpoint>(&caller.endpoint).await;
        let lifetime = self.authority.agent_lifetime();
        let too_often = |it: Stored<Endpoint>| renewed_too_often(&it.record, lifetime, now);
        if let Some(at) = stored.map_err(|it| it.to_status())?.and_then(too_often) {
            let words = format!("the certificate was renewed twice of late; ask again at {at}");
            return Err(answer(ErrorKind::Exhausted, words));
        }
        let csr = request.into_inner().csr;
        let issued = self
            .authority
            .issue_agent(caller.endpoint, &csr, now)
            .map_err(|err| answer(ErrorKind::Invalid, remit_shared::Chain(&err).to_string()))?;
        let certificate =
            Certificate { serial: issued.serial.clone(), not_after: issued.not_after };
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
        Ok(Response::new(RenewResponse {
            certificate_chain: issued.chain.iter().map(|it| it.to_vec()).collect(),
            not_after: Some(issued.not_after.to_wire()),
            ca_roots: self.authority.roots().iter().map(|it| it.to_vec()).collect(),
        }))
    }
}
