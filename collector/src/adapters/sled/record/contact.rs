//! Ways in which people are told.

use remit_collector_domain::contact::{Contact, Pending, Verified};

use crate::adapters::sled::record::form::form;

form! {
    ContactRecordV1 of Contact {
        tenant: String,
        channel: String,
        pending: Option<PendingRecordV1>,
        verified: Option<VerifiedRecordV1>,
    }

    PendingRecordV1 of Pending {
        code_sha256: String,
        asked_at: String,
        asked_by: String,
        until: String,
        wrong: u32,
    }

    VerifiedRecordV1 of Verified {
        at: String,
        by: String,
    }
}
