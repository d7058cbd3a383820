//! A key that asks to speak for an endpoint, and waits for a person to agree.
//!
//! ```text
//! token for one, machine unknown ──────────────► trusted at once
//! token for many, or machine known by another
//! key, or its name or disk is another's,
//! or its certificate has ended ────────────────► claim ─► approve ─► trusted
//!                                                      └► reject  ─► refused
//! ```
//!
//! # Invariants
//!
//! - Who waits may show that it is alive, and no more: nothing of what it
//!   reports is applied.
//! - An endpoint is spoken for by the key that was agreed to last. A claim
//!   takes nothing from that key until somebody agrees to the claim.
//! - A machine that comes back with a new key is the endpoint that it was, if
//!   that can be told; if it cannot, it is a new one and somebody is asked.
//!   Never are there two of one machine, or two of one name, without a word.
//!
//! # Not here
//!
//! Whether the key is held by whoever shows it: that was proved before.

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{EndpointId, EndpointKind, Host, Tenant, TokenId};

use crate::endpoint::{Certificate, Distrust, Endpoint, Presence, Registration};

/// So long apart does a certificate that has ended make claims.
const COMES_BACK_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// A key that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What it was given, good for nothing but to show that it is there.
    pub certificate: Certificate,
    /// What it says its machine is.
    pub host: Host,
    /// The token that let it in.
    pub token: TokenId,
    /// When.
    pub at: Timestamp,
    /// Why it waits.
    pub because: Because,
    /// The other endpoint that is the reason, if one is.
    pub other: Option<EndpointId>,
}

/// Why somebody must agree first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// Its token lets in many.
    TokenForMany,
    /// The endpoint's own machine, by a new key.
    NewKey,
    /// A machine with the endpoint's name, and a new system on its disk.
    NewSystem,
    /// Its disk is a copy of another endpoint's.
    CopiedDisk,
    /// Another endpoint has its name.
    NameTaken,
    /// The endpoint's own key, after its certificate has ended.
    Expired,
}

impl Because {
    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenForMany => "token_for_many",
            Self::NewKey => "new_key",
            Self::NewSystem => "new_system",
            Self::CopiedDisk => "copied_disk",
            Self::NameTaken => "name_taken",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TokenForMany => "its token lets in many",
            Self::NewKey => "the same machine comes with a new key",
            Self::NewSystem => "a machine of this name comes with a new system",
            Self::CopiedDisk => "its disk is a copy of another endpoint's",
            Self::NameTaken => "another endpoint has its name",
            Self::Expired => "it comes back after its certificate has ended",
        })
    }
}

/// What a machine that enrolls is to the endpoints that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// Nothing like it is known.
    New,
    /// It is this endpoint, by another key.
    Known(EndpointId, Because),
    /// It is not this endpoint, and looks like it.
    Alike(EndpointId, Because),
}

/// Looks whether a machine is one that is known. Of several it is the one that
/// is most like it.
pub fn recognise<'a>(
    tenant: &Tenant,
    host: &Host,
    endpoints: impl IntoIterator<Item = &'a Endpoint>,
) -> Recognised {
    let is_here = |it: &&Endpoint| {
        let registration = &it.registration;
        registration.tenant == *tenant
            && registration.revoked.is_none()
            && registration.kind != EndpointKind::Virtual
    };
    let alike = endpoints.into_iter().filter(is_here).filter_map(|it| likeness(host, it));
    alike.min_by_key(rank).unwrap_or(Recognised::New)
}

fn likeness(host: &Host, endpoint: &Endpoint) -> Option<Recognised> {
    let (known, id) = (&endpoint.registration.host, endpoint.id());
    let same_name =
        !host.hostname.is_empty() && known.hostname.eq_ignore_ascii_case(&host.hostname);
    let same_disk = !host.machine_id.is_empty() && known.machine_id == host.machine_id;
    // What is on the line at this moment is not what was just set up anew. One
    // that was never heard may be a twin that came a minute earlier.
    let is_elsewhere = match endpoint.pulse.presence {
        Presence::Online | Presence::NeverSeen => true,
        Presence::Late | Presence::Offline | Presence::ExpectedOff(_) => false,
    };
    match (same_disk, same_name) {
        (true, true) => Some(Recognised::Known(id, Because::NewKey)),
        // Of clones the name is changed first, and so is that of a machine that
        // gets another task: nobody can tell, so it is not taken for the other.
        (true, false) => Some(Recognised::Alike(id, Because::CopiedDisk)),
        (false, true) if is_elsewhere => Some(Recognised::Alike(id, Because::NameTaken)),
        (false, true) => Some(Recognised::Known(id, Because::NewSystem)),
        (false, false) => None,
    }
}

fn rank(it: &Recognised) -> (u8, Option<EndpointId>) {
    match it {
        Recognised::Known(id, Because::NewKey) => (0, Some(*id)),
        Recognised::Known(id, _) => (1, Some(*id)),
        Recognised::Alike(id, _) => (2, Some(*id)),
        Recognised::New => (3, None),
    }
}

/// Notes a claim. The one before it, if there is one, is worth nothing any more.
pub fn claim(endpoint: &Endpoint, claim: Claim) -> Endpoint {
    changed(endpoint, |it| it.claim = Some(claim))
}

/// Notes a claim of an endpoint's own key whose certificate has ended not too
/// long ago, for the certificate that is to take its place. A claim that waited
/// for too long itself goes on as it was. `None` for every other certificate:
/// who is trusted renews, and who is not is told why.
pub fn come_back(
    endpoint: &Endpoint,
    serial: &str,
    certificate: Certificate,
    now: Timestamp,
) -> Option<Endpoint> {
    let Err(Distrust::Expired(_)) = endpoint.trusts(serial, now) else { return None };
    let registration = &endpoint.registration;
    let waited = registration.claim.clone().filter(|it| it.certificate.serial == serial);
    let next = match waited {
        Some(waited) => Claim { certificate, at: now, ..waited },
        None => Claim {
            certificate,
            host: registration.host.clone(),
            token: registration.token,
            at: now,
            because: Because::Expired,
            other: None,
        },
    };
    Some(claim(endpoint, next))
}

/// From when on an endpoint may come back once more, if it has just done so: an
/// answer may get lost, and not every second.
pub fn comes_back_too_often(endpoint: &Endpoint, now: Timestamp) -> Option<Timestamp> {
    let claim = endpoint.registration.claim.as_ref()?;
    let again_at = claim.at.checked_add(COMES_BACK_AFTER).ok()?;
    (claim.because == Because::Expired && claim.at <= now && now < again_at).then_some(again_at)
}

/// Agrees to the claim: from now on its key alone speaks for the endpoint.
/// `None` if nothing waits, or trust has ended.
pub fn approve(endpoint: &Endpoint) -> Option<Endpoint> {
    let claim = endpoint.registration.claim.clone()?;
    if endpoint.registration.revoked.is_some() {
        return None;
    }
    Some(changed(endpoint, |it| {
        it.certificates = vec![claim.certificate];
        (it.host, it.token) = (claim.host, claim.token);
        it.claim = None;
    }))
}

/// Says no to the claim. An endpoint that was there before is as it was. `None`
/// if nothing waits, or if nobody was ever agreed to: such an endpoint is
/// revoked.
pub fn reject(endpoint: &Endpoint) -> Option<Endpoint> {
    let waits = endpoint.registration.claim.is_some() && !endpoint.registration.is_waiting();
    waits.then(|| changed(endpoint, |it| it.claim = None))
}

fn changed(endpoint: &Endpoint, change: impl FnOnce(&mut Registration)) -> Endpoint {
    let mut registration = Registration::clone(&endpoint.registration);
    change(&mut registration);
    Endpoint { registration: Arc::new(registration), ..endpoint.clone() }
}

impl Registration {
    /// Whether nobody has agreed to it yet, at all.
    pub fn is_waiting(&self) -> bool {
        self.claim.is_some() && self.certificates.is_empty()
    }

    /// Whether it counts: it is trusted, and somebody answers for it.
    pub fn is_in_service(&self) -> bool {
        self.revoked.is_none() && !self.is_waiting()
    }

    /// Whether this certificate is the claim's, and good for that.
    pub(super) fn waits_with(&self, serial: &str, now: Timestamp) -> Result<(), Distrust> {
        match self.claim.as_ref().map(|it| &it.certificate) {
            Some(it) if it.serial == serial && it.not_after <= now => {
                Err(Distrust::ended(it.not_after, now))
            }
            Some(it) if it.serial == serial => Err(Distrust::Waits),
            Some(_) | None => Err(Distrust::UnknownCertificate),
        }
    }
}
