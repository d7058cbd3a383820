//! Who a certificate speaks for.
//!
//! Asked after the chain has been validated, once per connection. The answer
//! is in the one alternative name, a URI: `remit:endpoint:end_…` or
//! `remit:operator:opr_…`. Subject, common name and the like decide nothing.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use remit_shared::{EndpointId, IdError, OperatorId};
use rustls::pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

use super::hex;

/// Somebody who has a certificate of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An agent.
    Endpoint(EndpointId),
    /// A person or a program.
    Operator(OperatorId),
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerIdentity {
    /// Who it is.
    pub peer: Peer,
    /// Which of its certificates this is, in lower-case hexadecimal digits.
    pub serial: String,
    /// When it expires. Checked when a connection begins; who keeps one open
    /// longer must look again.
    pub not_after: Timestamp,
}

/// Why a certificate says nothing that we understand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// It is no certificate.
    #[error("the certificate is malformed")]
    Malformed,
    /// It names nobody, or several.
    #[error("the certificate does not carry exactly one name")]
    NotOneName,
    /// It names something else.
    #[error("the certificate's name is neither an endpoint's nor an operator's")]
    NotAPeer,
    /// It nearly names somebody.
    #[error("the certificate's name is damaged")]
    Id(#[source] IdError),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(id) => write!(f, "remit:endpoint:{id}"),
            Self::Operator(id) => write!(f, "remit:operator:{id}"),
        }
    }
}

impl FromStr for Peer {
    type Err = PeerError;

    fn from_str(text: &str) -> Result<Self, PeerError> {
        if let Some(id) = text.strip_prefix("remit:endpoint:") {
            id.parse().map(Self::Endpoint).map_err(PeerError::Id)
        } else if let Some(id) = text.strip_prefix("remit:operator:") {
            id.parse().map(Self::Operator).map_err(PeerError::Id)
        } else {
            Err(PeerError::NotAPeer)
        }
    }
}

/// Reads a peer's own certificate.
pub fn identify(certificate: &CertificateDer<'_>) -> Result<PeerIdentity, PeerError> {
    let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| PeerError::Malformed)?;
    let names = parsed.subject_alternative_name().map_err(|_| PeerError::Malformed)?;
    let names = names.map(|it| it.value.general_names.as_slice()).unwrap_or_default();
    let peer = match names {
        [GeneralName::URI(uri)] => uri.parse()?,
        [_] => return Err(PeerError::NotAPeer),
        _ => return Err(PeerError::NotOneName),
    };
    let not_after = Timestamp::from_second(parsed.validity().not_after.timestamp())
        .map_err(|_| PeerError::Malformed)?;
    Ok(PeerIdentity { peer, serial: hex(parsed.raw_serial()), not_after })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    const ENDPOINT: &str = "remit:endpoint:end_00000000000000000000000000000007";

    fn with_names(names: &[&str]) -> Result<PeerIdentity, PeerError> {
        let mut params = CertificateParams::default();
        let uri = |name: &&str| SanType::URI((*name).try_into().unwrap());
        params.subject_alt_names = names.iter().map(uri).collect();
        identify(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der())
    }

    #[test]
    fn one_name_of_ours_is_a_peer() {
        let identity = with_names(&[ENDPOINT]).unwrap();
        assert_eq!(identity.peer.to_string(), ENDPOINT);
    }

    #[test]
    fn anything_else_is_nobody() {
        use PeerError::{Id, Malformed, NotAPeer, NotOneName};
        assert_eq!(with_names(&[]), Err(NotOneName));
        assert_eq!(with_names(&[ENDPOINT, ENDPOINT]), Err(NotOneName));
        assert_eq!(with_names(&["https://example.com"]), Err(NotAPeer));
        for mixed in ["remit:endpoint:opr_7", "remit:operator:end_7", "remit:endpoint:end_"] {
            assert!(matches!(with_names(&[mixed]), Err(Id(_))), "{mixed}");
        }
        assert_eq!(identify(&vec![1, 2, 3].into()), Err(Malformed));
        let mut host = CertificateParams::new(["a.example".into()]).unwrap();
        host.serial_number = None;
        let host = host.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(identify(host.der()), Err(NotAPeer));
    }
}
