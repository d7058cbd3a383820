//! Backups that are suddenly much smaller or larger than they were.
//!
//! A backup that read half of what it used to has probably lost a source; one
//! that doubled has probably met something it should not have. The comparison
//! is with the median of the last seven, so that one odd run does not move it,
//! and a lasting change is accepted after four.

use jiff::Timestamp;
use remit_shared::{BackupRun, RunResult};

use crate::{
    detect::{Checks, Finding, Level},
    endpoint::JobState,
};

/// The check that speaks of backups of an unusual size.
pub const SIZE: &str = "backup-size";

/// So many sizes are compared with.
pub const SIZES: usize = 7;
/// With fewer, nothing is usual yet.
const FEWEST: usize = 3;

/// Judges the size of a run that succeeded, and remembers it.
pub(super) fn judge(state: &mut JobState, checks: &mut Checks, run: &BackupRun, ended: Timestamp) {
    let is_good = matches!(run.result, RunResult::Success | RunResult::Warning);
    let Some(bytes) = run.bytes_processed.filter(|_| is_good) else { return };
    let name = run.job.as_str();
    let usual = median(&state.sizes);
    let odd = match usual {
        _ if bytes == 0 => Some("read nothing at all".to_owned()),
        // No product of the two: sizes may be as large as numbers are.
        Some(usual) if bytes < usual / 2 => Some(share(bytes, usual)),
        Some(usual) if bytes / 2 > usual => Some(share(bytes, usual)),
        Some(_) | None => None,
    };
    let (level, summary) = match odd {
        Some(how) => (Level::Warn, format!("backup `{name}` {how}")),
        None => (Level::Ok, format!("backup `{name}` is of its usual size")),
    };
    let usual = usual.map_or_else(|| "not known yet".to_owned(), |it| format!("{it} B"));
    let evidence = format!("{bytes} B; usual: {usual}");
    checks.observe(SIZE, name, Finding::now(level, summary, evidence), ended);
    state.sizes.push(bytes);
    let surplus = state.sizes.len().saturating_sub(SIZES);
    state.sizes.drain(..surplus);
}

fn median(sizes: &[u64]) -> Option<u64> {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().filter(|_| sorted.len() >= FEWEST)
}

fn share(bytes: u64, usual: u64) -> String {
    let percent = u128::from(bytes) * 100 / u128::from(usual.max(1));
    format!("read {percent} % of its usual size")
}
