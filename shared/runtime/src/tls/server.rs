//! How a listener is set up.

use std::sync::Arc;

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::CertificateDer,
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    version::TLS13,
};

use super::{HTTP2, Identity, TlsError, once_issued::OnceIssued, provider};

/// Who may connect.
#[derive(Clone, Debug)]
pub enum Clients {
    /// Clients show no certificate: for enrollment only.
    Nobody,
    /// Clients whose certificate one of these issued, and for client use.
    IssuedBy(Vec<CertificateDer<'static>>),
    /// The same, also long after the certificate has ended. Whoever listens
    /// must look when that was, on every call.
    OnceIssuedBy(Vec<CertificateDer<'static>>),
}

/// For one listener. Every listener has a configuration of its own: shared
/// session storage would let the laxest vouch for the others.
pub fn server_config(identity: &Identity, clients: Clients) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::Protocol)?;
    let builder = match clients {
        Clients::Nobody => builder.with_no_client_auth(),
        Clients::IssuedBy(issuers) => builder.with_client_cert_verifier(issued_by(issuers)?),
        Clients::OnceIssuedBy(issuers) => {
            builder.with_client_cert_verifier(Arc::new(OnceIssued(issued_by(issuers)?)))
        }
    };
    let mut config = builder
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(TlsError::Identity)?;
    config.alpn_protocols = vec![HTTP2.into()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

fn issued_by(
    issuers: Vec<CertificateDer<'static>>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut store = RootCertStore::empty();
    for issuer in issuers {
        store.add(issuer).map_err(TlsError::Anchor)?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider());
    verifier.build().map_err(TlsError::Clients)
}
