//! Somebody who enrolls, and what is written down of them.

use jiff::Timestamp;
use remit_collector_domain::{
    effect::{AuditEntry, Effect},
    endpoint::{Certificate, Claim, Registration},
    enroll::{Given, Token},
};
use remit_shared::{EndpointKind, Host};

use super::place::Place;
use crate::pki::Issued;

/// Somebody who enrolls.
pub(super) struct Newcomer<'a> {
    /// What it says its machine is.
    pub(super) host: &'a Host,
    /// What it takes itself for.
    pub(super) kind: EndpointKind,
    /// What it is given.
    pub(super) issued: &'a Issued,
    /// Where it belongs.
    pub(super) place: Place,
    /// What time it is.
    pub(super) now: Timestamp,
}

impl Newcomer<'_> {
    pub(super) fn certificate(&self) -> Certificate {
        let Issued { serial, not_after, .. } = self.issued;
        Certificate { serial: serial.clone(), not_after: *not_after }
    }

    pub(super) fn given(&self) -> Given {
        let leaf = self.issued.chain.first();
        let der = leaf.map(|it| it.to_vec()).unwrap_or_default();
        Given { der, certificate: self.certificate() }
    }

    /// What waits for somebody to agree, if it has to wait.
    pub(super) fn claim(&self, token: &Token) -> Option<Claim> {
        let (because, other) = self.place.waits?;
        Some(Claim {
            certificate: self.certificate(),
            host: self.host.clone(),
            token: token.id,
            at: self.now,
            because,
            other,
        })
    }

    /// A new endpoint's identity.
    pub(super) fn registration(&self, token: &Token) -> Registration {
        let claim = self.claim(token);
        let trusted = Some(self.certificate()).filter(|_| claim.is_none());
        Registration {
            id: self.place.endpoint,
            tenant: token.tenant.clone(),
            site: token.site.clone(),
            kind: token.kind.unwrap_or(self.kind),
            tags: token.tags.clone(),
            host: self.host.clone(),
            enrolled_at: self.now,
            token: token.id,
            certificates: trusted.into_iter().collect(),
            claim,
            revoked: None,
        }
    }

    /// What the token owes for having let it in.
    pub(super) fn owes(&self, token: &Token, registration: &Registration) -> Vec<Effect> {
        let Place { endpoint, is_known, waits } = self.place;
        let waits = waits.map_or(String::new(), |it| format!(", waits: {}", it.0));
        let admission = Effect::Admit(Box::new(registration.clone()));
        let audit = Effect::Audit(AuditEntry {
            at: self.now,
            tenant: Some(token.tenant.clone()),
            actor: format!("token {}", token.id),
            action: "endpoint.enroll".into(),
            object: endpoint.to_string(),
            detail: format!("{} at {}{waits}", self.host.hostname, token.site),
        });
        let admission = Some(admission).filter(|_| !is_known);
        admission.into_iter().chain([audit]).collect()
    }
}
