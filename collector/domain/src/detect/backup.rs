//! The truth about backups, from declarations, scans and runs.

use jiff::Timestamp;
use remit_shared::{BackupJob, BackupRun, BackupScan};

use crate::{detect::Checks, endpoint::Facts};

/// Takes the jobs that the endpoint's own configuration declares, all of them.
pub fn declared(facts: &mut Facts, jobs: &[BackupJob], at: Timestamp) {
    let _ = (facts, jobs, at);
}

/// Takes what a product says it holds.
pub fn scanned(facts: &mut Facts, scan: &BackupScan, at: Timestamp) {
    let _ = (facts, scan, at);
}

/// Takes a run. Says whether it is one that must be told even if the one
/// before it said the same.
pub fn ran(
    facts: &mut Facts,
    checks: &mut Checks,
    run: &BackupRun,
    at: Timestamp,
    heard: Timestamp,
) -> bool {
    let _ = (facts, checks, run, at, heard);
    false
}
