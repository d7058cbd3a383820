//! Which services stand on which listener, and how much they take at once.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router as HttpRouter;

use remit_proto::{
    FILE_DESCRIPTOR_SET,
    v1::{
        agent_service_server::AgentServiceServer, alert_service_server::AlertServiceServer,
        audit_service_server::AuditServiceServer, backup_service_server::BackupServiceServer,
        change_service_server::ChangeServiceServer, contact_service_server::ContactServiceServer,
        endpoint_service_server::EndpointServiceServer,
        enrollment_service_server::EnrollmentServiceServer,
        known_issue_service_server::KnownIssueServiceServer,
        matrix_service_server::MatrixServiceServer, operator_service_server::OperatorServiceServer,
        patch_service_server::PatchServiceServer, report_service_server::ReportServiceServer,
        shift_service_server::ShiftServiceServer, source_service_server::SourceServiceServer,
        token_service_server::TokenServiceServer, window_service_server::WindowServiceServer,
    },
};
use remit_runtime::{
    listen::{BindError, Configuration, Listener},
    tls::{Clients, Identity, TlsError, server_config},
};
use remit_shared::Clock;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Server, server::Router};

use super::{RunError, Sled};
use crate::{
    adapters::matrices::Matrices,
    config,
    edge::{
        grpc::{agent::AgentEdge, enrollment::EnrollmentEdge, operator::Plane},
        http::receiver,
    },
    pki::Authority,
};

/// The largest message of an agent, decompressed.
const AGENT_MESSAGE: usize = 1 << 20;
/// How long an agent may take to show that its connection lives. What shows it
/// waits behind all that the agent has sent, and agents are at the end of any link.
const AGENT_PATIENCE: Duration = Duration::from_secs(60);
/// How long an agent may say nothing before its connection is tried: longer than
/// its heartbeat, or each would be asked for what it says by itself.
const AGENT_SILENCE: Duration = Duration::from_secs(45);
/// The largest enrollment.
const ENROLLMENT_MESSAGE: usize = 16 << 10;
/// The largest message of an operator; a matrix is the largest thing they send.
const OPERATOR_MESSAGE: usize = 4 << 20;

fn builder() -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .max_concurrent_streams(16)
        .http2_max_header_list_size(8 << 10)
}

pub(super) fn agent_plane<C: Clock>(edge: AgentEdge<Sled, Matrices, C>) -> Router {
    let service = AgentServiceServer::new(edge).max_decoding_message_size(AGENT_MESSAGE);
    // A session, the one that takes its place, and a renewal.
    builder()
        .http2_keepalive_interval(Some(AGENT_SILENCE))
        .http2_keepalive_timeout(Some(AGENT_PATIENCE))
        .max_concurrent_streams(4)
        .add_service(service)
}

pub(super) fn enrollment_plane<C: Clock>(edge: EnrollmentEdge<Sled, Matrices, C>) -> Router {
    let service = EnrollmentServiceServer::new(edge).max_decoding_message_size(ENROLLMENT_MESSAGE);
    builder().timeout(Duration::from_secs(10)).add_service(service)
}

pub(super) async fn operator_plane<C: Clock>(plane: Arc<Plane<Sled, C>>) -> Router {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<AlertServiceServer<Plane<Sled, C>>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the committed descriptors are well formed");
    macro_rules! service {
        ($server:ident) => {
            $server::from_arc(Arc::clone(&plane)).max_decoding_message_size(OPERATOR_MESSAGE)
        };
    }
    builder()
        .add_service(health)
        .add_service(reflection)
        .add_service(service!(AlertServiceServer))
        .add_service(service!(AuditServiceServer))
        .add_service(service!(BackupServiceServer))
        .add_service(service!(ChangeServiceServer))
        .add_service(service!(ContactServiceServer))
        .add_service(service!(EndpointServiceServer))
        .add_service(service!(KnownIssueServiceServer))
        .add_service(service!(MatrixServiceServer))
        .add_service(service!(OperatorServiceServer))
        .add_service(service!(PatchServiceServer))
        .add_service(service!(ReportServiceServer))
        .add_service(service!(ShiftServiceServer))
        .add_service(service!(SourceServiceServer))
        .add_service(service!(TokenServiceServer))
        .add_service(service!(WindowServiceServer))
}

/// Listens without TLS.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == io::ErrorKind::AddrInUse {
            BindError::InUse { address }
        } else {
            BindError::Failed { address, source }
        }
    })
}

/// Every listener that shows the collector's certificate.
pub(super) struct Listeners {
    pub(super) agents: Configuration,
    pub(super) enrollment: Configuration,
    pub(super) operators: Configuration,
    pub(super) receiver: Option<Configuration>,
}

impl Listeners {
    /// Shows another certificate from now on.
    pub(super) fn show(&self, identity: &Identity, authority: &Authority) -> Result<(), RunError> {
        self.agents.replace(server_config(identity, authority.agents())?);
        self.enrollment.replace(server_config(identity, Clients::Nobody)?);
        self.operators.replace(server_config(identity, authority.operators())?);
        if let Some(receiver) = &self.receiver {
            receiver.replace(http1_config(identity)?);
        }
        Ok(())
    }
}

/// Where other systems post their alerts.
pub(super) enum Receiver {
    /// With the collector's certificate.
    Tls(Listener),
    /// In the clear, on loopback.
    Plain(TcpListener),
}

impl Receiver {
    pub(super) async fn bind(at: config::Receiver, identity: &Identity) -> Result<Self, RunError> {
        Ok(if at.plain {
            Self::Plain(bind(at.address).await?)
        } else {
            Self::Tls(Listener::bind(at.address, http1_config(identity)?)?)
        })
    }

    pub(super) fn configuration(&self) -> Option<Configuration> {
        match self {
            Self::Tls(listener) => Some(listener.configuration()),
            Self::Plain(_) => None,
        }
    }

    pub(super) async fn serve(self, router: HttpRouter, stop: CancellationToken) -> io::Result<()> {
        match self {
            Self::Tls(listener) => receiver::serve(listener, router, stop).await,
            Self::Plain(listener) => {
                receiver::serve(TcpListenerStream::new(listener), router, stop).await
            }
        }
    }
}

/// For systems that speak HTTP/1.1, as all that post alerts do.
fn http1_config(identity: &Identity) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::clone(&*server_config(identity, Clients::Nobody)?);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
