//! One published version of a tenant's matrix, as it is kept.
//!
//! # Invariants
//!
//! - A version is never changed once it is kept. Versions count from 1 without
//!   a gap, and each names the hash of the one before it, so that none can be
//!   exchanged unnoticed.
//! - Nothing takes effect in the past, or before the version that it replaces.
//! - The first version may be published by one manager: nothing is agreed yet
//!   that it could break. Every later one carries the names of two persons,
//!   and of each side that agreed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use remit_shared::{ChangeId, OperatorId, Party, Tenant};

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
    /// The same of the version before; `None` for the first.
    pub previous_sha256: Option<String>,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// What they said.
    pub note: String,
    /// From when on it holds.
    pub effective_from: Timestamp,
    /// By which change; `None` for the first.
    pub change: Option<ChangeId>,
    /// Who stands behind it.
    pub signatures: Vec<Signature>,
}

/// Somebody's name under a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Their credential.
    pub operator: OperatorId,
    /// Their name.
    pub name: String,
    /// Their side.
    pub party: Party,
    /// When they put it there.
    pub at: Timestamp,
    /// SHA-256 of what they put it under.
    pub sha256: String,
    /// Their key's signature of that, as text, if they gave one.
    pub signature: Option<String>,
}

/// Why a version may not be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Somebody else was first, or it skips one.
    #[error("the next version of {tenant}'s matrix is {expected}, not {got}")]
    Version {
        /// Whose.
        tenant: Tenant,
        /// Which comes next.
        expected: u64,
        /// Which was given.
        got: u64,
    },
    /// It was made from another version than the newest.
    #[error("version {version} names another version before it than the newest")]
    Chain {
        /// Which.
        version: u64,
    },
    /// It would have held before anybody could know.
    #[error("version {version} would take effect at {at}, before {not_before}")]
    Effective {
        /// Which.
        version: u64,
        /// When it would.
        at: Timestamp,
        /// When it may.
        not_before: Timestamp,
    },
    /// A name stands under another text.
    #[error("{name} signed something else than version {version}")]
    OtherText {
        /// Whose.
        name: String,
        /// Which version.
        version: u64,
    },
    /// Nobody, or only one, stands behind it.
    #[error("version {version} takes the names of {takes} persons, not {has}")]
    Persons {
        /// Which.
        version: u64,
        /// How many it takes.
        takes: usize,
        /// How many there are.
        has: usize,
    },
    /// A side does not stand behind it.
    #[error("version {version} is not signed by the {party} side")]
    Unsigned {
        /// Which.
        version: u64,
        /// Whose name is missing.
        party: Party,
    },
}

/// The version that holds at an instant: the newest that has taken effect.
/// All are one tenant's, in any order.
pub fn in_force<'a>(
    versions: impl IntoIterator<Item = &'a Published>,
    at: Timestamp,
) -> Option<&'a Published> {
    let effective = versions.into_iter().filter(|it| it.effective_from <= at);
    effective.max_by_key(|it| it.version)
}

/// Whether a version may follow those that there are, between these sides.
pub fn may_publish(
    existing: &[Published],
    asked: &Published,
    sides: &BTreeSet<Party>,
    now: Timestamp,
) -> Result<(), PublishError> {
    let version = asked.version;
    let own = existing.iter().filter(|it| it.tenant == asked.tenant);
    let newest = own.max_by_key(|it| it.version);
    let expected = newest.map_or(1, |it| it.version + 1);
    if version != expected {
        let tenant = asked.tenant.clone();
        return Err(PublishError::Version { tenant, expected, got: version });
    }
    if asked.previous_sha256.as_ref() != newest.map(|it| &it.sha256) {
        return Err(PublishError::Chain { version });
    }
    let not_before = newest.map_or(now, |it| it.effective_from.max(now));
    if asked.effective_from < not_before {
        let at = asked.effective_from;
        return Err(PublishError::Effective { version, at, not_before });
    }
    if let Some(it) = asked.signatures.iter().find(|it| it.sha256 != asked.sha256) {
        return Err(PublishError::OtherText { name: it.name.clone(), version });
    }
    let persons: BTreeSet<_> = asked.signatures.iter().map(|it| it.operator).collect();
    let names: BTreeSet<_> = asked.signatures.iter().map(|it| it.name.to_lowercase()).collect();
    let (has, takes) = (persons.len().min(names.len()), if version == 1 { 1 } else { 2 });
    if has < takes {
        return Err(PublishError::Persons { version, takes, has });
    }
    let signed = |side: &Party| asked.signatures.iter().any(|it| it.party == *side);
    match sides.iter().find(|it| version != 1 && **it != Party::Vendor && !signed(it)) {
        Some(party) => Err(PublishError::Unsigned { version, party: *party }),
        None => Ok(()),
    }
}

/// The first version that does not name the hash of the one before it, if the
/// chain is broken. All are one tenant's, oldest first.
pub fn broken_link(versions: &[Published]) -> Option<u64> {
    let first = versions.first().filter(|it| it.version != 1 || it.previous_sha256.is_some());
    let follows = |it: &&[Published]| match it {
        [a, b] => b.version != a.version + 1 || b.previous_sha256.as_ref() != Some(&a.sha256),
        _ => false,
    };
    let broken = || versions.windows(2).find(follows).and_then(<[Published]>::last);
    first.or_else(broken).map(|it| it.version)
}

impl Published {
    /// Whether both sides stand behind it.
    pub fn is_countersigned(&self) -> bool {
        let sides: BTreeSet<_> = self.signatures.iter().map(|it| it.party).collect();
        sides.len() > 1
    }
}

#[cfg(test)]
mod tests;
