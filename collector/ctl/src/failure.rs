//! What went wrong, in one line, with what to do about it, and as an exit code.
//!
//! Every error of the program ends here: this is the one place that knows exit
//! codes. Exit code 6 is not a failure but an answer, see [`Exit::LINT`].

use std::{error::Error, io, iter, process::ExitCode};

use remit_runtime::{
    credential::CredentialError,
    dial::DialError,
    tls::{TlsError, is_certificate_refused},
};
use remit_shared::Chain;
use serde::Serialize;
use tonic::{Code, Status};

/// How a command that was carried out ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(pub(crate) u8);

impl Exit {
    /// All is well.
    pub(crate) const OK: Self = Self(0);
    /// It was looked at, and is not as it should be.
    pub(crate) const NOT_WELL: Self = Self(1);
    /// The matrix was looked at, and has errors.
    pub(crate) const LINT: Self = Self(6);
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// What sort of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Something broke: here, on disk, or in the collector.
    Failed,
    /// The collector understood and said no, for a reason that may change.
    Refused,
    /// The command line makes no sense.
    Usage,
    /// There is no such thing, or not for whoever asks.
    NotFound,
    /// Whoever asks may not, or is nobody to this collector.
    NotAllowed,
    /// No collector answered.
    Unreachable,
    /// Whoever read the output has seen enough, which is no failure at all.
    Unheard,
}

/// A failure; `Display` is the one line that a person reads.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map(|it| format!("; {it}")).unwrap_or_default())]
pub(crate) struct Failure {
    /// What sort.
    pub(crate) kind: Kind,
    /// What failed.
    pub(crate) message: String,
    /// What to do now.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure that explains itself.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Something that broke, with its causes.
    pub(crate) fn broken(err: &(dyn Error + 'static)) -> Self {
        Self::new(Kind::Failed, Chain(err).to_string())
    }

    /// A command line that makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Says what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The program's exit code.
    pub(crate) fn exit(&self) -> Exit {
        Exit(match self.kind {
            Kind::Unheard => 0,
            Kind::Failed | Kind::Refused => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::NotAllowed => 4,
            Kind::Unreachable => 5,
        })
    }

    /// Whether the same may well work in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        self.kind == Kind::Unreachable
    }
}

const NEW_CREDENTIAL: &str =
    "ask an administrator for a new credential and install it with `remit login FILE`";

const RIGHTS: &str = "`remit whoami` says what you may do";

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        // An answer from a collector has no source; a broken connection has.
        if let Some(source) = status.source() {
            return broken_off(&status, source);
        }
        let words = match status.message() {
            "" => format!("the collector says: {}", status.code().description()),
            words => words.to_owned(),
        };
        let failure = |kind| Self::new(kind, words);
        match status.code() {
            Code::Unauthenticated => failure(Kind::NotAllowed).hint(NEW_CREDENTIAL),
            Code::PermissionDenied => failure(Kind::NotAllowed).hint(RIGHTS),
            Code::NotFound => failure(Kind::NotFound),
            Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::AlreadyExists
            | Code::Aborted
            | Code::OutOfRange
            | Code::ResourceExhausted => failure(Kind::Refused),
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => {
                failure(Kind::Unreachable)
            }
            Code::Unimplemented => {
                failure(Kind::Failed).hint("this collector is older than this `remit`")
            }
            Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => failure(Kind::Failed),
        }
    }
}

/// A connection that was there is gone, or one that was tried in its place is
/// not to be had. What the libraries on the way say of it helps nobody.
fn broken_off(status: &Status, source: &(dyn Error + 'static)) -> Failure {
    if is_certificate_refused(status) {
        let message = "the collector does not accept this credential any more";
        return Failure::new(Kind::NotAllowed, message).hint(NEW_CREDENTIAL);
    }
    let causes = || iter::successors(Some(source), |&err| err.source());
    let dial = causes().find_map(|err| err.downcast_ref::<DialError>());
    let io = causes().filter_map(|err| err.downcast_ref::<io::Error>()).last();
    let message = match (dial, io) {
        (Some(dial), _) => Chain(dial).to_string(),
        (None, Some(io)) => format!("the connection to the collector broke: {}", io.kind()),
        (None, None) => "the connection to the collector broke".into(),
    };
    Failure::new(Kind::Unreachable, message)
}

impl From<DialError> for Failure {
    fn from(err: DialError) -> Self {
        let failure = |kind| Self::new(kind, Chain(&err).to_string());
        match &err {
            DialError::Address { .. } => failure(Kind::Failed),
            DialError::Distrust { .. } if is_certificate_refused(&err) => {
                failure(Kind::NotAllowed).hint(NEW_CREDENTIAL)
            }
            DialError::Distrust { .. } => failure(Kind::Unreachable)
                .hint("see whether the credential belongs to this collector"),
            DialError::Unreachable { .. }
            | DialError::Proxy { .. }
            | DialError::Timeout { .. }
            | DialError::Http { .. } => failure(Kind::Unreachable)
                .hint("see whether the collector runs and the network is up"),
        }
    }
}

impl From<CredentialError> for Failure {
    fn from(err: CredentialError) -> Self {
        let failure = Self::broken(&err);
        match err {
            CredentialError::Read { .. } => failure.hint(
                "install one with `remit login FILE`, or name it with --credential or REMIT_CREDENTIAL",
            ),
            CredentialError::Exposed { .. }
            | CredentialError::Content(_)
            | CredentialError::Pem { .. }
            | CredentialError::Write(_) => failure,
        }
    }
}

impl From<TlsError> for Failure {
    fn from(err: TlsError) -> Self {
        Self::broken(&err).hint("see whether the credential file is whole")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_its_exit_code() {
        for (code, exit) in [
            (Code::FailedPrecondition, 1),
            (Code::InvalidArgument, 1),
            (Code::Internal, 1),
            (Code::NotFound, 3),
            (Code::PermissionDenied, 4),
            (Code::Unauthenticated, 4),
            (Code::Unavailable, 5),
        ] {
            assert_eq!(Failure::from(Status::new(code, "x")).exit(), Exit(exit), "{code:?}");
        }
        assert_eq!(Failure::usage("x").exit(), Exit(2));
    }

    #[test]
    fn a_broken_connection_may_pass_and_a_refusal_may_not() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let broken = Failure::from(Status::from_error(reset.into()));
        assert!(broken.may_pass());
        let line = "the connection to the collector broke: connection reset";
        assert_eq!(broken.to_string(), line);
        assert!(!Failure::from(Status::permission_denied("no")).may_pass());
    }

    #[test]
    fn a_line_says_what_to_do() {
        let failure = Failure::from(Status::unauthenticated("operator ann was revoked"));
        let line = failure.to_string();
        assert!(line.starts_with("operator ann was revoked; ask an administrator"), "{line}");
    }
}
