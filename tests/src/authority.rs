//! A certificate authority that Remit does not know.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType,
};
use remit_runtime::tls::Identity;
use rustls_pki_types::CertificateDer;

/// A root that issues whatever it is asked for.
#[derive(Debug)]
pub struct ForeignAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl ForeignAuthority {
    /// Makes one.
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "somebody else's root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("the parameters are sound");
        Self { issuer }
    }

    /// Its root.
    pub fn root(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// A client that calls itself by a name of ours: `remit:operator:opr_…`.
    pub fn client(&self, name: &str) -> Identity {
        self.issue(client_params(name))
    }

    /// A server for an address.
    pub fn server(&self, address: std::net::Ipv4Addr) -> Identity {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::IpAddress(address.into())];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> Identity {
        let key = key();
        let leaf = params.signed_by(&key, &self.issuer).expect("the parameters are sound");
        Identity { chain: vec![leaf.der().clone(), self.root()], key: key.into() }
    }

    /// A client that vouches for itself.
    pub fn self_signed_client(name: &str) -> Identity {
        let key = key();
        let leaf = client_params(name).self_signed(&key).expect("the parameters are sound");
        Identity { chain: vec![leaf.der().clone()], key: key.into() }
    }
}

impl Default for ForeignAuthority {
    fn default() -> Self {
        Self::new()
    }
}

fn client_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let uri = name.try_into().expect("names of ours are ASCII");
    params.subject_alt_names = vec![SanType::URI(uri)];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}
