//! The audit trail as a chain: each entry carries the hash of the one before.
//!
//! Every tenant has a chain of its own, so that it can be verified by those who
//! may see nothing of the others; what concerns the installation as a whole has
//! one, too. A chain of all entries together proves that none of the others was
//! cut off. Whoever has written a [`Head`] down can tell later whether anything
//! up to it was changed, left out, put in or exchanged.
//!
//! # Invariants
//!
//! - Sequences count from 1 without a hole, also when the oldest entries were
//!   forgotten: where they ended is the head that the rest begins with.
//! - Equal entries at equal places have equal hashes. What is hashed is
//!   [`canonical`]: every field with its length before it, so that no two
//!   entries can read the same.
//!
//! # Not here
//!
//! SHA-256 itself, which arrives as a function, and where entries are kept.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, str::FromStr};

use remit_shared::Tenant;

use crate::effect::AuditEntry;

/// The hash function of the chain.
pub type Sha256 = fn(&[u8]) -> [u8; 32];

/// What an entry, and through it all before it, is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Before the first entry.
    pub const START: Self = Self([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

/// Why a text is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 hexadecimal digits")]
pub struct HashError;

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(HashError);
        }
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| HashError)?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A point of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many entries led here.
    pub seq: u64,
    /// The last one's hash.
    pub hash: Hash,
}

/// Where every chain stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chains {
    /// The chain of all entries.
    pub whole: Head,
    /// Each tenant's, and the installation's own.
    pub each: BTreeMap<Option<Tenant>, Head>,
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What was done.
    pub entry: AuditEntry,
    /// It was not allowed, and not done.
    pub denied: bool,
    /// Its place in its tenant's chain.
    pub seq: u64,
    /// The hash of the one before it there.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
    /// The hash of the chain of all entries up to it.
    pub whole: Hash,
}

/// What is wrong with a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Entries are missing, or somebody put one in.
    #[error("entry {found} stands where {expected} should")]
    Order {
        /// What comes next.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// It follows another one than the one before it.
    #[error("entry {seq} does not follow the one before it")]
    Unlinked {
        /// Which.
        seq: u64,
    },
    /// It was changed.
    #[error("entry {seq} is not what was written")]
    Altered {
        /// Which.
        seq: u64,
    },
    /// The newest entries are gone, or others are there.
    #[error("the chain ends with entry {found}, and {expected} were written")]
    Cut {
        /// How many there were.
        expected: u64,
        /// How many there are.
        found: u64,
    },
}

impl Default for Head {
    fn default() -> Self {
        Self { seq: 0, hash: Hash::START }
    }
}

impl Head {
    /// The point after one more entry, if that is what it says it is.
    pub fn after(&self, sealed: &Sealed, sha256: Sha256) -> Result<Self, Broken> {
        let Sealed { entry, denied, seq, previous, hash, .. } = sealed;
        if *seq != self.seq + 1 {
            return Err(Broken::Order { expected: self.seq + 1, found: *seq });
        }
        if *previous != self.hash {
            return Err(Broken::Unlinked { seq: *seq });
        }
        let said = Hash(sha256(&canonical(entry, *denied, *seq, previous)));
        if said != *hash {
            return Err(Broken::Altered { seq: *seq });
        }
        Ok(Self { seq: *seq, hash: said })
    }

    /// Whether a chain that was read to here ends where it should.
    pub fn ends_at(&self, end: &Self) -> Result<(), Broken> {
        match self == end {
            true => Ok(()),
            false => Err(Broken::Cut { expected: end.seq, found: self.seq }),
        }
    }
}

impl Chains {
    /// Where one chain stands.
    pub fn of(&self, tenant: Option<&Tenant>) -> Head {
        self.each.get(&tenant.cloned()).copied().unwrap_or_default()
    }

    /// Puts an entry at the end.
    pub fn append(&mut self, entry: AuditEntry, denied: bool, sha256: Sha256) -> Sealed {
        let Head { seq, hash: previous } = self.of(entry.tenant.as_ref());
        let seq = seq + 1;
        let hash = Hash(sha256(&canonical(&entry, denied, seq, &previous)));
        let whole = whole(&self.whole.hash, &hash, sha256);
        let sealed = Sealed { entry, denied, seq, previous, hash, whole };
        self.reach(&sealed);
        sealed
    }

    /// Goes on to the next entry of all, if that is what it says it is.
    pub fn follow(&mut self, sealed: &Sealed, sha256: Sha256) -> Result<(), Broken> {
        self.of(sealed.entry.tenant.as_ref()).after(sealed, sha256)?;
        if whole(&self.whole.hash, &sealed.hash, sha256) != sealed.whole {
            return Err(Broken::Unlinked { seq: sealed.seq });
        }
        self.reach(sealed);
        Ok(())
    }

    /// Goes on to an entry that is known to be the next.
    pub fn reach(&mut self, sealed: &Sealed) {
        self.whole = Head { seq: self.whole.seq + 1, hash: sealed.whole };
        let head = Head { seq: sealed.seq, hash: sealed.hash };
        self.each.insert(sealed.entry.tenant.clone(), head);
    }
}

fn whole(before: &Hash, hash: &Hash, sha256: Sha256) -> Hash {
    Hash(sha256(&[b"remit audit whole 1\n".as_slice(), &before.0, &hash.0].concat()))
}

/// What is hashed of an entry: a line that names the form, then each field as
/// its length in bytes, a colon, and itself.
pub fn canonical(entry: &AuditEntry, denied: bool, seq: u64, previous: &Hash) -> Vec<u8> {
    let AuditEntry { at, tenant, actor, action, object, detail } = entry;
    let fields = [
        seq.to_string(),
        previous.to_string(),
        at.to_string(),
        tenant.as_ref().map(ToString::to_string).unwrap_or_default(),
        actor.clone(),
        action.clone(),
        object.clone(),
        detail.clone(),
        denied.to_string(),
    ];
    let mut bytes = b"remit audit 1\n".to_vec();
    for field in fields {
        bytes.extend_from_slice(format!("{}:", field.len()).as_bytes());
        bytes.extend_from_slice(field.as_bytes());
    }
    bytes
}
