//! The kinds of records that a store keeps, and what names each.

use std::sync::Arc;

use jiff::civil::Date;
use remit_collector_domain::{
    alert::Alert, change::Change, contact::Contact, daybook::Day, effect::RecordKey,
    endpoint::Endpoint, enroll::Token, known_issue::KnownIssue, matrix::ChannelRef,
    matrix_version::Published, operator::Operator, shift::Shift, source::Source, window::Window,
};
use remit_shared::{AlertId, ChangeId, EndpointId, KnownIssueId, Tenant, WindowId};

/// A kind of record that a store keeps.
pub trait Record: Clone + PartialEq + Send + Sync + 'static {
    /// What names one.
    type Key: Clone + Send + Sync;

    /// Which kind it is.
    const KIND: Kind;

    /// Its name.
    fn key(&self) -> Self::Key;

    /// The name among records of all kinds.
    fn record_key(key: &Self::Key) -> RecordKey;

    /// The record among records of all kinds.
    fn wrap(this: Arc<Self>) -> AnyRecord;

    /// The record, if it is of this kind.
    fn unwrap(any: AnyRecord) -> Option<Arc<Self>>;
}

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// [`Endpoint`].
    Endpoint,
    /// [`Alert`].
    Alert,
    /// [`Token`].
    Token,
    /// [`Operator`].
    Operator,
    /// [`Published`].
    Matrix,
    /// [`Change`].
    Change,
    /// [`KnownIssue`].
    KnownIssue,
    /// [`Day`].
    Day,
    /// [`Shift`].
    Shift,
    /// [`Source`].
    Source,
    /// [`Window`].
    Window,
    /// [`Contact`].
    Contact,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Endpoint,
        Self::Alert,
        Self::Token,
        Self::Operator,
        Self::Matrix,
        Self::Change,
        Self::KnownIssue,
        Self::Day,
        Self::Shift,
        Self::Source,
        Self::Window,
        Self::Contact,
    ];

    /// The kind that a key names.
    pub fn of(key: &RecordKey) -> Self {
        match key {
            RecordKey::Endpoint(_) => Self::Endpoint,
            RecordKey::Alert(_) => Self::Alert,
            RecordKey::Token(_) => Self::Token,
            RecordKey::Operator(_) => Self::Operator,
            RecordKey::Matrix(..) => Self::Matrix,
            RecordKey::Change(_) => Self::Change,
            RecordKey::KnownIssue(_) => Self::KnownIssue,
            RecordKey::Day(..) => Self::Day,
            RecordKey::Shift(..) => Self::Shift,
            RecordKey::Source(_) => Self::Source,
            RecordKey::Window(_) => Self::Window,
            RecordKey::Contact(..) => Self::Contact,
        }
    }
}

/// A record of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyRecord {
    /// An endpoint.
    Endpoint(Arc<Endpoint>),
    /// An alert.
    Alert(Arc<Alert>),
    /// An enrollment token.
    Token(Arc<Token>),
    /// An operator.
    Operator(Arc<Operator>),
    /// A version of a matrix.
    Matrix(Arc<Published>),
    /// A request to change what both sides agreed on.
    Change(Arc<Change>),
    /// Something that is known.
    KnownIssue(Arc<KnownIssue>),
    /// How one day was.
    Day(Arc<Day>),
    /// The night before one business day.
    Shift(Arc<Shift>),
    /// A system whose alerts are taken in.
    Source(Arc<Source>),
    /// A maintenance window.
    Window(Arc<Window>),
    /// A way in which people are told.
    Contact(Arc<Contact>),
}

macro_rules! records {
    ($($name:ident, $key:ty, $variant:ident, |$it:ident| $of:expr, |$id:ident| $wrap:expr;)*) => {$(
        impl Record for $name {
            type Key = $key;

            const KIND: Kind = Kind::$variant;

            fn key(&self) -> Self::Key {
                let $it = self;
                $of
            }

            fn record_key($id: &Self::Key) -> RecordKey {
                $wrap
            }

            fn wrap(this: Arc<Self>) -> AnyRecord {
                AnyRecord::$variant(this)
            }

            fn unwrap(any: AnyRecord) -> Option<Arc<Self>> {
                if let AnyRecord::$variant(it) = any { Some(it) } else { None }
            }
        }
    )*};
}

records! {
    Endpoint, EndpointId, Endpoint, |it| it.id(), |id| RecordKey::Endpoint(*id);
    Alert, AlertId, Alert, |it| it.id, |id| RecordKey::Alert(*id);
    Token, remit_shared::TokenId, Token, |it| it.id, |id| RecordKey::Token(*id);
    Operator, remit_shared::OperatorId, Operator, |it| it.id, |id| RecordKey::Operator(*id);
    Published, (Tenant, u64), Matrix, |it| (it.tenant.clone(), it.version),
        |id| RecordKey::Matrix(id.0.clone(), id.1);
    Change, ChangeId, Change, |it| it.id, |id| RecordKey::Change(*id);
    KnownIssue, KnownIssueId, KnownIssue, |it| it.id, |id| RecordKey::KnownIssue(*id);
    Day, (Tenant, Date), Day, |it| (it.tenant.clone(), it.day),
        |id| RecordKey::Day(id.0.clone(), id.1);
    Shift, (Tenant, Date), Shift, |it| (it.tenant.clone(), it.day),
        |id| RecordKey::Shift(id.0.clone(), id.1);
    Source, remit_shared::SourceId, Source, |it| it.id, |id| RecordKey::Source(*id);
    Window, WindowId, Window, |it| it.id, |id| RecordKey::Window(*id);
    Contact, (Tenant, ChannelRef), Contact, |it| (it.tenant.clone(), it.channel.clone()),
        |id| RecordKey::Contact(id.0.clone(), id.1.clone());
}
