//! Something that is known, and has kept alerts quiet.

use std::collections::BTreeSet;

use remit_collector_domain::known_issue::{
    Condition, IssueSpec, Kind, KnownIssue, Matcher, State, Tally,
};
use remit_shared::{KnownIssueId, Party, Severity};
use uuid::Uuid;

use crate::ports::store::conformance::sample::{
    change_id, endpoint_id, function, minute, seen, signatory, site, team, tenant,
};

/// Something that is known, until somebody ended it.
pub fn known_issue(n: u128) -> KnownIssue {
    KnownIssue {
        id: KnownIssueId::from_uuid(Uuid::from_u128(n)),
        spec: IssueSpec {
            kind: Kind::KnownIssue,
            tenant: tenant(),
            title: "/srv is nearly full".into(),
            why: "a larger disk is ordered".into(),
            matcher: Matcher {
                check: "disk-*".into(),
                instance: "/srv".into(),
                endpoints: BTreeSet::from([endpoint_id(1)]),
                sites: BTreeSet::from([site()]),
                functions: BTreeSet::from([function("infra_monitoring")]),
            },
            evidence: BTreeSet::from(["https://wiki.example.org/disk".into()]),
            ticket: "OPS-17".into(),
            owner: team("provider-noc"),
            party: Party::Provider,
            review_at: Some(minute(10_000)),
            expires_at: minute(20_000),
            max_severity: Severity::High,
            breaks_when: BTreeSet::from([
                Condition::SeverityAbove(Severity::High),
                Condition::PerDayAbove(5),
                Condition::InstancesAbove(3),
                Condition::ValueAbove(990),
                Condition::ValueBelow(-1),
            ]),
        },
        created_by: signatory(1),
        created_at: minute(0),
        approved_by: vec![signatory(2)],
        change: Some(change_id(3)),
        tally: Tally {
            total: 9,
            first: Some(minute(1)),
            last: Some(minute(61)),
            hours: vec![(492_222, 4), (492_223, 5)],
            instances: BTreeSet::from([(endpoint_id(1), "/srv".into())]),
            seen: seen(),
        },
        review_told: true,
        state: State::Ended { at: minute(70), by: signatory(2), why: "the disk is here".into() },
    }
}
