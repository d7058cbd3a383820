//! The day and the week: shifts, agendas, noise, rotas, contacts, sources, audit.

use super::*;
use crate::view::{
    agenda::GetAgendaResponse,
    audit::Audit,
    noise::{GetNoiseReportResponse, Proposals},
    people::{Contacts, Duty},
    shift::{Disposed, Shift},
    source::Sources,
};

#[test]
fn a_shift_says_what_is_still_to_do() {
    let shift = v1::Shift {
        tenant: "acme".into(),
        day: "2026-11-25".into(),
        zone: "America/New_York".into(),
        from: at("2026-11-24T22:00:00Z"),
        due_at: at("2026-11-25T13:00:00Z"),
        late_by_seconds: 1200,
        total: 5,
        by_human: 1,
        auto: 1,
        open: 1,
        gone: 2,
        alerts: vec![open_alert(), v1::Alert { disposition_by: "ann".into(), ..taken_alert() }],
        ..Default::default()
    };
    shows(
        &Shift::from(shift.clone()),
        expect![[r#"
            acme, the night to 2026-11-25 in America/New_York
              since           2026-11-24 17:00:00 -05:00 (5 h ago)
              due             2026-11-25 08:00:00 -05:00 (in 10 h)
              late by         20m: the collector was down
              so far          1 of 3 disposed of by people (33 %), 1 still to do, 1 left to remit
              besides         2 alerts over by itself

            Alerts
              ALERT         SEVERITY  STATE         DISPOSITION  BY   OPENED     HOST            SUMMARY
              alr_7a21c9e0  high      open          -            -    2 min ago  db-7            backup job…
              alr_90b3f1d2  critical  acknowledged  known_issue  ann  3 d ago    application-s…  /var is 97.3 %…
        "#]],
    );
    let outcome = |alert_id: &str, error: &str| v1::ShiftOutcome {
        alert_id: alert_id.into(),
        alert: None,
        error: error.into(),
    };
    let outcomes = [outcome("alr_1", ""), outcome("alr_2", "a known issue must be named")];
    let outcomes = outcomes.into_iter().map(Into::into).collect();
    let shift = v1::Shift { alerts: vec![], auto: 0, open: 0, by_human: 3, ..shift };
    shows(
        &Disposed { outcomes, shift: Some(shift.into()) },
        expect![[r#"
        alr_2: not done: a known issue must be named
        1 alert disposed of
        3 of 3 disposed of by people (100 %)
    "#]],
    );
}

#[test]
fn an_agenda_is_in_the_order_of_the_call() {
    let item = |title: &str, reference: &str| v1::AgendaItem {
        title: title.into(),
        reference: reference.into(),
        detail: "flagged by itself".into(),
        party: v1::Party::Provider.into(),
        since: at("2026-11-22T03:00:00Z"),
    };
    let section = |title: &str, items| v1::AgendaSection { title: title.into(), items, more: 2 };
    let agenda = v1::GetAgendaResponse {
        tenant: "acme".into(),
        zone: "America/New_York".into(),
        from: at("2026-11-18T05:00:00Z"),
        to: at("2026-11-25T05:00:00Z"),
        sections: vec![
            section("Joint reviews", vec![item("db-7: backup job nightly failed", "alr_7a21c9e0")]),
            section("Known issues that end", vec![item("old UPS", "kni_51d0c7aa")]),
        ],
    };
    shows(
        &GetAgendaResponse::from(agenda),
        expect![[r#"
            acme, weekly call
              about           2026-11-18 00:00:00 -05:00 to 2026-11-25 00:00:00 -05:00
              zone            America/New_York

            1. Joint reviews
              provider  3 d ago  db-7: backup job nightly failed; flagged by itself; alr_7a21c9e0
              and 2 more

            2. Known issues that end
              provider  3 d ago  old UPS; flagged by itself; kni_51d0c7aa
              and 2 more
        "#]],
    );
}

#[test]
fn noise_says_how_often_for_nothing_and_what_might_help() {
    let report = v1::GetNoiseReportResponse {
        since: at("2026-10-26T03:00:00Z"),
        until: at("2026-11-25T03:00:00Z"),
        rows: vec![v1::NoiseRow {
            check: "cpu-load".into(),
            team: "provider-noc".into(),
            alerts: 40,
            acted_on: 2,
            self_resolved: 37,
            night_pages: 21,
            flaps: 3,
            marked_noise: 4,
            reasons: vec!["clears itself at 03:00".into()],
            hint: v1::TuningKind::Hold.into(),
            ..Default::default()
        }],
    };
    shows(
        &GetNoiseReportResponse::from(report),
        expect![[r#"
        2026-10-25 22:00:00 -05:00 to 2026-11-24 22:00:00 -05:00

        Noisiest first
          CHECK     TEAM          ALERTS  ACTED ON  BY ITSELF  NIGHT  FLAPS  NOISE  TRY
          cpu-load  provider-noc  40      5 %       92 %       21     3      4      hold

        What people said
          cpu-load: clears itself at 03:00
    "#]],
    );
    let proposal = v1::TuningProposal {
        tuning: Some(v1::Tuning {
            check: "cpu-load".into(),
            kind: v1::TuningKind::Hold.into(),
            before: "5m".into(),
            after: "20m".into(),
            why: "37 of 40 were over within 15 min".into(),
            ..Default::default()
        }),
        replay: Some(v1::TuningReplay {
            since: at("2026-10-26T03:00:00Z"),
            until: at("2026-11-25T03:00:00Z"),
            alerts_before: 40,
            alerts_after: 3,
            night_pages_before: 21,
            night_pages_after: 1,
            missed_alert_ids: vec!["alr_7a21c9e0".into()],
            latest_delay_seconds: 900,
            caveat: "readings before 2026-11-11 are kept by the hour".into(),
        }),
        diff: "-hold = \"5m\"\n+hold = \"20m\"".into(),
        command: "remit change propose matrix acme.toml --follows 3".into(),
        ..Default::default()
    };
    shows(
        &Proposals { proposals: vec![proposal.into()] },
        expect![[r#"
            cpu-load hold: 5m → 20m
              where           everything
              why             37 of 40 were over within 15 min
              tried on        2026-10-25 22:00:00 -05:00 to 2026-11-24 22:00:00 -05:00
              alerts          40 → 3
              night pages     21 → 1
              would miss      1 alert that somebody acted on:
                              alr_7a21c9e0
              later by        15m at worst
              but             readings before 2026-11-11 are kept by the hour

            Difference
              -hold = "5m"
              +hold = "20m"

            To ask for it
              remit change propose matrix acme.toml --follows 3
        "#]],
    );
}

#[test]
fn gaps_and_channels_that_fail_are_seen_at_once() {
    let turn = |person: &str, from: &str, to: &str| v1::OnCallShift {
        person: person.into(),
        from: at(from),
        to: at(to),
        because: "layer primary".into(),
    };
    let rotas = vec![
        v1::OnCall {
            rota: "noc-nights".into(),
            team: "provider-noc".into(),
            zone: "America/New_York".into(),
            now: Some(turn("kim", "2026-11-24T22:00:00Z", "2026-11-25T13:00:00Z")),
            next: Some(turn("lee", "2026-11-25T22:00:00Z", "2026-11-26T13:00:00Z")),
            gaps: vec![],
        },
        v1::OnCall {
            rota: "it-weekend".into(),
            team: "internal-it".into(),
            gaps: vec![v1::OnCallGap {
                from: at("2026-11-28T05:00:00Z"),
                to: at("2026-11-28T13:00:00Z"),
                because: "no layer of `it-weekend` applies".into(),
            }],
            ..Default::default()
        },
    ];
    let duty = Duty { rotas: rotas.into_iter().map(Into::into).collect() };
    assert!(duty.has_gaps());
    shows(
        &duty,
        expect![[r#"
        ROTA        TEAM          NOW     UNTIL                       NEXT  ZONE              BECAUSE
        noc-nights  provider-noc  kim     2026-11-25 08:00:00 -05:00  lee   America/New_York  layer primary
        it-weekend  internal-it   nobody  -                           -                       -
        gap: it-weekend: nobody from 2026-11-28 00:00:00 -05:00 to 2026-11-28 08:00:00 -05:00
    "#]],
    );
    let contact = |channel: &str| v1::Contact {
        channel: channel.into(),
        persons: vec!["kim".into()],
        teams: vec!["provider-noc".into()],
        ..Default::default()
    };
    let contacts = [
        v1::Contact {
            verified_at: at("2026-11-01T03:00:00Z"),
            last_delivered_at: at("2026-11-25T02:00:00Z"),
            ..contact("email:kim@acme.example")
        },
        v1::Contact {
            verified_at: at("2026-11-01T03:00:00Z"),
            last_failed_at: at("2026-11-25T02:00:00Z"),
            last_error: "HTTP 503".into(),
            ..contact("webhook:noc")
        },
        contact("ntfy:night"),
    ];
    let contacts = contacts.into_iter().map(Into::into).collect();
    shows(
        &Contacts { contacts },
        expect![[r#"
        CHANNEL                 STATE       VERIFIED  DELIVERED  FOR                LAST ERROR
        email:kim@acme.example  verified    24 d ago  1 h ago    kim, provider-noc  -
        webhook:noc             failing     24 d ago  -          kim, provider-noc  HTTP 503
        ntfy:night              unverified  -         -          kim, provider-noc  -
    "#]],
    );
}

#[test]
fn sources_and_deeds_stand_in_tables() {
    let source = v1::Source {
        source_id: "src_51d0c7aa5d0c4f7e9a550f3b8a2c1d00".into(),
        tenant: "acme".into(),
        site: "hq".into(),
        name: "prometheus".into(),
        kind: v1::SourceKind::Alertmanager.into(),
        last_heard_at: at("2026-11-25T02:59:00Z"),
        accepted: 812,
        refused: 3,
        last_error: "no startsAt".into(),
        ..Default::default()
    };
    shows(
        &Sources { sources: vec![source.into()] },
        expect![[r#"
        SOURCE        NAME        KIND          TENANT  SITE  HEARD      TAKEN  REFUSED  LAST ERROR
        src_51d0c7aa  prometheus  alertmanager  acme    hq    1 min ago  812    3        no startsAt
    "#]],
    );
    let entry = v1::AuditEntry {
        seq: 4711,
        at: at("2026-11-25T02:59:00Z"),
        actor: "opr_51d0c7aa0000000000000000000000ff eve".into(),
        action: "change.approve".into(),
        object: "chg_3f0c9a515d0c".into(),
        detail: "it is her own".into(),
        denied: true,
        ..Default::default()
    };
    shows(
        &Audit { entries: vec![entry.into()] },
        expect![[r#"
        SEQ   AT                          WHO  WHAT            TO
        4711  2026-11-24 21:59:00 -05:00  eve  change.approve  chg_3f0c9a51  denied: it is her own
    "#]],
    );
}
