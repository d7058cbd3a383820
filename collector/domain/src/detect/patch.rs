//! The truth about updates.
//!
//! # Invariants
//!
//! - What is unknown or stale neither raises nor clears what is said of
//!   updates, and is never shown as a number.
//! - An update that is superseded before anybody installed it hands its age on
//!   to the one that takes its place.
//!
//! # Not here
//!
//! Which updates there are, and which are held or deferred, is for the
//! endpoint's own package manager to say.

#[cfg(test)]
mod tests;
mod view;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{PatchItem, PatchScan};

pub use crate::detect::patch::view::{PatchView, managers, probe_of, rank, status};
use crate::{
    detect::{
        Checks, Finding, Level, Policy,
        words::{moment, some, span},
    },
    endpoint::Facts,
};

/// The check that speaks of machines that nobody updates.
pub const CYCLE: &str = "patch-cycle-overdue";
/// The check that speaks of restarts that are due.
pub const REBOOT: &str = "reboot-pending";
/// The check that speaks of security updates that wait.
pub const SECURITY: &str = "patch-security-overdue";
/// The check that speaks of machines of which nobody knows.
pub const UNKNOWN: &str = "patch-unknown";

/// So long may a package manager's catalog be missing before somebody hears of it.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// Of so many security updates of one endpoint is the age kept, at most.
pub const MOST_SEEN: usize = 2_000;

/// Takes a scan. Only a whole one tells what is installed by now. Of no more
/// than [`MOST_SEEN`] security updates is the age kept; says how many are beyond that.
pub fn scanned(facts: &mut Facts, scan: &PatchScan, is_whole: bool, at: Timestamp) -> u64 {
    let mut left = 0;
    let is_ours = |manager: &str| manager == scan.manager;
    let known: Vec<(String, String, Timestamp)> = facts
        .first_seen
        .iter()
        .filter(|((manager, ..), _)| is_ours(manager))
        .map(|((_, package, candidate), since)| (package.clone(), candidate.clone(), *since))
        .collect();
    if is_whole {
        facts.first_seen.retain(|(manager, ..), _| !is_ours(manager));
    }
    for item in scan.available().filter(|it| it.security) {
        let waits =
            |it: &&(String, String, Timestamp)| it.0 == item.package && it.1 != item.installed;
        let since = known.iter().filter(waits).map(|it| it.2).min().unwrap_or(at);
        let key = (scan.manager.clone(), item.package.clone(), item.candidate.clone());
        if facts.first_seen.len() < MOST_SEEN || facts.first_seen.contains_key(&key) {
            facts.first_seen.insert(key, since);
        } else {
            left += 1;
        }
    }
    facts.patches.insert(scan.manager.clone(), scan.clone());
    left
}

/// Whether a package manager's last scan says nothing about today.
pub(super) fn is_doubtful(facts: &Facts, manager: &str, policy: &Policy, now: Timestamp) -> bool {
    view::doubt(facts, manager, policy, now).is_some()
}

/// Finds what has waited for too long, and what nobody knows.
pub fn tick(facts: &Facts, checks: &mut Checks, policy: &Policy, now: Timestamp) {
    for (manager, scan) in &facts.patches {
        unknown(facts, checks, policy, manager, now);
        if view::doubt(facts, manager, policy, now).is_some() {
            continue;
        }
        security(facts, checks, policy, manager, now);
        cycle(checks, policy, scan, now);
        reboot(checks, policy, scan, now);
    }
}

fn unknown(facts: &Facts, checks: &mut Checks, policy: &Policy, manager: &str, now: Timestamp) {
    let Some(probe) = probe_of(facts, manager) else { return };
    if now.duration_since(probe.observed_at) > view::STALE {
        // Nothing is heard at all; that is not the package manager's doing.
        return;
    }
    let (level, hold, summary) = if let Some((failure, since)) = &probe.failure {
        let (for_long, kind) = (now.duration_since(*since), failure.kind);
        if for_long <= PATIENCE {
            return;
        }
        let text = format!("{kind} for {}: {}", span(for_long), failure.message);
        (Level::Warn, SignedDuration::ZERO, text)
    } else if let Some(catalog) = probe.catalog_at {
        let age = now.duration_since(catalog);
        if age > policy.catalog_age {
            let text = format!("its catalog is {} old", span(age));
            (Level::Warn, SignedDuration::ZERO, text)
        } else {
            (Level::Ok, SignedDuration::ZERO, String::new())
        }
    } else if !view::is_whole(probe) {
        (Level::Warn, PATIENCE, probe.missing.clone())
    } else {
        (Level::Ok, SignedDuration::ZERO, String::new())
    };
    let summary = match level {
        Level::Ok => format!("{manager} knows again which updates are missing"),
        Level::Warn | Level::Crit => format!("{manager} cannot say what is missing: {summary}"),
    };
    let evidence = format!("last answer at {}", moment(probe.observed_at, None));
    checks.observe(UNKNOWN, manager, Finding { level, hold, summary, evidence }, now);
}

fn security(facts: &Facts, checks: &mut Checks, policy: &Policy, manager: &str, now: Timestamp) {
    let waiting = || facts.first_seen.iter().filter(|((of, ..), _)| of == manager);
    let oldest = waiting().map(|it| *it.1).min();
    let age = oldest.map_or(SignedDuration::ZERO, |it| now.duration_since(it));
    let level = policy.security.level(age);
    let overdue: Vec<_> =
        waiting().filter(|it| now.duration_since(*it.1) >= policy.security.warn).collect();
    let summary = match level {
        Level::Ok => "no security update waits for too long any more".to_owned(),
        Level::Warn | Level::Crit => format!(
            "{} security updates have waited for up to {}: {}",
            overdue.len(),
            span(age),
            some(overdue.iter().map(|it| it.0.1.as_str()))
        ),
    };
    let lines: Vec<String> = overdue
        .iter()
        .map(|((_, package, candidate), since)| {
            format!("{package} {candidate}, seen since {}", moment(**since, None))
        })
        .collect();
    checks.observe(SECURITY, manager, Finding::now(level, summary, lines.join("\n")), now);
}

/// Updates that nobody installs. A machine that needs none is not overdue,
/// however long ago the last one was.
fn cycle(checks: &mut Checks, policy: &Policy, scan: &PatchScan, now: Timestamp) {
    let Some(last) = scan.last_patched_at else { return };
    let waiting: Vec<&PatchItem> = scan.available().collect();
    let age = now.duration_since(last);
    let level = if waiting.is_empty() { Level::Ok } else { policy.patch_cycle.level(age) };
    let summary = match level {
        Level::Ok => "updates are installed again".to_owned(),
        Level::Warn | Level::Crit => format!(
            "nobody has installed updates for {}; {} wait: {}",
            span(age),
            waiting.len(),
            some(waiting.iter().map(|it| it.package.as_str()))
        ),
    };
    let evidence = format!("last update at {}", moment(last, None));
    checks.observe(CYCLE, &scan.manager, Finding::now(level, summary, evidence), now);
}

/// A restart that is due. Where the source does not tell since when, it counts
/// from when it was first heard of.
fn reboot(checks: &mut Checks, policy: &Policy, scan: &PatchScan, now: Timestamp) {
    let reboot = &scan.reboot;
    let (level, hold, summary) = match (reboot.required, reboot.since) {
        (None, _) => return,
        (Some(false), _) => (Level::Ok, SignedDuration::ZERO, "no restart is due".to_owned()),
        (Some(true), Some(since)) => {
            let age = now.duration_since(since);
            let summary = format!("a restart has been due for {}", span(age));
            (policy.reboot.level(age), SignedDuration::ZERO, summary)
        }
        (Some(true), None) => {
            let summary =
                format!("a restart has been due for more than {}", span(policy.reboot.warn));
            (Level::Warn, policy.reboot.warn, summary)
        }
    };
    let evidence = reboot.reasons.join("\n");
    checks.observe(REBOOT, &scan.manager, Finding { level, hold, summary, evidence }, now);
}
