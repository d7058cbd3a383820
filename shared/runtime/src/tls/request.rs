//! Asking for a certificate.

use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::{TlsError, identity::key_to_pem};

/// A new key, and the request that proves that we hold it. The request names
/// nobody: whoever signs it decides for whom.
pub struct KeyRequest {
    /// The private key (P-256).
    pub key: PrivateKeyDer<'static>,
    /// The request, PKCS #10, DER.
    pub csr: Vec<u8>,
}

impl KeyRequest {
    /// Makes a key and asks for a certificate for it.
    pub fn new() -> Result<Self, TlsError> {
        let key = KeyPair::generate().map_err(TlsError::Request)?;
        Self::sign(&key)
    }

    /// Asks for a certificate for a key that was made before, so that a
    /// request whose answer got lost can be repeated.
    pub fn with_key(key: &PrivateKeyDer<'_>) -> Result<Self, TlsError> {
        Self::sign(&KeyPair::try_from(key).map_err(TlsError::Request)?)
    }

    /// The private key as a file's content.
    pub fn key_pem(&self) -> String {
        key_to_pem(&self.key)
    }

    fn sign(key: &KeyPair) -> Result<Self, TlsError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let csr = params.serialize_request(key).map_err(TlsError::Request)?.der().to_vec();
        Ok(Self { key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(), csr })
    }
}
