//! Whether an endpoint is believed, and until when.
//!
//! # Invariants
//!
//! - Trust that has ended does not come back.
//! - Two certificates are good at most, so that an agent that dies while it
//!   renews has one that works.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use remit_shared::Tenant;

use crate::{
    change::REVOKED_AT_ONCE,
    endpoint::{Endpoint, Registration},
};

/// A certificate that was issued to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its serial number, lower-case hexadecimal.
    pub serial: String,
    /// When it expires.
    pub not_after: Timestamp,
}

/// The end of trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Endpoint {
    /// Whether the certificate with this serial number is good for it.
    pub fn trusts(&self, serial: &str, now: Timestamp) -> Result<(), Distrust> {
        if let Some(revocation) = &self.registration.revoked {
            return Err(Distrust::Revoked(revocation.at));
        }
        match self.registration.certificates.iter().find(|it| it.serial == serial) {
            None => self.registration.waits_with(serial, now),
            Some(known) if known.not_after <= now => Err(Distrust::ended(known.not_after, now)),
            Some(_) => Ok(()),
        }
    }
}

/// Why a certificate is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Somebody ended its trust.
    #[error("the endpoint was revoked at {0}")]
    Revoked(Timestamp),
    /// Ours, but not of this endpoint, or replaced twice since.
    #[error("the certificate is not one of the endpoint's own")]
    UnknownCertificate,
    /// Too old, and not for too long: whoever has its key may come back, if
    /// somebody agrees.
    #[error("the certificate expired at {0}")]
    Expired(Timestamp),
    /// Too old for that.
    #[error(
        "the certificate expired at {0}, more than 60 days ago: enroll the machine again with a new token"
    )]
    TooOld(Timestamp),
    /// Nobody has agreed to it yet.
    #[error("the endpoint waits for somebody to approve it")]
    Waits,
}

/// So long after its certificate has ended may an endpoint come back by its own
/// key: longer than anybody is on leave, and shorter than a machine is forgotten.
const COMES_BACK_WITHIN: SignedDuration = SignedDuration::from_hours(60 * 24);

impl Distrust {
    /// What a certificate is that has ended.
    pub(super) fn ended(not_after: Timestamp, now: Timestamp) -> Self {
        if now.duration_since(not_after) <= COMES_BACK_WITHIN {
            Self::Expired(not_after)
        } else {
            Self::TooOld(not_after)
        }
    }
}

/// So long do endpoints count as shut out at once.
const AT_ONCE: SignedDuration = SignedDuration::from_hours(1);

/// Whether somebody may shut one more endpoint of a tenant out alone. Else
/// whoever is patient could shut out all of them, one after the other.
pub fn may_revoke_alone<'a>(
    by: &str,
    tenant: &Tenant,
    endpoints: impl IntoIterator<Item = &'a Endpoint>,
    now: Timestamp,
) -> bool {
    let of_late = |it: &&Endpoint| {
        let of = it.registration.revoked.as_ref();
        let theirs = of.filter(|it| it.by == by && now.duration_since(it.at) < AT_ONCE);
        theirs.is_some() && it.registration.tenant == *tenant
    };
    let count = endpoints.into_iter().filter(of_late).count();
    u32::try_from(count).is_ok_and(|it| it < REVOKED_AT_ONCE)
}

/// Ends an endpoint's trust. Doing it twice is doing it once.
pub fn revoke(endpoint: &Endpoint, by: &str, reason: &str, now: Timestamp) -> Endpoint {
    if endpoint.registration.revoked.is_some() {
        return endpoint.clone();
    }
    let revocation = Revocation { at: now, by: by.into(), reason: reason.into() };
    let mut registration = Registration::clone(&endpoint.registration);
    registration.revoked = Some(revocation);
    registration.claim = None;
    Endpoint { registration: Arc::new(registration), ..endpoint.clone() }
}

/// A certificate is renewed at most twice in so long: once, and once more for
/// an agent that never got the answer.
const RENEWALS_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Until when an endpoint gets no further certificate, if it may not have one
/// now. Certificates last for `lifetime`, and short ones are renewed more often.
pub fn renewed_too_often(
    endpoint: &Endpoint,
    lifetime: SignedDuration,
    now: Timestamp,
) -> Option<Timestamp> {
    let [older, _] = endpoint.registration.certificates.as_slice() else { return None };
    let issued_at = older.not_after.checked_sub(lifetime).ok()?;
    let again_at = issued_at.checked_add(RENEWALS_WITHIN.min(lifetime / 4)).ok()?;
    (issued_at <= now && now < again_at).then_some(again_at)
}

/// Adds a renewed certificate; the one before it stays good, so that an agent
/// that dies between the two has one that works.
pub fn renew(endpoint: &Endpoint, certificate: Certificate) -> Endpoint {
    let mut registration = Registration::clone(&endpoint.registration);
    registration.certificates.push(certificate);
    let surplus = registration.certificates.len().saturating_sub(2);
    registration.certificates.drain(..surplus);
    Endpoint { registration: Arc::new(registration), ..endpoint.clone() }
}

#[cfg(test)]
mod tests {
    use remit_shared::EndpointId;
    use uuid::Uuid;

    use super::*;
    use crate::endpoint::tests::sample;

    #[test]
    fn whoever_shuts_out_one_after_the_other_is_stopped_at_five_an_hour() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let tenant = sample().registration.tenant.clone();
        let mut gone = Vec::new();
        for number in 0..5 {
            assert!(may_revoke_alone("ann", &tenant, &gone, now), "{number}");
            let mut it = sample();
            let id = EndpointId::from_uuid(Uuid::from_u128(number));
            Arc::make_mut(&mut it.registration).id = id;
            gone.push(revoke(&it, "ann", "sold", now));
        }
        assert!(!may_revoke_alone("ann", &tenant, &gone, now));
        assert!(may_revoke_alone("bob", &tenant, &gone, now), "they have a count of their own");
        let later = now + SignedDuration::from_hours(1);
        assert!(may_revoke_alone("ann", &tenant, &gone, later));
        let other = Tenant::new("other").unwrap();
        assert!(may_revoke_alone("ann", &other, &gone, now));
    }
}
