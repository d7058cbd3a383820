//! Certificates of every sort, made up for tests.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType, date_time_ymd,
};
use rustls::pki_types::CertificateDer;

use super::Identity;

/// A root with one intermediate, which issues.
pub(crate) struct Authority {
    pub(crate) root: CertificateDer<'static>,
    pub(crate) intermediate: CertificateDer<'static>,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    AnotherName,
    Expired,
    NotYetValid,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let root = CertifiedIssuer::self_signed(ca(name, "root", 1), key()).unwrap();
        let issuer = CertifiedIssuer::signed_by(ca(name, "issuing", 0), key(), &root).unwrap();
        Self { root: root.der().clone(), intermediate: issuer.der().clone(), issuer }
    }

    /// An identity for `localhost`, with the whole chain.
    pub(crate) fn issue(&self, purpose: ExtendedKeyUsagePurpose, flaw: Flaw) -> Identity {
        let mut params = leaf(purpose);
        match flaw {
            Flaw::None => {}
            Flaw::AnotherName => {
                params.subject_alt_names = vec![dns("elsewhere.example")];
            }
            Flaw::Expired => params.not_after = date_time_ymd(2000, 1, 1),
            Flaw::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
        }
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![certificate.der().clone(), self.intermediate.clone(), self.root.clone()];
        Identity { chain, key: key.into() }
    }

    pub(crate) fn server(&self) -> Identity {
        self.issue(ExtendedKeyUsagePurpose::ServerAuth, Flaw::None)
    }

    pub(crate) fn client(&self) -> Identity {
        self.issue(ExtendedKeyUsagePurpose::ClientAuth, Flaw::None)
    }
}

/// An identity for `localhost` that vouches for itself.
pub(crate) fn self_signed(purpose: ExtendedKeyUsagePurpose) -> Identity {
    let key = key();
    let certificate = leaf(purpose).self_signed(&key).unwrap();
    Identity { chain: vec![certificate.der().clone()], key: key.into() }
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn ca(name: &str, level: &str, below: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("{name} {level}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params
}

fn leaf(purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![dns("localhost")];
    params.extended_key_usages = vec![purpose];
    params
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}
