//! Certificates and keys, from files.

use std::{fmt, fs, path::Path};

use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{self, PemObject as _},
};
use sha2::{Digest as _, Sha256};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::TlsError;

/// What one side proves itself with.
pub struct Identity {
    /// The certificates, its own first, each issued by the next.
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key of the first.
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads the chain and the key from a file each.
    pub fn from_pem_files(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let pem = read(key)?;
        let parsed = PrivateKeyDer::from_pem_slice(&pem);
        Ok(Self {
            chain: certificates_from_pem(chain)?,
            key: parsed.map_err(|source| TlsError::Pem {
                path: key.to_owned(),
                expected: "private key",
                source,
            })?,
        })
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

/// Reads one or more certificates from a file.
pub fn certificates_from_pem(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(path)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let none = || Err(pem::Error::NoItemsFound);
    certificates
        .and_then(|found| if found.is_empty() { none() } else { Ok(found) })
        .map_err(|source| TlsError::Pem { path: path.to_owned(), expected: "certificate", source })
}

/// SHA-256 of a certificate's public key (SPKI, DER): the same for every
/// certificate that is ever made for the key.
pub fn spki_pin(certificate: &CertificateDer<'_>) -> Result<[u8; 32], TlsError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(TlsError::Certificate)?;
    Ok(Sha256::digest(parsed.tbs_certificate.subject_pki.raw).into())
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}
