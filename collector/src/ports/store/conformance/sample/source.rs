//! A source that has told something.

use std::{collections::BTreeMap, sync::Arc};

use remit_collector_domain::{
    endpoint::Revocation,
    source::{Active, Fingerprint, Source, SourceKind},
};
use remit_shared::{Severity, SourceId, SourceName};
use uuid::Uuid;

use crate::ports::store::conformance::sample::{
    NAMED, endpoint_id, function, minute, site, tenant,
};

/// A source that has told something.
pub fn source(n: u128) -> Source {
    let active = Active {
        endpoint: endpoint_id(1),
        check: "edr:malware".into(),
        instance: "incident-17".into(),
        function: function("security_tooling"),
        summary: "malware was found and removed".into(),
        since: minute(1),
        told_at: minute(2),
        voices: BTreeMap::from([(Severity::Medium, minute(61)), (Severity::Critical, minute(62))]),
    };
    Source {
        id: SourceId::from_uuid(Uuid::from_u128(n)),
        tenant: tenant(),
        site: site(),
        name: SourceName::new("edr").expect(NAMED),
        kind: SourceKind::Events,
        token_sha256: [0x3c; 32],
        function: function("security_tooling"),
        mapping: "summary = \"/title\"\n".into(),
        created_at: minute(0),
        created_by: "ada".into(),
        revoked: Some(Revocation {
            at: minute(70),
            by: "ada".into(),
            reason: "another product".into(),
        }),
        active: BTreeMap::from([(Fingerprint::of(&["incident-17"]), Arc::new(active))]),
    }
}
