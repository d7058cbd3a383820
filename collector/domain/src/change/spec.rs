//! What a change says, if it is no matrix.
//!
//! Each of these has exactly one [canonical](super::canonical) text, so that
//! what somebody approves is what takes effect, to the letter.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{EndpointId, EndpointKind, Function, Site, Tag, Tenant};

use crate::{
    authority::grants::Grant,
    change::Subject,
    known_issue::{IssueSpec, Kind},
};

/// What a change says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// That alerts are quiet while somebody works.
    Window(WindowSpec),
    /// That something is known, or is not to be heard of for a while.
    KnownIssue(IssueSpec),
    /// What an operator may do.
    Role {
        /// The customer environment in whose name it is asked.
        tenant: Tenant,
        /// The role.
        grant: Grant,
    },
    /// A token for many.
    Token(TokenSpec),
    /// How long records are kept.
    Retention(Retention),
    /// Shutting endpoints out.
    Revocation(Revocation),
    /// Work on endpoints.
    Work(WorkSpec),
}

/// Which endpoints, and which work on them. What is empty restricts nothing;
/// endpoints, sites and functions are choices, tags add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// One of these.
    pub endpoints: BTreeSet<EndpointId>,
    /// At one of these sites.
    pub sites: BTreeSet<Site>,
    /// Carrying all of these tags.
    pub tags: BTreeSet<Tag>,
    /// One of these kinds of work.
    pub functions: BTreeSet<Function>,
}

/// A maintenance window to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowSpec {
    /// The customer environment.
    pub tenant: Tenant,
    /// In one line.
    pub title: String,
    /// Why.
    pub why: String,
    /// What it covers.
    pub selector: Selector,
    /// The IANA zone that it is written in.
    pub zone: String,
    /// When it begins, the first time.
    pub starts_at: Timestamp,
    /// How long it is open.
    pub lasts: SignedDuration,
    /// When it opens again, as an RRULE; empty: never.
    pub repeats: String,
    /// Whether problems from before it are quiet too.
    pub earlier: bool,
}

/// Work on endpoints, told in advance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkSpec {
    /// The customer environment.
    pub tenant: Tenant,
    /// What will be done: a script, a patch, a setting.
    pub title: String,
    /// Why.
    pub why: String,
    /// Who will do it, as far as it is not whoever asks.
    pub who: String,
    /// On what.
    pub selector: Selector,
    /// The IANA zone that it is planned in.
    pub zone: String,
    /// When it begins.
    pub starts_at: Timestamp,
    /// How long it takes.
    pub lasts: SignedDuration,
    /// Whether alerts are to be quiet meanwhile.
    pub quiet: bool,
}

/// A token for many endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSpec {
    /// The customer environment.
    pub tenant: Tenant,
    /// Where they stand.
    pub site: Site,
    /// What they are; `None` leaves it to them.
    pub kind: Option<EndpointKind>,
    /// What they carry.
    pub tags: BTreeSet<Tag>,
    /// How many it lets in.
    pub uses: u32,
    /// How long it lasts.
    pub ttl: SignedDuration,
}

/// How long records are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The customer environment.
    pub tenant: Tenant,
    /// Which records.
    pub records: String,
    /// How long.
    pub keep: SignedDuration,
}

/// Endpoints that are shut out together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The customer environment.
    pub tenant: Tenant,
    /// Which.
    pub endpoints: BTreeSet<EndpointId>,
    /// Why.
    pub why: String,
}

impl Spec {
    /// The customer environment.
    pub fn tenant(&self) -> &Tenant {
        match self {
            Self::Window(it) => &it.tenant,
            Self::KnownIssue(it) => &it.tenant,
            Self::Role { tenant, .. } => tenant,
            Self::Token(it) => &it.tenant,
            Self::Retention(it) => &it.tenant,
            Self::Revocation(it) => &it.tenant,
            Self::Work(it) => &it.tenant,
        }
    }

    /// What kind of thing it is about.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Window(_) => Subject::Window,
            Self::KnownIssue(it) => match it.kind {
                Kind::KnownIssue => Subject::KnownIssue,
                Kind::Silence => Subject::Silence,
            },
            Self::Role { .. } => Subject::Role,
            Self::Token(_) => Subject::Token,
            Self::Retention(_) => Subject::Retention,
            Self::Revocation(_) => Subject::Revocation,
            Self::Work(_) => Subject::Work,
        }
    }

    /// For how long it would keep alerts quiet, if it would. A window that
    /// opens again and again is as long as can be.
    pub fn quiet_for(&self, now: Timestamp) -> Option<SignedDuration> {
        match self {
            Self::Window(it) if it.repeats.is_empty() => Some(it.lasts),
            Self::Window(_) => Some(SignedDuration::MAX),
            Self::KnownIssue(it) => Some(it.expires_at.duration_since(now)),
            Self::Work(it) => it.quiet.then_some(it.lasts),
            Self::Role { .. } | Self::Token(_) | Self::Retention(_) | Self::Revocation(_) => None,
        }
    }
}

impl WorkSpec {
    /// The window that is born from it once it is approved.
    pub fn window(&self) -> Option<WindowSpec> {
        let Self { tenant, title, why, selector, zone, starts_at, lasts, .. } = self.clone();
        let (repeats, earlier) = (String::new(), false);
        self.quiet.then_some(WindowSpec {
            tenant,
            title,
            why,
            selector,
            zone,
            starts_at,
            lasts,
            repeats,
            earlier,
        })
    }
}
