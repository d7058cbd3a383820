//! Certificates and keys, and their files.

use std::{fmt, fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
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

impl Identity {
    /// The chain and the key as one file's content, so that both are replaced
    /// in one step. [`Identity::from_pem_files`] reads it, given the file twice.
    pub fn to_pem(&self) -> String {
        certificates_to_pem(&self.chain) + &key_to_pem(&self.key)
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

/// What [`certificates_from_pem`] reads.
pub fn certificates_to_pem(certificates: &[impl AsRef<[u8]>]) -> String {
    certificates.iter().map(|it| section("CERTIFICATE", it.as_ref())).collect()
}

pub(super) fn key_to_pem(key: &PrivateKeyDer<'_>) -> String {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        PrivateKeyDer::Pkcs8(_) | _ => "PRIVATE KEY",
    };
    section(label, key.secret_der())
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

fn section(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for start in (0..base64.len()).step_by(64) {
        text.push_str(&base64[start..base64.len().min(start + 64)]);
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

#[cfg(test)]
mod tests {
    use remit_shared::Chain;

    use super::*;
    use crate::tls::testing::Authority;

    #[test]
    fn an_identity_survives_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.pem");
        let identity = Authority::new("ours").server();
        fs::write(&path, identity.to_pem()).unwrap();
        let read = Identity::from_pem_files(&path, &path).unwrap();
        assert_eq!(read.chain, identity.chain);
        assert_eq!(read.key, identity.key);
    }

    #[test]
    fn a_file_that_holds_something_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.pem");
        let identity = Authority::new("ours").server();
        fs::write(&path, certificates_to_pem(&identity.chain)).unwrap();
        let err = Identity::from_pem_files(&path, &path).unwrap_err();
        assert_eq!(err.to_string(), format!("{} holds no private key in PEM form", path.display()));
        fs::write(&path, "hello").unwrap();
        let err = certificates_from_pem(&path).unwrap_err();
        assert_eq!(err.to_string(), format!("{} holds no certificate in PEM form", path.display()));
        let err = certificates_from_pem(&folder.path().join("gone")).unwrap_err();
        assert!(Chain(&err).to_string().contains("gone: "), "{}", Chain(&err));
    }
}
