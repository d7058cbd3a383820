//! Somebody at a keyboard: `remit` as it ships.

use std::ffi::OsStr;

use serde_json::Value;

use crate::{Operator, Outcome, command, finish};

impl Operator {
    /// What `remit` answers to these words, typed with this operator's
    /// credential.
    pub async fn types(&self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let credential = folder.path().join("credential.toml");
        self.credential.write(&credential).expect("the test's folder can be written");
        let mut remit = command("remit");
        remit.env("REMIT_CREDENTIAL", credential).env("REMIT_TENANT", "acme").env("TZ", "UTC");
        remit.args(words);
        finish(remit).await
    }

    /// The same, where a line has no word with a blank in it and is answered
    /// with JSON.
    pub async fn asks(&self, line: &str) -> Value {
        let outcome = self.types(line.split(' ').chain(["--json"])).await;
        let answer = serde_json::from_str(&outcome.stdout);
        answer.unwrap_or_else(|_| panic!("`remit {line}` answers {outcome:?}"))
    }
}
