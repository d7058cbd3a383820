//! Why an alert is quiet, what was promised, and how the time was spent.

use super::*;
use crate::view::sla::AlertSla;

fn troubled_alert() -> v1::Alert {
    v1::Alert {
        flapping: true,
        rule: "backup-job: any run that failed, clear after the next success".into(),
        suppressions: vec![v1::Suppression {
            kind: v1::SuppressionKind::Window.into(),
            reference: "win_90b3f1d2".into(),
            why: "core switch, firmware".into(),
            since: at("2026-11-25T02:58:00Z"),
            until: at("2026-11-25T04:00:00Z"),
        }],
        block: Some(v1::Block {
            reason: v1::HandOverReason::NeedsCredential.into(),
            note: "vault is sealed".into(),
            by: "ann".into(),
            since: at("2026-11-25T02:59:00Z"),
            transfer_at: at("2026-11-25T03:29:00Z"),
            to: "internal-it".into(),
        }),
        owner_differs: "internal-it".into(),
        follows_alert_id: "alr_11111111".into(),
        sla: Some(v1::SlaSummary {
            agreement: "standard".into(),
            status: v1::SlaStatus::AtRisk.into(),
            response_deadline: at("2026-11-25T03:03:00Z"),
            resolution_deadline: at("2026-11-25T06:58:00Z"),
            target: v1::SlaTarget::Response.into(),
            target_ms: 900_000,
            left_ms: 225_000,
            percent: 75,
            paused: v1::PauseReason::AwaitingVendor.into(),
            paused_until: at("2026-11-25T13:00:00Z"),
        }),
        disposition: v1::Disposition::JointReview.into(),
        disposition_by: "remit".into(),
        disposition_at: at("2026-11-25T02:59:59Z"),
        disposition_auto: true,
        noise: Some(v1::NoiseMark {
            reason: v1::NoiseReason::NotActionable.into(),
            note: "clears itself".into(),
            by: "ann".into(),
            party: v1::Party::Provider.into(),
            at: at("2026-11-25T02:59:59Z"),
        }),
        unresolved: vec!["owner_differs".into(), "joint_review".into()],
        samples: vec![v1::Sample {
            at: at("2026-11-25T02:58:00Z"),
            value: 973,
            unit: v1::Unit::Permille.into(),
            status: v1::CheckStatus::Crit.into(),
        }],
        notices: vec![v1::Notice {
            team: "provider-noc".into(),
            person: "kim".into(),
            channel: "email:kim@acme.example".into(),
            about: "opened".into(),
            state: v1::NoticeState::Delivered.into(),
            attempts: 1,
            last_attempt_at: at("2026-11-25T02:58:02Z"),
            ..Default::default()
        }],
        ..open_alert()
    }
}

#[test]
fn an_alert_says_why_it_is_quiet_and_what_was_promised() {
    shows(
        &Alert::from(troubled_alert()),
        expect![[r#"
        db-7: backup job nightly failed
          alert           alr_7a21c9e05d0c4f7e9a550f3b8a2c1d00
          state           open, high, flapping, blocked
          where           acme / hq, end_3f0c9a515d0c4f7e9a550f3b8a2c1d00
          check           backup-job nightly (backup_monitoring)
          rule            backup-job: any run that failed, clear after the next success
          opened          2026-11-24 21:58:00 -05:00 (2 min ago)
          last seen       2026-11-24 21:59:30 -05:00 (30 s ago), seen 3 times
          evidence        restic: Fatal: repository is damaged
                          exit code 1
          disposition     joint_review, by itself at 2026-11-24 21:59:59 -05:00
          noise           not_actionable, says ann: clears itself
          still open      owner_differs, joint_review
          quiet           window win_90b3f1d2 until 2026-11-24 23:00:00 -05:00: core switch, firmware
          same again as   alr_11111111
          remit of        provider-noc (provider)
          accountable     provider-manager
          consulted       internal-it
          informed        it-manager
          because         backup_monitoring of any endpoint, at any time (Tue 21:58 in New York)
          matrix          acme version 3, row backups
          rejected        row office: only 08:00 to 17:00
          runbook         https://wiki.acme.example/backups
          by now of       internal-it, says the matrix
          blocked         needs_credential, says ann, 1 min ago
          goes over       to internal-it 2026-11-24 22:29:00 -05:00 (in 29 min)
          note            vault is sealed
          next escalation provider-manager 2026-11-24 22:13:00 -05:00 (in 13 min)
          promised        at_risk, 3m45s left of 15m for response (75 %)
          agreement       standard
          respond by      2026-11-24 22:03:00 -05:00 (in 3 min)
          resolve by      2026-11-25 01:58:00 -05:00 (in 3 h)
          clocks stand    awaiting_vendor until 2026-11-25 08:00:00 -05:00 (in 10 h)

        Samples
          2026-11-24 21:58:00  crit  97.3 %

        Notices
          2026-11-24 21:58:02  delivered  opened to kim of provider-noc by email:kim@acme.example
    "#]],
    );
}

#[test]
fn a_ledger_says_what_counted_and_against_whom() {
    let segment = |state: v1::SlaSegmentState, from: &str, to: &str, counted_ms| v1::SlaSegment {
        state: state.into(),
        party: v1::Party::Internal.into(),
        team: "internal-it".into(),
        from: at(from),
        to: if to.is_empty() { None } else { at(to) },
        counted_ms,
        matrix_version: 3,
        ..Default::default()
    };
    let sla = v1::AlertSla {
        alert_id: "alr_7a21c9e0".into(),
        zone: "America/New_York".into(),
        as_of: at("2026-11-25T03:00:00Z"),
        clocks: vec![v1::SlaClock {
            kind: v1::SlaKind::Contract.into(),
            agreement: "standard".into(),
            target: v1::SlaTarget::Resolution.into(),
            target_ms: 3_600_000,
            elapsed_ms: 4_200_000,
            left_ms: -600_000,
            status: v1::SlaStatus::Breached.into(),
            breached_at: at("2026-11-24T21:50:00Z"),
            segments: vec![
                v1::SlaSegment {
                    reason: "opened".into(),
                    ..segment(
                        v1::SlaSegmentState::Running,
                        "2026-11-24T20:00:00Z",
                        "2026-11-24T21:10:00Z",
                        4_200_000,
                    )
                },
                v1::SlaSegment {
                    reason: "awaiting_customer".into(),
                    by: "ann".into(),
                    ..segment(
                        v1::SlaSegmentState::Paused,
                        "2026-11-24T21:10:00Z",
                        "2026-11-24T22:00:00Z",
                        0,
                    )
                },
                segment(v1::SlaSegmentState::OutOfHours, "2026-11-24T22:00:00Z", "", 0),
            ],
            ..Default::default()
        }],
        parties: vec![v1::PartyTime {
            party: v1::Party::Internal.into(),
            team: "internal-it".into(),
            counted_ms: 4_200_000,
            paused_ms: 3_000_000,
        }],
    };
    shows(
        &AlertSla::from(sla),
        expect![[r#"
            alr_7a21c9e0
              as of           2026-11-24 22:00:00 -05:00
              hours open in   America/New_York
              had it          internal, internal-it: 1h10m, and 50m on pause

            contract standard resolution
              breached: 10m too long of 1h, breached 2026-11-24 16:50:00 -05:00
              FROM                 TO                   STATE         COUNTED  HELD BY      WHY
              2026-11-24 15:00:00  2026-11-24 16:10:00  running       1h10m    internal-it  opened
              2026-11-24 16:10:00  2026-11-24 17:00:00  paused        -        internal-it  awaiting_customer,
                                                                                            says ann
              2026-11-24 17:00:00  now                  out_of_hours  -        internal-it  -
              total                                                   1h10m
        "#]],
    );
    let nothing = v1::AlertSla { alert_id: "alr_1".into(), ..Default::default() };
    shows(
        &AlertSla::from(nothing),
        expect![[r#"
        alr_1
          clocks          none: nothing was promised
    "#]],
    );
}
