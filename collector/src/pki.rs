//! The certificate authority: who may be a server, an agent, an operator.
//!
//! One root issues three intermediates, one for each kind of peer. A listener
//! trusts only the intermediate of its own kind, so an agent's certificate is
//! worth nothing where operators are served, and neither can pose as a server.
//!
//! The folder, all of it private to the collector:
//!
//! | File | Holds |
//! |---|---|
//! | `root.pem` | the roots to trust; the first is the one that new agents pin |
//! | `root.key` | its key, needed only to make intermediates: move it away |
//! | `servers.pem`, `agents.pem`, `operators.pem` | an intermediate and its key |
//! | `server.pem` | the collector's own chain, root included, and its key |
//!
//! A certificate and its key share a file, so that they change in one step.
//!
//! # Not here
//!
//! Revocation. Certificates only say who somebody was when they were issued;
//! the registry is asked about every message.

pub mod approval;
mod failure;
mod folder;
pub mod peer;
mod profile;
mod request;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertifiedIssuer, Issuer, KeyPair, PublicKeyData};
use remit_runtime::tls::{Clients, Identity, spki_pin};
use remit_shared::{EndpointId, OperatorId};
use rustls::pki_types::CertificateDer;

pub use self::{
    failure::{IssueError, PkiError},
    request::{PublicKey, RequestError},
};
use self::{folder::Folder, profile::Plane};

/// How long an agent's certificate lasts unless set otherwise.
pub const AGENT_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 30);

/// How long an operator's certificate lasts.
pub const OPERATOR_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 365);

/// Issues certificates. Holds no state that changes.
#[derive(Debug)]
pub struct Authority {
    folder: Folder,
    roots: Vec<CertificateDer<'static>>,
    pin: [u8; 32],
    servers: Issuing,
    agents: Issuing,
    operators: Issuing,
    agent_lifetime: SignedDuration,
}

/// An intermediate that can sign.
#[derive(Debug)]
struct Issuing {
    certificate: CertificateDer<'static>,
    not_after: Timestamp,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate that was just made.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate and the intermediate that issued it.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its serial number, 32 lower-case hexadecimal digits.
    pub serial: String,
    /// When it expires.
    pub not_after: Timestamp,
}

impl Authority {
    /// Makes a new authority and the collector's own certificate for `names`,
    /// each a host name or an IP address. Refuses where there is one already.
    pub fn create(dir: &Path, names: &[String], now: Timestamp) -> Result<Self, PkiError> {
        let folder = Folder::create(dir)?;
        let label = profile::label();
        let root = CertifiedIssuer::self_signed(profile::root(&label, now), profile::key()?)
            .map_err(PkiError::Sign)?;
        for plane in Plane::ALL {
            let params = profile::intermediate(plane, &label, now);
            let made = CertifiedIssuer::signed_by(params, profile::key()?, &root)
                .map_err(PkiError::Sign)?;
            folder.write_identity(plane.file(), vec![made.der().clone()], made.key())?;
        }
        let servers = folder.issuing(Plane::Servers)?;
        issue_server(&folder, &servers, root.der(), names, now)?;
        // Last, because its presence says that there is an authority.
        folder.write_root(root.der(), root.key())?;
        Self::open(dir)
    }

    /// Opens what [`Authority::create`] made. The root's key may be elsewhere.
    pub fn open(dir: &Path) -> Result<Self, PkiError> {
        let folder = Folder::open(dir);
        let roots = folder.roots()?;
        let root = roots.first().expect("a file without certificates is not read");
        let pin = spki_pin(root)?;
        Ok(Self {
            servers: folder.issuing(Plane::Servers)?,
            agents: folder.issuing(Plane::Agents)?,
            operators: folder.issuing(Plane::Operators)?,
            agent_lifetime: AGENT_LIFETIME,
            pin,
            roots,
            folder,
        })
    }

    /// Has agents renew more often, or less.
    pub fn with_agent_lifetime(self, agent_lifetime: SignedDuration) -> Self {
        Self { agent_lifetime, ..self }
    }

    /// What peers should trust.
    pub fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    /// What tokens carry: SHA-256 of the root's public key.
    pub fn pin(&self) -> [u8; 32] {
        self.pin
    }

    /// The root's key, if it is still in the folder, where it need not be.
    pub fn root_key(&self) -> Option<PathBuf> {
        self.folder.root_key()
    }

    /// Whom the agent plane lets in: also agents that come back after their
    /// certificate has ended. The registry knows when that was.
    pub fn agents(&self) -> Clients {
        Clients::OnceIssuedBy(vec![self.agents.certificate.clone()])
    }

    /// Whom the operator plane lets in.
    pub fn operators(&self) -> Clients {
        Clients::IssuedBy(vec![self.operators.certificate.clone()])
    }

    /// What the collector shows on every listener.
    pub fn server_identity(&self) -> Result<Identity, PkiError> {
        self.folder.server()
    }

    /// Makes the collector's own certificate anew for other names.
    pub fn issue_server(&self, names: &[String], now: Timestamp) -> Result<Identity, PkiError> {
        issue_server(&self.folder, &self.servers, &self.roots[0], names, now)?;
        self.server_identity()
    }

    /// Makes the collector's own certificate anew, for the same names, once
    /// two thirds of its life are over.
    pub fn renew_server_if_needed(&self, now: Timestamp) -> Result<Option<Identity>, PkiError> {
        let (names, not_after) = self.folder.server_names()?;
        if now < not_after - profile::SERVER_LIFETIME / 3 {
            return Ok(None);
        }
        self.issue_server(&names, now).map(Some)
    }

    /// How long an agent's certificate is good.
    pub fn agent_lifetime(&self) -> SignedDuration {
        self.agent_lifetime
    }

    /// Lets the holder of a key speak for an endpoint. Of the request, only
    /// the public key is used.
    pub fn issue_agent(
        &self,
        endpoint: EndpointId,
        request: &[u8],
        now: Timestamp,
    ) -> Result<Issued, IssueError> {
        let name = peer::Peer::Endpoint(endpoint);
        issue_client(&self.agents, Plane::Agents, name, request, now, self.agent_lifetime)
    }

    /// A certificate of an agent once more, as it was made then.
    pub fn again(&self, der: &[u8], serial: &str, not_after: Timestamp) -> Issued {
        let certificate = CertificateDer::from(der.to_vec());
        let chain = vec![certificate, self.agents.certificate.clone()];
        Issued { chain, serial: serial.into(), not_after }
    }

    /// Lets the holder of a key speak for an operator. Of the request, only
    /// the public key is used.
    pub fn issue_operator(
        &self,
        operator: OperatorId,
        request: &[u8],
        now: Timestamp,
    ) -> Result<Issued, IssueError> {
        let name = peer::Peer::Operator(operator);
        issue_client(&self.operators, Plane::Operators, name, request, now, OPERATOR_LIFETIME)
    }
}

fn issue_client(
    issuing: &Issuing,
    plane: Plane,
    name: peer::Peer,
    request: &[u8],
    now: Timestamp,
    lifetime: SignedDuration,
) -> Result<Issued, IssueError> {
    let key = PublicKey::from_request(request)?;
    let not_after = issuing.lasting(now, lifetime)?;
    let params = profile::client(plane, name, now, not_after);
    issuing.sign(params, &key, not_after).map_err(IssueError::Sign)
}

/// Makes the collector's own certificate, with a new key, and stores both.
fn issue_server(
    folder: &Folder,
    issuing: &Issuing,
    root: &CertificateDer<'static>,
    names: &[String],
    now: Timestamp,
) -> Result<(), PkiError> {
    let key = profile::key()?;
    let not_after = issuing.lasting(now, profile::SERVER_LIFETIME).map_err(PkiError::Issue)?;
    let params = profile::server(names, now, not_after)?;
    let issued = issuing.sign(params, &key, not_after).map_err(PkiError::Sign)?;
    let mut chain = issued.chain;
    chain.push(root.clone());
    folder.write_identity(folder::SERVER, chain, &key)
}

impl Issuing {
    /// When something made now expires: never after its issuer.
    fn lasting(&self, now: Timestamp, lifetime: SignedDuration) -> Result<Timestamp, IssueError> {
        if self.not_after <= now {
            return Err(IssueError::Expired { at: self.not_after });
        }
        Ok(now.checked_add(lifetime).map_or(self.not_after, |it| it.min(self.not_after)))
    }

    fn sign(
        &self,
        params: rcgen::CertificateParams,
        key: &impl PublicKeyData,
        not_after: Timestamp,
    ) -> Result<Issued, rcgen::Error> {
        let serial = params.serial_number.as_ref().map(|it| hex(&it.to_bytes()));
        let certificate = params.signed_by(key, &self.issuer)?;
        Ok(Issued {
            chain: vec![certificate.der().clone(), self.certificate.clone()],
            serial: serial.unwrap_or_default(),
            not_after,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
