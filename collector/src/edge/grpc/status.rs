//! Errors become gRPC codes here and nowhere else.

use std::error::Error;

use remit_collector_domain::{alert::command::Refusal, authority, change, known_issue, window};
use remit_proto::convert::InvalidMessage;
use remit_shared::{Chain, ErrorKind};
use tonic::{Code, Status};

use crate::{
    changes::{CarryOutError, ChangeError, Undoable},
    engine::CommandError,
    ingest::IngestError,
    ports::store::StoreError,
    reports::tune::TuneError,
    sources::SourceError,
};

/// The code of each kind.
fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Invalid => Code::InvalidArgument,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Forbidden => Code::PermissionDenied,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Conflict => Code::FailedPrecondition,
        ErrorKind::Exhausted => Code::ResourceExhausted,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Internal => Code::Internal,
    }
}

/// An answer of a kind, in words.
pub fn answer(kind: ErrorKind, words: impl Into<String>) -> Status {
    Status::new(code(kind), words)
}

/// There is no such thing, or not for whoever asks.
pub fn not_found(what: &str, name: impl std::fmt::Display) -> Status {
    answer(ErrorKind::NotFound, format!("there is no {what} {name}"))
}

/// The status that an error is.
pub trait ToStatus: Error + Sized + 'static {
    /// What kind of error it is.
    fn kind(&self) -> ErrorKind;

    /// The status. What is our own fault is logged in full and told in brief.
    fn to_status(&self) -> Status {
        let (kind, words) = (self.kind(), Chain(self).to_string());
        if kind == ErrorKind::Internal {
            tracing::error!(error = words, "a request failed through our own fault");
        }
        answer(kind, words)
    }
}

impl ToStatus for InvalidMessage {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}

impl ToStatus for StoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Full { .. } => ErrorKind::Exhausted,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
        }
    }
}

impl ToStatus for TuneError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoCheck(..)
            | Self::OtherSystem(_)
            | Self::Wish(_)
            | Self::Override(_)
            | Self::Edit(_) => ErrorKind::Invalid,
            Self::Matrix(_) => ErrorKind::Internal,
            Self::Store(err) => err.kind(),
        }
    }
}

impl ToStatus for IngestError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchEndpoint(_) | Self::Distrusted { .. } => ErrorKind::Unauthenticated,
            Self::OutOfOrder { .. } => ErrorKind::Invalid,
            Self::Replaced(_) => ErrorKind::Conflict,
            Self::Store(err) => err.kind(),
        }
    }
}

impl ToStatus for Refusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::AlreadyResolved(_)
            | Self::AlreadyAcknowledged { .. }
            | Self::SameTeam { .. }
            | Self::AlreadyThere { .. }
            | Self::NoCounterpart(_)
            | Self::NotBlocked(_)
            | Self::NotPaused(_)
            | Self::Pause(_) => ErrorKind::Conflict,
            Self::HoldOutOfRange
            | Self::UnknownTeam(_)
            | Self::NoteNeeded(_)
            | Self::NoteTooLong => ErrorKind::Invalid,
        }
    }
}

impl ToStatus for CommandError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchAlert(_) => ErrorKind::NotFound,
            Self::Refused(refusal) => refusal.kind(),
            Self::Forbidden(refusal) => refusal.kind(),
            Self::Store(err) => err.kind(),
        }
    }
}

impl ToStatus for SourceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchSource(_) => ErrorKind::NotFound,
            Self::Taken { .. } | Self::Revoked(_) => ErrorKind::Conflict,
            Self::NoMapping
            | Self::NeedlessMapping
            | Self::LongMapping(_)
            | Self::Mapping(_)
            | Self::Name(_) => ErrorKind::Invalid,
            Self::Store(err) => err.kind(),
        }
    }
}

impl ToStatus for authority::Refusal {
    fn kind(&self) -> ErrorKind {
        if self.is_hidden() { ErrorKind::NotFound } else { ErrorKind::Forbidden }
    }
}

impl ToStatus for window::command::Refusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Title
            | Self::Reason
            | Self::Nothing
            | Self::Contradiction
            | Self::Duration(_)
            | Self::Grace(_)
            | Self::Past { .. }
            | Self::OffRule { .. }
            | Self::Never { .. }
            | Self::OverlapsItself { .. } => ErrorKind::Invalid,
            Self::Blackout { .. } | Self::NeedsBoth(_) | Self::Over(_) | Self::NotOpen { .. } => {
                ErrorKind::Conflict
            }
        }
    }
}

impl ToStatus for change::Refusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(refusal) => refusal.kind(),
            Self::Text(_)
            | Self::KnownIssue(_)
            | Self::Token(_)
            | Self::OtherThing { .. }
            | Self::Title
            | Self::ReasonNeeded(_)
            | Self::TooLong
            | Self::NoHash(_)
            | Self::EffectiveFrom(_)
            | Self::RepeatedEmergency
            | Self::LateEmergency(_)
            | Self::NoEmergency(_) => ErrorKind::Invalid,
            Self::LocalOnly
            | Self::OwnChange { .. }
            | Self::Maker(_)
            | Self::NotAsked { .. }
            | Self::MoreTenants(_)
            | Self::NotTheirs { .. }
            | Self::SealedCode => ErrorKind::Forbidden,
            Self::Over { .. }
            | Self::Expired { .. }
            | Self::OtherText { .. }
            | Self::AlreadyApproved { .. }
            | Self::Enough(_)
            | Self::Missing { .. }
            | Self::Void { .. }
            | Self::TooEarly { .. }
            | Self::Rebase { .. }
            | Self::NothingToReview(_) => ErrorKind::Conflict,
        }
    }
}

impl ToStatus for Undoable {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Window(refusal) => refusal.kind(),
            Self::Emergency(refusal) => refusal.kind(),
            Self::Text(_)
            | Self::KnownIssue(_)
            | Self::Matrix(_)
            | Self::Zone(_)
            | Self::NoTeam(..)
            | Self::Site(_)
            | Self::TokenUnseen
            | Self::TokenHasNoTime
            | Self::Retention => ErrorKind::Invalid,
            Self::Publish(_) | Self::Named(_) | Self::NoOperator => ErrorKind::Conflict,
        }
    }
}

impl ToStatus for ChangeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchChange(_) => ErrorKind::NotFound,
            Self::TooMany(_) => ErrorKind::Exhausted,
            Self::Refused(refusal) => refusal.kind(),
            Self::Undoable(err) => err.kind(),
            Self::CarryOut(CarryOutError::Revoke(err)) => err.kind(),
            Self::CarryOut(CarryOutError::Store(err)) | Self::Store(err) => err.kind(),
        }
    }
}

impl ToStatus for known_issue::Refusal {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(refusal) => refusal.kind(),
            Self::Title
            | Self::ReasonNeeded
            | Self::TooWide
            | Self::TooMuch(_)
            | Self::Expiry { .. }
            | Self::Review(_) => ErrorKind::Invalid,
            Self::NeedsChange { .. } | Self::Over { .. } | Self::NotApplied(_) => {
                ErrorKind::Conflict
            }
        }
    }
}
