mod agreement;
mod promise;
mod routine;

use expect_test::{Expect, expect};
use jiff::tz::TimeZone;
use remit_proto::{convert::Wire as _, v1};
use serde::Serialize;

use super::*;
use crate::view::{
    alert::{Alert, Alerts, Changed},
    backup::Backups,
    endpoint::{Endpoint, Endpoints},
    event::Change,
    matrix::{Finding, Findings, Versions},
    operator::Operators,
    patch::Patches,
    reading::Series,
    responsibility::Who,
    token::Tokens,
};

fn look() -> Look {
    Look {
        now: "2026-11-25T03:00:00Z".parse().unwrap(),
        zone: TimeZone::posix("EST5").unwrap(),
        color: false,
        width: 100,
    }
}

fn at(text: &str) -> Option<<Timestamp as remit_proto::convert::Wire>::Message> {
    Some(text.parse::<Timestamp>().unwrap().to_wire())
}

/// The text as expected, and no line of it too wide.
fn shows(view: &impl View, expected: Expect) {
    let text = view.text(&look());
    let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(widest <= 100, "{widest} columns:\n{text}");
    expected.assert_eq(&(text.trim_end().to_owned() + "\n"));
}

fn is_json(view: &impl Serialize, expected: Expect) {
    expected.assert_eq(&(serde_json::to_string_pretty(view).unwrap() + "\n"));
}

fn responsibility() -> v1::Responsibility {
    v1::Responsibility {
        matrix_tenant: "acme".into(),
        matrix_version: 3,
        row: "backups".into(),
        responsible: "provider-noc".into(),
        accountable: "provider-manager".into(),
        consulted: vec!["internal-it".into()],
        informed: vec!["it-manager".into()],
        party: v1::Party::Provider.into(),
        runbook: "https://wiki.acme.example/backups".into(),
        reason: "backup_monitoring of any endpoint, at any time (Tue 21:58 in New York)".into(),
        decided_at: at("2026-11-25T02:58:00Z"),
        rejected: vec!["row office: only 08:00 to 17:00".into()],
        ..Default::default()
    }
}

fn open_alert() -> v1::Alert {
    v1::Alert {
        alert_id: "alr_7a21c9e05d0c4f7e9a550f3b8a2c1d00".into(),
        tenant: "acme".into(),
        site: "hq".into(),
        endpoint_id: "end_3f0c9a515d0c4f7e9a550f3b8a2c1d00".into(),
        hostname: "db-7".into(),
        check: "backup-job".into(),
        instance: "nightly".into(),
        function: "backup_monitoring".into(),
        severity: v1::Severity::High.into(),
        state: v1::AlertState::Open.into(),
        summary: "backup job nightly failed".into(),
        evidence: "restic: Fatal: repository is damaged\nexit code 1".into(),
        opened_at: at("2026-11-25T02:58:00Z"),
        last_seen_at: at("2026-11-25T02:59:30Z"),
        occurrences: 3,
        responsibility: Some(responsibility()),
        disposition: v1::Disposition::None.into(),
        next_escalation_to: "provider-manager".into(),
        next_escalation_at: at("2026-11-25T03:13:00Z"),
        revision: 4,
        ..Default::default()
    }
}

fn taken_alert() -> v1::Alert {
    v1::Alert {
        alert_id: "alr_90b3f1d25d0c4f7e9a550f3b8a2c1d00".into(),
        hostname: "application-server-7".into(),
        check: "disk-space".into(),
        instance: "/var".into(),
        severity: v1::Severity::Critical.into(),
        state: v1::AlertState::Acknowledged.into(),
        summary: "/var is 97.3 % full and fills up within the next two hours".into(),
        opened_at: at("2026-11-22T03:00:00Z"),
        acknowledgement: Some(v1::Acknowledgement {
            by: "ann".into(),
            team: "provider-noc".into(),
            party: v1::Party::Provider.into(),
            at: at("2026-11-25T02:30:00Z"),
            expires_at: at("2026-11-25T05:00:00Z"),
            note: "on my way".into(),
        }),
        disposition: v1::Disposition::KnownIssue.into(),
        ..open_alert()
    }
}

fn told_alert() -> v1::Alert {
    let entry = |time: &str, kind: v1::AlertEventKind, actor: &str, detail: &str| v1::AlertEvent {
        at: at(time),
        kind: kind.into(),
        actor: actor.into(),
        detail: detail.into(),
    };
    v1::Alert {
        timeline: vec![
            entry("2026-11-25T02:58:00Z", v1::AlertEventKind::Created, "remit", "exit code 1"),
            entry(
                "2026-11-25T02:58:00Z",
                v1::AlertEventKind::Routed,
                "remit",
                "to provider-noc by row backups of version 3, because nobody else watches backups",
            ),
            entry("2026-11-25T02:58:01Z", v1::AlertEventKind::Notified, "remit", "webhook:noc"),
        ],
        notices: vec![v1::Notice {
            notice_id: "ntc_1".into(),
            team: "provider-noc".into(),
            channel: "webhook:noc".into(),
            about: "opened".into(),
            state: v1::NoticeState::Failing.into(),
            attempts: 2,
            last_attempt_at: at("2026-11-25T02:58:05Z"),
            last_error: "HTTP 503".into(),
            ..Default::default()
        }],
        ..open_alert()
    }
}

#[test]
fn the_queue_says_whose_what_and_until_when() {
    let alerts = vec![taken_alert().into(), open_alert().into()];
    shows(
        &Alerts { alerts },
        expect![[r#"
        ALERT         SEVERITY  STATE  REMIT OF      AGE    NEXT       HOST            SUMMARY
        alr_90b3f1d2  critical  ack    provider-noc  3 d    in 2 h     application-s…  /var is 97.3 % full…
        alr_7a21c9e0  high      open   provider-noc  2 min  in 13 min  db-7            backup job nightly…
    "#]],
    );
}

#[test]
fn the_queue_says_of_whom_nobody_is_told() {
    let window = v1::Suppression {
        kind: v1::SuppressionKind::Window.into(),
        reference: "win_1".into(),
        why: "larger disk".into(),
        ..Default::default()
    };
    let quiet = v1::Alert { suppressions: vec![window], ..open_alert() };
    let text = Alerts { alerts: vec![quiet.into()] }.text(&look());
    assert!(text.contains(" quiet "), "{text}");
}

#[test]
fn an_alert_tells_its_story() {
    shows(
        &Alert::from(told_alert()),
        expect![[r#"
            db-7: backup job nightly failed
              alert           alr_7a21c9e05d0c4f7e9a550f3b8a2c1d00
              state           open, high
              where           acme / hq, end_3f0c9a515d0c4f7e9a550f3b8a2c1d00
              check           backup-job nightly (backup_monitoring)
              opened          2026-11-24 21:58:00 -05:00 (2 min ago)
              last seen       2026-11-24 21:59:30 -05:00 (30 s ago), seen 3 times
              evidence        restic: Fatal: repository is damaged
                              exit code 1
              remit of        provider-noc (provider)
              accountable     provider-manager
              consulted       internal-it
              informed        it-manager
              because         backup_monitoring of any endpoint, at any time (Tue 21:58 in New York)
              matrix          acme version 3, row backups
              rejected        row office: only 08:00 to 17:00
              runbook         https://wiki.acme.example/backups
              next escalation provider-manager 2026-11-24 22:13:00 -05:00 (in 13 min)

            Timeline
              2026-11-24 21:58:00  created   exit code 1
              2026-11-24 21:58:00  routed    to provider-noc by row backups of version 3, because nobody else
                                             watches backups
              2026-11-24 21:58:01  notified  webhook:noc

            Notices
              2026-11-24 21:58:05  failing  opened to provider-noc by webhook:noc, 2 attempts: HTTP 503
        "#]],
    );
    expect!["alr_90b3f1d2 application-server-7: acknowledged by ann until 2026-11-25 00:00:00 -05:00, known_issue, remit of provider-noc"].assert_eq(&Changed(taken_alert().into()).text(&look()));
}

#[test]
fn an_alert_in_json_is_a_contract() {
    is_json(
        &Alert::from(told_alert()),
        expect![[r#"
            {
              "alert_id": "alr_7a21c9e05d0c4f7e9a550f3b8a2c1d00",
              "tenant": "acme",
              "site": "hq",
              "endpoint_id": "end_3f0c9a515d0c4f7e9a550f3b8a2c1d00",
              "hostname": "db-7",
              "check": "backup-job",
              "instance": "nightly",
              "function": "backup_monitoring",
              "severity": "high",
              "state": "open",
              "summary": "backup job nightly failed",
              "evidence": "restic: Fatal: repository is damaged\nexit code 1",
              "opened_at": "2026-11-25T02:58:00Z",
              "last_seen_at": "2026-11-25T02:59:30Z",
              "resolved_at": null,
              "occurrences": 3,
              "reopened": 0,
              "delayed": false,
              "responsibility": {
                "matrix_tenant": "acme",
                "matrix_version": 3,
                "row": "backups",
                "responsible": "provider-noc",
                "accountable": "provider-manager",
                "consulted": [
                  "internal-it"
                ],
                "informed": [
                  "it-manager"
                ],
                "party": "provider",
                "runbook": "https://wiki.acme.example/backups",
                "reason": "backup_monitoring of any endpoint, at any time (Tue 21:58 in New York)",
                "decided_at": "2026-11-25T02:58:00Z",
                "rejected": [
                  "row office: only 08:00 to 17:00"
                ]
              },
              "acknowledgement": null,
              "disposition": "none",
              "disposition_note": "",
              "next_escalation_to": "provider-manager",
              "next_escalation_at": "2026-11-25T03:13:00Z",
              "revision": 4,
              "timeline": [
                {
                  "at": "2026-11-25T02:58:00Z",
                  "kind": "created",
                  "actor": "remit",
                  "detail": "exit code 1"
                },
                {
                  "at": "2026-11-25T02:58:00Z",
                  "kind": "routed",
                  "actor": "remit",
                  "detail": "to provider-noc by row backups of version 3, because nobody else watches backups"
                },
                {
                  "at": "2026-11-25T02:58:01Z",
                  "kind": "notified",
                  "actor": "remit",
                  "detail": "webhook:noc"
                }
              ],
              "notices": [
                {
                  "notice_id": "ntc_1",
                  "team": "provider-noc",
                  "channel": "webhook:noc",
                  "about": "opened",
                  "state": "failing",
                  "attempts": 2,
                  "last_attempt_at": "2026-11-25T02:58:05Z",
                  "last_error": "HTTP 503",
                  "person": ""
                }
              ],
              "suppressions": [],
              "flapping": false,
              "block": null,
              "owner_differs": "",
              "parent_alert_id": "",
              "follows_alert_id": "",
              "generation": 0,
              "rule": "",
              "sla": null,
              "disposition_by": "",
              "disposition_at": null,
              "disposition_auto": false,
              "known_issue_id": "",
              "noise": null,
              "unresolved": []
            }
        "#]],
    );
}

#[test]
fn a_hostile_host_name_moves_no_cursor() {
    let hostile = "\x1b[2J\rdb-7\u{202e}";
    let alert = v1::Alert {
        hostname: hostile.into(),
        summary: "\x07\x1b]0;owned\x07".into(),
        evidence: "one\r\x1b[1A\ntwo".into(),
        ..told_alert()
    };
    let event = Some(v1::AlertEvent { actor: hostile.into(), ..told_alert().timeline[1].clone() });
    let change = v1::WatchAlertsResponse { cursor: "7".into(), event, alert: Some(alert.clone()) };
    let (alert, list) = (Alert::from(alert.clone()), Alerts { alerts: vec![alert.into()] });
    let texts = [
        alert.text(&look()),
        list.text(&look()),
        Change::from(change).text(&look()),
        Changed(alert).text(&look()),
    ];
    for text in texts {
        let bad = text.chars().find(|it| it.is_control() && *it != '\n' || *it == '\u{202e}');
        assert_eq!(bad, None, "{text:?}");
    }
}

#[test]
fn colours_are_added_to_words_and_to_nothing_else() {
    let look = Look { color: true, ..look() };
    let text = Changed(open_alert().into()).text(&look);
    assert!(text.contains(" db-7: \x1b[31mopen\x1b[0m, remit of"), "{text:?}");
}

#[test]
fn an_event_is_one_line() {
    let change = v1::WatchAlertsResponse {
        cursor: "7".into(),
        event: told_alert().timeline.into_iter().nth(2),
        alert: Some(open_alert()),
    };
    let text = Change::from(change).text(&look());
    expect!["2026-11-24 21:58:01 -05:00  notified         high      alr_7a21c9e0  provider-noc  db-7: backup job nightly failed (webhook:noc)"].assert_eq(&text);
    let bare = v1::WatchAlertsResponse { cursor: "7".into(), ..Default::default() };
    let bare = Change::from(bare);
    assert_eq!(serde_json::to_string(&bare).unwrap(), r#"{"cursor":"7"}"#);
    assert_eq!(bare.text(&look()), "");
}

#[test]
fn the_owner_comes_first_and_then_why() {
    let answer = v1::ExplainResponsibilityResponse {
        responsibility: Some(responsibility()),
        until: at("2026-11-25T13:00:00Z"),
        next_responsible: "internal-it".into(),
        escalation: vec![
            v1::EscalationStep { after_seconds: 900, team: "provider-manager".into() },
            v1::EscalationStep { after_seconds: 3600, team: "it-manager".into() },
        ],
    };
    shows(
        &Who::new(answer).unwrap(),
        expect![[r#"
            provider-noc (provider)
              accountable     provider-manager
              consulted       internal-it
              informed        it-manager
              until           2026-11-25 08:00:00 -05:00 (in 10 h), then internal-it
              then tells      provider-manager after 15m without an acknowledgement
                              it-manager after 1h without an acknowledgement
              because         backup_monitoring of any endpoint, at any time (Tue 21:58 in New York)
              matrix          acme version 3, row backups
              rejected        row office: only 08:00 to 17:00
              runbook         https://wiki.acme.example/backups
        "#]],
    );
}

fn endpoint() -> v1::Endpoint {
    let probe = |probe: &str, failure: v1::FailureKind, message: &str| v1::Probe {
        probe: probe.into(),
        source: "apt 2.7".into(),
        observed_at: at("2026-11-25T02:55:00Z"),
        completeness: v1::Completeness::Full.into(),
        failure: failure.into(),
        failure_message: message.into(),
        ..Default::default()
    };
    v1::Endpoint {
        endpoint_id: "end_3f0c9a515d0c4f7e9a550f3b8a2c1d00".into(),
        tenant: "acme".into(),
        site: "hq".into(),
        kind: v1::EndpointKind::Server.into(),
        tags: vec!["db".into()],
        host: Some(v1::Host {
            hostname: "db-7".into(),
            os: "Debian".into(),
            os_version: "12".into(),
            kernel: "6.1.0".into(),
            arch: "x86_64".into(),
            agent_version: "0.1.0".into(),
            zone: "America/New_York".into(),
            booted_at: at("2026-11-01T00:00:00Z"),
            ..Default::default()
        }),
        presence: v1::Presence::Online.into(),
        last_heard_at: at("2026-11-25T02:59:58Z"),
        enrolled_at: at("2026-10-01T12:00:00Z"),
        certificate_not_after: at("2026-12-30T12:00:00Z"),
        status: v1::CheckStatus::Crit.into(),
        checks: vec![v1::Check {
            check: "disk-space".into(),
            instance: "/var".into(),
            status: v1::CheckStatus::Crit.into(),
            since: at("2026-11-25T00:00:00Z"),
            detail: "97.3 % used, critical from 95 %".into(),
            ..Default::default()
        }],
        probes: vec![
            v1::Probe {
                catalog_at: at("2026-11-11T03:00:00Z"),
                completeness: v1::Completeness::Partial.into(),
                missing: "phased updates".into(),
                ..probe("patches", v1::FailureKind::Unspecified, "")
            },
            probe("backup", v1::FailureKind::NoPermission, "cannot read /etc/restic"),
        ],
        readings: vec![v1::CurrentReading {
            metric: "disk_used".into(),
            instance: "/var".into(),
            unit: v1::Unit::Permille.into(),
            value: 973,
            observed_at: at("2026-11-25T02:59:30Z"),
        }],
        events_applied: 17,
        metrics_applied: 4000,
        records_lost: 2,
        open_alerts: 1,
        ..Default::default()
    }
}

#[test]
fn an_endpoint_shows_what_is_known_and_what_is_not() {
    shows(
        &Endpoint::from(endpoint()),
        expect![[r#"
            db-7
              endpoint        end_3f0c9a515d0c4f7e9a550f3b8a2c1d00
              what            server of acme / hq
              tags            db
              presence        online
              last heard      2026-11-24 21:59:58 -05:00 (2 s ago)
              status          crit, 1 open alert
              system          Debian 12, 6.1.0, x86_64
              agent           0.1.0
              zone            America/New_York
              booted          2026-10-31 19:00:00 -05:00 (24 d ago)
              enrolled        2026-10-01 07:00:00 -05:00 (54 d ago)
              certificate to  2026-12-30 07:00:00 -05:00 (in 35 d)
              records         4017 applied, 2 lost

            Checks
              crit  disk-space /var  for 3 h  97.3 % used, critical from 95 %

            Probes
              patches  partial        5 min ago  apt 2.7  missing: phased updates; catalog from 14 d ago
              backup   no_permission  5 min ago  apt 2.7  cannot read /etc/restic

            Readings
              disk_used  /var  97.3 %  30 s ago
        "#]],
    );
}

#[test]
fn the_fleet_shows_the_worst_first_and_the_revoked_as_such() {
    let revoked = v1::Endpoint {
        endpoint_id: "end_3f0c9a525d0c4f7e9a550f3b8a2c1d00".into(),
        presence: v1::Presence::Offline.into(),
        revoked_at: at("2026-11-24T03:00:00Z"),
        status: v1::CheckStatus::Ok.into(),
        host: None,
        ..endpoint()
    };
    let endpoints = vec![endpoint().into(), revoked.into()];
    shows(
        &Endpoints { endpoints },
        expect![[r#"
            ENDPOINT      HOST  PRESENCE  HEARD    STATUS  ALERTS  TENANT   WORST
            end_3f0c9a51  db-7  online    2 s ago  crit    1       acme/hq  disk-space /var
            end_3f0c9a52  -     retired   2 s ago  ok      1       acme/hq  -
        "#]],
    );
}

#[test]
fn an_unknown_number_of_updates_is_not_zero() {
    let known = v1::PatchStatus {
        endpoint_id: "end_1".into(),
        hostname: "db-7".into(),
        tenant: "acme".into(),
        status: v1::CheckStatus::Warn.into(),
        reason: "2 security updates for 15 days".into(),
        pending: Some(12),
        security: Some(2),
        held: 1,
        catalog_at: at("2026-11-24T03:00:00Z"),
        last_patched_at: at("2026-10-01T03:00:00Z"),
        reboot: Some(v1::Reboot { required: Some(true), ..Default::default() }),
        items: vec![v1::PatchItem {
            package: "openssl".into(),
            installed: "3.0.15-1".into(),
            candidate: "3.0.17-1".into(),
            origins: vec!["Debian-Security".into()],
            security: true,
            state: v1::PatchState::Available.into(),
            advisories: vec!["CVE-2026-1001".into()],
            ..Default::default()
        }],
        known_exploited: vec![v1::KnownExploited {
            cve: "CVE-2026-1001".into(),
            packages: vec!["openssl".into()],
            need: "patch".into(),
            listed_due: "2026-11-20".into(),
            overdue: true,
            ransomware: true,
            catalogue: "catalogue 2026.11.23 of 2026-11-23, sha256 0a".into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let unknown = v1::PatchStatus {
        hostname: "web-1".into(),
        status: v1::CheckStatus::Unknown.into(),
        reason: "no answer yet".into(),
        ..Default::default()
    };
    let patches = Patches { states: vec![unknown.into(), known.into()] };
    shows(
        &patches,
        expect![[r#"
            HOST   STATUS   PENDING  SECURITY  HELD  REBOOT  CATALOG  PATCHED  TENANT  WHY
            web-1  unknown  unknown  unknown   0     -       -        -                no answer yet
            db-7   warn     12       2         1     due     24 h     55 d     acme    2 security updates for 1…

            db-7: known to be exploited
              CVE-2026-1001  patch  due 2026-11-20  overdue  ransomware  openssl
              catalogue 2026.11.23 of 2026-11-23, sha256 0a

            db-7: 1 update
              openssl  3.0.15-1  3.0.17-1  security  available  exploited, due 2026-11-20
        "#]],
    );
    is_json(
        &patches.states[0],
        expect![[r#"
        {
          "endpoint_id": "",
          "hostname": "web-1",
          "tenant": "",
          "site": "",
          "manager": "",
          "status": "unknown",
          "reason": "no answer yet",
          "pending": null,
          "security": null,
          "held": 0,
          "deferred": 0,
          "observed_at": null,
          "catalog_at": null,
          "last_patched_at": null,
          "reboot": null
        }
    "#]],
    );
}

#[test]
fn a_backup_says_when_it_last_was_good() {
    let job = v1::BackupStatus {
        hostname: "db-7".into(),
        job: Some(v1::BackupJob {
            name: "nightly".into(),
            product: "restic".into(),
            schedule: Some(v1::Schedule { kind: Some(v1::schedule::Kind::EverySeconds(86_400)) }),
            enabled: true,
            ..Default::default()
        }),
        status: v1::CheckStatus::Crit.into(),
        reason: "the last run failed".into(),
        last_run: Some(v1::BackupRun {
            run_id: "run_1".into(),
            job: "nightly".into(),
            ended_at: at("2026-11-25T02:00:00Z"),
            result: v1::RunResult::Failed.into(),
            bytes_added: Some(0),
            ..Default::default()
        }),
        last_success_at: at("2026-11-22T02:00:00Z"),
        ..Default::default()
    };
    let backups = Backups { jobs: vec![job.into()] };
    shows(
        &backups,
        expect![[r#"
        HOST  JOB      PRODUCT  STATUS  LAST RUN  ENDED    LAST GOOD  SCHEDULE  WHY
        db-7  nightly  restic   crit    failed    1 h ago  3 d ago    every 1d  the last run failed
    "#]],
    );
    is_json(
        &backups,
        expect![[r#"
        {
          "jobs": [
            {
              "endpoint_id": "",
              "hostname": "db-7",
              "tenant": "",
              "site": "",
              "job": {
                "name": "nightly",
                "product": "restic",
                "schedule": {
                  "every_seconds": 86400
                },
                "start_grace_seconds": 0,
                "run_grace_seconds": 0,
                "enabled": true
              },
              "status": "crit",
              "reason": "the last run failed",
              "last_run": {
                "run_id": "run_1",
                "job": "nightly",
                "product": "",
                "started_at": null,
                "ended_at": "2026-11-25T02:00:00Z",
                "result": "failed",
                "raw_result": "",
                "recovery_point": "",
                "bytes_processed": null,
                "bytes_added": 0,
                "files": null,
                "errors": [],
                "evidence": ""
              },
              "last_success_at": "2026-11-22T02:00:00Z",
              "newest": null,
              "expected_at": null
            }
          ]
        }
    "#]],
    );
}

#[test]
fn findings_read_like_a_compilers() {
    let finding = |error: bool, code: &str, line: u32, suggestion: &str| Finding {
        error,
        code: code.into(),
        message: "nobody has server_patching of web-1 on Sundays".into(),
        line,
        key: "row[3].when".into(),
        suggestion: suggestion.into(),
    };
    let findings = vec![
        finding(true, "hole", 41, "add a row:\n[[row]]\nwhen = \"always\""),
        finding(false, "no-phone", 0, ""),
    ];
    shows(
        &Findings { file: "acme.toml".into(), findings },
        expect![[r#"
        acme.toml:41: error[hole]: row[3].when: nobody has server_patching of web-1 on Sundays
            add a row:
            [[row]]
            when = "always"
        acme.toml: warning[no-phone]: row[3].when: nobody has server_patching of web-1 on Sundays
        acme.toml: 1 error, 1 warning
    "#]],
    );
}

#[test]
fn the_other_lists_fit_too() {
    let version = v1::MatrixVersion {
        tenant: "acme".into(),
        version: 3,
        sha256: "9f86d081884c7d659a2feaa0c55ad015".into(),
        effective_from: at("2026-11-24T03:00:00Z"),
        published_by: "ann".into(),
        note: "nights go to the provider".into(),
        ..Default::default()
    };
    shows(
        &Versions { versions: vec![version.into()] },
        expect![[r#"
        VERSION  TENANT  IN FORCE FROM               PUBLISHED BY  SHA256         NOTE
        3        acme    2026-11-23 22:00:00 -05:00  ann           9f86d081884c…  nights go to the provider
    "#]],
    );
    let token = v1::Token {
        token_id: "tok_51d0c7aa5d0c4f7e9a550f3b8a2c1d00".into(),
        tenant: "acme".into(),
        site: "hq".into(),
        max_uses: 20,
        uses: 3,
        expires_at: at("2026-11-25T03:10:00Z"),
        created_by: "ann".into(),
        ..Default::default()
    };
    shows(
        &Tokens { tokens: vec![token.into()] },
        expect![[r#"
        TOKEN         TENANT  SITE  KIND  USED  EXPIRES    BY   TAGS
        tok_51d0c7aa  acme    hq    -     3/20  in 10 min  ann  -
    "#]],
    );
    let operator = v1::Operator {
        operator_id: "opr_0b9e2d175d0c4f7e9a550f3b8a2c1d00".into(),
        name: "ann".into(),
        role: v1::Role::Operator.into(),
        party: v1::Party::Provider.into(),
        teams: vec!["provider-noc".into(), "provider-manager".into()],
        certificate_not_after: at("2027-11-25T03:00:00Z"),
        ..Default::default()
    };
    shows(
        &Operators { operators: vec![operator.into()] },
        expect![[r#"
        OPERATOR      NAME  ROLE      PARTY     CERTIFICATE  REVOKED  TENANTS  TEAMS
        opr_0b9e2d17  ann   operator  provider  in 365 d     -        all      provider-noc,…
    "#]],
    );
    let points = vec![
        v1::Point { at: at("2026-11-25T02:00:00Z"), value: Some(951) },
        v1::Point { at: at("2026-11-25T02:30:00Z"), value: None },
    ];
    let series = Series {
        metric: "disk_used".into(),
        instance: "/var".into(),
        unit: Some("permille"),
        points: points.into_iter().map(Into::into).collect(),
    };
    shows(
        &series,
        expect![[r#"
        AT                          VALUE
        2026-11-24 21:00:00 -05:00  95.1 %
        2026-11-24 21:30:00 -05:00  gone
    "#]],
    );
}
