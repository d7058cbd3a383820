//! A new operator's key: made here, and never sent.

use rcgen::{CertificateParams, KeyPair};

/// A P-256 key and the request to certify it.
pub(crate) struct Key {
    /// The private key, PEM.
    pub(crate) pem: String,
    /// PKCS #10, DER; says nothing but the public key.
    pub(crate) csr: Vec<u8>,
}

/// Makes a key.
pub(crate) fn make() -> Result<Key, rcgen::Error> {
    let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let csr = CertificateParams::default().serialize_request(&pair)?;
    Ok(Key { pem: pair.serialize_pem(), csr: csr.der().to_vec() })
}
