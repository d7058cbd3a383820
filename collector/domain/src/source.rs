//! Systems whose alerts the collector takes in: a Prometheus, an EDR, a UPS.
//!
//! A source is a record like an endpoint's: what it is told becomes its next
//! value and the signals that this value owes, in one commit. It remembers
//! what holds at present, so that telling the same thing again is a repeat and
//! not a second alert, and so that silence ends what nobody tells any more.
//!
//! # Invariants
//!
//! - What a matter is about (endpoint, check, instance) follows from what
//!   identifies it, never from words that people edit, and is decided once:
//!   its end goes where its beginning went.
//! - Nothing ends by silence before the collector has itself listened for
//!   [`RESOLVE_TIMEOUT`]: its own downtime is nobody's silence.
//! - A source that was revoked says nothing more, and ends nothing.
//! - At most [`MOST_ACTIVE`] matters hold at once.
//!
//! # Not here
//!
//! The token: it is made, shown once, hashed and forgotten elsewhere. What an
//! event in some system's own words means is its mapping's business, and that
//! is read where JSON is.

mod posted;
mod receive;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_shared::{
    EndpointId, EndpointKind, Function, Host, Severity, Site, SourceId, SourceName, Tenant, TokenId,
};
use uuid::Uuid;

pub use self::{
    posted::{Posted, read, severity_of},
    receive::{Received, deadline, knows, receive, tick},
};
use crate::endpoint::{Registration, Revocation};

/// What is not told for so long is over, unless it was said how long it holds.
pub const RESOLVE_TIMEOUT: SignedDuration = SignedDuration::from_mins(5);

/// Nothing holds for longer than this without being told again.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What still holds is told to its alert again after so long: it may have been
/// taken for resolved.
pub const TELL_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// How many matters of one source hold at once, at most.
pub const MOST_ACTIVE: usize = 2_000;

/// The longest mapping, in bytes.
pub const LONGEST_MAPPING: usize = 16 << 10;

/// A system whose alerts are taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its identity.
    pub id: SourceId,
    /// The customer environment that it speaks of.
    pub tenant: Tenant,
    /// Where it stands, and what it cannot place.
    pub site: Site,
    /// What its checks begin with.
    pub name: SourceName,
    /// How it speaks.
    pub kind: SourceKind,
    /// SHA-256 of its token's secret.
    pub token_sha256: [u8; 32],
    /// Which kind of work its alerts are, unless they say so themselves.
    pub function: Function,
    /// What its events mean, as TOML; empty for [`SourceKind::Alertmanager`].
    pub mapping: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// Set once its token does nothing more, and never unset.
    pub revoked: Option<Revocation>,
    /// What holds at present. A matter is shared and replaced, never changed:
    /// the same one is equal.
    pub active: BTreeMap<Fingerprint, Arc<Active>>,
}

/// How a source speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// As Prometheus does to its Alertmanager.
    Alertmanager,
    /// JSON of its own, with a mapping that says what it means.
    Events,
}

/// Tells one matter of a source from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(Uuid);

/// A matter that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    /// What it is about.
    pub endpoint: EndpointId,
    /// The check: `prometheus-hq:DiskFull`.
    pub check: Arc<str>,
    /// Which of several things the check watches.
    pub instance: Arc<str>,
    /// Which kind of work it is.
    pub function: Function,
    /// What is the matter, as it was told last.
    pub summary: String,
    /// When it began, by the collector's clock.
    pub since: Timestamp,
    /// When its alert was told last.
    pub told_at: Timestamp,
    /// How bad it is said to be, each until when. An Alertmanager's source may
    /// have a rule for each severity; the worst counts.
    pub voices: BTreeMap<Severity, Timestamp>,
}

impl Active {
    /// The worst that is said of it.
    pub fn severity(&self) -> Severity {
        self.voices.keys().next_back().copied().unwrap_or(Severity::Info)
    }

    /// When the last that is said of it ends, unless it is said again.
    pub fn ends_at(&self) -> Timestamp {
        self.voices.values().max().copied().unwrap_or(self.since)
    }
}

/// One thing that a source was told, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What identifies it.
    pub fingerprint: Fingerprint,
    /// The check, without the source's name.
    pub check: String,
    /// Which of several things the check watches.
    pub instance: String,
    /// What the endpoint may be called, best first.
    pub hosts: Vec<String>,
    /// Which kind of work it is, if it says so.
    pub function: Option<Function>,
    /// How bad it is.
    pub severity: Severity,
    /// One line.
    pub summary: String,
    /// The rest; bounded.
    pub evidence: String,
    /// Until when it holds unless told again; `None` if it is over.
    pub holds_until: Option<Timestamp>,
}

/// Why something told is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing to tell it by.
    #[error("it has no labels")]
    NoLabels,
    /// More labels than anybody would look at.
    #[error("it has {0} labels and annotations; at most {most} are taken", most = posted::MOST_LABELS)]
    Labels(usize),
    /// A label's name is too long, or empty.
    #[error("the label name `{0}` is not 1 to {most} bytes long", most = posted::LONGEST_NAME)]
    Name(String),
    /// A label's value is too long.
    #[error("`{name}` has {length} bytes; at most {most} are taken")]
    Value {
        /// Whose value.
        name: String,
        /// How long it is.
        length: usize,
        /// The longest that is taken.
        most: usize,
    },
    /// It ends before it begins.
    #[error("it starts at {starts_at}, after its end at {ends_at}")]
    Order {
        /// The beginning.
        starts_at: Timestamp,
        /// The end.
        ends_at: Timestamp,
    },
    /// It asks for a kind of work that no matrix can have.
    #[error("`remit_function` is wrong: {0}")]
    Function(remit_shared::NameError),
    /// The mapping cannot make sense of it.
    #[error("{0}")]
    Mapping(String),
    /// Too much holds already.
    #[error("{MOST_ACTIVE} alerts of this source are active already")]
    Full,
}

impl Source {
    /// The same without what holds at present, of which there may be much.
    pub fn bare(&self) -> Self {
        Self {
            id: self.id,
            tenant: self.tenant.clone(),
            site: self.site.clone(),
            name: self.name.clone(),
            kind: self.kind,
            token_sha256: self.token_sha256,
            function: self.function.clone(),
            mapping: self.mapping.clone(),
            created_at: self.created_at,
            created_by: self.created_by.clone(),
            revoked: self.revoked.clone(),
            active: BTreeMap::new(),
        }
    }

    /// The endpoint that its alerts are about when they name none: a virtual
    /// one, at the source's site, called as the source is.
    pub fn stand_in(&self) -> Registration {
        Registration {
            id: self.stand_in_id(),
            tenant: self.tenant.clone(),
            site: self.site.clone(),
            kind: EndpointKind::Virtual,
            tags: Vec::new(),
            host: Host { hostname: self.name.to_string(), ..Host::default() },
            enrolled_at: self.created_at,
            token: TokenId::from_uuid(Uuid::nil()),
            certificates: Vec::new(),
            claim: None,
            revoked: None,
        }
    }

    /// Its id.
    pub fn stand_in_id(&self) -> EndpointId {
        EndpointId::from_uuid(Uuid::new_v5(self.id.as_uuid(), b"endpoint"))
    }
}

/// Ends a source: its token does nothing more. Alerts that are open stay with
/// whoever has them, since nobody will tell their end.
pub fn revoke(source: &Source, by: &str, reason: &str, now: Timestamp) -> Source {
    let revocation = Revocation { at: now, by: by.into(), reason: reason.into() };
    let revoked = Some(source.revoked.clone().unwrap_or(revocation));
    Source { revoked, ..source.bare() }
}

/// Gives a source another token; the one before does nothing more.
pub fn rotate(source: &Source, token_sha256: [u8; 32]) -> Source {
    Source { token_sha256, ..source.clone() }
}

impl SourceKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Alertmanager, Self::Events];

    /// The one spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Events => "events",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a word is not a kind of source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of source: use one of alertmanager, events")]
pub struct SourceKindError(pub String);

impl FromStr for SourceKind {
    type Err = SourceKindError;

    fn from_str(text: &str) -> Result<Self, SourceKindError> {
        let wrong = || SourceKindError(text.escape_default().to_string());
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or_else(wrong)
    }
}

impl Fingerprint {
    /// Of what identifies a matter, in a fixed order.
    pub fn of(parts: &[&str]) -> Self {
        // Lengths keep `a`, `bc` and `ab`, `c` apart.
        let text: String = parts.iter().map(|it| format!("{}:{it};", it.len())).collect();
        Self(Uuid::new_v5(&Uuid::nil(), text.as_bytes()))
    }

    /// The one that was stored as these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The bytes that it is stored as.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

impl FromStr for Fingerprint {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(Self)
    }
}
