//! A maintenance window that has been open.

use std::collections::BTreeSet;

use jiff::{SignedDuration, civil::DateTime, tz::TimeZone};
use remit_collector_domain::{
    calendar::Segment,
    matrix::EndpointRef,
    window::{
        Aftercheck, Condition, EarlyEnd, Effects, Ending, Finding, Phase, Precheck, Recurrence,
        Selector, Spec, SuppressedEntry, Timing, Window,
    },
};
use remit_shared::{EndpointKind, Severity, Tag, WindowId};
use uuid::Uuid;

use crate::ports::store::conformance::sample::{
    NAMED, alert::actor, alert_id, change_id, endpoint_id, function, minute, seen, site, tenant,
};

/// A window that comes each month, after its end.
pub fn window(n: u128) -> Window {
    let condition =
        Condition { endpoint: endpoint_id(1), check: "disk-space".into(), instance: "/srv".into() };
    let ending = Ending { at: minute(40), by: actor(), why: "done early".into() };
    Window {
        id: WindowId::from_uuid(Uuid::from_u128(n)),
        tenant: tenant(),
        spec: spec(),
        requested_by: actor(),
        requested_at: minute(0),
        approved_by: vec![actor()],
        phase: Phase::Settling {
            occurrence: Segment { from: minute(10), to: minute(40) },
            due: minute(55),
        },
        ended: Some(EarlyEnd { began: minute(10), ending: ending.clone() }),
        cancelled: Some(ending),
        precheck: Some(Precheck {
            at: minute(10),
            bad: BTreeSet::from([condition.clone()]),
            is_cut: true,
        }),
        aftercheck: Some(Aftercheck {
            at: minute(55),
            findings: vec![Finding { condition, well_at: minute(10) }],
            more: 2,
        }),
        log: vec![SuppressedEntry {
            alert: alert_id(1),
            at: minute(12),
            what: "/srv is 96.0 % full".into(),
            hostname: "db-7".into(),
            severity: Severity::High,
        }],
        log_dropped: 3,
        logged: seen(),
    }
}

fn spec() -> Spec {
    let rule = "FREQ=MONTHLY;BYDAY=-1FR;COUNT=12".parse().expect("the sample's rule is valid");
    Spec {
        title: "patches".into(),
        why: "second Saturday".into(),
        selector: Selector {
            functions: BTreeSet::from([function("infra_monitoring")]),
            endpoints: BTreeSet::from([
                EndpointRef::Id(endpoint_id(1)),
                EndpointRef::Host("db-7".into()),
            ]),
            sites: BTreeSet::from([site()]),
            kinds: BTreeSet::from([EndpointKind::Server]),
            tags: BTreeSet::from([Tag::new("production").expect(NAMED)]),
            checks: BTreeSet::from(["disk-space".into()]),
        },
        effects: Effects { suppress_notify: true, suppress_patch: false },
        zone: TimeZone::get("Europe/Berlin").expect("the sample's zone is known"),
        timing: Timing::Recurring(Recurrence::new(
            rule,
            DateTime::constant(2026, 2, 27, 22, 0, 0, 0),
        )),
        duration: SignedDuration::from_hours(4),
        grace: SignedDuration::from_mins(15),
        for_patching: true,
        covers_open: true,
        change: Some(change_id(3)),
    }
}
