//! Signatures under approvals: by the key of the operator's own certificate,
//! which never leaves the operator's machine.

use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use rustls::pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::request::{EC_KEY, ED25519_KEY};

/// Why a signature is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the approval is not signed by the key of the certificate that is used")]
pub struct NotSigned;

/// Checks that whoever holds the certificate's key signed the approval of a
/// text by its hash.
pub fn verify(
    certificate: &CertificateDer<'_>,
    change: &str,
    sha256: &str,
    signature: &[u8],
) -> Result<(), NotSigned> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| NotSigned)?;
    let key = parsed.public_key();
    let algorithm: &'static dyn VerificationAlgorithm = match &key.algorithm.algorithm {
        it if *it == ED25519_KEY => &ED25519,
        it if *it == EC_KEY => &ECDSA_P256_SHA256_ASN1,
        _ => return Err(NotSigned),
    };
    // The purpose first, so that it can never be taken for another.
    let message = format!("remit-approval-v1\n{change}\n{sha256}\n");
    UnparsedPublicKey::new(algorithm, &key.subject_public_key.data)
        .verify(message.as_bytes(), signature)
        .map_err(|_| NotSigned)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SigningKey as _};

    use super::*;

    #[test]
    fn only_the_certificates_own_key_signs_and_only_just_that() {
        for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ED25519] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let certificate = CertificateParams::default().self_signed(&key).unwrap();
            let signature = key.sign(b"remit-approval-v1\nchg_1\nab\n").unwrap();
            let verify =
                |change, sha256, signature| verify(certificate.der(), change, sha256, signature);
            assert_eq!(verify("chg_1", "ab", &signature), Ok(()));
            assert_eq!(verify("chg_2", "ab", &signature), Err(NotSigned));
            assert_eq!(verify("chg_1", "ac", &signature), Err(NotSigned));
            assert_eq!(verify("chg_1", "ab", b"signed"), Err(NotSigned));
            let other = KeyPair::generate_for(algorithm).unwrap();
            let forged = other.sign(b"remit-approval-v1\nchg_1\nab\n").unwrap();
            assert_eq!(verify("chg_1", "ab", &forged), Err(NotSigned));
        }
    }
}
