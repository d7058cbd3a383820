//! What time it is, when others are asked to prove that theirs has not run out.
//!
//! A machine whose clock battery is dead wakes up in 1970, where no certificate is
//! valid yet. It must still be able to report, so that somebody is told of its
//! clock. Our own certificate is a witness: it is no earlier than when that began.
//! A clock that runs ahead has no such witness, and is believed.

use std::time::Duration;

use rustls::{
    pki_types::{CertificateDer, UnixTime},
    time_provider::{DefaultTimeProvider, TimeProvider},
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use super::Identity;

/// The machine's time, or the earliest that it can be.
#[derive(Clone, Copy, Debug)]
pub(super) struct NotBefore {
    earliest: UnixTime,
}

impl NotBefore {
    /// No earlier than an identity's beginning, if there is one and it says so.
    pub(super) fn beginning_of(identity: Option<&Identity>) -> Self {
        let began = identity.and_then(|it| beginning(it.chain.first()?)).unwrap_or_default();
        Self { earliest: UnixTime::since_unix_epoch(began) }
    }
}

fn beginning(certificate: &CertificateDer<'_>) -> Option<Duration> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    u64::try_from(parsed.validity().not_before.timestamp()).ok().map(Duration::from_secs)
}

impl TimeProvider for NotBefore {
    fn current_time(&self) -> Option<UnixTime> {
        DefaultTimeProvider.current_time().map(|now| now.max(self.earliest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::testing::{Authority, Flaw};
    use rcgen::ExtendedKeyUsagePurpose;

    #[test]
    fn it_is_no_earlier_than_when_our_own_certificate_began() {
        let authority = Authority::new("ours");
        let purpose = ExtendedKeyUsagePurpose::ClientAuth;
        let from_4000 = authority.issue(purpose, Flaw::NotYetValid);
        let began = beginning(&from_4000.chain[0]).unwrap();
        let now = NotBefore::beginning_of(Some(&from_4000)).current_time().unwrap();
        assert_eq!(now.as_secs(), began.as_secs());
    }

    #[test]
    fn a_clock_that_is_later_is_believed() {
        let usual = DefaultTimeProvider.current_time().unwrap();
        for identity in [None, Some(&Authority::new("ours").client())] {
            assert!(NotBefore::beginning_of(identity).current_time().unwrap() >= usual);
        }
    }
}
