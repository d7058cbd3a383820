//! One published version of a tenant's matrix, as it is kept.

use jiff::Timestamp;
use remit_shared::Tenant;

/// A version. Never changed once it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The customer environment.
    pub tenant: Tenant,
    /// Counted from 1.
    pub version: u64,
    /// The file as it was published, comments and all.
    pub text: String,
    /// SHA-256 of the text, lower-case hexadecimal.
    pub sha256: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// What they said.
    pub note: String,
}
