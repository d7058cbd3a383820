//! The authority's files.

use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rcgen::{Issuer, KeyPair, PublicKeyData as _};
use remit_runtime::{
    files,
    tls::{Identity, certificates_from_pem, certificates_to_pem},
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

use super::{
    Issuing, PkiError,
    profile::{self, Plane},
};

/// The collector's own chain and key.
pub(super) const SERVER: &str = "server.pem";

const ROOT: &str = "root.pem";
const ROOT_KEY: &str = "root.key";

#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
}

impl Folder {
    /// Makes the folder, private from the start. What an earlier attempt left
    /// behind, short of the root, will be overwritten.
    pub(super) fn create(dir: &Path) -> Result<Self, PkiError> {
        if dir.join(ROOT).exists() {
            return Err(PkiError::Exists { path: dir.to_owned() });
        }
        make_private(dir).map_err(|source| PkiError::Folder { path: dir.to_owned(), source })?;
        Ok(Self::open(dir))
    }

    pub(super) fn open(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.dir
    }

    pub(super) fn roots(&self) -> Result<Vec<CertificateDer<'static>>, PkiError> {
        let path = self.dir.join(ROOT);
        if !path.exists() {
            return Err(PkiError::Missing { path: self.dir.clone() });
        }
        Ok(certificates_from_pem(&path)?)
    }

    pub(super) fn root_key(&self) -> Option<PathBuf> {
        Some(self.dir.join(ROOT_KEY)).filter(|path| path.exists())
    }

    pub(super) fn write_root(
        &self,
        certificate: &CertificateDer<'static>,
        key: &KeyPair,
    ) -> Result<(), PkiError> {
        files::write_private(&self.dir.join(ROOT_KEY), key.serialize_pem().as_bytes())?;
        let pem = certificates_to_pem(std::slice::from_ref(certificate));
        files::write_atomic(&self.dir.join(ROOT), pem.as_bytes())?;
        Ok(())
    }

    pub(super) fn write_identity(
        &self,
        name: &str,
        chain: Vec<CertificateDer<'static>>,
        key: &KeyPair,
    ) -> Result<(), PkiError> {
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let pem = Identity { chain, key }.to_pem();
        files::write_private(&self.dir.join(name), pem.as_bytes())?;
        Ok(())
    }

    pub(super) fn server(&self) -> Result<Identity, PkiError> {
        Ok(self.identity(SERVER)?.0)
    }

    /// What the collector's own certificate calls it, and until when.
    pub(super) fn server_names(&self) -> Result<(Vec<String>, Timestamp), PkiError> {
        let path = self.dir.join(SERVER);
        let identity = self.server()?;
        let parsed = parse(&path, &identity.chain[0])?;
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names.map(|it| it.value.general_names.as_slice()).unwrap_or_default();
        Ok((names.iter().filter_map(server_name).collect(), expiry(&parsed)))
    }

    /// An intermediate, ready to sign.
    pub(super) fn issuing(&self, plane: Plane) -> Result<Issuing, PkiError> {
        let (identity, key) = self.identity(plane.file())?;
        let certificate = identity.chain[0].clone();
        let parsed = parse(&self.dir.join(plane.file()), &certificate)?;
        let name = parsed.subject().iter_common_name().find_map(|it| it.as_str().ok());
        let issuer = Issuer::new(profile::signing_as(name.unwrap_or_default()), key);
        let not_after = expiry(&parsed);
        Ok(Issuing { certificate, not_after, issuer })
    }

    fn identity(&self, name: &str) -> Result<(Identity, KeyPair), PkiError> {
        let path = self.dir.join(name);
        let identity = Identity::from_pem_files(&path, &path)?;
        let key = KeyPair::try_from(&identity.key)
            .map_err(|source| PkiError::Key { path: path.clone(), source })?;
        if parse(&path, &identity.chain[0])?.public_key().raw != key.subject_public_key_info() {
            return Err(PkiError::Mismatch { path });
        }
        Ok((identity, key))
    }
}

#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    // Also if it was there before.
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

/// Elsewhere the parent's access list decides.
#[cfg(not(unix))]
fn make_private(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

fn parse<'a>(
    path: &Path,
    certificate: &'a CertificateDer<'_>,
) -> Result<X509Certificate<'a>, PkiError> {
    X509Certificate::from_der(certificate)
        .map(|(_, parsed)| parsed)
        .map_err(|source| PkiError::Certificate { path: path.to_owned(), source })
}

fn expiry(certificate: &X509Certificate<'_>) -> Timestamp {
    // Years beyond what can be counted never come.
    Timestamp::from_second(certificate.validity().not_after.timestamp()).unwrap_or(Timestamp::MAX)
}

fn server_name(name: &GeneralName<'_>) -> Option<String> {
    if let GeneralName::DNSName(name) = name {
        return Some((*name).to_owned());
    }
    let GeneralName::IPAddress(bytes) = name else { return None };
    let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(|ip| ip.to_string())
}
