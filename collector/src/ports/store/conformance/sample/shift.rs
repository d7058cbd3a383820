//! A night that is over.

use jiff::{SignedDuration, civil::Date};
use remit_collector_domain::{
    calendar::Segment,
    shift::{Closing, Counts, Disposed, NightDisposition, Shift},
};

use crate::ports::store::conformance::sample::{alert_id, minute, tenant};

/// The night before a day of February 2026, finished late.
pub fn shift(day: i8) -> Shift {
    let listed = [
        NightDisposition::JointReviewAuto,
        NightDisposition::JointReview,
        NightDisposition::KnownIssue,
        NightDisposition::Resolved,
        NightDisposition::Gone,
    ];
    let disposed = |(n, disposition)| Disposed { alert: alert_id(n), disposition };
    Shift {
        tenant: tenant(),
        day: Date::constant(2026, 2, day),
        listed_at: Some(minute(-30)),
        closing: Some(Closing {
            night: Segment { from: minute(-900), to: minute(0) },
            at: minute(2),
            late_by: SignedDuration::from_mins(2),
            counts: Counts {
                resolved: 1,
                known_issue: 2,
                joint_review: 3,
                joint_review_auto: 4,
                gone: 5,
            },
            alerts: (1..).zip(listed).map(disposed).collect(),
        }),
    }
}
