//! Why the authority did not do as told.

use std::{io, path::PathBuf};

use jiff::Timestamp;
use remit_runtime::{files::WriteError, tls::TlsError};
use x509_parser::{error::X509Error, nom};

use super::RequestError;

/// Why there is no authority, or no certificate for the collector itself.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// Making another would shut out everybody whom the first has let in.
    #[error("there is a certificate authority in {} already", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// There is none.
    #[error("there is no certificate authority in {}: run `remit-collector init` first", path.display())]
    Missing {
        /// Where.
        path: PathBuf,
    },
    /// The folder cannot be made, or not made private.
    #[error("failed to make {}", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file cannot be read, or holds something else.
    #[error(transparent)]
    Read(#[from] TlsError),
    /// A certificate is damaged.
    #[error("failed to parse the certificate in {}", path.display())]
    Certificate {
        /// In which file.
        path: PathBuf,
        /// What the parser says.
        #[source]
        source: nom::Err<X509Error>,
    },
    /// A key is damaged, or of a kind that we do not make.
    #[error("failed to use the key in {}", path.display())]
    Key {
        /// In which file.
        path: PathBuf,
        /// What the library says.
        #[source]
        source: rcgen::Error,
    },
    /// Two halves of different wholes.
    #[error("the key and the certificate in {} do not belong together", path.display())]
    Mismatch {
        /// In which file.
        path: PathBuf,
    },
    /// Nobody could call the collector by no name.
    #[error("the collector's certificate needs at least one host name or IP address")]
    NoNames,
    /// That is not a name.
    #[error("`{}` is neither a host name nor an IP address", name.escape_default())]
    Name {
        /// What was given.
        name: String,
    },
    /// A key cannot be made.
    #[error("failed to make a key")]
    MakeKey(#[source] rcgen::Error),
    /// A certificate cannot be made.
    #[error("failed to sign a certificate")]
    Sign(#[source] rcgen::Error),
    /// The intermediate cannot issue.
    #[error("failed to issue the collector's certificate")]
    Issue(#[source] IssueError),
}

/// Why a client has no certificate.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The request is not acceptable.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The intermediate is too old to issue anything.
    #[error("the intermediate certificate expired at {at}")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// The certificate cannot be made.
    #[error("failed to sign a certificate")]
    Sign(#[source] rcgen::Error),
}
