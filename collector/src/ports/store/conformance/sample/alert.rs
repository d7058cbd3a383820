//! An alert that somebody works on.

use jiff::SignedDuration;
use remit_collector_domain::{
    alert::{
        About, Acknowledgement, Actor, Alert, Blocked, Climb, Delivery, Disposed, Disposition,
        Entry, EntryKind, HandOverReason, Ladder, NoiseMark, NoiseReason, Notice, RefusedOwner,
        Remit, Rung, State, Suppressor, TermsRef, Timer, Told, Topic,
    },
    flapping::History,
    people::Target,
    signal::{Origin, Speaker},
    sla::{Clocks, Holder},
    suppression::{Suppression, SuppressionKind},
};
use remit_shared::{AgreementName, EndpointId, Party, PolicyName, Severity};

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
        rule: "disk_used: warn 850, crit 950 for 60 s, clear 800".into(),
        summary: "/srv is 96.0 % full".into(),
        evidence: "disk_used[/srv] = 960 of 1000".into(),
        observed_at: minute(opened),
        opened_at: minute(opened),
        raised_at: minute(opened),
        last_seen_at: minute(opened + 1),
        announced_at: Some(minute(opened)),
        occurrences: 3,
        reopened: 1,
        follows: Some(alert_id(n + 1_000)),
        delayed: true,
        remit: remit(opened).into(),
        owner_differs: Some(team("internal-it")),
        refused_owner: Some(RefusedOwner {
            team: team("storage"),
            matrix_version: 3,
            row: "7".into(),
            since: minute(opened),
            why: "nobody can be told".into(),
        }),
        climb: climb(opened),
        blocked: Some(blocked(opened)),
        suppressors: vec![suppressor(opened)],
        flap: History {
            changes: 0b101,
            bad: true,
            changed_at: vec![minute(opened)],
            since: Some(minute(opened)),
        },
        terms: TermsRef {
            matrix_version: 2,
            agreement: AgreementName::new("gold").expect("a valid name"),
        },
        clocks: Clocks::open(
            Holder { team: team("provider-noc"), party: Party::Provider },
            minute(opened),
        ),
        clocks_due: None,
        cleared_at: Some(minute(opened + 1)),
        disposed: Some(Disposed {
            what: Disposition::JointReview,
            by: Some(actor()),
            at: minute(opened),
            note: "who owns /srv?".into(),
            known_issue: None,
        }),
        noise: Some(NoiseMark {
            by: actor(),
            at: minute(opened),
            reason: NoiseReason::PoorDetails,
            note: "which disk?".into(),
        }),
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

fn climb(at: i64) -> Climb {
    Climb {
        generation: 2,
        since: minute(at),
        matrix_version: 2,
        timers: vec![Timer { due: minute(at + 15), cycle: 0, rung: 1 }],
        next: 0,
    }
}

fn blocked(at: i64) -> Blocked {
    Blocked {
        reason: HandOverReason::NeedsOnSite,
        by: actor(),
        since: minute(at),
        to: team("internal-it"),
        party: Party::Internal,
        transfer_at: Some(minute(at + 30)),
        note: "the disk must be changed".into(),
    }
}

fn suppressor(at: i64) -> Suppressor {
    let what = Suppression {
        kind: SuppressionKind::Window,
        reference: "nightly".into(),
        why: "maintenance".into(),
        since: minute(at),
        until: Some(minute(at + 60)),
        covers_open: false,
    };
    Suppressor { what, mutes: false }
}

pub(super) fn actor() -> Actor {
    Actor { name: "Ada".into(), team: team("provider-noc"), party: Party::Provider }
}

fn remit(at: i64) -> Remit {
    Remit {
        matrix_version: 2,
        row: "4".into(),
        gap: false,
        others: vec![team("storage")],
        accountables: vec![team("it-manager")],
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
        ladder: Ladder {
            policy: Some(PolicyName::new("standard").expect("a valid name")),
            rungs: vec![Rung {
                after: SignedDuration::from_mins(15),
                target: Target::Team(team("internal-it")),
            }],
            cycles: 3,
            hours: None,
        },
    }
}

pub(super) fn entry(at: i64) -> Entry {
    Entry {
        at: minute(at),
        generation: 1,
        kind: EntryKind::Created,
        actor: "remit".into(),
        detail: "/srv is 96.0 % full".into(),
    }
}

fn notice(at: i64) -> Notice {
    Notice {
        number: 1,
        to: Target::Team(team("provider-noc")),
        channel: "webhook:noc".into(),
        because: "provider-noc by its channels".into(),
        topic: Topic::Assigned,
        told: Told::Firing(Severity::High),
        made_at: minute(at),
        generation: 2,
        step: Some(1),
        late_by: Some(SignedDuration::from_mins(2)),
        delivery: Delivery::Failing {
            at: minute(at + 1),
            attempts: 2,
            error: "connection refused".into(),
        },
    }
}
