//! Trust on first contact, without leaving it to chance.
//!
//! A token names the root by the hash of its public key. Among what the server
//! presents, the certificate with that key becomes the only trust anchor, and
//! then the chain is validated as usual: signatures, names, purpose, time. The
//! anchor's other content is not trusted, and need not be: only the holder of
//! its private key can have signed the rest.

use std::sync::Arc;

use rustls::{
    DigitallySignedStruct, Error, OtherError, PeerIncompatible, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::spki_pin;

/// The server's chain does not contain the key that the pin names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is not the one that the token was made for: no certificate has the pinned key")]
pub struct PinMismatch;

#[derive(Debug)]
pub(super) struct PinnedVerifier {
    pin: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl PinnedVerifier {
    pub(super) fn new(pin: [u8; 32], provider: Arc<CryptoProvider>) -> Self {
        Self { pin, provider }
    }

    fn anchor(&self, issuers: &[CertificateDer<'_>]) -> Result<RootCertStore, Error> {
        let pinned = issuers.iter().find(|it| spki_pin(it).is_ok_and(|pin| pin == self.pin));
        let pinned = pinned.ok_or_else(|| OtherError(Arc::new(PinMismatch)))?;
        let mut store = RootCertStore::empty();
        store.add(pinned.clone().into_owned())?;
        Ok(store)
    }
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let anchor = Arc::new(self.anchor(issuers)?);
        WebPkiServerVerifier::builder_with_provider(anchor, Arc::clone(&self.provider))
            .build()
            .map_err(|err| Error::General(err.to_string()))?
            .verify_server_cert(end_entity, issuers, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
