//! A request that two sides agreed to, and that went wrong.

use std::collections::BTreeSet;

use remit_collector_domain::{
    change::{
        Approval, BreakGlass, Change, MatrixPart, Requirement, Risk, State, Subject, Touches,
    },
    operator::Role,
};
use remit_shared::{Party, RowId, WindowId};
use uuid::Uuid;

use crate::ports::store::conformance::sample::{
    NAMED, change_id, endpoint_id, minute, signatory, site, team, tenant,
};

/// A request that was applied in an emergency, and looked at afterwards.
pub fn change(n: u128) -> Change {
    Change {
        id: change_id(n),
        tenant: tenant(),
        subject: Subject::Matrix {
            base: 4,
            parts: BTreeSet::from([MatrixPart::Rows, MatrixPart::Thresholds]),
        },
        title: "nights go to the provider".into(),
        why: "the internal team is too small".into(),
        text: "[[row]]\nfunction = \"backup_monitoring\"\n".into(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015".into(),
        requested_by: signatory(1),
        requested_at: minute(0),
        required: vec![Requirement {
            party: Party::Internal,
            role: Role::Manager,
            teams: BTreeSet::from([team("internal-it")]),
            because: "it is their environment".into(),
        }],
        risk: Risk::High,
        touches: Touches {
            rows: BTreeSet::from([RowId::new("nights").expect(NAMED)]),
            endpoints: BTreeSet::from([endpoint_id(1), endpoint_id(2)]),
            count: 2,
            sites: BTreeSet::from([site()]),
            whole_tenant: true,
        },
        approvals: vec![Approval {
            by: signatory(2),
            teams: vec![team("internal-it")],
            at: minute(5),
            sha256: "9f86d081884c7d659a2feaa0c55ad015".into(),
            signature: Some("c2lnbmVk".into()),
            note: "agreed on the phone".into(),
        }],
        expires_at: minute(1_440),
        effective_from: Some(minute(60)),
        state: State::Applied { at: minute(6), by: "remit".into(), result: "version 5".into() },
        window: Some(WindowId::from_uuid(Uuid::from_u128(7))),
        break_glass: Some(BreakGlass {
            by: signatory(1),
            at: minute(6),
            why: "nobody was called".into(),
            reverts_at: Some(minute(246)),
            reverted_at: Some(minute(247)),
            reviewed: Some((signatory(3), minute(300))),
            review_missed_at: Some(minute(299)),
        }),
    }
}
