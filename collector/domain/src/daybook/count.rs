//! Counting endpoints.

use jiff::{Timestamp, civil::Date};
use remit_shared::{CheckStatus, EndpointKind};

use crate::{
    daybook::Standing,
    detect::{Policy, backup, patch},
    endpoint::{Endpoint, Presence},
    report::{BackupDay, PatchDay},
};

/// How the endpoints of one tenant stand, each with the time limits that hold
/// for it. What is no longer trusted, or only stands for something else, is
/// left out.
pub fn count<'a>(
    endpoints: impl IntoIterator<Item = (&'a Endpoint, &'a Policy)>,
    day: Date,
    now: Timestamp,
) -> Standing {
    let mut standing =
        Standing { endpoints: 0, patches: PatchDay::none(day), backups: BackupDay::none(day) };
    for (endpoint, policy) in endpoints {
        let registration = &endpoint.registration;
        if !registration.is_in_service() || registration.kind == EndpointKind::Virtual {
            continue;
        }
        standing.endpoints += 1;
        add_patches(&mut standing.patches, endpoint, policy, now);
        add_backups(&mut standing.backups, endpoint, now);
    }
    standing
}

/// The worst of an endpoint's package managers speaks for it; what nobody knows
/// is worse than anything that is known.
fn add_patches(patches: &mut PatchDay, endpoint: &Endpoint, policy: &Policy, now: Timestamp) {
    let managers = patch::managers(&endpoint.facts);
    let views: Vec<_> =
        managers.iter().map(|it| patch::status(&endpoint.facts, it, policy, now)).collect();
    let is_unknown = |it: &patch::PatchView| it.pending.is_none() || it.security.is_none();
    let some = |read: fn(&patch::PatchView) -> Option<u32>| {
        views.iter().any(|it| read(it).is_some_and(|it| it > 0))
    };
    let count = if views.is_empty() || views.iter().any(is_unknown) {
        &mut patches.unknown
    } else if some(|it| it.security) {
        &mut patches.security_pending
    } else if some(|it| it.pending) {
        &mut patches.pending
    } else {
        &mut patches.compliant
    };
    *count += 1;
}

fn add_backups(backups: &mut BackupDay, endpoint: &Endpoint, now: Timestamp) {
    let jobs = &endpoint.facts.jobs;
    if jobs.is_empty() && endpoint.registration.kind == EndpointKind::Server {
        backups.uncovered += 1;
    }
    let is_online = endpoint.pulse.presence == Presence::Online;
    for job in jobs.values() {
        let (status, _) = backup::status(job, &endpoint.checks, is_online, now);
        let count = match status {
            CheckStatus::Ok | CheckStatus::Warn => &mut backups.ok,
            CheckStatus::Crit => &mut backups.breach,
            CheckStatus::Stale | CheckStatus::Unknown => &mut backups.unknown,
        };
        *count += 1;
    }
}
