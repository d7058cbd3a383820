//! What a window is about.
//!
//! # Invariants
//!
//! - As in a matrix, an empty set restricts nothing, tags add up, and
//!   everything else is a choice.

use std::collections::BTreeSet;

use remit_shared::{EndpointKind, Function, Site, Tag};

use crate::matrix::{EndpointRef, Subject};

/// What a window is about; by default, everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
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
    /// One of these checks.
    pub checks: BTreeSet<String>,
}

impl Selector {
    /// Whether it is about an endpoint at all.
    pub fn reaches(&self, subject: &Subject) -> bool {
        admits(&self.sites, &subject.site)
            && admits(&self.kinds, &subject.kind)
            && self.tags.is_subset(&subject.tags)
            && (self.endpoints.is_empty() || self.endpoints.iter().any(|it| it.names(subject)))
    }

    /// Whether it is about one check of an endpoint.
    pub fn matches(&self, subject: &Subject, function: &Function, check: &str) -> bool {
        self.reaches(subject)
            && admits(&self.functions, function)
            && (self.checks.is_empty() || self.checks.contains(check))
    }

    /// Whether it leaves no endpoint out.
    pub fn is_fleet_wide(&self) -> bool {
        let Self { functions: _, endpoints, sites, kinds, tags, checks: _ } = self;
        endpoints.is_empty() && sites.is_empty() && kinds.is_empty() && tags.is_empty()
    }

    /// Whether some endpoint may be reached by both. Whether a host name and
    /// an id mean one machine is not known here, so they may.
    pub fn may_share_an_endpoint(&self, other: &Self) -> bool {
        let ids =
            |them: &BTreeSet<EndpointRef>| them.iter().all(|it| matches!(it, EndpointRef::Id(_)));
        let comparable = ids(&self.endpoints) && ids(&other.endpoints);
        meet(&self.sites, &other.sites)
            && meet(&self.kinds, &other.kinds)
            && (!comparable || meet(&self.endpoints, &other.endpoints))
    }
}

/// Whether a choice allows a value; the empty one allows any.
fn admits<T: Ord>(choice: &BTreeSet<T>, value: &T) -> bool {
    choice.is_empty() || choice.contains(value)
}

/// Whether two choices allow a common value.
fn meet<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> bool {
    a.is_empty() || b.is_empty() || !a.is_disjoint(b)
}
