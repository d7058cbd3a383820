//! What each kind of certificate looks like.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber, date_time_ymd, string::Ia5String,
};
use remit_runtime::random;
use rustls::pki_types::ServerName;

use super::{PkiError, hex, peer::Peer};

/// How long the collector's own certificate lasts.
pub(super) const SERVER_LIFETIME: SignedDuration = days(365);

const ROOT_LIFETIME: SignedDuration = days(20 * 365);

const INTERMEDIATE_LIFETIME: SignedDuration = days(5 * 365);

/// What agents check against clocks of their own begins this much earlier.
const TOLERANCE: SignedDuration = days(1);

const fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// The three kinds of peers, which never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plane {
    Servers,
    Agents,
    Operators,
}

impl Plane {
    pub(super) const ALL: [Self; 3] = [Self::Servers, Self::Agents, Self::Operators];

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Servers => "servers.pem",
            Self::Agents => "agents.pem",
            Self::Operators => "operators.pem",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::Agents => "agents",
            Self::Operators => "operators",
        }
    }

    fn purpose(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Servers => ExtendedKeyUsagePurpose::ServerAuth,
            Self::Agents | Self::Operators => ExtendedKeyUsagePurpose::ClientAuth,
        }
    }
}

/// Tells the authorities of two installations apart, for people and for
/// whoever looks for an issuer by its name.
pub(super) fn label() -> String {
    hex(&random::bytes::<4>())
}

/// A new P-256 key.
pub(super) fn key() -> Result<KeyPair, PkiError> {
    KeyPair::generate().map_err(PkiError::MakeKey)
}

pub(super) fn root(label: &str, now: Timestamp) -> CertificateParams {
    let name = format!("Remit root {label}");
    let mut params = lasting(&name, now - TOLERANCE, now + ROOT_LIFETIME);
    make_ca(&mut params, 1);
    params
}

pub(super) fn intermediate(plane: Plane, label: &str, now: Timestamp) -> CertificateParams {
    let name = format!("Remit {} {label}", plane.title());
    let mut params = lasting(&name, now - TOLERANCE, now + INTERMEDIATE_LIFETIME);
    make_ca(&mut params, 0);
    params.extended_key_usages = vec![plane.purpose()];
    params
}

/// Enough of an intermediate's parameters to sign in its name.
pub(super) fn signing_as(name: &str) -> CertificateParams {
    let mut params = named(name);
    make_ca(&mut params, 0);
    params
}

pub(super) fn server(
    names: &[String],
    now: Timestamp,
    not_after: Timestamp,
) -> Result<CertificateParams, PkiError> {
    if names.is_empty() {
        return Err(PkiError::NoNames);
    }
    let mut params = leaf(Plane::Servers, "Remit collector", now - TOLERANCE, not_after);
    params.subject_alt_names = names.iter().map(|it| server_name(it)).collect::<Result<_, _>>()?;
    Ok(params)
}

fn server_name(name: &str) -> Result<SanType, PkiError> {
    let wrong = || PkiError::Name { name: name.chars().take(100).collect() };
    match ServerName::try_from(name).map_err(|_| wrong())? {
        ServerName::IpAddress(ip) => Ok(SanType::IpAddress(ip.into())),
        ServerName::DnsName(dns) => {
            Ok(SanType::DnsName(dns.as_ref().try_into().map_err(|_| wrong())?))
        }
        _ => Err(wrong()),
    }
}

pub(super) fn client(
    plane: Plane,
    peer: Peer,
    now: Timestamp,
    not_after: Timestamp,
) -> CertificateParams {
    let mut params = leaf(plane, &peer.to_string(), now, not_after);
    let uri = Ia5String::try_from(peer.to_string()).expect("an id is ASCII");
    params.subject_alt_names = vec![SanType::URI(uri)];
    params
}

fn leaf(plane: Plane, name: &str, from: Timestamp, until: Timestamp) -> CertificateParams {
    let mut params = lasting(name, from, until);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![plane.purpose()];
    params
}

fn make_ca(params: &mut CertificateParams, intermediates_below: u8) {
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(intermediates_below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
}

fn lasting(name: &str, from: Timestamp, until: Timestamp) -> CertificateParams {
    let epoch = date_time_ymd(1970, 1, 1);
    let seconds = |it: Timestamp| Duration::from_secs(it.as_second().try_into().unwrap_or(0));
    let mut params = named(name);
    params.not_before = epoch + seconds(from);
    params.not_after = epoch + seconds(until);
    params.serial_number = Some(serial());
    params.use_authority_key_identifier_extension = true;
    params
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// 16 random bytes, of which the first is such that none are added or lost
/// where the number is encoded as a positive integer.
fn serial() -> SerialNumber {
    let mut bytes = random::bytes::<16>();
    bytes[0] = bytes[0] & 0x3f | 0x40;
    SerialNumber::from_slice(&bytes)
}
