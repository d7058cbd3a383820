//! Days, and how things stood in their evenings.

use remit_collector_domain::{
    daybook::{Day, Standing},
    report::{BackupDay, PatchDay},
};

use crate::adapters::sled::record::form::form;

form! {
    DayRecordV1 of Day {
        tenant: String,
        day: String,
        noted_at: String,
        heard: String,
        standing: StandingRecordV1,
    }

    StandingRecordV1 of Standing {
        endpoints: usize,
        patches: PatchDayRecordV1,
        backups: BackupDayRecordV1,
    }

    PatchDayRecordV1 of PatchDay {
        day: String,
        compliant: usize,
        pending: usize,
        security_pending: usize,
        unknown: usize,
    }

    BackupDayRecordV1 of BackupDay {
        day: String,
        ok: usize,
        breach: usize,
        unknown: usize,
        uncovered: usize,
    }
}
