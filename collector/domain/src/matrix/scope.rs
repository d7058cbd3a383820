//! What a row is about: which work, on which endpoints, how urgent, when.
//!
//! # Invariants
//!
//! - An empty set restricts nothing, so [`Scope::everything`] is all empty.
//! - Tags add up (an endpoint must carry all of them); everything else is a
//!   choice (it must be one of them).

use std::{collections::BTreeSet, fmt, str::FromStr};

use remit_shared::{EndpointId, EndpointKind, Function, Severity, Site, Tag};

use crate::matrix::When;

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// One of these kinds of work.
    pub functions: BTreeSet<Function>,
    /// One of these endpoints.
    pub endpoints: BTreeSet<EndpointRef>,
    /// At one of these sites.
    pub sites: BTreeSet<Site>,
    /// One of these kinds of machine.
    pub kinds: BTreeSet<EndpointKind>,
    /// Carrying all of these tags.
    pub tags: BTreeSet<Tag>,
    /// This urgent or more; [`Severity::Info`] restricts nothing.
    pub min_severity: Severity,
    /// In these hours.
    pub when: When,
}

/// Names an endpoint in a matrix: by its id, or by its host name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EndpointRef {
    /// The one machine with this identity.
    Id(EndpointId),
    /// Whatever calls itself so, in small letters.
    Host(String),
}

/// Why a string names no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no endpoint: use an id (`end_…`) or a host name")]
pub struct EndpointRefError(pub String);

/// An endpoint, as far as the matrix cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its identity.
    pub id: EndpointId,
    /// Its own name for itself.
    pub hostname: String,
    /// Where it stands.
    pub site: Site,
    /// What it is.
    pub kind: EndpointKind,
    /// What it carries.
    pub tags: BTreeSet<Tag>,
}

impl Default for Scope {
    fn default() -> Self {
        Self::everything()
    }
}

impl Scope {
    /// The scope that leaves nothing out.
    pub fn everything() -> Self {
        Self {
            functions: BTreeSet::new(),
            endpoints: BTreeSet::new(),
            sites: BTreeSet::new(),
            kinds: BTreeSet::new(),
            tags: BTreeSet::new(),
            min_severity: Severity::Info,
            when: When::Always,
        }
    }

    /// Whether a matter lies in the scope at the hours that it names.
    pub fn matches(&self, subject: &Subject, function: &Function, severity: Severity) -> bool {
        admits(&self.functions, function) && self.min_severity <= severity && self.includes(subject)
    }

    /// Whether an endpoint lies in the scope.
    pub fn includes(&self, subject: &Subject) -> bool {
        admits(&self.sites, &subject.site)
            && admits(&self.kinds, &subject.kind)
            && self.tags.is_subset(&subject.tags)
            && (self.endpoints.is_empty() || self.endpoints.iter().any(|it| it.names(subject)))
    }

    /// Whether some endpoint and function can lie in both scopes.
    pub(super) fn touches(&self, other: &Self) -> bool {
        share(&self.functions, &other.functions)
            && share(&self.endpoints, &other.endpoints)
            && share(&self.sites, &other.sites)
            && share(&self.kinds, &other.kinds)
    }

    /// What lies in both scopes, with the more exceptional hours of the two;
    /// `None` if no endpoint and function can.
    pub fn meet(&self, other: &Self) -> Option<Self> {
        let mine = self.when.rank() >= other.when.rank();
        Some(Self {
            functions: both(&self.functions, &other.functions)?,
            endpoints: both(&self.endpoints, &other.endpoints)?,
            sites: both(&self.sites, &other.sites)?,
            kinds: both(&self.kinds, &other.kinds)?,
            tags: self.tags.union(&other.tags).cloned().collect(),
            min_severity: self.min_severity.max(other.min_severity),
            when: if mine { self.when.clone() } else { other.when.clone() },
        })
    }
}

/// Whether a choice allows a value; the empty one allows any.
pub(super) fn admits<T: Ord>(choice: &BTreeSet<T>, value: &T) -> bool {
    choice.is_empty() || choice.contains(value)
}

/// Whether two choices both allow something.
fn share<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> bool {
    a.is_empty() || b.is_empty() || !a.is_disjoint(b)
}

/// What two choices both allow; `None` if that is nothing.
fn both<T: Ord + Clone>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> Option<BTreeSet<T>> {
    if a.is_empty() || b.is_empty() {
        return Some(a.union(b).cloned().collect());
    }
    let common: BTreeSet<T> = a.intersection(b).cloned().collect();
    (!common.is_empty()).then_some(common)
}

impl EndpointRef {
    /// Whether it is this endpoint's name.
    pub fn names(&self, subject: &Subject) -> bool {
        match self {
            Self::Id(id) => *id == subject.id,
            Self::Host(name) => name.eq_ignore_ascii_case(&subject.hostname),
        }
    }
}

impl FromStr for EndpointRef {
    type Err = EndpointRefError;

    fn from_str(text: &str) -> Result<Self, EndpointRefError> {
        let refused = || EndpointRefError(text.escape_default().to_string());
        if text.starts_with("end_") {
            return text.parse().map(Self::Id).map_err(|_| refused());
        }
        let plain = |it: char| it.is_ascii_alphanumeric() || "-._".contains(it);
        if text.is_empty() || 253 < text.len() || !text.chars().all(plain) {
            return Err(refused());
        }
        Ok(Self::Host(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for EndpointRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Host(name) => f.write_str(name),
        }
    }
}
