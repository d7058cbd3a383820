//! Systems whose alerts are taken in.
//!
//! What holds at present are values of their own, of which some change with
//! each message. Up to format 2 they stood in the source itself.

use std::collections::BTreeMap;

use remit_collector_domain::source::{Active, Source};

use crate::adapters::sled::record::{endpoint::RevocationRecordV1, form::form};

form! {
    SourceRecordV1 of Source {
        id: String,
        tenant: String,
        site: String,
        name: String,
        kind: String,
        token_sha256: String,
        function: String,
        mapping: String,
        created_at: String,
        created_by: String,
        revoked: Option<RevocationRecordV1>,
        active: BTreeMap<String, ActiveRecordV1>,
    }

    ActiveRecordV1 of Active {
        endpoint: String,
        check: String,
        instance: String,
        function: String,
        summary: String,
        since: String,
        told_at: String,
        voices: BTreeMap<String, String>,
    }
}
