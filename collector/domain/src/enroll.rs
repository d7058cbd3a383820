//! Enrollment tokens: the right to become an endpoint, for a while.
//!
//! # Invariants
//!
//! - No more endpoints come from a token than it allows, in whatever order and
//!   however often it is redeemed.
//! - The same key gets the same endpoint, so an agent whose answer got lost
//!   asks again and spends nothing.
//! - Tenant, site, kind and tags are the token's. What an agent says of itself
//!   decides none of them.
//! - Who comes by a token for many waits until somebody agrees to it, and so
//!   does who is not surely new ([`claim`](crate::endpoint::claim)).
//! - Past its time, or revoked, a token does nothing: not even for a key that
//!   it has let in before.
//!
//! # Not here
//!
//! The secret: it is made, shown once, hashed and forgotten elsewhere.

use jiff::{SignedDuration, Timestamp};
use remit_shared::{EndpointId, EndpointKind, Site, Tag, Tenant, TokenId};

use crate::endpoint::{Certificate, Registration, claim::Because};

/// The most endpoints that one token may let in.
pub const MOST_USES: u32 = 50;

/// How many it lets in unless told otherwise.
pub const USUAL_USES: u32 = 1;

/// The longest that a token may last.
pub const LONGEST_TTL: SignedDuration = SignedDuration::from_hours(24);

/// How long it lasts unless told otherwise.
pub const USUAL_TTL: SignedDuration = SignedDuration::from_mins(10);

/// The most tags that a token may give.
pub const MOST_TAGS: usize = 32;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its name.
    pub id: TokenId,
    /// SHA-256 of its secret.
    pub secret_sha256: [u8; 32],
    /// The tenant that it lets into.
    pub tenant: Tenant,
    /// The site.
    pub site: Site,
    /// The kind that its endpoints are; `None` leaves it to them.
    pub kind: Option<EndpointKind>,
    /// What its endpoints carry, sorted.
    pub tags: Vec<Tag>,
    /// How many endpoints it may let in.
    pub max_uses: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// From when on it does nothing.
    pub expires_at: Timestamp,
    /// When somebody ended it.
    pub revoked_at: Option<Timestamp>,
    /// Whom it has let in, oldest first.
    pub uses: Vec<Use>,
}

/// One use of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// SHA-256 of the key that was let in.
    pub public_key_sha256: [u8; 32],
    /// The endpoint that it became.
    pub endpoint: EndpointId,
    /// When.
    pub at: Timestamp,
    /// What it was given, to be given again if it asks again.
    pub given: Option<Given>,
}

/// A certificate as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its bytes, DER.
    pub der: Vec<u8>,
    /// What the registry knows of it.
    pub certificate: Certificate,
}

/// A token to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub id: TokenId,
    /// SHA-256 of its secret.
    pub secret_sha256: [u8; 32],
    /// The tenant that it lets into.
    pub tenant: Tenant,
    /// The site.
    pub site: Site,
    /// The kind that its endpoints are; `None` leaves it to them.
    pub kind: Option<EndpointKind>,
    /// What its endpoints carry.
    pub tags: Vec<Tag>,
    /// How many endpoints it may let in; `None` is [`USUAL_USES`].
    pub max_uses: Option<u32>,
    /// How long it lasts; `None` is [`USUAL_TTL`].
    pub ttl: Option<SignedDuration>,
    /// By whom it is made.
    pub created_by: String,
}

/// Why there is no such token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// None, or too many.
    #[error("an enrollment token lets in 1 to {MOST_USES} endpoints, not {0}")]
    Uses(u32),
    /// Over before it begins, or too long.
    #[error("an enrollment token lasts at least a second and at most 24 hours")]
    Ttl,
    /// More than anybody would look at.
    #[error("an enrollment token gives at most {MOST_TAGS} tags, not {0}")]
    Tags(usize),
}

/// What comes of redeeming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// The token as it is now.
    pub token: Token,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Whether it was let in before: then the token has not changed.
    pub again: bool,
}

/// What a key is that asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// The endpoint's own.
    Trusted,
    /// One that somebody must agree to, and what it is because of.
    Waits(Because, Option<EndpointId>),
}

/// Why a token does not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its time is over.
    #[error("the enrollment token expired at {at}: ask for a new one")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Somebody ended it.
    #[error("the enrollment token was revoked: ask for a new one")]
    Revoked,
    /// It has let in all it may. If it was meant for whoever asks, somebody
    /// else has used it: worth an alarm.
    #[error("the enrollment token is used up ({uses} of {uses}): ask for a new one")]
    Spent {
        /// How many it has let in.
        uses: u32,
    },
}

/// Lets a key in, as `new_endpoint` unless it was let in before.
pub fn redeem(
    token: &Token,
    public_key_sha256: [u8; 32],
    new_endpoint: EndpointId,
    now: Timestamp,
) -> Result<Redeemed, Refused> {
    if token.revoked_at.is_some() {
        return Err(Refused::Revoked);
    }
    if token.expires_at <= now {
        return Err(Refused::Expired { at: token.expires_at });
    }
    let mut token = token.clone();
    if let Some(before) = token.use_of(&public_key_sha256) {
        let endpoint = before.endpoint;
        return Ok(Redeemed { token, endpoint, again: true });
    }
    if token.is_spent() {
        return Err(Refused::Spent { uses: token.max_uses });
    }
    token.uses.push(Use { public_key_sha256, endpoint: new_endpoint, at: now, given: None });
    Ok(Redeemed { token, endpoint: new_endpoint, again: false })
}

/// Ends a token. The endpoints that it has let in stay.
pub fn revoke(token: Token, now: Timestamp) -> Token {
    Token { revoked_at: token.revoked_at.or(Some(now)), ..token }
}

impl Token {
    /// Makes a token.
    pub fn new(draft: Draft, now: Timestamp) -> Result<Self, TokenError> {
        let Draft { id, secret_sha256, tenant, site, kind, mut tags, created_by, .. } = draft;
        let max_uses = draft.max_uses.unwrap_or(USUAL_USES);
        if !(1..=MOST_USES).contains(&max_uses) {
            return Err(TokenError::Uses(max_uses));
        }
        let ttl = draft.ttl.unwrap_or(USUAL_TTL);
        if ttl < SignedDuration::from_secs(1) || ttl > LONGEST_TTL {
            return Err(TokenError::Ttl);
        }
        tags.sort();
        tags.dedup();
        if tags.len() > MOST_TAGS {
            return Err(TokenError::Tags(tags.len()));
        }
        Ok(Self {
            id,
            secret_sha256,
            tenant,
            site,
            kind,
            tags,
            max_uses,
            created_at: now,
            created_by,
            expires_at: now.checked_add(ttl).map_err(|_| TokenError::Ttl)?,
            revoked_at: None,
            uses: Vec::new(),
        })
    }

    /// Whether somebody must agree to each that it lets in.
    pub fn is_for_many(&self) -> bool {
        USUAL_USES < self.max_uses
    }

    /// The use by which a key was let in.
    pub fn use_of(&self, public_key_sha256: &[u8; 32]) -> Option<&Use> {
        self.uses.iter().find(|it| it.public_key_sha256 == *public_key_sha256)
    }

    /// Whether a key is the newest that it has let in for that key's endpoint.
    fn is_newest(&self, used: &Use) -> bool {
        let newest = self.uses.iter().rfind(|it| it.endpoint == used.endpoint);
        newest.is_some_and(|it| it.public_key_sha256 == used.public_key_sha256)
    }

    /// What a key that asks again is to an endpoint that it was let in for.
    pub fn again(&self, used: &Use, known: &Registration) -> Again {
        let waits = known.claim.as_ref().filter(|it| it.token == self.id);
        match waits {
            // Somebody else speaks for it by now.
            _ if !self.is_newest(used) => Again::Waits(Because::NewKey, None),
            Some(claim) => Again::Waits(claim.because, claim.other),
            None if known.token == self.id => Again::Trusted,
            None => Again::Waits(Because::NewKey, None),
        }
    }

    /// Notes what a key was given.
    pub fn giving(mut self, public_key_sha256: &[u8; 32], given: Given) -> Self {
        let mut uses = self.uses.iter_mut();
        if let Some(it) = uses.find(|it| it.public_key_sha256 == *public_key_sha256) {
            it.given = Some(given);
        }
        self
    }

    /// Whether it would let somebody new in.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && !self.is_spent()
    }

    fn is_spent(&self) -> bool {
        u32::try_from(self.uses.len()).map_or(true, |uses| uses >= self.max_uses)
    }
}

#[cfg(test)]
mod tests;
