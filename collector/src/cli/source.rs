//! Sources, on the collector's own machine. The same can be done over the
//! network, while the collector runs.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, Subcommand};
use remit_collector_domain::{
    matrix_version::Published,
    source::{Source, SourceKind},
};
use remit_runtime::{
    clock::SystemClock,
    files::{FolderLock, LockError, WriteError, write_private},
};
use remit_shared::{Clock as _, Function, Site, SourceId, SourceName, Tenant};
use tokio::sync::Notify;

use crate::{
    adapters::{
        matrices::{InForce, InForceError, Matrices},
        sled::{OpenError, SledStore},
    },
    app::{DataDir, open_store},
    config::{Config, Flags},
    ports::store::{Store as _, StoreError},
    sources::{NewSource, SourceError, SourceToken, Sources, path},
};

/// Who does it, for the audit trail.
const BY: &str = "local";

/// What is asked of sources.
#[derive(Subcommand)]
#[command(after_help = "Example:
  remit-collector source create --tenant acme --site hq --name prometheus-hq \\
      --kind alertmanager --token-file /etc/prometheus/remit.token")]
pub(super) enum Command {
    /// Make a source and show its token, once.
    Create(Create),
    /// Show all sources.
    List(Folder),
    /// Give a source another token; the one before does nothing more.
    Rotate(Rotate),
    /// End a source: its token does nothing more.
    Revoke(Revoke),
}

#[derive(Args)]
pub(super) struct Folder {
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "/var/lib/remit-collector")]
    data_dir: PathBuf,
}

#[derive(Args)]
pub(super) struct Create {
    #[command(flatten)]
    folder: Folder,
    /// The customer environment
    #[arg(long, value_name = "NAME")]
    tenant: Tenant,
    /// Where it stands
    #[arg(long, value_name = "NAME")]
    site: Site,
    /// What its checks begin with
    #[arg(long, value_name = "NAME")]
    name: SourceName,
    /// How it speaks: alertmanager or events
    #[arg(long, value_name = "KIND")]
    kind: SourceKind,
    /// Which kind of work its alerts are, unless they say so themselves
    #[arg(long, value_name = "NAME", default_value = "infra_monitoring")]
    function: Function,
    /// What its events mean, as TOML
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Write the token here instead of showing it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    folder: Folder,
    /// Which source
    #[arg(value_name = "SOURCE")]
    source: SourceId,
    /// Write the token here instead of showing it
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    folder: Folder,
    /// Which source
    #[arg(value_name = "SOURCE")]
    source: SourceId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Why a wish did not come true.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceFailure {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Matrix(#[from] InForceError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{0}")]
    Site(String),
    #[error("failed to read {}", path.display())]
    Mapping {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Token(#[from] WriteError),
}

impl Command {
    pub(super) fn flags(&self) -> Flags {
        let (Self::Create(Create { folder, .. })
        | Self::List(folder)
        | Self::Rotate(Rotate { folder, .. })
        | Self::Revoke(Revoke { folder, .. })) = self;
        Flags { data_dir: Some(folder.data_dir.clone()), config: None }
    }
}

/// Does what was asked; gives what to say.
pub(super) async fn run(asked: Command, config: &Config) -> Result<String, SourceFailure> {
    let data = DataDir(config.data_dir.clone());
    let _lock = FolderLock::acquire(&data.0)?;
    let store = Arc::new(open_store(&data, config.cache_bytes)?);
    let (clock, owed) = (Arc::new(SystemClock), Arc::new(Notify::new()));
    let sources = Sources { store: Arc::clone(&store), clock, owed };
    match asked {
        Command::Create(asked) => create(&store, &sources, asked).await,
        Command::List(_) => Ok(table(&sources.list().await?)),
        Command::Rotate(asked) => {
            let (source, token) = sources.rotate(asked.source, BY).await?;
            told(&source, &token, asked.token_file.as_deref())
        }
        Command::Revoke(asked) => {
            let source = sources.revoke(asked.source, BY, &asked.reason).await?;
            Ok(format!("Source {} ({}) is revoked\n", source.name, source.id))
        }
    }
}

async fn create(
    store: &SledStore,
    sources: &Sources<SledStore, SystemClock>,
    asked: Create,
) -> Result<String, SourceFailure> {
    check_site(store, &asked.tenant, &asked.site).await?;
    let mapping = match asked.mapping {
        None => None,
        Some(path) => match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(source) => return Err(SourceFailure::Mapping { path, source }),
        },
    };
    let wanted = NewSource {
        tenant: asked.tenant,
        site: asked.site,
        name: asked.name,
        kind: asked.kind,
        function: Some(asked.function),
        mapping,
    };
    let (source, token) = sources.create(wanted, BY).await?;
    told(&source, &token, asked.token_file.as_deref())
}

/// Whether the tenant's matrix knows the site: otherwise nobody would be
/// responsible.
async fn check_site(store: &SledStore, tenant: &Tenant, site: &Site) -> Result<(), SourceFailure> {
    let matrices = Matrices::default();
    let all = store.all::<Published>().await?;
    for stored in all.into_iter().filter(|it| it.record.tenant == *tenant) {
        matrices.install(InForce::read(Published::clone(&stored.record))?, SystemClock.now());
    }
    matrices.check_site(tenant, site).map_err(SourceFailure::Site)
}

fn told(
    source: &Source,
    token: &SourceToken,
    file: Option<&Path>,
) -> Result<String, SourceFailure> {
    let (name, id, path) = (&source.name, source.id, path(source));
    let mut text = format!("Source:  {name} ({id})\nPost to: {path}\n");
    match file {
        Some(path) => {
            write_private(path, token.to_text().as_bytes())?;
            let _ = writeln!(text, "Token:   in {}", path.display());
        }
        None => {
            let _ = writeln!(text, "Token:   {} (it is not shown again)", token.to_text());
        }
    }
    Ok(text)
}

fn table(sources: &[Arc<Source>]) -> String {
    let mut text = String::new();
    for it in sources {
        let state = match &it.revoked {
            Some(revoked) => format!("revoked {}", revoked.at),
            None => format!("{} active", it.active.len()),
        };
        let _ = writeln!(
            text,
            "{}  {}/{}  {}  {}  {state}",
            it.id, it.tenant, it.name, it.site, it.kind
        );
    }
    text
}
