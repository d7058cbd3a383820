//! Nights, and what became of them.

use remit_collector_domain::shift::{Closing, Counts, Disposed, NightDisposition, Shift};

use crate::adapters::sled::record::{
    form::{form, words},
    window::SegmentRecordV1,
};

form! {
    ShiftRecordV1 of Shift {
        tenant: String,
        day: String,
        listed_at: Option<String>,
        closing: Option<ClosingRecordV1>,
    }

    ClosingRecordV1 of Closing {
        night: SegmentRecordV1,
        at: String,
        late_by: String,
        counts: CountsRecordV1,
        alerts: Vec<DisposedRecordV1>,
    }

    CountsRecordV1 of Counts {
        resolved: usize,
        known_issue: usize,
        joint_review: usize,
        joint_review_auto: usize,
        gone: usize,
    }

    DisposedRecordV1 of Disposed {
        alert: String,
        disposition: NightDispositionRecordV1,
    }
}

words! {
    NightDispositionRecordV1 of NightDisposition {
        JointReviewAuto = "joint_review_auto",
        JointReview = "joint_review",
        KnownIssue = "known_issue",
        Resolved = "resolved",
        Gone = "gone",
    }
}
