//! What a committed record owes the world.
//!
//! State and effects are written in one commit; effects are performed
//! afterwards, at least once. An effect's key is (record, revision, position),
//! so whoever receives it twice can tell.

use std::{fmt, sync::Arc};

use jiff::{Timestamp, civil::Date};
use remit_shared::{
    AlertId, ChangeId, EndpointId, KnownIssueId, OperatorId, SourceId, Tenant, TokenId, WindowId,
};

use crate::{
    alert::{Alert, Entry, NoticeId},
    endpoint::{Backlog, Registration},
    letter::Letter,
    matrix::ChannelRef,
    signal::Signal,
};

/// Names a record of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKey {
    /// An endpoint and all that is known of it.
    Endpoint(EndpointId),
    /// An alert.
    Alert(AlertId),
    /// An enrollment token.
    Token(TokenId),
    /// An operator.
    Operator(OperatorId),
    /// One published version of a tenant's matrix.
    Matrix(Tenant, u64),
    /// A request to change what both sides agreed on.
    Change(ChangeId),
    /// Something that is known.
    KnownIssue(KnownIssueId),
    /// How one day of a tenant was.
    Day(Tenant, Date),
    /// The night before one business day of a tenant.
    Shift(Tenant, Date),
    /// A system whose alerts are taken in.
    Source(SourceId),
    /// A maintenance window.
    Window(WindowId),
    /// A way in which a tenant's people are told.
    Contact(Tenant, ChannelRef),
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(id) => write!(f, "endpoint {id}"),
            Self::Alert(id) => write!(f, "alert {id}"),
            Self::Token(id) => write!(f, "token {id}"),
            Self::Operator(id) => write!(f, "operator {id}"),
            Self::Matrix(tenant, version) => write!(f, "matrix {tenant} version {version}"),
            Self::Change(id) => write!(f, "change {id}"),
            Self::KnownIssue(id) => write!(f, "known issue {id}"),
            Self::Day(tenant, day) => write!(f, "day {tenant} {day}"),
            Self::Shift(tenant, day) => write!(f, "shift {tenant} {day}"),
            Self::Source(id) => write!(f, "source {id}"),
            Self::Window(id) => write!(f, "window {id}"),
            Self::Contact(tenant, channel) => write!(f, "contact {tenant} {channel}"),
        }
    }
}

/// Names an effect.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectKey {
    /// The record that owes it.
    pub record: RecordKey,
    /// The revision that began to owe it.
    pub revision: u64,
    /// Its place among what that revision owes.
    pub position: u32,
}

/// Something that must happen because of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An alert must hear of this. Owed by endpoints and sources.
    Signal(Signal),
    /// An endpoint must be let in. Owed by the token that it spent, or by the
    /// source that it stands in for.
    Admit(Box<Registration>),
    /// A message must reach somebody. Owed by alerts.
    Notify(NoticeId),
    /// A letter must reach a channel. Owed by whatever it is about.
    Tell(Box<Letter>),
    /// What was bad while an endpoint could not say so, and is over, must be
    /// told. Owed by endpoints.
    CaughtUp(Backlog),
    /// Whoever watches must see this. Owed by alerts.
    Publish(Box<FeedEvent>),
    /// The audit trail must carry this.
    Audit(AuditEntry),
}

/// One change of an alert, as watchers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEvent {
    /// What happened.
    pub entry: Entry,
    /// The alert as it was afterwards, without timeline and notices.
    pub alert: Arc<Alert>,
}

/// One deed, for the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// The tenant it concerns; `None` for the installation as a whole.
    pub tenant: Option<Tenant>,
    /// Who: an operator's id and name, or `remit`.
    pub actor: String,
    /// What was done: `token.create`.
    pub action: String,
    /// To what: an id.
    pub object: String,
    /// The rest, in words.
    pub detail: String,
}
