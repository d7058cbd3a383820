//! Enrollment tokens.

use jiff::Timestamp;
use remit_shared::{EndpointId, EndpointKind, Site, Tag, Tenant, TokenId};

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
    /// The kind that its endpoints are.
    pub kind: Option<EndpointKind>,
    /// What its endpoints carry.
    pub tags: Vec<Tag>,
    /// How many endpoints it may let in.
    pub max_uses: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When somebody ended it.
    pub revoked_at: Option<Timestamp>,
    /// Whom it has let in.
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
}
