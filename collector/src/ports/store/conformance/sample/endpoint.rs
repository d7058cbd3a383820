//! An endpoint of which much is known.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use remit_collector_domain::{
    detect::{CheckState, Checks, Level},
    endpoint::{
        Backfill, Certificate, Claim, Endpoint, Facts, JobSource, JobState, Layout, Presence,
        Preview, ProbeState, Pulse, Refused, Registration, ResumeTokens, Revocation,
        claim::Because,
    },
    flapping::link::Link,
};
use remit_shared::{
    BackupJob, BackupRun, Completeness, Departure, EndpointKind, FailedUnit, Failure, FailureKind,
    Host, PatchItem, PatchScan, PatchState, Reboot, RecoveryPoint, RunId, RunResult, Schedule,
    ServiceScan, Tag,
};
use uuid::Uuid;

use crate::ports::store::conformance::sample::{
    NAMED, endpoint_id, minute, series, site, tenant, token_id,
};

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
        host: host(),
        enrolled_at: minute(-500),
        token: token_id(1),
        certificates: vec![Certificate { serial: "0af1".into(), not_after: minute(9_000) }],
        claim: Some(Claim {
            certificate: Certificate { serial: "0af2".into(), not_after: minute(9_100) },
            host: Host { machine_id: "b0a2".into(), ..host() },
            token: token_id(2),
            at: minute(4),
            because: Because::NewSystem,
            other: Some(endpoint_id(9)),
        }),
        revoked: Some(Revocation {
            at: minute(5),
            by: "ada".into(),
            reason: "replaced by db-8".into(),
        }),
    }
}

fn host() -> Host {
    Host {
        hostname: "db-7".into(),
        os: "linux".into(),
        os_version: "Debian GNU/Linux 12 (bookworm)".into(),
        kernel: "6.1.0-30-amd64".into(),
        arch: "x86_64".into(),
        agent_version: "0.1.0".into(),
        machine_id: "b0a1".into(),
        booted_at: Some(minute(-600)),
        zone: "Europe/Berlin".into(),
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
        advisories: vec!["DSA-5999-1".into()],
        failure: "failed on 2026-11-01 with 0x80070643".into(),
    };
    let patches = PatchScan {
        manager: "apt".into(),
        system: "Debian GNU/Linux 12".into(),
        managed_by: "unattended-upgrades".into(),
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
        exploited: BTreeMap::from([("CVE-2026-1001".into(), minute(-70))]),
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
        last_good_data_at: Some(minute(-1_560)),
        sizes: vec![6_900_000_000, 7_000_000_000],
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
    let states = BTreeMap::from([(("disk-space".into(), "/srv".into()), state)]);
    Checks { states, reminded_at: Some(minute(-2)) }
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
        refused: Refused { count: 9, told_at: Some(minute(-3)) },
        backfill: Some(Backfill { events: 310, metrics: 70_400, since: minute(-5), from: None }),
        presence: Presence::ExpectedOff(Departure::Upgrade),
        presence_since: minute(-4),
        heard_at: Some(Timestamp::constant(1_772_000_000, 123_456_789)),
        heard_listening: SignedDuration::from_millis(86_400_250),
        clock_ahead: SignedDuration::from_millis(-1_500),
        link: Link { broke_at: vec![minute(-9), minute(-4)], since: Some(minute(-4)) },
        measured: vec![Some(Timestamp::constant(1_771_999_999, 250_000_000)), None],
        values: vec![Some(-5), Some(i64::MAX), None],
        previews: BTreeMap::from([(
            0,
            Preview {
                seq: 70_400,
                at: minute(-1),
                values: BTreeMap::from([(0, i64::MIN), (2, 7)]),
            },
        )]),
    }
}
