//! Who this agent is: a key, its certificates, and what enrollment told.
//!
//! ```text
//! identity/
//! ├── current           the number of the generation in use
//! ├── 3/                key.pem (0600), chain.pem, roots.pem, endpoint.json
//! └── pending/          the key of an enrollment that has not been answered
//! ```
//!
//! # Invariants
//!
//! - A generation is complete and durable before `current` names it, and the
//!   one before it is deleted only afterwards. A kill at any point leaves a
//!   usable identity, if there was one.
//! - Whoever owns the state folder owns what is written into it, also if root
//!   writes it: the service must be able to read its own key.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use remit_runtime::{
    files::{self, WriteError},
    tls::{self, Identity, TlsError},
};
use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use crate::platform;

/// What enrollment told about this endpoint, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum EndpointRecord {
    /// The only form so far.
    #[serde(rename = "1")]
    V1(Endpoint),
}

/// What enrollment told about this endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its id.
    pub endpoint_id: String,
    /// Whose it is.
    pub tenant: String,
    /// Where it stands.
    pub site: String,
    /// Where the collector listens for agents.
    pub agent_addresses: Vec<String>,
    /// When the certificate was issued to us.
    #[serde(with = "moment")]
    pub issued_at: Timestamp,
    /// When it ends.
    #[serde(with = "moment")]
    pub not_after: Timestamp,
}

/// What the agent proves itself with, and whom it trusts.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Our own key and certificates.
    pub identity: Identity,
    /// The roots we trust.
    pub roots: Vec<CertificateDer<'static>>,
    /// What enrollment told.
    pub endpoint: Endpoint,
}

/// What is to be written as the next generation.
#[derive(Clone, Debug)]
pub struct Generation<'a> {
    /// The private key.
    pub key_pem: &'a str,
    /// Our own certificates, DER, leaf first.
    pub chain: &'a [Vec<u8>],
    /// The roots to trust, DER.
    pub roots: &'a [Vec<u8>],
    /// What enrollment told.
    pub endpoint: &'a Endpoint,
}

/// Why the identity cannot be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// There is none.
    #[error("this machine is not enrolled: run `remit-agent enroll`")]
    NotEnrolled,
    /// A file cannot be read or written.
    #[error("failed to {attempt} {}", path.display())]
    Io {
        /// What could not be done.
        attempt: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A key or certificate makes no sense.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A file of ours makes no sense.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// The folder that holds the identity.
#[derive(Clone, Debug)]
pub struct IdentityFolder(PathBuf);

impl IdentityFolder {
    /// The one in this state folder.
    pub fn new(state_dir: &Path) -> Self {
        Self(state_dir.join("identity"))
    }

    /// The generation in use, if there is one.
    pub fn current(&self) -> Result<Option<PathBuf>, IdentityError> {
        Ok(self.number()?.map(|it| self.0.join(it.to_string())))
    }

    /// Reads the identity in use.
    pub fn load(&self) -> Result<Credentials, IdentityError> {
        let folder = self.current()?.ok_or(IdentityError::NotEnrolled)?;
        Ok(Credentials {
            identity: Identity::from_pem_files(&folder.join("chain.pem"), &folder.join("key.pem"))?,
            roots: tls::certificates_from_pem(&folder.join("roots.pem"))?,
            endpoint: self.endpoint()?,
        })
    }

    /// Reads what enrollment told.
    pub fn endpoint(&self) -> Result<Endpoint, IdentityError> {
        let folder = self.current()?.ok_or(IdentityError::NotEnrolled)?;
        let path = folder.join("endpoint.json");
        let text = fs::read(&path).map_err(|source| io_error("read", &path, source))?;
        match serde_json::from_slice(&text) {
            Ok(EndpointRecord::V1(endpoint)) => Ok(endpoint),
            Err(source) => Err(IdentityError::Damaged { path, source }),
        }
    }

    /// Writes the next generation and switches to it.
    pub fn store(&self, generation: &Generation<'_>) -> Result<(), IdentityError> {
        let next = self.number()?.unwrap_or(0) + 1;
        let folder = self.0.join(next.to_string());
        // Left by an attempt that never came to be used.
        remove(&folder)?;
        make_private(&folder)?;
        let write = |name: &str, text: &[u8]| {
            let path = folder.join(name);
            files::write_private(&path, text)?;
            platform::give_to_owner(&self.0, &path)
                .map_err(|source| io_error("give away", &path, source))
        };
        let record = EndpointRecord::V1(generation.endpoint.clone());
        let record = serde_json::to_vec_pretty(&record)
            .map_err(|source| IdentityError::Damaged { path: folder.clone(), source })?;
        write("key.pem", generation.key_pem.as_bytes())?;
        write("chain.pem", pem(generation.chain).as_bytes())?;
        write("roots.pem", pem(generation.roots).as_bytes())?;
        write("endpoint.json", &record)?;
        give(&self.0, &folder)?;
        let current = self.0.join("current");
        files::write_atomic(&current, format!("{next}\n").as_bytes())?;
        give(&self.0, &current)?;
        // From here on it is the one in use. What is older is of no more use.
        remove(&self.0.join("pending"))?;
        remove(&self.0.join((next - 1).to_string()))
    }

    /// The key of an enrollment with this token that has not been answered.
    pub fn pending_key(&self, token_hash: &str) -> Option<String> {
        let folder = self.0.join("pending");
        let hash = fs::read_to_string(folder.join("token")).ok()?;
        (hash == token_hash).then(|| fs::read_to_string(folder.join("key.pem")).ok())?
    }

    /// Keeps the key of an enrollment, before it is asked for.
    pub fn keep_pending(&self, token_hash: &str, key_pem: &str) -> Result<(), IdentityError> {
        let folder = self.0.join("pending");
        make_private(&self.0)?;
        give_top(&self.0)?;
        remove(&folder)?;
        make_private(&folder)?;
        files::write_private(&folder.join("key.pem"), key_pem.as_bytes())?;
        files::write_private(&folder.join("token"), token_hash.as_bytes())?;
        Ok(())
    }

    fn number(&self) -> Result<Option<u64>, IdentityError> {
        let path = self.0.join("current");
        match fs::read_to_string(&path) {
            Ok(text) => match text.trim().parse() {
                Ok(number) => Ok(Some(number)),
                Err(err) => Err(io_error("understand", &path, io::Error::other(err))),
            },
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(io_error("read", &path, source)),
        }
    }
}

fn make_private(folder: &Path) -> Result<(), IdentityError> {
    platform::make_private_folder(folder).map_err(|source| io_error("make", folder, source))
}

fn give(like: &Path, path: &Path) -> Result<(), IdentityError> {
    platform::give_to_owner(like, path).map_err(|source| io_error("give away", path, source))
}

/// The identity folder belongs to whoever the state folder belongs to.
fn give_top(folder: &Path) -> Result<(), IdentityError> {
    folder.parent().map_or(Ok(()), |parent| give(parent, folder))
}

fn remove(folder: &Path) -> Result<(), IdentityError> {
    match fs::remove_dir_all(folder) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(io_error("delete", folder, err)),
        _ => Ok(()),
    }
}

fn io_error(attempt: &'static str, path: &Path, source: io::Error) -> IdentityError {
    IdentityError::Io { attempt, path: path.to_owned(), source }
}

fn pem(certificates: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for der in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let body = BASE64_STANDARD.encode(der);
        for (index, it) in body.chars().enumerate() {
            if index > 0 && index % 64 == 0 {
                text.push('\n');
            }
            text.push(it);
        }
        text.push_str("\n-----END CERTIFICATE-----\n");
    }
    text
}

/// Times in files, as text.
mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn endpoint() -> Endpoint {
        Endpoint {
            endpoint_id: "end_00000000000000000000000000000007".into(),
            tenant: "acme".into(),
            site: "hq".into(),
            agent_addresses: vec!["localhost:7443".into()],
            issued_at: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::from_second(2_592_000).unwrap(),
        }
    }

    fn store(folder: &IdentityFolder, tenant: &str) {
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        let chain = [cert.der().to_vec()];
        let endpoint = Endpoint { tenant: tenant.into(), ..endpoint() };
        let key_pem = &key.serialize_pem();
        let generation = Generation { key_pem, chain: &chain, roots: &chain, endpoint: &endpoint };
        folder.store(&generation).unwrap();
    }

    #[test]
    fn what_is_stored_is_loaded_and_replaced_as_a_whole() {
        let state = tempfile::tempdir().unwrap();
        let folder = IdentityFolder::new(state.path());
        assert!(matches!(folder.load(), Err(IdentityError::NotEnrolled)));
        folder.keep_pending("hash", "key").unwrap();
        store(&folder, "acme");
        assert_eq!(folder.load().unwrap().endpoint, endpoint());
        store(&folder, "umbrella");
        let credentials = folder.load().unwrap();
        assert_eq!(
            (credentials.endpoint.tenant.as_str(), credentials.roots.len()),
            ("umbrella", 1)
        );
        let mut names: Vec<_> = fs::read_dir(state.path().join("identity"))
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["2", "current"]);
    }

    #[test]
    fn half_a_generation_is_never_used() {
        let state = tempfile::tempdir().unwrap();
        let folder = IdentityFolder::new(state.path());
        folder.keep_pending("hash", "key").unwrap();
        store(&folder, "acme");
        fs::create_dir(state.path().join("identity/2")).unwrap();
        fs::write(state.path().join("identity/2/key.pem"), "half").unwrap();
        assert_eq!(folder.load().unwrap().endpoint, endpoint());
        store(&folder, "umbrella");
        assert_eq!(folder.load().unwrap().endpoint.tenant, "umbrella");
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        let folder = IdentityFolder::new(state.path());
        folder.keep_pending("hash", "key").unwrap();
        store(&folder, "acme");
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let current = folder.current().unwrap().unwrap();
        assert_eq!((mode(current.join("key.pem")), mode(current)), (0o600, 0o700));
    }

    #[test]
    fn a_pending_key_belongs_to_one_token() {
        let state = tempfile::tempdir().unwrap();
        let folder = IdentityFolder::new(state.path());
        folder.keep_pending("hash", "key").unwrap();
        assert_eq!(folder.pending_key("hash").as_deref(), Some("key"));
        assert_eq!(folder.pending_key("other"), None);
    }

    #[test]
    fn the_first_stored_form_keeps_its_meaning() {
        let text = include_str!("../testdata/endpoint/v1.json");
        let EndpointRecord::V1(found) = serde_json::from_str(text).unwrap();
        assert_eq!(found, endpoint());
    }
}
