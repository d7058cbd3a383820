//! A day as it is noted.

use jiff::{SignedDuration, civil::Date};
use remit_collector_domain::{
    daybook::{Day, Standing},
    report::{BackupDay, PatchDay},
};

use crate::ports::store::conformance::sample::{minute, tenant};

/// A day of February 2026, of which nobody heard an hour.
pub fn day(day: i8) -> Day {
    let day = Date::constant(2026, 2, day);
    Day {
        tenant: tenant(),
        day,
        noted_at: minute(3),
        heard: SignedDuration::from_hours(23),
        standing: Standing {
            endpoints: 10,
            patches: PatchDay { day, compliant: 1, pending: 2, security_pending: 3, unknown: 4 },
            backups: BackupDay { day, ok: 5, breach: 6, unknown: 7, uncovered: 8 },
        },
    }
}
