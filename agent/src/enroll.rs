//! Becoming known to a collector.
//!
//! The token names the collector and the hash of its root's key. The
//! connection is checked against that hash before anything secret is said,
//! and the roots that the answer brings are checked against it once more.
//!
//! The key is made here and stays here. It is kept before the collector hears
//! of it, so that the same token can be tried again with the same key when an
//! answer gets lost: the collector then gives the same endpoint.

mod retry;
#[cfg(test)]
mod tests;

use std::{error::Error, fmt::Write as _, time::Duration};

use jiff::Timestamp;
use rcgen::{CertificateParams, KeyPair};
use remit_proto::{
    convert::{InvalidMessage, JoinToken, JoinTokenError, Wire as _, required},
    v1::{self, enrollment_service_client::EnrollmentServiceClient},
};
use remit_runtime::{
    dial::{self, DialError, Proxies},
    random, tls,
};
use remit_shared::{Chain, EndpointId, EndpointKind, Host};
use ring::digest::{SHA256, digest};
use rustls_pki_types::CertificateDer;
use tokio::time::{self, Instant};
use tonic::{Code, Status};
use tracing::info;

pub use self::retry::Patience;
use crate::identity::{Endpoint, Generation, IdentityError, IdentityFolder};

/// How long the collector may take to connect, and then to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why this machine is not enrolled. [`EnrollError::exit_code`] tells scripts.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The token is no token.
    #[error(transparent)]
    Token(#[from] JoinTokenError),
    /// Whoever answers is not the collector that made the token.
    #[error(
        "{address} is not the collector that made this token: its CA key does not match the token's pin; nothing secret was sent"
    )]
    WrongCa {
        /// Who answered.
        address: String,
    },
    /// The collector said no.
    #[error("the collector refused to enroll this machine: {}", .0.message())]
    Refused(Box<Status>),
    /// There is no way to the collector.
    #[error("failed to reach the collector at {addresses}")]
    Unreachable {
        /// All that were tried.
        addresses: String,
        /// What the last one said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The collector has too much to do.
    #[error("the collector is busy: {}", status.message())]
    Busy {
        /// What it said.
        status: Box<Status>,
        /// When to ask again, if it said so.
        after: Option<Duration>,
    },
    /// There is an identity already.
    #[error(
        "this machine is already enrolled as {endpoint}; `--force` gives that up and enrolls anew"
    )]
    AlreadyEnrolled {
        /// Which endpoint it is.
        endpoint: String,
    },
    /// The collector's answer makes no sense.
    #[error("the collector's answer makes no sense")]
    Answer(#[source] InvalidMessage),
    /// The state folder cannot be used.
    #[error("failed to keep the identity")]
    Identity(#[from] IdentityError),
    /// No key could be made.
    #[error("failed to make a key")]
    Key(#[source] rcgen::Error),
}

impl EnrollError {
    /// What the process ends with; part of the command's contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Token(_) => 2,
            Self::WrongCa { .. } => 3,
            Self::Refused(_) => 4,
            Self::Unreachable { .. } | Self::Busy { .. } => 5,
            Self::AlreadyEnrolled { .. } => 6,
            Self::Answer(_) | Self::Identity(_) | Self::Key(_) => 1,
        }
    }
}

/// A new key, and the request that proves we hold it.
pub(crate) struct KeyRequest {
    pub(crate) key_pem: String,
    pub(crate) csr: Vec<u8>,
}

impl KeyRequest {
    /// Makes a key.
    pub(crate) fn new() -> Result<Self, rcgen::Error> {
        Self::of(KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?)
    }

    fn from_pem(key_pem: &str) -> Result<Self, rcgen::Error> {
        Self::of(KeyPair::from_pem(key_pem)?)
    }

    fn of(key: KeyPair) -> Result<Self, rcgen::Error> {
        // The collector takes the public key from it and nothing else.
        let csr = CertificateParams::default().serialize_request(&key)?.der().to_vec();
        Ok(Self { key_pem: key.serialize_pem(), csr })
    }
}

/// How to enroll.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The token.
    pub token: &'a str,
    /// What this machine is.
    pub host: &'a Host,
    /// Whether to give up the identity that there is.
    pub force: bool,
    /// How long to keep trying.
    pub patience: Patience,
    /// Through whom the collector is reached.
    pub proxies: &'a Proxies,
    /// What time it is.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The endpoint that this machine is.
    pub endpoint: Endpoint,
    /// Why somebody must let it in first; empty if nobody must.
    pub waits_because: String,
}

/// Enrolls this machine and keeps the identity in the folder.
pub async fn enroll(folder: &IdentityFolder, wish: Wish<'_>) -> Result<Enrolled, EnrollError> {
    let (force, now) = (wish.force, wish.now);
    let token = JoinToken::from_text(wish.token)?;
    if !force && folder.current()?.is_some() {
        let endpoint = folder.endpoint().map_or_else(|_| "?".into(), |it| it.endpoint_id);
        return Err(EnrollError::AlreadyEnrolled { endpoint });
    }
    let hash = hexadecimal(digest(&SHA256, &token.secret).as_ref());
    let kept = folder.pending_key(&hash).and_then(|pem| KeyRequest::from_pem(&pem).ok());
    let request = match kept {
        Some(request) => request,
        None => {
            let request = KeyRequest::new().map_err(EnrollError::Key)?;
            folder.keep_pending(&hash, &request.key_pem)?;
            request
        }
    };
    let answer = ask_until(&wish, &token, &request.csr).await?;
    let endpoint = understand(&token, &answer, now)?;
    folder.store(&Generation {
        key_pem: &request.key_pem,
        chain: &answer.certificate_chain,
        roots: &answer.ca_roots,
        endpoint: &endpoint,
    })?;
    Ok(Enrolled { endpoint, waits_because: answer.waits_because })
}

/// Asks until there is an answer that asking again would not change.
async fn ask_until(
    wish: &Wish<'_>,
    token: &JoinToken,
    csr: &[u8],
) -> Result<v1::EnrollResponse, EnrollError> {
    let (began, mut failures) = (Instant::now(), 0);
    loop {
        let err = match ask(token, csr, wish.host, wish.proxies).await {
            Ok(answer) => return Ok(answer),
            Err(err) => err,
        };
        failures += 1;
        let Some(wait) = retry::wait(&err, failures, random::u64(), began.elapsed(), wish.patience)
        else {
            return Err(err);
        };
        info!(error = %Chain(&err), "asking again in {} ms", wait.as_millis());
        time::sleep(wait).await;
    }
}

/// Asks the collector, at each address until one answers.
async fn ask(
    token: &JoinToken,
    csr: &[u8],
    host: &Host,
    proxies: &Proxies,
) -> Result<v1::EnrollResponse, EnrollError> {
    let addresses = token.addresses.join(", ");
    let unreachable = |source| EnrollError::Unreachable { addresses: addresses.clone(), source };
    let config = tls::pinned_client_config(token.ca_pin)
        .map_err(|err| unreachable(Box::new(err) as Box<dyn Error + Send + Sync>))?;
    let mut last: Box<dyn Error + Send + Sync> = "the token names no address".into();
    for address in &token.addresses {
        let channel = match dial::connect_through(proxies, address, config.clone(), PATIENCE).await
        {
            Ok(channel) => channel,
            Err(err) if is_distrust(&err) => {
                return Err(EnrollError::WrongCa { address: address.clone() });
            }
            Err(err) => {
                last = Box::new(err);
                continue;
            }
        };
        let request = v1::EnrollRequest {
            token_secret: token.secret.to_vec(),
            csr: csr.to_vec(),
            host: Some(host.to_wire()),
            kind: EndpointKind::Server.to_wire(),
        };
        let mut client = EnrollmentServiceClient::new(channel);
        match time::timeout(PATIENCE, client.enroll(request)).await {
            Ok(Ok(response)) => return Ok(response.into_inner()),
            Ok(Err(status)) if is_refusal(status.code()) => {
                return Err(EnrollError::Refused(Box::new(status)));
            }
            Ok(Err(status)) if is_busy(status.code()) => {
                let after = retry::pushback(&status);
                return Err(EnrollError::Busy { status: Box::new(status), after });
            }
            Ok(Err(status)) => last = Box::new(status),
            Err(elapsed) => last = Box::new(elapsed),
        }
    }
    Err(unreachable(last))
}

/// A server without the pinned root is the wrong one, whatever else it shows.
fn is_distrust(err: &DialError) -> bool {
    tls::is_pin_mismatch(err)
}

/// Whether the collector is there and has too much to do.
fn is_busy(code: Code) -> bool {
    matches!(code, Code::ResourceExhausted | Code::Cancelled | Code::DeadlineExceeded)
}

/// Whether the answer is no, rather than not now.
fn is_refusal(code: Code) -> bool {
    match code {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unauthenticated => true,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => false,
    }
}

fn understand(
    token: &JoinToken,
    answer: &v1::EnrollResponse,
    now: Timestamp,
) -> Result<Endpoint, EnrollError> {
    let invalid = |field, problem: &str| EnrollError::Answer(InvalidMessage::new(field, problem));
    answer
        .endpoint_id
        .parse::<EndpointId>()
        .map_err(|err| invalid("endpoint_id", &format!("is none: {err}")))?;
    if answer.certificate_chain.is_empty() {
        return Err(invalid("certificate_chain", "is empty"));
    }
    let is_pinned = |der: &Vec<u8>| {
        tls::spki_pin(&CertificateDer::from(der.as_slice())).is_ok_and(|pin| pin == token.ca_pin)
    };
    if answer.ca_roots.is_empty() || !answer.ca_roots.iter().all(is_pinned) {
        return Err(invalid("ca_roots", "are not the root that the token names"));
    }
    if answer.agent_addresses.is_empty() {
        return Err(invalid("agent_addresses", "are missing"));
    }
    Ok(Endpoint {
        endpoint_id: answer.endpoint_id.clone(),
        tenant: answer.tenant.clone(),
        site: answer.site.clone(),
        agent_addresses: answer.agent_addresses.clone(),
        issued_at: now,
        not_after: required("not_after", answer.not_after).map_err(EnrollError::Answer)?,
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
