//! A real restic repository, which can be broken and mended.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use tokio::process::Command;

use super::{
    answers::{self, Snapshot},
    process,
};

/// Some data and where it is backed up to.
pub(super) struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// Makes some data and an empty repository for it.
    pub(super) async fn create(folder: &Path) -> anyhow::Result<Self> {
        let repository = Self { folder: folder.to_owned() };
        let data = repository.data();
        fs::create_dir_all(&data).with_context(|| format!("failed to make {}", data.display()))?;
        fs::write(data.join("ledger.txt"), "what the company lives on\n")?;
        fs::write(repository.password(), "quickstart\n")?;
        process::succeed(repository.restic().arg("init")).await?;
        Ok(repository)
    }

    /// One that [`create`](Self::create) made earlier.
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The backup, as one would type it.
    pub(super) fn backup(&self) -> Vec<String> {
        let data = self.data().display().to_string();
        ["restic", "backup", "--json", &data].map(str::to_owned).to_vec()
    }

    /// What restic reads from the environment.
    pub(super) fn environment(&self) -> [(&'static str, PathBuf); 3] {
        [
            ("RESTIC_REPOSITORY", self.folder.join("repository")),
            ("RESTIC_PASSWORD_FILE", self.password()),
            ("RESTIC_CACHE_DIR", self.folder.join("cache")),
        ]
    }

    /// The ids of what can be restored, as restic itself says.
    pub(super) async fn snapshots(&self) -> anyhow::Result<Vec<String>> {
        let json =
            process::succeed(self.restic().args(["snapshots", "--json", "--no-lock"])).await?;
        let snapshots: Vec<Snapshot> = answers::rows(&json)?;
        Ok(snapshots.into_iter().map(|snapshot| snapshot.id).collect())
    }

    /// Makes every backup fail until [`mend`](Self::mend).
    pub(super) fn damage(&self) -> anyhow::Result<()> {
        let (config, hidden) = self.config();
        fs::rename(config, hidden).context("failed to damage the repository")
    }

    /// Undoes [`damage`](Self::damage).
    pub(super) fn mend(&self) -> anyhow::Result<()> {
        let (config, hidden) = self.config();
        fs::rename(hidden, config).context("failed to mend the repository")
    }

    fn config(&self) -> (PathBuf, PathBuf) {
        let repository = self.folder.join("repository");
        (repository.join("config"), repository.join("config.hidden"))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn password(&self) -> PathBuf {
        self.folder.join("password")
    }

    fn restic(&self) -> Command {
        let mut restic = Command::new("restic");
        restic.envs(self.environment());
        restic
    }
}
