//! What borg says, if it was asked to say it as JSON: `--json` for the
//! archive that it made, `--log-json` for its complaints. Neither is added to
//! a command line that has none; the exit code tells enough.

use std::ffi::OsString;

use remit_shared::RunResult;
use serde::Deserialize;

use crate::backup_run::{
    child::End,
    ear::{Verdict, Voice},
};

/// The longest description of an archive that is kept.
const MAX_JSON: usize = 1 << 20;

/// One run of borg.
#[derive(Debug, Default)]
pub(super) struct Borg {
    speaks: bool,
    is_dry: bool,
    said: String,
    errors: Vec<String>,
}

#[derive(Deserialize)]
struct Created {
    archive: Archive,
}

#[derive(Deserialize)]
struct Archive {
    name: String,
    stats: Option<Stats>,
}

#[derive(Deserialize)]
struct Stats {
    original_size: Option<u64>,
    deduplicated_size: Option<u64>,
    nfiles: Option<u64>,
}

#[derive(Deserialize)]
struct Message {
    levelname: String,
    message: String,
}

impl Borg {
    /// Looks at the command line.
    pub(super) fn new(args: &[OsString]) -> Self {
        let speaks = args.iter().any(|it| it == "--json" || it == "--log-json");
        let is_dry = args.iter().any(|it| it == "--dry-run" || it == "-n");
        Self { speaks, is_dry, ..Self::default() }
    }

    /// Whether it speaks JSON.
    pub(super) fn speaks(&self) -> bool {
        self.speaks
    }

    /// Understands one line.
    pub(super) fn line(&mut self, voice: Voice, line: &str) {
        match voice {
            Voice::Out if self.said.len() + line.len() < MAX_JSON => self.said += line,
            Voice::Out => {}
            Voice::Err => {
                let message = serde_json::from_str::<Message>(line).ok();
                let is_bad =
                    |it: &Message| ["WARNING", "ERROR", "CRITICAL"].contains(&&*it.levelname);
                self.errors.extend(message.filter(is_bad).map(|it| it.message));
            }
        }
    }

    /// What its end means.
    pub(super) fn verdict(&self, end: &End) -> Verdict {
        let result = match end.code {
            Some(0) if self.is_dry => RunResult::Skipped,
            Some(0) => RunResult::Success,
            Some(1 | 100..=127) => RunResult::Warning,
            Some(_) | None => RunResult::Failed,
        };
        let verdict =
            Verdict { errors: self.errors.clone(), ..Verdict::new(result, end.to_string()) };
        let Ok(Created { archive }) = serde_json::from_str(&self.said) else { return verdict };
        let stats = archive.stats.as_ref();
        Verdict {
            bytes_processed: stats.and_then(|it| it.original_size),
            bytes_added: stats.and_then(|it| it.deduplicated_size),
            files: stats.and_then(|it| it.nfiles),
            recovery_point: Some(archive.name),
            ..verdict
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_mean_what_borg_says_they_mean() {
        for (code, expected) in [
            (Some(0), RunResult::Success),
            (Some(1), RunResult::Warning),
            (Some(2), RunResult::Failed),
            (Some(99), RunResult::Failed),
            (Some(100), RunResult::Warning),
            (Some(127), RunResult::Warning),
            (Some(130), RunResult::Failed),
            (None, RunResult::Failed),
        ] {
            let end = End { code, signal: Some(9), stopped: false };
            assert_eq!(Borg::new(&[]).verdict(&end).result, expected, "{code:?}");
        }
    }

    #[test]
    fn a_dry_run_is_no_backup() {
        let end = End { code: Some(0), signal: None, stopped: false };
        let borg = Borg::new(&["create".into(), "--dry-run".into()]);
        assert_eq!(borg.verdict(&end).result, RunResult::Skipped);
    }
}
