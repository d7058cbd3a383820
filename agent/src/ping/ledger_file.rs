//! The open runs on disk: a backup may well outlive the agent that heard it
//! begin.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use remit_agent_domain::ping::{Ledger, Open};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// Why the ledger could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    #[error("failed to read {}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("failed to understand {}", .path.display())]
    Parse { path: PathBuf, source: serde_json::Error },
    #[error("failed to write {}", .path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// The file of a ledger.
#[derive(Debug)]
pub(super) struct LedgerFile {
    path: PathBuf,
}

/// A ledger as stored.
#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum LedgerRecord {
    #[serde(rename = "1")]
    V1 { open: Vec<OpenRecordV1> },
}

#[derive(Serialize, Deserialize)]
struct OpenRecordV1 {
    job: String,
    run_id: String,
    rid: Option<String>,
    started_at: String,
}

impl LedgerFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The ledger as it was written last; an empty one if it never was.
    pub(super) fn read(&self) -> Result<Ledger, LedgerError> {
        let path = || self.path.clone();
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Ledger::default()),
            Err(source) => return Err(LedgerError::Read { path: path(), source }),
        };
        let LedgerRecord::V1 { open } = serde_json::from_slice(&bytes)
            .map_err(|source| LedgerError::Parse { path: path(), source })?;
        // An entry that makes no sense is one pairing lost, not all of them.
        Ok(Ledger::new(open.into_iter().filter_map(from_record).collect()))
    }

    /// Replaces the file.
    pub(super) async fn write(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let open = ledger.open().iter().map(to_record).collect();
        let failed = |source| LedgerError::Write { path: self.path.clone(), source };
        let bytes = serde_json::to_vec(&LedgerRecord::V1 { open })
            .map_err(|err| failed(io::Error::other(err)))?;
        replace(&self.path, &bytes).await.map_err(failed)
    }
}

async fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = tokio::fs::File::create(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&unfinished, path).await
}

fn to_record(open: &Open) -> OpenRecordV1 {
    OpenRecordV1 {
        job: open.job.clone(),
        run_id: open.run_id.to_string(),
        rid: open.rid.map(|it| it.to_string()),
        started_at: open.started_at.to_string(),
    }
}

fn from_record(record: OpenRecordV1) -> Option<Open> {
    let rid = record.rid.map(|it| Uuid::try_parse(&it)).transpose().ok()?;
    let started_at: Timestamp = record.started_at.parse().ok()?;
    Some(Open { job: record.job, run_id: record.run_id.parse().ok()?, rid, started_at })
}
