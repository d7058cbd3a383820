//! An operator's credential: one private TOML file with all that it takes to
//! talk to the operator plane.
//!
//! # Invariants
//!
//! - A credential that was read is whole: it has an address, and its PEM
//!   parses. Whether the certificate is still good is the collector's to say.
//! - A file that others may read is refused: its key is no secret any more.
//! - No error and no debug output shows the key.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _};
use serde::{Deserialize, Serialize};

use crate::{
    config::{ConfigError, Document},
    files::{self, WriteError},
    tls::Identity,
};

/// Who somebody is to a collector.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Where the operator plane listens: `host:port`, tried in this order.
    pub collector: Vec<String>,
    /// Which operator it is: `opr_…`.
    pub operator_id: String,
    /// What people call that operator.
    pub name: String,
    /// The roots that vouch for the collector, PEM.
    pub ca: String,
    /// The operator's certificate and those that issued it, PEM.
    pub certificate: String,
    /// The certificate's private key, PEM.
    pub key: String,
}

/// Why a credential cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The file cannot be read.
    #[error("failed to read the credential {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// Others than its owner may read the file, or write it.
    #[error(
        "others may use {} (mode {mode:o}): make it yours alone with `chmod 600 {}`",
        path.display(),
        path.display()
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Who may do what with it.
        mode: u32,
    },
    /// The file says something that makes no sense.
    #[error(transparent)]
    Content(#[from] ConfigError),
    /// A field is not what it should be.
    #[error("the credential's `{field}` holds no {expected} in PEM form")]
    Pem {
        /// Which field.
        field: &'static str,
        /// What was looked for: `certificate`.
        expected: &'static str,
        /// What was found instead.
        #[source]
        source: pem::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Credential {
    /// Reads a file that only its owner may read.
    pub fn read(path: &Path) -> Result<Self, CredentialError> {
        let unreadable = |source| CredentialError::Read { path: path.to_owned(), source };
        if let Some(mode) = exposed(path).map_err(unreadable)? {
            return Err(CredentialError::Exposed { path: path.to_owned(), mode });
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let document = Document::<Self>::parse(path, text)?;
        let credential = &document.value;
        if credential.collector.is_empty() {
            return Err(document.invalid("collector", "name at least one host:port").into());
        }
        for field in [credential.identity().map(drop), credential.roots().map(drop)] {
            if let Err(CredentialError::Pem { field, expected, source }) = field {
                let message = format!("holds no {expected} in PEM form: {source}");
                return Err(document.invalid(field, message).into());
            }
        }
        Ok(document.value)
    }

    /// Writes it to a file that only its owner may read.
    pub fn write(&self, path: &Path) -> Result<(), CredentialError> {
        let text = toml::to_string_pretty(self).expect("strings and a list of them are TOML");
        Ok(files::write_private(path, text.as_bytes())?)
    }

    /// What the operator proves itself with.
    pub fn identity(&self) -> Result<Identity, CredentialError> {
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes());
        let key = key.map_err(wrong("key", "private key"))?;
        Ok(Identity { chain: certificates("certificate", &self.certificate)?, key })
    }

    /// Who is believed to vouch for the collector.
    pub fn roots(&self) -> Result<Vec<CertificateDer<'static>>, CredentialError> {
        certificates("ca", &self.ca)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("collector", &self.collector)
            .field("operator_id", &self.operator_id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn certificates(
    field: &'static str,
    pem: &str,
) -> Result<Vec<CertificateDer<'static>>, CredentialError> {
    let found = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let none = || Err(pem::Error::NoItemsFound);
    found
        .and_then(|found| if found.is_empty() { none() } else { Ok(found) })
        .map_err(wrong(field, "certificate"))
}

fn wrong(field: &'static str, expected: &'static str) -> impl Fn(pem::Error) -> CredentialError {
    move |source| CredentialError::Pem { field, expected, source }
}

/// The file's mode, if others may read or write it.
#[cfg(unix)]
fn exposed(path: &Path) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Elsewhere the folder's access list decides.
#[cfg(not(unix))]
fn exposed(_path: &Path) -> io::Result<Option<u32>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{certificates_to_pem, testing::Authority};

    fn credential() -> Credential {
        let authority = Authority::new("test");
        let key = rcgen::KeyPair::generate().unwrap();
        let chain = authority.client().chain;
        Credential {
            collector: vec!["collector.example:7445".into()],
            operator_id: "opr_1".into(),
            name: "Ann \"the NOC\" Ö.".into(),
            ca: certificates_to_pem(std::slice::from_ref(&authority.root)),
            certificate: certificates_to_pem(&chain),
            key: key.serialize_pem(),
        }
    }

    #[test]
    fn what_is_written_is_read_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credential.toml");
        let credential = credential();
        credential.write(&path).unwrap();
        let read = Credential::read(&path).unwrap();
        assert_eq!(read, credential);
        assert_eq!(read.identity().unwrap().chain.len(), 3);
        assert_eq!(read.roots().unwrap().len(), 1);
        assert!(!format!("{read:?}").contains("PRIVATE"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("ca = \"\"\"\n-----BEGIN CERTIFICATE-----\n"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_remedy() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credential.toml");
        credential().write(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let err = Credential::read(&path).unwrap_err().to_string();
            assert!(err.contains(&format!("(mode {mode:o})")), "{err}");
            assert!(err.ends_with(&format!("`chmod 600 {}`", path.display())), "{err}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_the_key_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credential.toml");
        let refused = |credential: &Credential| {
            credential.write(&path).unwrap();
            Credential::read(&path).unwrap_err().to_string()
        };
        let good = credential();
        let err = refused(&Credential { collector: vec![], ..good.clone() });
        assert!(err.ends_with("collector: name at least one host:port"), "{err}");
        let err = refused(&Credential { ca: String::new(), ..good.clone() });
        assert!(err.contains(": ca: holds no certificate in PEM form"), "{err}");
        let err = refused(&Credential { key: "s3cret".into(), ..good });
        assert!(err.contains(": key: holds no private key in PEM form"), "{err}");
        assert!(!err.contains("s3cret"), "{err}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let err = Credential::read(Path::new("/nowhere/credential.toml")).unwrap_err();
        assert_eq!(err.to_string(), "failed to read the credential /nowhere/credential.toml");
    }
}
