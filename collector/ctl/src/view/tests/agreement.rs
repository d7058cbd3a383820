//! What both parties agree on: changes, windows, known issues.

use super::*;
use crate::view::{
    change::{self, Changes, Waiting},
    known_issue::{KnownIssue, KnownIssues},
    window::{Preview, Window, Windows},
};

fn change() -> v1::Change {
    v1::Change {
        change_id: "chg_3f0c9a515d0c4f7e9a550f3b8a2c1d00".into(),
        tenant: "acme".into(),
        kind: v1::ChangeKind::Matrix.into(),
        title: "nights go to the provider".into(),
        reason: "new contract".into(),
        risk: v1::ChangeRisk::High.into(),
        risk_reason: "it changes who is paged for 120 endpoints".into(),
        state: v1::ChangeState::Proposed.into(),
        requested_by: "kim".into(),
        requested_party: v1::Party::Internal.into(),
        requested_at: at("2026-11-25T01:00:00Z"),
        expires_at: at("2026-11-26T01:00:00Z"),
        sha256: "9f86d081884c7d65".into(),
        required: vec![
            v1::RequiredParty {
                party: v1::Party::Internal.into(),
                because: "DUAL-1: a matrix".into(),
                may_approve: vec![],
                given: true,
                ..Default::default()
            },
            v1::RequiredParty {
                party: v1::Party::Provider.into(),
                because: "DUAL-2: a shared matter".into(),
                may_approve: vec!["ann".into(), "bob".into()],
                given: false,
                role: v1::Role::Manager.into(),
                teams: vec![],
            },
        ],
        approvals: vec![v1::Approval {
            party: v1::Party::Internal.into(),
            operator_id: "opr_1".into(),
            by: "kim".into(),
            at: at("2026-11-25T01:00:00Z"),
            signature: vec![1, 2, 3],
            note: "as agreed".into(),
            ..Default::default()
        }],
        collisions: vec![v1::Collision {
            change_id: "chg_2".into(),
            title: "new teams".into(),
            what: "row backups".into(),
        }],
        findings: vec![v1::Finding {
            code: "shadow".into(),
            message: "row old never matches".into(),
            line: 12,
            ..Default::default()
        }],
        diff: "-responsible = \"internal-it\"\n+responsible = \"provider-noc\"".into(),
        text: "tenant = \"acme\"\n".into(),
        ..Default::default()
    }
}

#[test]
fn a_change_says_what_differs_and_who_must_agree() {
    shows(
        &change::Change::from(change()),
        expect![[r#"
            nights go to the provider
              change          chg_3f0c9a515d0c4f7e9a550f3b8a2c1d00
              state           proposed
              what            matrix of acme
              risk            high, because it changes who is paged for 120 endpoints
              reason          new contract
              proposed        2026-11-24 20:00:00 -05:00 (2 h ago) by kim (internal)
              must agree      internal: agreed (DUAL-1: a matrix)
                              provider manager: waits for ann or bob (DUAL-2: a shared matter)
              agreed          kim (internal), 2026-11-24 20:00:00 -05:00, signed: as agreed
              collides with   new teams (chg_2), over row backups
              lapses          2026-11-25 20:00:00 -05:00 (in 22 h)
              sha256          9f86d081884c7d65

            Lint
              proposed:12: warning[shadow]: row old never matches
              proposed: 1 warning, may be published

            Difference
              -responsible = "internal-it"
              +responsible = "provider-noc"
        "#]],
    );
    shows(
        &Changes { changes: vec![change().into()] },
        expect![[r#"
        CHANGE        STATE     WHAT    RISK  BY   WAITS FOR  LAPSES   TITLE
        chg_3f0c9a51  proposed  matrix  high  kim  provider   in 22 h  nights go to the provider
    "#]],
    );
    shows(
        &Waiting { change_id: "chg_1".into() },
        expect![[r#"
        both parties must agree: chg_1; `remit change show chg_1` says who and why
    "#]],
    );
    let applied = v1::Change {
        state: v1::ChangeState::Applied.into(),
        result: "acme version 4".into(),
        ..change()
    };
    shows(
        &change::Changed(applied.into()),
        expect![[r#"
        chg_3f0c9a515d0c4f7e9a550f3b8a2c1d00: applied: nights go to the provider, became acme version 4
    "#]],
    );
    shows(
        &change::Changed(change().into()),
        expect![[r#"
        chg_3f0c9a515d0c4f7e9a550f3b8a2c1d00: proposed: nights go to the provider, waits for provider
    "#]],
    );
}

fn selector() -> Option<v1::Selector> {
    Some(v1::Selector {
        sites: vec!["hq".into(), "plant".into()],
        tags: vec!["db".into()],
        checks: vec!["disk-space".into()],
        instance: "/var".into(),
        ..Default::default()
    })
}

fn window() -> v1::Window {
    v1::Window {
        window_id: "win_90b3f1d25d0c4f7e9a550f3b8a2c1d00".into(),
        spec: Some(v1::WindowSpec {
            tenant: "acme".into(),
            title: "core switch".into(),
            why: "firmware".into(),
            selector: selector(),
            zone: "America/New_York".into(),
            starts_at: "2026-11-24T22:00:00".into(),
            rrule: "FREQ=MONTHLY;BYDAY=2SA".into(),
            duration_seconds: 10_800,
            ..Default::default()
        }),
        state: v1::WindowState::Open.into(),
        requested_by: "ann".into(),
        requested_at: at("2026-11-20T15:00:00Z"),
        occurrence: Some(v1::Occurrence {
            from: at("2026-11-25T02:00:00Z"),
            to: at("2026-11-25T05:00:00Z"),
            note: String::new(),
        }),
        depth: 2,
        endpoints: 14,
        suppressed: vec![v1::SuppressedAlert {
            at: at("2026-11-25T02:10:00Z"),
            alert_id: "alr_7a21c9e0".into(),
            hostname: "db-7".into(),
            summary: "offline".into(),
            severity: v1::Severity::High.into(),
            told_at_end: true,
        }],
        post_checks: vec![v1::PostCheck {
            at: at("2026-11-25T02:50:00Z"),
            hostname: "db-7".into(),
            check: "reachable".into(),
            before: v1::CheckStatus::Ok.into(),
            after: v1::CheckStatus::Crit.into(),
            detail: "silent for 4 min".into(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

#[test]
fn a_window_says_what_it_kept_quiet_and_what_it_left_behind() {
    shows(
        &Window::from(window()),
        expect![[r#"
        core switch
          window          win_90b3f1d25d0c4f7e9a550f3b8a2c1d00
          state           open
          tenant          acme
          over            tag db, hq or plant, disk-space, /var
          why             firmware
          starts          2026-11-24T22:00:00 America/New_York, for 3h
          again           FREQ=MONTHLY;BYDAY=2SA
          older problems  go on escalating
          opens           2026-11-24 21:00:00 -05:00 (1 h ago)
          closes          2026-11-25 00:00:00 -05:00 (in 2 h)
          covers          14 endpoints
          with            1 other window open over the same endpoints
          scheduled       2026-11-20 10:00:00 -05:00 (4 d ago) by ann

        Down since, up before
          2026-11-24 21:50:00  crit  db-7 reachable, was ok: silent for 4 min

        Nobody was told of
          2026-11-24 21:10:00  high  alr_7a21c9e0  db-7: offline (told at the end)
    "#]],
    );
    shows(
        &Windows { windows: vec![window().into()] },
        expect![[r#"
        WINDOW        STATE  OPENS    CLOSES  COVERS  BY   TITLE
        win_90b3f1d2  open   1 h ago  in 2 h  14      ann  core switch
    "#]],
    );
    let preview = v1::PreviewWindowResponse {
        zone: "America/New_York".into(),
        occurrences: vec![v1::Occurrence {
            from: at("2027-03-14T06:30:00Z"),
            to: at("2027-03-14T09:30:00Z"),
            note: "the clocks go forward within it".into(),
        }],
        endpoints: 2,
        hostnames: vec!["db-7".into(), "db-8".into()],
        needs_approval: vec!["DUAL-1: it hides what the provider owns".into()],
    };
    shows(
        &Preview::from(preview),
        expect![[r#"
        1 occurrence over 2 endpoints, in America/New_York
          covers          db-7, db-8
          both must agree DUAL-1: it hides what the provider owns

        Open
          OPENS                       CLOSES                      NOTE
          2027-03-14 01:30:00 -05:00  2027-03-14 04:30:00 -05:00  the clocks go forward within it
    "#]],
    );
}

#[test]
fn a_known_issue_says_until_when_and_what_would_break_it() {
    let known_issue = v1::KnownIssue {
        known_issue_id: "kni_51d0c7aa5d0c4f7e9a550f3b8a2c1d00".into(),
        spec: Some(v1::KnownIssueSpec {
            tenant: "acme".into(),
            title: "archive volume is full".into(),
            why: "replaced in March".into(),
            selector: selector(),
            evidence_urls: vec!["https://wiki.acme.example/archive".into()],
            owner_party: v1::Party::Internal.into(),
            owner_team: "internal-it".into(),
            ticket: "INC-4711".into(),
            review_at: at("2026-12-25T03:00:00Z"),
            expires_at: at("2027-01-24T03:00:00Z"),
            max_severity: v1::Severity::Medium.into(),
            breaks_when: vec!["value above 990".into(), "per_day above 10".into()],
            silence: false,
        }),
        state: v1::KnownIssueState::Active.into(),
        created_by: "kim".into(),
        created_at: at("2026-11-24T15:00:00Z"),
        occurrences: 7,
        last_matched_at: at("2026-11-25T02:00:00Z"),
        alert_ids: vec!["alr_7a21c9e0".into()],
        ..Default::default()
    };
    shows(
        &KnownIssue::from(known_issue.clone()),
        expect![[r#"
            archive volume is full
              known issue     kni_51d0c7aa5d0c4f7e9a550f3b8a2c1d00
              state           active
              tenant          acme
              about           tag db, hq or plant, disk-space, /var
              up to           medium
              why             replaced in March
              owner           internal-it, internal
              ticket          INC-4711
              evidence        https://wiki.acme.example/archive
              look again      2026-12-24 22:00:00 -05:00 (in 30 d)
              ends            2027-01-23 22:00:00 -05:00 (in 60 d)
              breaks if       value above 990
                              per_day above 10
              declared        2026-11-24 10:00:00 -05:00 (12 h ago) by kim
              kept quiet      7 times, last 2026-11-24 21:00:00 -05:00 (1 h ago)
              covers          alr_7a21c9e0
        "#]],
    );
    shows(
        &KnownIssues { known_issues: vec![known_issue.into()] },
        expect![[r#"
        KNOWN ISSUE   STATE   REVIEW   ENDS     OWNER        QUIET  TITLE
        kni_51d0c7aa  active  in 30 d  in 60 d  internal-it  7 ×    archive volume is full
    "#]],
    );
}
