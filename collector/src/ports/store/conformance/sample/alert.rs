//! An alert that somebody works on.

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::{
        About, Acknowledgement, Actor, Alert, Climb, Delivery, Disposition, Entry, EntryKind,
        Notice, Remit, Rung, State, Topic,
    },
    signal::{Origin, Speaker},
};
use remit_shared::{EndpointId, Party, Severity};

use crate::ports::store::conformance::sample::{alert_id, function, minute, site, team, tenant};

/// Alert number `n` about an endpoint's instance, opened at a minute. It is
/// next due fifteen minutes later.
pub fn alert(n: u128, endpoint: EndpointId, instance: &str, opened: i64) -> Alert {
    Alert {
        id: alert_id(n),
        about: About {
            tenant: tenant(),
            site: site(),
            endpoint,
            hostname: "db-7".into(),
            check: "disk-space".into(),
            instance: instance.into(),
            function: function("infra_monitoring"),
        },
        severity: Severity::High,
        state: State::Acknowledged(Acknowledgement {
            by: actor(),
            at: minute(opened),
            expires_at: minute(opened + 15),
            note: "looking".into(),
        }),
        summary: "/srv is 96.0 % full".into(),
        evidence: "disk_used[/srv] = 960 of 1000".into(),
        opened_at: minute(opened),
        last_seen_at: minute(opened + 1),
        occurrences: 3,
        reopened: 1,
        delayed: true,
        remit: remit(opened),
        climb: Climb { since: minute(opened), next: 1 },
        disposition: Disposition::JointReview,
        disposition_note: "who owns /srv?".into(),
        origin: Origin { from: Speaker::Endpoint(endpoint), revision: 4, position: 1 },
        timeline: vec![entry(opened)],
        notices: vec![notice(opened)],
        notices_made: 1,
    }
}

/// The same alert, resolved at a minute.
pub fn resolved(alert: &Alert, at: i64) -> Alert {
    Alert { state: State::Resolved { at: minute(at), by: Some("ada".into()) }, ..alert.clone() }
}

fn actor() -> Actor {
    Actor { name: "Ada".into(), team: team("provider-noc"), party: Party::Provider }
}

fn remit(at: i64) -> Remit {
    Remit {
        matrix_version: 2,
        row: "4".into(),
        responsible: team("provider-noc"),
        accountable: team("internal-it"),
        consulted: vec![team("storage")],
        informed: vec![team("service-desk")],
        party: Party::Provider,
        runbook: "https://wiki.example.org/disk".into(),
        reason: "row 4: outside office hours (Fri 17:05 Europe/Berlin)".into(),
        decided_at: minute(at),
        until: Some(minute(at + 900)),
        by_hand: false,
        rejected: vec!["row 3: only in office hours".into()],
        ladder: vec![Rung { after: SignedDuration::from_mins(15), team: team("internal-it") }],
    }
}

pub(super) fn entry(at: i64) -> Entry {
    Entry {
        at: minute(at),
        kind: EntryKind::Created,
        actor: "remit".into(),
        detail: "/srv is 96.0 % full".into(),
    }
}

fn notice(at: i64) -> Notice {
    Notice {
        number: 1,
        team: team("provider-noc"),
        channel: "webhook:noc".into(),
        topic: Topic::Assigned,
        made_at: minute(at),
        delivery: Delivery::Failing {
            at: minute(at + 1),
            attempts: 2,
            error: "connection refused".into(),
        },
    }
}
