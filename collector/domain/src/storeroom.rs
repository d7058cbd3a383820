//! Whether the disk that the collector keeps everything on has room.
//!
//! # Invariants
//!
//! - It is told before anything is refused: nine tenths of a small disk, or all
//!   but [`MOST_SPARE`] of a large one, may be used until then.
//! - What is told is over only once there is a tenth more room than that, so
//!   that a disk that is just full is not told again and again.
//!
//! # Not here
//!
//! What is refused when: the store decides that as it writes.

#[cfg(test)]
mod tests;

use remit_shared::Unit;

use crate::{
    detect::{Level, show_value},
    itself::Finding,
};

/// The check that speaks of it.
pub const COLLECTOR_DISK: &str = "collector-disk";

/// Nobody needs more spare room than this, however large the disk; bytes.
pub const MOST_SPARE: u64 = 4 << 30;

/// So many times what the store leaves to alerts is the least spare room.
const LEAST_SPARE: u64 = 4;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that the collector may still use; `statvfs`, available.
    pub free: u64,
    /// Bytes that there are in all.
    pub size: u64,
    /// Measurements are refused when fewer bytes than this are free.
    pub reserve: u64,
}

impl Room {
    /// What should be free at least.
    fn spare(&self) -> u64 {
        let least = self.reserve.saturating_mul(LEAST_SPARE);
        (self.size / 10).min(MOST_SPARE).max(least)
    }
}

/// How bad it is, after it was `before`.
pub fn judge(room: Room, before: Level) -> Level {
    let margin = |limit: u64| limit.saturating_add(limit / 10);
    let limit = |limit: u64, level: Level| if before >= level { margin(limit) } else { limit };
    if room.free < limit(room.reserve, Level::Crit) {
        Level::Crit
    } else if room.free < limit(room.spare(), Level::Warn) {
        Level::Warn
    } else {
        Level::Ok
    }
}

/// What there is to tell.
pub fn finding(room: Room, level: Level) -> Finding {
    let summary = match level {
        Level::Ok => "the collector's disk has room again",
        Level::Warn => "the collector's disk is almost full",
        Level::Crit => "the collector's disk is full: measurements are not taken any more",
    };
    let what_next = match level {
        Level::Ok => String::new(),
        Level::Warn => {
            format!("; below {} measurements wait at their agents", bytes(room.reserve))
        }
        Level::Crit => "; agents keep what they measure, and alerts go on as long as they \
                        can: make room, or let retention be shorter"
            .to_owned(),
    };
    Finding {
        check: COLLECTOR_DISK,
        action: "collector.disk",
        level,
        summary: summary.to_owned(),
        evidence: format!("{} of {} are free{what_next}", bytes(room.free), bytes(room.size)),
    }
}

fn bytes(count: u64) -> String {
    show_value(i64::try_from(count).unwrap_or(i64::MAX), Unit::Bytes)
}
