//! Making a data folder. Everything here is local: no request over the network
//! can make a certificate authority or an administrator.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use remit_collector_domain::{
    effect::{AuditEntry, Effect},
    operator::{InvalidName, Operator, Role, checked_name},
};
use remit_runtime::{
    clock::SystemClock,
    credential::{Credential, CredentialError},
    files::{FolderLock, LockError, WriteError, write_atomic},
    random,
    tls::{KeyRequest, TlsError, certificates_to_pem},
};
use remit_shared::{Clock as _, OperatorId, Party};

use crate::{
    adapters::sled::{OpenError, SledStore},
    app::{DataDir, open_store, with_port},
    config::{self, Config},
    pki::{Authority, IssueError, PkiError},
    ports::store::{Commit, Store as _, StoreError},
};

/// Stands in a folder while it is being made.
const UNFINISHED: &str = "init.unfinished";

/// What a new data folder is to be like.
pub(super) struct Wanted {
    pub(super) data_dir: PathBuf,
    pub(super) names: Vec<String>,
    pub(super) administrator: String,
    pub(super) agents: SocketAddr,
    pub(super) enrollment: SocketAddr,
    pub(super) operators: SocketAddr,
    pub(super) http: SocketAddr,
    pub(super) receiver: SocketAddr,
}

/// Why there is no new data folder, or administrator.
#[derive(Debug, thiserror::Error)]
pub(super) enum InitError {
    #[error("{} is set up already; nothing was changed", .0.display())]
    Already(PathBuf),
    #[error("failed to make {}", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Pki(#[from] PkiError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Name(#[from] InvalidName),
    #[error(transparent)]
    Key(#[from] TlsError),
    #[error("failed to issue the administrator's certificate")]
    Issue(#[source] IssueError),
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

/// Makes a data folder; gives what to tell whoever asked.
pub(super) async fn init(wanted: &Wanted) -> Result<String, InitError> {
    let data = DataDir(wanted.data_dir.clone());
    let settings = data.0.join(config::FILE);
    if settings.exists() {
        return Err(InitError::Already(data.0));
    }
    let name = checked_name(&wanted.administrator)?;
    make_folder(&data.0)?;
    let _lock = FolderLock::acquire(&data.0)?;
    let unfinished = begin(&data)?;
    let now = SystemClock.now();
    let authority = Authority::create(&data.pki(), &wanted.names, now)?;
    let store = open_store(&data, 8 << 20)?;
    let collector = addresses(&wanted.names, wanted.operators);
    let out = data.administrator();
    make_administrator(&authority, &store, collector, &name, &out).await?;
    // Last, because it says that everything else is there.
    let Wanted { names, agents, enrollment, operators, http, receiver, .. } = wanted;
    let text = config::template(names, *agents, *enrollment, *operators, *http, *receiver);
    write_atomic(&settings, text.as_bytes())?;
    if let Some(path) = unfinished {
        fs::remove_file(&path).map_err(|source| InitError::Folder { path, source })?;
    }
    Ok(format!(
        "Made {dir}\n\
         \n\
         Settings:                   {settings}\n\
         Administrator's credential: {credential}\n\
         Root key:                   {root} (take it offline; it is not needed to run)\n\
         \n\
         Next:\n  \
         remit-collector serve --data-dir {dir}\n  \
         remit login {credential}\n  \
         remit matrix publish starter.toml\n",
        dir = data.0.display(),
        settings = settings.display(),
        credential = out.display(),
        root = data.pki().join("root.key").display(),
    ))
}

/// Notes that the folder is not whole yet. What an earlier attempt left that was
/// cut off is nobody's: nothing serves without settings. Whatever else is there is
/// left alone, without a note.
fn begin(data: &DataDir) -> Result<Option<PathBuf>, InitError> {
    let note = data.0.join(UNFINISHED);
    let parts = [data.pki(), data.store()];
    if note.exists() {
        for path in parts.into_iter().filter(|it| it.exists()) {
            fs::remove_dir_all(&path).map_err(|source| InitError::Folder { path, source })?;
        }
        let path = data.administrator();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(InitError::Folder { path, source });
            }
            _ => {}
        }
    } else if parts.iter().any(|it| it.exists()) {
        return Ok(None);
    } else {
        write_atomic(&note, b"")?;
    }
    Ok(Some(note))
}

/// Makes another administrator in a data folder that is not in use.
pub(super) async fn administrator(
    config: &Config,
    name: &str,
    out: &Path,
) -> Result<(), InitError> {
    let name = checked_name(name)?;
    let data = DataDir(config.data_dir.clone());
    let _lock = FolderLock::acquire(&data.0)?;
    let authority = Authority::open(&data.pki())?;
    let store = open_store(&data, config.cache_bytes)?;
    let collector = addresses(&config.names, config.operators);
    make_administrator(&authority, &store, collector, &name, out).await?;
    Ok(())
}

async fn make_administrator(
    authority: &Authority,
    store: &SledStore,
    collector: Vec<String>,
    name: &str,
    out: &Path,
) -> Result<(), InitError> {
    let now = SystemClock.now();
    let id = OperatorId::from_uuid(random::uuid());
    let request = KeyRequest::new()?;
    let issued = authority.issue_operator(id, &request.csr, now).map_err(InitError::Issue)?;
    let operator = Operator {
        id,
        name: name.to_owned(),
        role: Role::Administrator,
        party: Party::Internal,
        teams: Vec::new(),
        tenants: Vec::new(),
        serial: issued.serial.clone(),
        not_after: issued.not_after,
        created_at: now,
        revoked: None,
    };
    let audit = AuditEntry {
        at: now,
        tenant: None,
        actor: "local".into(),
        action: "operator.create".into(),
        object: id.to_string(),
        detail: format!("{name}, administrator"),
    };
    store.commit(Commit::new(operator, 0, vec![Effect::Audit(audit)])).await?;
    let credential = Credential {
        collector,
        operator_id: id.to_string(),
        name: name.to_owned(),
        ca: certificates_to_pem(authority.roots()),
        certificate: certificates_to_pem(&issued.chain),
        key: request.key_pem(),
    };
    credential.write(out)?;
    Ok(())
}

fn addresses(names: &[String], operators: SocketAddr) -> Vec<String> {
    names.iter().map(|it| with_port(it, operators.port())).collect()
}

/// Only its owner may look into a data folder.
fn make_folder(path: &Path) -> Result<(), InitError> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    let failed = |source| InitError::Folder { path: path.to_owned(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed)
}
