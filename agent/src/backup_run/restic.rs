//! What restic says: `--json` on its output, one message a line.
//!
//! A `backup` without `--json` is given it, and the human a summary in its
//! place. Up to 0.14 restic leaves with 0 if a source is missing; it says so
//! in plain words only, which count as a part that is not in the backup.

use std::ffi::OsString;

use remit_shared::RunResult;
use serde::Deserialize;
use serde_json::Value;

use crate::backup_run::{child::End, ear::Verdict};

/// Options in front of the command that take a value of their own.
const WITH_VALUE: [&str; 19] = [
    "-r",
    "--repo",
    "--repository-file",
    "-p",
    "--password-file",
    "--password-command",
    "--key-hint",
    "--cacert",
    "--cache-dir",
    "--tls-client-cert",
    "--limit-download",
    "--limit-upload",
    "-o",
    "--option",
    "--compression",
    "--pack-size",
    "--retry-lock",
    "--http-user-agent",
    "--stuck-request-timeout",
];

/// One run of restic.
#[derive(Debug, Default)]
pub(super) struct Restic {
    is_backup: bool,
    is_dry: bool,
    is_json: bool,
    is_rendered: bool,
    summary: Option<Summary>,
    errors: Vec<String>,
    fatal: Vec<String>,
    skipped: bool,
}

/// The last message of a backup.
#[derive(Clone, Debug, Deserialize)]
struct Summary {
    snapshot_id: Option<String>,
    data_added: Option<u64>,
    total_files_processed: Option<u64>,
    total_bytes_processed: Option<u64>,
    total_duration: Option<f64>,
    #[serde(default)]
    dry_run: bool,
}

impl Restic {
    /// Looks at the command line, and asks for JSON where that helps.
    pub(super) fn new(args: &mut Vec<OsString>) -> Self {
        let command = command(args);
        let is_backup = command.is_some_and(|at| args[at] == "backup");
        let has = |names: &[&str]| {
            args.iter().take_while(|it| *it != "--").any(|it| names.iter().any(|name| it == name))
        };
        let (was_json, is_dry) = (has(&["--json"]), has(&["-n", "--dry-run"]));
        let is_rendered = is_backup && !was_json;
        if let Some(at) = command.filter(|_| is_rendered) {
            args.insert(at + 1, "--json".into());
        }
        Self { is_backup, is_dry, is_json: is_backup || was_json, is_rendered, ..Self::default() }
    }

    /// Whether it speaks JSON.
    pub(super) fn speaks(&self) -> bool {
        self.is_json
    }

    /// Whether the human sees our words instead of JSON.
    pub(super) fn is_rendered(&self) -> bool {
        self.is_rendered
    }

    /// Understands one line. Gives it in words for the human.
    pub(super) fn line(&mut self, line: &str) -> Option<String> {
        let message =
            line.starts_with('{').then(|| serde_json::from_str::<Value>(line).ok()).flatten();
        match message {
            Some(message) => self.message(&message),
            None => {
                self.words(line);
                Some(line.to_owned())
            }
        }
    }

    /// What its end means.
    pub(super) fn verdict(&self, end: &End) -> Verdict {
        let is_dry = self.is_dry || self.summary.as_ref().is_some_and(|it| it.dry_run);
        let unsaid = self.is_backup && self.summary.is_none();
        let mut errors = [&self.fatal[..], &self.errors[..]].concat();
        let result = match end.code {
            Some(0) if is_dry => RunResult::Skipped,
            Some(0) if unsaid => {
                errors.push("restic left without a summary".into());
                RunResult::Warning
            }
            Some(0) if self.skipped => RunResult::Partial,
            Some(0) => RunResult::Success,
            Some(3) => RunResult::Partial,
            // What its makers have not thought of yet is a failure, they say.
            Some(_) | None => RunResult::Failed,
        };
        let raw = if is_dry { format!("{end}, dry run") } else { end.to_string() };
        let verdict = Verdict { errors, ..Verdict::new(result, raw) };
        match &self.summary {
            Some(summary) => Verdict {
                recovery_point: summary.snapshot_id.clone().filter(|_| !is_dry),
                bytes_processed: summary.total_bytes_processed,
                bytes_added: summary.data_added,
                files: summary.total_files_processed,
                ..verdict
            },
            None => verdict,
        }
    }

    fn message(&mut self, message: &Value) -> Option<String> {
        let text = |pointer| message.pointer(pointer).and_then(Value::as_str);
        match text("/message_type")? {
            "summary" => {
                let summary: Summary = serde_json::from_value(message.clone()).ok()?;
                let shown = render(&summary);
                self.summary = Some(summary);
                Some(shown)
            }
            "error" => {
                let item = text("/item").unwrap_or_default();
                let why = text("/error/message").map_or_else(|| old_error(message), str::to_owned);
                let error = format!("{item}: {why}");
                self.errors.push(error.clone());
                Some(format!("error: {error}"))
            }
            "exit_error" => {
                let why = text("/message")?.to_owned();
                self.fatal.push(why.clone());
                Some(why)
            }
            // Progress; and what later versions may have to say.
            _ => None,
        }
    }

    fn words(&mut self, line: &str) {
        if let Some(why) = line.strip_prefix("Fatal: ") {
            self.fatal.push(why.to_owned());
        } else if line.ends_with("does not exist, skipping") {
            self.skipped = true;
            self.errors.push(line.to_owned());
        }
    }
}

/// Where the command is among the arguments.
fn command(args: &[OsString]) -> Option<usize> {
    let mut at = 0;
    loop {
        let arg = args.get(at)?.to_string_lossy();
        if !arg.starts_with('-') {
            return Some(at);
        }
        at += if WITH_VALUE.contains(&&*arg) { 2 } else { 1 };
    }
}

/// Up to 0.15 an error is the operating system's, in parts.
fn old_error(message: &Value) -> String {
    let operation = message.pointer("/error/Op").and_then(Value::as_str).unwrap_or("read");
    match message
        .pointer("/error/Err")
        .and_then(Value::as_i64)
        .and_then(|it| i32::try_from(it).ok())
    {
        Some(code) => format!("{operation}: {}", std::io::Error::from_raw_os_error(code)),
        None => format!("{operation} failed"),
    }
}

fn render(it: &Summary) -> String {
    let what = match &it.snapshot_id {
        Some(id) if !it.dry_run => format!("snapshot {id} saved"),
        Some(_) | None => "no snapshot saved".into(),
    };
    let (files, bytes) =
        (it.total_files_processed.unwrap_or(0), it.total_bytes_processed.unwrap_or(0));
    let (added, seconds) = (it.data_added.unwrap_or(0), it.total_duration.unwrap_or(0.0));
    format!("{what}: {files} files, {bytes} bytes read, {added} bytes added in {seconds:.1} s")
}

#[cfg(test)]
mod tests;
