//! How a client is set up.

use std::sync::Arc;

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, client::Resumption,
    pki_types::CertificateDer, version::TLS13,
};

use super::{HTTP2, Identity, TlsError, pin::PinnedVerifier, provider, time::NotBefore};

/// For a client that knows the roots and, unless it only enrolls, has an
/// identity: whatever its clock shows, it is no earlier than when that began.
pub fn client_config(
    roots: &[CertificateDer<'static>],
    identity: Option<&Identity>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(TlsError::Anchor)?;
    }
    let time = NotBefore::beginning_of(identity);
    let builder = builder(time)?.with_root_certificates(store);
    let config = match identity {
        Some(identity) => builder
            .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
            .map_err(TlsError::Identity)?,
        None => builder.with_no_client_auth(),
    };
    Ok(finish(config))
}

/// For a client that knows nothing but the hash of the root's public key. The
/// server must send its whole chain, the root included.
pub fn pinned_client_config(pin: [u8; 32]) -> Result<Arc<ClientConfig>, TlsError> {
    let verifier = Arc::new(PinnedVerifier::new(pin, provider()));
    // Called dangerous because a verifier can be written that verifies nothing.
    let builder = builder(NotBefore::beginning_of(None))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(finish(builder.with_no_client_auth()))
}

fn builder(time: NotBefore) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    ClientConfig::builder_with_details(provider(), Arc::new(time))
        .with_protocol_versions(&[&TLS13])
        .map_err(TlsError::Protocol)
}

fn finish(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![HTTP2.into()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    Arc::new(config)
}
