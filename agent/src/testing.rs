//! A collector's listeners, real to the last byte and simple behind. For tests.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer,
    ExtendedKeyUsagePurpose as Purpose, IsCa, KeyPair, SanType,
};
use remit_proto::{
    convert::{JoinToken, Wire as _, report::Decoder},
    v1::{
        self,
        agent_service_server::{AgentService, AgentServiceServer},
        connect_request, connect_response,
        enrollment_service_server::{EnrollmentService, EnrollmentServiceServer},
    },
};
use remit_runtime::{
    listen::Listener,
    tls::{self, Clients, Identity},
};
use remit_shared::Record;
use rustls_pki_types::CertificateSigningRequestDer;
use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, transport::Server};

/// What it has seen, and how it behaves.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) requests: Vec<v1::EnrollRequest>,
    pub(crate) hellos: Vec<v1::Hello>,
    pub(crate) records: Vec<Record>,
    pub(crate) previews: Vec<Record>,
    pub(crate) goodbyes: usize,
    /// What the next enrollment is answered with instead.
    pub(crate) refusal: Option<Status>,
}

/// A certificate authority and the two listeners that agents know.
pub(crate) struct TestCollector {
    pub(crate) token: JoinToken,
    service: Service,
    _tasks: JoinSet<()>,
}

#[derive(Clone)]
struct Service {
    seen: Arc<Mutex<Seen>>,
    authority: Arc<Authority>,
    agents: SocketAddr,
}

struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    agents: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = || KeyPair::generate().unwrap();
        let root = CertifiedIssuer::self_signed(ca(1), key()).unwrap();
        let agents = CertifiedIssuer::signed_by(ca(0), key(), &root).unwrap();
        Self { root, agents }
    }

    fn server(&self) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = leaf(Purpose::ServerAuth);
        let certificate = params.signed_by(&key, &self.root).unwrap();
        let chain = vec![certificate.der().clone(), self.root.der().clone()];
        Identity { chain, key: key.into() }
    }

    fn issue(&self, csr: &[u8]) -> Vec<Vec<u8>> {
        let csr = CertificateSigningRequestDer::from(csr);
        let mut request = CertificateSigningRequestParams::from_der(&csr).unwrap();
        request.params = leaf(Purpose::ClientAuth);
        let certificate = request.signed_by(&self.agents).unwrap();
        vec![certificate.der().to_vec(), self.agents.der().to_vec()]
    }
}

fn ca(below: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params
}

fn leaf(purpose: Purpose) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::DnsName("localhost".try_into().unwrap())];
    params.extended_key_usages = vec![purpose];
    params
}

impl TestCollector {
    /// Listens on two ports until it is dropped.
    pub(crate) fn start() -> Self {
        tls::install_provider();
        let authority = Arc::new(Authority::new());
        let listen = |clients| {
            let config = tls::server_config(&authority.server(), clients).unwrap();
            Listener::bind("127.0.0.1:0".parse().unwrap(), config).unwrap()
        };
        let enrollment = listen(Clients::Nobody);
        let agents = listen(Clients::IssuedBy(vec![authority.agents.der().clone()]));
        let token = JoinToken {
            secret: [7; 20],
            ca_pin: tls::spki_pin(authority.root.der()).unwrap(),
            addresses: vec![format!("localhost:{}", enrollment.local_addr().unwrap().port())],
        };
        let seen = Arc::default();
        let service = Service { seen, authority, agents: agents.local_addr().unwrap() };
        let mut tasks = JoinSet::new();
        let enroll = EnrollmentServiceServer::new(service.clone());
        tasks.spawn(async move {
            let server = Server::builder().add_service(enroll);
            server.serve_with_incoming(enrollment).await.unwrap();
        });
        let connect = AgentServiceServer::new(service.clone());
        tasks.spawn(async move {
            let server = Server::builder().add_service(connect);
            server.serve_with_incoming(agents).await.unwrap();
        });
        Self { token, service, _tasks: tasks }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.service.seen()
    }
}

impl Service {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Now, and a month later.
    fn validity() -> (Timestamp, Timestamp) {
        (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + SignedDuration::from_hours(720))
    }
}

#[tonic::async_trait]
impl EnrollmentService for Service {
    async fn enroll(
        &self,
        request: Request<v1::EnrollRequest>,
    ) -> Result<Response<v1::EnrollResponse>, Status> {
        let request = request.into_inner();
        let refusal = self.seen().refusal.take();
        let certificate_chain = self.authority.issue(&request.csr);
        self.seen().requests.push(request);
        if let Some(status) = refusal {
            return Err(status);
        }
        Ok(Response::new(v1::EnrollResponse {
            endpoint_id: "end_00000000000000000000000000000007".into(),
            certificate_chain,
            ca_roots: vec![self.authority.root.der().to_vec()],
            agent_addresses: vec![format!("localhost:{}", self.agents.port())],
            not_after: Some(Self::validity().1.to_wire()),
            tenant: "acme".into(),
            site: "hq".into(),
            waits_because: String::new(),
        }))
    }
}

#[tonic::async_trait]
impl AgentService for Service {
    type ConnectStream = ReceiverStream<Result<v1::ConnectResponse, Status>>;

    async fn connect(
        &self,
        request: Request<Streaming<v1::ConnectRequest>>,
    ) -> Result<Response<Self::ConnectStream>, Status> {
        let mut inbound = request.into_inner();
        let (outbound, stream) = mpsc::channel(16);
        let service = self.clone();
        #[expect(clippy::disallowed_methods, reason = "the test's own server")]
        let _session = tokio::spawn(async move {
            let (mut reports, mut previews) = (Decoder::default(), Decoder::default());
            let mut ack = v1::Ack::default();
            while let Ok(Some(message)) = inbound.message().await {
                let answer = match message.message {
                    Some(connect_request::Message::Hello(it)) => {
                        service.seen().hellos.push(it);
                        connect_response::Message::Welcome(v1::Welcome {
                            now: Some(Self::validity().0.to_wire()),
                            resume_token: vec![1; 16],
                            settings: Some(v1::Settings { heartbeat_seconds: 30 }),
                            takes_previews: true,
                            ..Default::default()
                        })
                    }
                    Some(connect_request::Message::Report(it)) => {
                        let record = reports.decode(it).unwrap();
                        match record.stream {
                            remit_shared::Stream::Events => ack.events_through = record.seq,
                            remit_shared::Stream::Metrics => ack.metrics_through = record.seq,
                        }
                        service.seen().records.push(record);
                        connect_response::Message::Ack(ack)
                    }
                    Some(connect_request::Message::Preview(it)) => {
                        service.seen().previews.push(previews.decode(it).unwrap());
                        continue;
                    }
                    Some(connect_request::Message::Goodbye(_)) => {
                        service.seen().goodbyes += 1;
                        continue;
                    }
                    Some(connect_request::Message::Heartbeat(_)) | None => continue,
                };
                let answer = v1::ConnectResponse { message: Some(answer) };
                if outbound.send(Ok(answer)).await.is_err() {
                    break;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn renew(
        &self,
        request: Request<v1::RenewRequest>,
    ) -> Result<Response<v1::RenewResponse>, Status> {
        Ok(Response::new(v1::RenewResponse {
            certificate_chain: self.authority.issue(&request.into_inner().csr),
            not_after: Some(Self::validity().1.to_wire()),
            ca_roots: vec![self.authority.root.der().to_vec()],
        }))
    }
}
