//! A certificate authority that Remit does not know.

use std::net::{Ipv4Addr, SocketAddr};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType,
};
use remit_runtime::tls::{self, Clients, Identity};
use rustls_pki_types::CertificateDer;
use tokio::{io::AsyncReadExt as _, net::TcpListener, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::soon;

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
    pub fn server(&self, address: Ipv4Addr) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, address.to_string());
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

/// A server that a foreign authority vouches for, and that writes down what
/// the first who comes tells it.
#[derive(Debug)]
pub struct Impostor {
    address: SocketAddr,
    hearing: JoinSet<Vec<u8>>,
}

impl Impostor {
    /// Listens at a free port.
    pub async fn listen(at: Ipv4Addr) -> Self {
        let listener = TcpListener::bind((at, 0)).await.expect("the loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let identity = ForeignAuthority::new().server(at);
        let config = tls::server_config(&identity, Clients::Nobody).expect("the identity is sound");
        let mut hearing = JoinSet::new();
        hearing.spawn(async move {
            let (tcp, _) = listener.accept().await.expect("the test's own listener works");
            let mut heard = Vec::new();
            if let Ok(mut tls) = TlsAcceptor::from(config).accept(tcp).await {
                // How it ends does not matter, only what was said.
                let _ = tls.read_to_end(&mut heard).await;
            }
            heard
        });
        Self { address, hearing }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was told, once whoever came has left.
    pub async fn heard(&mut self) -> Vec<u8> {
        let heard = soon("somebody comes to the wrong server", self.hearing.join_next()).await;
        heard.expect("it is asked once").expect("it does not panic")
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
