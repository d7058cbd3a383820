//! What can go wrong, and the failures that callers must tell apart.
//!
//! Between a failed handshake and whoever made the call lie several layers
//! that wrap errors, so the questions look through all of them.

use std::{cell::Cell, error::Error, io, path::PathBuf};

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, pki_types::pem, server::VerifierBuilderError};

use super::PinMismatch;

/// Why a configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} holds no {expected} in PEM form", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What was looked for: `certificate`.
        expected: &'static str,
        /// What was found instead.
        #[source]
        source: pem::Error,
    },
    /// These bytes are not a certificate.
    #[error("failed to parse a certificate")]
    Certificate(#[source] x509_parser::nom::Err<x509_parser::error::X509Error>),
    /// There is no key to ask with.
    #[error("failed to make a certificate request")]
    Request(#[source] rcgen::Error),
    /// A certificate cannot serve as a trust anchor.
    #[error("failed to trust a certificate")]
    Anchor(#[source] rustls::Error),
    /// The certificate or its key cannot be used.
    #[error("failed to use the certificate and its key")]
    Identity(#[source] rustls::Error),
    /// Without anchors, no client could ever be let in.
    #[error("failed to set up the check of client certificates")]
    Clients(#[source] VerifierBuilderError),
    /// The cryptography does not offer what we require.
    #[error("failed to set up TLS 1.3")]
    Protocol(#[source] rustls::Error),
}

/// Whether the server is not the one that the pin names: the wrong address,
/// or somebody in between. Trying again does not help.
pub fn is_pin_mismatch(err: &(dyn Error + 'static)) -> bool {
    any(err, &|err| err.is::<PinMismatch>())
}

/// Whether the peer turned our certificate down: it has expired, it was issued
/// by somebody else, or there is none. Trying again with it does not help.
pub fn is_certificate_refused(err: &(dyn Error + 'static)) -> bool {
    any(err, &|err| match err.downcast_ref() {
        Some(rustls::Error::AlertReceived(alert)) => [
            AlertDescription::AccessDenied,
            AlertDescription::BadCertificate,
            AlertDescription::CertificateExpired,
            AlertDescription::CertificateRequired,
            AlertDescription::CertificateRevoked,
            AlertDescription::CertificateUnknown,
            // What a signature by another key of the same name comes to.
            AlertDescription::DecryptError,
            AlertDescription::UnknownCA,
            AlertDescription::UnsupportedCertificate,
        ]
        .contains(alert),
        Some(_) | None => false,
    })
}

/// Whether the other side found our certificate expired: if it is not, its clock
/// is ahead. Anybody can say so.
pub fn is_found_expired(err: &(dyn Error + 'static)) -> bool {
    any(err, &|err| match err.downcast_ref() {
        Some(rustls::Error::AlertReceived(alert)) => *alert == AlertDescription::CertificateExpired,
        Some(_) | None => false,
    })
}

/// When the server's certificate ended, if by our clock it has.
pub fn server_ended(err: &(dyn Error + 'static)) -> Option<Timestamp> {
    let ended = Cell::new(None);
    any(err, &|err| match err.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext {
            not_after,
            ..
        })) => {
            let seconds = i64::try_from(not_after.as_secs()).ok();
            ended.set(seconds.and_then(|it| Timestamp::from_second(it).ok()));
            true
        }
        Some(_) | None => false,
    });
    ended.get()
}

type Test<'a> = &'a dyn Fn(&(dyn Error + 'static)) -> bool;

/// Asks an error, all it wraps and all its sources.
fn any(err: &(dyn Error + 'static), test: Test<'_>) -> bool {
    let mut next = Some(err);
    while let Some(err) = next {
        if test(err) || wrapped(err).is_some_and(|inner| any(inner, test)) {
            return true;
        }
        next = err.source();
    }
    false
}

/// What these two carry without calling it their source.
fn wrapped<'a>(err: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(io) = err.downcast_ref::<io::Error>() {
        return io.get_ref().map(|inner| inner as _);
    }
    let err = err.downcast_ref()?;
    if let rustls::Error::Other(other)
    | rustls::Error::InvalidCertificate(CertificateError::Other(other)) = err
    {
        return Some(&*other.0);
    }
    None
}
