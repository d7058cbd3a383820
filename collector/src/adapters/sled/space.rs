//! How much room the disk has, and what may still use it.

use std::path::Path;

use remit_collector_domain::{effect::RecordKey, storeroom::Room};

use crate::adapters::{sled::queue::Work, tables::Operation};

/// How much room there is, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// For nothing.
    None,
    /// For what makes room.
    Last,
    /// For alerts, what they are of and what people do, too.
    Tight,
    /// For measurements, too.
    Plenty,
}

/// How much room there is in the folder. `reserve` is what reports must leave
/// to alerts; a quarter of that is what those must leave to forgetting.
pub(super) fn space(folder: &Path, reserve: u64) -> Space {
    let Some(Room { free, .. }) = room(folder, reserve) else { return Space::Plenty };
    match free {
        free if free >= reserve => Space::Plenty,
        free if free >= reserve / 4 => Space::Tight,
        free if free >= reserve / 16 => Space::Last,
        _ => Space::None,
    }
}

/// How much room there is, if anybody can tell; else a write will find out.
pub(super) fn room(folder: &Path, reserve: u64) -> Option<Room> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.checked_mul(found.f_frsize);
    Some(Room { free: bytes(found.f_bavail)?, size: bytes(found.f_blocks)?, reserve })
}

/// How much room there must be for work.
pub(super) fn wanted(work: &Work) -> Space {
    match work {
        // Measurements are what there is much of; what happened is what alerts are of.
        Work::Store(Operation::Commit { key: RecordKey::Endpoint(_), frames, .. })
            if !frames.is_empty() =>
        {
            Space::Plenty
        }
        Work::Store(
            Operation::Commit { .. }
            | Operation::Publish(_)
            | Operation::Denied(_)
            | Operation::Listened(_),
        ) => Space::Tight,
        Work::Store(
            Operation::Settle(_)
            | Operation::Forget(_)
            | Operation::ForgetAudit(_)
            | Operation::ForgetHistory(_),
        )
        | Work::Erase(_)
        | Work::Rewrite(_)
        | Work::Refile(_) => Space::Last,
    }
}

/// What work tries to do, as in "no space left to …".
pub(super) fn attempt(work: &Work) -> &'static str {
    match work {
        Work::Store(Operation::Commit { .. }) => "commit",
        Work::Store(Operation::Publish(_)) => "publish",
        Work::Store(Operation::Listened(_)) => "note the listening time",
        Work::Store(Operation::Settle(_)) => "settle",
        Work::Store(Operation::Denied(_)) => "write down what was denied",
        Work::Store(
            Operation::Forget(_) | Operation::ForgetAudit(_) | Operation::ForgetHistory(_),
        )
        | Work::Erase(_)
        | Work::Rewrite(_)
        | Work::Refile(_) => "prune",
    }
}
