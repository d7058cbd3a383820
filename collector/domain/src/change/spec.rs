//! What a change says, if it is no matrix.
//!
//! Each of these has exactly one [canonical](super::canonical) text, so that
//! what somebody approves is what takes effect, to the letter.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use remit_shared::{ChangeId, EndpointId, EndpointKind, Site, Tag, Tenant};

use crate::{
    authority::grants::Grant,
    change::Subject,
    known_issue::{IssueSpec, Kind},
    window::{self, Effects, Recurrence, Selector, Timing, rule::Rule},
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
    /// What it does while it is open.
    pub effects: Effects,
    /// The IANA zone of the wall that its clock hangs on.
    pub zone: String,
    /// When it opens there, the first time.
    pub start: DateTime,
    /// When it opens again, if it does.
    pub repeats: Option<Rule>,
    /// How long it is open.
    pub duration: SignedDuration,
    /// How long after its end things may take to come back.
    pub grace: SignedDuration,
    /// It is for installing patches.
    pub for_patching: bool,
    /// It also covers what people knew of before.
    pub covers_open: bool,
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
    /// When it begins there.
    pub start: DateTime,
    /// How long it takes.
    pub duration: SignedDuration,
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
            Self::Window(it) if !it.effects.suppress_notify => None,
            Self::Window(it) if it.repeats.is_none() => Some(it.duration),
            Self::Window(_) => Some(SignedDuration::MAX),
            Self::KnownIssue(it) => Some(it.expires_at.duration_since(now)),
            Self::Work(it) => it.quiet.then_some(it.duration),
            Self::Role { .. } | Self::Token(_) | Self::Retention(_) | Self::Revocation(_) => None,
        }
    }
}

impl WindowSpec {
    /// What to ask the window module for, in the zone that was looked up.
    pub fn spec(&self, zone: TimeZone, change: ChangeId) -> window::Spec {
        let Self { title, why, selector, effects, start, repeats, .. } = self.clone();
        let timing = match repeats {
            Some(rule) => Timing::Recurring(Recurrence::new(rule, start)),
            None => Timing::Once { start },
        };
        window::Spec {
            title,
            why,
            selector,
            effects,
            zone,
            timing,
            duration: self.duration,
            grace: self.grace,
            for_patching: self.for_patching,
            covers_open: self.covers_open,
            change: Some(change),
        }
    }
}

impl WorkSpec {
    /// The window that is born from it once it is approved.
    pub fn window(&self) -> Option<WindowSpec> {
        let Self { tenant, title, why, selector, zone, start, duration, quiet, .. } = self.clone();
        quiet.then_some(WindowSpec {
            tenant,
            title,
            why,
            selector,
            effects: Effects { suppress_notify: true, suppress_patch: false },
            zone,
            start,
            repeats: None,
            duration,
            grace: SignedDuration::ZERO,
            for_patching: false,
            covers_open: false,
        })
    }
}
