//! The `remit` command, in the hands of one operator.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use tokio::process::Command;

use super::{
    answers::{self, Alert, Endpoint},
    process,
};

/// `remit` with one operator's credential.
#[derive(Clone, Debug)]
pub(super) struct Remit {
    program: PathBuf,
    credential: PathBuf,
}

impl Remit {
    /// For whoever holds that credential.
    pub(super) fn new(program: PathBuf, credential: PathBuf) -> Self {
        Self { program, credential }
    }

    /// The file that says who we are.
    pub(super) fn credential(&self) -> &Path {
        &self.credential
    }

    /// The command as one would type it.
    pub(super) fn command(&self) -> Command {
        let mut remit = Command::new(&self.program);
        remit.arg("--credential").arg(&self.credential);
        remit
    }

    /// Does something that must succeed.
    pub(super) async fn tell(&self, args: &[&str]) -> anyhow::Result<()> {
        process::succeed(self.command().args(args)).await.map(|_output| ())
    }

    /// Asks for one thing.
    pub(super) async fn ask<T: DeserializeOwned>(&self, args: &[&str]) -> anyhow::Result<T> {
        answers::one(&self.json(args).await?)
    }

    /// Asks for a list.
    pub(super) async fn list<T: DeserializeOwned>(&self, args: &[&str]) -> anyhow::Result<Vec<T>> {
        answers::rows(&self.json(args).await?)
    }

    /// What is known of one endpoint.
    pub(super) async fn endpoint(&self, id: &str) -> anyhow::Result<Endpoint> {
        self.ask(&["endpoint", "show", id]).await
    }

    /// What is known of one alert.
    pub(super) async fn alert(&self, id: &str) -> anyhow::Result<Alert> {
        self.ask(&["alert", "show", id]).await
    }

    async fn json(&self, args: &[&str]) -> anyhow::Result<Vec<u8>> {
        process::succeed(self.command().arg("--json").args(args)).await
    }
}
