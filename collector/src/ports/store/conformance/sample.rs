//! Records to try a store with: every field has something in it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    alert::{
        About, Acknowledgement, Actor, Alert, Climb, Delivery, Disposition, Entry, EntryKind,
        Notice, Remit, Rung, State, Topic,
    },
    detect::{CheckState, Checks, Level},
    effect::{AuditEntry, Effect, FeedEvent},
    endpoint::{
        Backfill, Certificate, Endpoint, Facts, Frame, JobSource, JobState, Layout, Presence,
        ProbeState, Pulse, Registration, ResumeTokens, Revocation,
    },
    enroll::{Token, Use},
    matrix_version::Published,
    operator::{Operator, Role},
    signal::{Origin, Say, Signal},
};
use remit_shared::{
    AlertId, BackupJob, BackupRun, Completeness, Departure, EndpointId, EndpointKind, FailedUnit,
    Failure, FailureKind, Function, Host, OperatorId, Party, PatchItem, PatchScan, PatchState,
    Reboot, RecoveryPoint, RunId, RunResult, Schedule, Series, ServiceScan, Severity, Site, Tag,
    Team, Tenant, TokenId, Unit,
};
use uuid::Uuid;

const NAMED: &str = "the samples' names are valid";

/// So many minutes after the samples' beginning of time.
pub fn minute(minutes: i64) -> Timestamp {
    Timestamp::constant(1_772_000_000 + 60 * minutes, 0)
}

/// Endpoint number `n`.
pub fn endpoint_id(n: u128) -> EndpointId {
    EndpointId::from_uuid(Uuid::from_u128(n))
}

/// Alert number `n`.
pub fn alert_id(n: u128) -> AlertId {
    AlertId::from_uuid(Uuid::from_u128(n))
}

fn token_id(n: u128) -> TokenId {
    TokenId::from_uuid(Uuid::from_u128(n))
}

fn team(name: &str) -> Team {
    Team::new(name).expect(NAMED)
}

/// The customer environment that all samples belong to.
pub fn tenant() -> Tenant {
    Tenant::new("acme").expect(NAMED)
}

fn site() -> Site {
    Site::new("head-office").expect(NAMED)
}

fn function(name: &str) -> Function {
    Function::new(name).expect(NAMED)
}

/// A series of the samples' endpoints.
pub fn series(metric: &str, instance: &str) -> Series {
    Series { metric: metric.into(), instance: instance.into(), unit: Unit::Bytes }
}

/// An endpoint of which much is known.
pub fn endpoint(n: u128) -> Endpoint {
    Endpoint {
        registration: Arc::new(registration(n)),
        layout: Arc::new(Layout {
            probes: vec!["memory".into(), "disk".into()],
            series: vec![(0, series("memory_used", "")), (1, series("disk_used", "/srv"))],
        }),
        facts: Arc::new(facts()),
        checks: Arc::new(checks()),
        pulse: pulse(),
    }
}

/// An endpoint's identity.
pub fn registration(n: u128) -> Registration {
    Registration {
        id: endpoint_id(n),
        tenant: tenant(),
        site: site(),
        kind: EndpointKind::Server,
        tags: vec![Tag::new("erp").expect(NAMED)],
        host: Host {
            hostname: "db-7".into(),
            os: "linux".into(),
            os_version: "Debian GNU/Linux 12 (bookworm)".into(),
            kernel: "6.1.0-30-amd64".into(),
            arch: "x86_64".into(),
            agent_version: "0.1.0".into(),
            machine_id: "b0a1".into(),
            booted_at: Some(minute(-600)),
            zone: "Europe/Berlin".into(),
        },
        enrolled_at: minute(-500),
        token: token_id(1),
        certificates: vec![Certificate { serial: "0af1".into(), not_after: minute(9_000) }],
        revoked: Some(Revocation {
            at: minute(5),
            by: "ada".into(),
            reason: "replaced by db-8".into(),
        }),
    }
}

/// What scans said.
pub fn facts() -> Facts {
    let failure = Failure { kind: FailureKind::Locked, message: "dpkg is running".into() };
    let probe = ProbeState {
        source: "apt-get -s dist-upgrade".into(),
        observed_at: minute(1),
        catalog_at: Some(minute(-70)),
        completeness: Completeness::Partial,
        missing: "index of backports".into(),
        failure: Some((failure, minute(-3))),
        ever_answered: true,
    };
    let unit = FailedUnit {
        name: "postgresql.service".into(),
        state: "failed/exit-code".into(),
        description: "PostgreSQL RDBMS".into(),
    };
    let services = ServiceScan { manager: "systemd".into(), failed: vec![unit], running: 41 };
    let item = PatchItem {
        package: "openssl:amd64".into(),
        installed: "3.0.15-1".into(),
        candidate: "3.0.16-1".into(),
        origins: vec!["Debian-Security:12/oldstable-security".into()],
        security: true,
        state: PatchState::Available,
    };
    let patches = PatchScan {
        manager: "apt".into(),
        items: vec![item],
        reboot: Reboot {
            required: Some(true),
            reasons: vec!["/run/reboot-required: linux-image-6.1".into()],
            since: Some(minute(-90)),
        },
        last_patched_at: Some(minute(-2_000)),
    };
    let seen = ("apt".into(), "openssl:amd64".into(), "3.0.16-1".into());
    Facts {
        probes: BTreeMap::from([("patch-apt".into(), probe)]),
        services: BTreeMap::from([("systemd".into(), services)]),
        patches: BTreeMap::from([("apt".into(), patches)]),
        first_seen: BTreeMap::from([(seen, minute(-80))]),
        jobs: BTreeMap::from([("nightly".into(), job())]),
    }
}

fn job() -> JobState {
    let run = BackupRun {
        run_id: RunId::from_uuid(Uuid::from_u128(3)),
        job: "nightly".into(),
        product: "restic".into(),
        started_at: Some(minute(-60)),
        ended_at: Some(minute(-50)),
        result: RunResult::Warning,
        raw_result: "exit 3".into(),
        recovery_point: Some("5f1c2a".into()),
        bytes_processed: Some(7_000_000_000),
        bytes_added: Some(81_000_000),
        files: Some(120_000),
        errors: vec!["/srv/locked.db: permission denied".into()],
        evidence: "1 file could not be read".into(),
    };
    JobState {
        job: BackupJob {
            name: "nightly".into(),
            product: "restic".into(),
            schedule: Schedule::Cron {
                expression: "30 2 * * *".into(),
                zone: "Europe/Berlin".into(),
            },
            start_grace: SignedDuration::from_mins(30),
            run_grace: SignedDuration::from_hours(6),
            enabled: true,
        },
        source: JobSource::Declared,
        known_since: minute(-400),
        last_run: Some(run),
        last_heard_at: Some(minute(-49)),
        last_success_at: Some(minute(-1_500)),
        last_start_at: Some(minute(-60)),
        warnings_in_a_row: 2,
        newest: Some(RecoveryPoint {
            job: "nightly".into(),
            id: "5f1c2a".into(),
            taken_at: minute(-55),
            count: 30,
        }),
    }
}

/// What detection makes of it.
pub fn checks() -> Checks {
    let state = CheckState {
        level: Level::Warn,
        since: minute(-10),
        pending: Some((Level::Crit, minute(-1))),
        announced: Level::Warn,
        summary: "/srv is 91.0 % full".into(),
        evidence: "disk_used[/srv] = 910 of 1000".into(),
    };
    Checks { states: BTreeMap::from([(("disk-space".into(), "/srv".into()), state)]) }
}

/// What changes with every report.
pub fn pulse() -> Pulse {
    Pulse {
        epoch: Some(0xfeed_beef_0123_4567),
        retired: vec![7, u64::MAX],
        resume: ResumeTokens { issued: Some([1; 16]), previous: None },
        events: 300,
        metrics: 70_000,
        lost: 2,
        backfill: Some(Backfill { events: 310, metrics: 70_400, since: minute(-5) }),
        presence: Presence::ExpectedOff(Departure::Upgrade),
        presence_since: minute(-4),
        heard_at: Some(Timestamp::constant(1_772_000_000, 123_456_789)),
        heard_listening: SignedDuration::from_millis(86_400_250),
        clock_ahead: SignedDuration::from_millis(-1_500),
        measured: vec![Some(Timestamp::constant(1_771_999_999, 250_000_000)), None],
        values: vec![Some(-5), Some(i64::MAX), None],
    }
}

/// The values that changed at a minute, by series.
pub fn frame(at: i64, changed: &[(u32, Option<i64>)]) -> Frame {
    Frame { at: minute(at), changed: changed.to_vec() }
}

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
        origin: Origin { endpoint, revision: 4, position: 1 },
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

fn entry(at: i64) -> Entry {
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

/// A token that has been used once.
pub fn token(n: u128) -> Token {
    Token {
        id: token_id(n),
        secret_sha256: [0xab; 32],
        tenant: tenant(),
        site: site(),
        kind: Some(EndpointKind::Workstation),
        tags: vec![Tag::new("laptop").expect(NAMED)],
        max_uses: 25,
        created_at: minute(0),
        created_by: "ada".into(),
        expires_at: minute(1_440),
        revoked_at: Some(minute(60)),
        uses: vec![Use { public_key_sha256: [0x0f; 32], endpoint: endpoint_id(1), at: minute(1) }],
    }
}

/// An operator whose trust has ended.
pub fn operator(n: u128) -> Operator {
    Operator {
        id: OperatorId::from_uuid(Uuid::from_u128(n)),
        name: "Ada".into(),
        role: Role::Manager,
        party: Party::Provider,
        teams: vec![team("provider-noc")],
        tenants: vec![tenant()],
        serial: "77aa".into(),
        not_after: minute(10_000),
        created_at: minute(0),
        revoked: Some((minute(70), "left the company".into())),
    }
}

/// A version of the matrix.
pub fn matrix(version: u64) -> Published {
    Published {
        tenant: tenant(),
        version,
        text: "# Who does what.\n[[row]]\nfunction = \"backup_monitoring\"\n".into(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015".into(),
        published_at: minute(0),
        published_by: "ada".into(),
        note: "first version".into(),
    }
}

/// A change for the feed, at a minute.
pub fn event(n: u128, at: i64) -> Effect {
    let alert = alert(n, endpoint_id(1), "/srv", at).brief();
    Effect::Publish(Box::new(FeedEvent { entry: entry(at), alert: Arc::new(alert) }))
}

/// A deed for the audit trail, at a minute.
pub fn deed(action: &str, at: i64) -> Effect {
    Effect::Audit(AuditEntry {
        at: minute(at),
        tenant: Some(tenant()),
        actor: "ada".into(),
        action: action.into(),
        object: token_id(1).to_string(),
        detail: "25 uses".into(),
    })
}

/// Something for an alert to hear of.
pub fn signal(summary: &str) -> Effect {
    Effect::Signal(Signal {
        check: "disk-space".into(),
        instance: "/srv".into(),
        function: function("infra_monitoring"),
        observed_at: minute(0),
        summary: summary.into(),
        say: Say::Raised {
            severity: Severity::High,
            evidence: "disk_used[/srv] = 960 of 1000".into(),
            delayed: false,
        },
    })
}
