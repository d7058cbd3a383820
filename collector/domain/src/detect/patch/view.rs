//! What a listing says of one package manager.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use remit_shared::{CheckStatus, Completeness, FailureKind, PatchState};

use crate::{
    detect::{
        Policy,
        words::{some, span},
    },
    endpoint::{Facts, ProbeState},
};

/// An answer so old is no answer about today.
pub(super) const STALE: SignedDuration = SignedDuration::from_hours(24);

/// What is known of one package manager's updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchView {
    /// How it stands.
    pub status: CheckStatus,
    /// Why.
    pub reason: String,
    /// How many updates could be installed now; `None` where nobody knows.
    pub pending: Option<u32>,
    /// How many of them are of security class; `None` where nobody knows.
    pub security: Option<u32>,
    /// How many somebody holds back, or the package manager does.
    pub held: Option<u32>,
    /// How many the distributor has not released to this machine yet.
    pub deferred: Option<u32>,
}

/// Where a status belongs in a list that begins with the worst: what nobody
/// knows stands before what is overdue.
pub const fn rank(status: CheckStatus) -> u8 {
    match status {
        CheckStatus::Unknown => 0,
        CheckStatus::Stale => 1,
        CheckStatus::Crit => 2,
        CheckStatus::Warn => 3,
        CheckStatus::Ok => 4,
    }
}

/// The probe that asks a package manager: `patch-apt` asks `apt`.
pub fn probe_of<'a>(facts: &'a Facts, manager: &str) -> Option<&'a ProbeState> {
    let of = |name: &str| name.strip_prefix("patch-") == Some(manager);
    facts.probes.iter().find(|it| of(it.0)).map(|it| it.1)
}

/// The package managers that an endpoint has answered for, or failed to.
pub fn managers(facts: &Facts) -> BTreeSet<String> {
    let asked = facts.probes.iter().filter(|(_, it)| {
        it.failure.as_ref().is_none_or(|it| it.0.kind != FailureKind::Unsupported)
    });
    let asked = asked.filter_map(|it| it.0.strip_prefix("patch-")).map(str::to_owned);
    facts.patches.keys().cloned().chain(asked).collect()
}

/// How one package manager's updates stand. Numbers are shown only where they
/// are those of today.
pub fn status(facts: &Facts, manager: &str, policy: &Policy, now: Timestamp) -> PatchView {
    let scan = facts.patches.get(manager);
    let Some(scan) = scan.filter(|_| doubt(facts, manager, policy, now).is_none()) else {
        let (status, reason) = doubt(facts, manager, policy, now)
            .unwrap_or_else(|| (CheckStatus::Unknown, format!("{manager} was never asked")));
        let (pending, security, held, deferred) = (None, None, None, None);
        return PatchView { status, reason, pending, security, held, deferred };
    };
    let count = |states: &[PatchState]| {
        u32::try_from(scan.items.iter().filter(|it| states.contains(&it.state)).count()).ok()
    };
    let waiting: Vec<&str> =
        scan.available().filter(|it| it.security).map(|it| it.package.as_str()).collect();
    let ages = facts.first_seen.iter().filter(|((of, ..), _)| of == manager);
    let age = ages.map(|it| now.duration_since(*it.1)).max().unwrap_or_default();
    let unpatched = scan.last_patched_at.map_or(SignedDuration::ZERO, |it| now.duration_since(it));
    let pending = count(&[PatchState::Available]);
    let (status, reason) = if age >= policy.security.warn {
        let status =
            if age >= policy.security.crit { CheckStatus::Crit } else { CheckStatus::Warn };
        (
            status,
            format!(
                "security updates have waited for {}: {}",
                span(age),
                some(waiting.iter().copied())
            ),
        )
    } else if pending != Some(0) && unpatched >= policy.patch_cycle.warn {
        (CheckStatus::Warn, format!("nobody has installed updates for {}", span(unpatched)))
    } else if scan.reboot.required == Some(true) {
        (CheckStatus::Warn, "installed updates wait for a restart".to_owned())
    } else if !waiting.is_empty() {
        (CheckStatus::Warn, format!("security updates wait: {}", some(waiting.iter().copied())))
    } else if scan.reboot.required.is_none() {
        (CheckStatus::Ok, "up to date, but nobody can tell whether a restart is due".to_owned())
    } else {
        (CheckStatus::Ok, "no security update waits".to_owned())
    };
    PatchView {
        status,
        reason,
        pending,
        security: u32::try_from(waiting.len()).ok(),
        held: count(&[PatchState::Held, PatchState::KeptBack, PatchState::Declined]),
        deferred: count(&[PatchState::DeferredPhased]),
    }
}

/// Why a package manager's last scan says nothing about today, if so.
pub(super) fn doubt(
    facts: &Facts,
    manager: &str,
    policy: &Policy,
    now: Timestamp,
) -> Option<(CheckStatus, String)> {
    let unknown = |reason: String| Some((CheckStatus::Unknown, reason));
    let Some(probe) = probe_of(facts, manager) else {
        return unknown(format!("{manager} was never asked"));
    };
    if let Some((failure, since)) = &probe.failure {
        let age = now.duration_since(*since);
        if age > STALE || !facts.patches.contains_key(manager) {
            let reason =
                format!("no answer for {}: {}: {}", span(age), failure.kind, failure.message);
            return unknown(reason);
        }
    }
    if !is_whole(probe) {
        return unknown(format!("only part of the answer: {}", probe.missing));
    }
    if let Some(age) = probe.catalog_at.map(|it| now.duration_since(it))
        && age > policy.catalog_age
    {
        return Some((CheckStatus::Stale, format!("the catalog is {} old", span(age))));
    }
    let age = now.duration_since(probe.observed_at);
    if age > STALE {
        return Some((CheckStatus::Stale, format!("the last answer is {} old", span(age))));
    }
    None
}

pub(super) fn is_whole(probe: &ProbeState) -> bool {
    probe.completeness == Completeness::Full
}
