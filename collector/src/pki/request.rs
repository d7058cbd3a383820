//! Certificate requests: proof that somebody holds a key, and nothing else.
//!
//! What a request says about names, purposes or lifetimes is not looked at.

use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PublicKeyData, SignatureAlgorithm};
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use sha2::{Digest as _, Sha256};
use x509_parser::{
    certification_request::X509CertificationRequest,
    der_parser::{Oid, oid},
    prelude::FromDer as _,
    x509::AlgorithmIdentifier,
};

/// The longest request that is looked at, in bytes. Ours have about 250.
const LONGEST: usize = 4096;

/// A public key whose owner has proved to hold the private one.
#[derive(Clone, Debug)]
pub struct PublicKey {
    bytes: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

/// Why a request is turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It makes no sense.
    #[error("the certificate request is malformed")]
    Malformed,
    /// The key is of a kind that we do not sign.
    #[error("the certificate request has a key that is neither P-256 nor Ed25519")]
    Algorithm,
    /// Whoever asks does not hold the key.
    #[error("the certificate request is not signed by its own key")]
    Signature,
}

impl PublicKey {
    /// Checks a request (PKCS #10, DER) and takes the key from it.
    pub fn from_request(der: &[u8]) -> Result<Self, RequestError> {
        if der.len() > LONGEST {
            return Err(RequestError::Malformed);
        }
        let (rest, request) =
            X509CertificationRequest::from_der(der).map_err(|_| RequestError::Malformed)?;
        let info = &request.certification_request_info;
        let key = &info.subject_pki;
        let unused = key.subject_public_key.unused_bits | request.signature_value.unused_bits;
        if !rest.is_empty() || unused != 0 {
            return Err(RequestError::Malformed);
        }
        let (algorithm, verification) =
            kind(&key.algorithm, &request.signature_algorithm).ok_or(RequestError::Algorithm)?;
        let bytes = key.subject_public_key.data.to_vec();
        UnparsedPublicKey::new(verification, &bytes)
            .verify(info.raw, &request.signature_value.data)
            .map_err(|_| RequestError::Signature)?;
        Ok(Self { bytes, algorithm })
    }

    /// SHA-256 of the key (SPKI, DER): what tells two keys apart.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.subject_public_key_info()).into()
    }
}

impl PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

pub(super) const ED25519_KEY: Oid<'static> = oid!(1.3.101.112);
pub(super) const EC_KEY: Oid<'static> = oid!(1.2.840.10045.2.1);
const P256: Oid<'static> = oid!(1.2.840.10045.3.1.7);
const ECDSA_WITH_SHA256: Oid<'static> = oid!(1.2.840.10045.4.3.2);

fn kind(
    key: &AlgorithmIdentifier<'_>,
    signature: &AlgorithmIdentifier<'_>,
) -> Option<(&'static SignatureAlgorithm, &'static dyn VerificationAlgorithm)> {
    let curve = key.parameters.as_ref().and_then(|it| it.as_oid().ok());
    if key.algorithm == ED25519_KEY && signature.algorithm == ED25519_KEY {
        Some((&PKCS_ED25519, &ED25519))
    } else if key.algorithm == EC_KEY
        && curve == Some(P256)
        && signature.algorithm == ECDSA_WITH_SHA256
    {
        Some((&PKCS_ECDSA_P256_SHA256, &ECDSA_P256_SHA256_ASN1))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384};

    use super::*;

    fn request(algorithm: &'static SignatureAlgorithm) -> (KeyPair, Vec<u8>) {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        (key, request.der().to_vec())
    }

    #[test]
    fn the_two_kinds_of_keys_are_taken_and_no_other() {
        for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ED25519] {
            let (key, der) = request(algorithm);
            let taken = PublicKey::from_request(&der).unwrap();
            assert_eq!(taken.subject_public_key_info(), key.subject_public_key_info());
        }
        let (_, der) = request(&PKCS_ECDSA_P384_SHA384);
        assert_eq!(PublicKey::from_request(&der).unwrap_err(), RequestError::Algorithm);
    }

    #[test]
    fn one_key_has_one_hash_in_every_request() {
        let (key, der) = request(&PKCS_ECDSA_P256_SHA256);
        let again = CertificateParams::new(["other".into()]).unwrap();
        let again = again.serialize_request(&key).unwrap();
        let hash = |der: &[u8]| PublicKey::from_request(der).unwrap().sha256();
        assert_eq!(hash(&der), hash(again.der()));
        assert_ne!(hash(&der), hash(&request(&PKCS_ECDSA_P256_SHA256).1));
    }

    #[test]
    fn a_request_that_was_changed_or_cut_gives_no_other_key() {
        let (_, der) = request(&PKCS_ED25519);
        let key = PublicKey::from_request(&der).unwrap().sha256();
        for at in 0..der.len() {
            for bit in 0..8 {
                let mut changed = der.clone();
                changed[at] ^= 1 << bit;
                // The signature's own label may say the same in two ways.
                let taken = PublicKey::from_request(&changed);
                assert!(taken.is_err() || taken.is_ok_and(|it| it.sha256() == key), "byte {at}");
            }
            assert!(PublicKey::from_request(&der[..at]).is_err(), "cut at {at}");
        }
        let longer = [der, vec![0]].concat();
        assert_eq!(PublicKey::from_request(&longer).unwrap_err(), RequestError::Malformed);
        assert_eq!(PublicKey::from_request(&[0; 5000]).unwrap_err(), RequestError::Malformed);
    }
}
