//! From a full disk to the right person, and what both parties may do about it.

use remit_proto::v1::{
    self, AcknowledgeAlertRequest, AddAlertNoteRequest, AlertEventKind, AlertState,
    HandOverAlertRequest, ResolveAlertRequest, SetAlertDispositionRequest,
};
use tests::{Operator, SOON, Site, eventually};
use tonic::{Code, Status};

use crate::steps::fill_disk;

async fn acknowledge(who: &Operator, alert: &v1::Alert) -> Result<v1::Alert, Status> {
    let asked = AcknowledgeAlertRequest { alert_id: alert.alert_id.clone(), ..Default::default() };
    let done = who.alerts().acknowledge_alert(asked).await?.into_inner();
    Ok(done.alert.unwrap_or_default())
}

async fn resolve(who: &Operator, alert: &v1::Alert) -> Result<v1::Alert, Status> {
    let alert_id = alert.alert_id.clone();
    let asked = ResolveAlertRequest { alert_id, note: "made room".into() };
    Ok(who.alerts().resolve_alert(asked).await?.into_inner().alert.unwrap_or_default())
}

#[tokio::test]
async fn a_full_disk_reaches_its_owner_and_both_parties_see_why_them() {
    let site = Site::start().await;
    let (noc, internal) = (site.noc().await, site.internal_it().await);
    let (mut shift, mut desk) = (noc.watch("").await.unwrap(), internal.watch("").await.unwrap());
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;

    assert_eq!(alert.summary, "disk space in use on /: 97.0 % (limit 95.0 %)");
    assert_eq!((alert.hostname.as_str(), alert.severity()), ("db-7", v1::Severity::High));
    let whose = alert.responsibility.clone().unwrap();
    assert_eq!((whose.row.as_str(), whose.matrix_version), ("infrastructure", 1));
    assert_eq!(
        (whose.responsible.as_str(), whose.accountable.as_str(), whose.party()),
        ("provider-noc", "provider-manager", v1::Party::Provider)
    );
    let asked = v1::ExplainResponsibilityRequest {
        endpoint: "db-7".into(),
        function: alert.function.clone(),
        at: whose.decided_at,
        severity: alert.severity,
    };
    let explained = site.admin.matrix().explain_responsibility(asked).await.unwrap().into_inner();
    assert_eq!(explained.responsibility, Some(whose), "the matrix gives the same answer if asked");

    for watch in [&mut shift, &mut desk] {
        let seen = watch.next_of(AlertEventKind::Created).await;
        assert_eq!(seen.alert.unwrap().alert_id, alert.alert_id);
        let seen = watch.next_of(AlertEventKind::Routed).await.event.unwrap();
        assert!(seen.detail.starts_with("to provider-noc: "), "{}", seen.detail);
    }
}

#[tokio::test]
async fn a_message_is_signed_delivered_and_known_to_be() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;

    let page = site.inbox.message("provider-noc", "assigned").await;
    assert!(page.is_genuine, "the signature is the shared secret's");
    assert_eq!(page.field("id"), page.id);
    assert_eq!(page.field("alert_id"), alert.alert_id);
    let subject = "[HIGH] db-7: disk space in use on /: 97.0 % (limit 95.0 %) (acme)";
    assert_eq!(page.field("subject"), subject);
    assert_eq!(page.body["owner"]["party"], "provider");
    assert_eq!(page.body["owner"]["team"], "provider-noc");
    let text = page.field("text");
    assert!(text.contains("\n\nIt is yours to act on.\n\n"), "{text}");
    assert!(text.contains(&format!("remit alert show {}", alert.alert_id)), "{text}");

    let told = site.inbox.message("it-manager", "informed").await;
    assert!(told.field("text").contains("you need not act"), "{}", told.field("text"));
    let alert = site
        .admin
        .alert_where(&alert.alert_id, "both messages are known to be delivered", |it| {
            it.notices.iter().all(|it| it.state() == v1::NoticeState::Delivered)
        })
        .await;
    let ids: Vec<&str> = alert.notices.iter().map(|it| it.notice_id.as_str()).collect();
    assert_eq!(ids, [page.id, told.id]);
    assert!(alert.timeline.iter().any(|it| {
        it.kind() == AlertEventKind::Notified && it.detail == "provider-noc by webhook:provider-noc"
    }));
}

#[tokio::test]
async fn each_party_works_on_what_is_its_own() {
    let site = Site::start().await;
    let (noc, internal) = (site.noc().await, site.internal_it().await);
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;

    let refused = acknowledge(&internal, &alert).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(
        refused.message(),
        "to acknowledge this alert is up to provider-noc (provider) or provider-manager, \
         or to a manager of the internal side; anybody may leave a note"
    );
    let taken = acknowledge(&noc, &alert).await.unwrap();
    let by = taken.acknowledgement.clone().unwrap();
    assert_eq!((taken.state(), by.by.as_str()), (AlertState::Acknowledged, "nora"));
    assert_eq!((by.team.as_str(), by.party()), ("provider-noc", v1::Party::Provider));

    let alert_id = alert.alert_id.clone();
    let note = AddAlertNoteRequest { alert_id: alert_id.clone(), note: "month-end runs".into() };
    internal.alerts().add_alert_note(note).await.unwrap();
    let hand_over = |to_team: &str| HandOverAlertRequest {
        alert_id: alert_id.clone(),
        to_team: to_team.into(),
        reason: v1::HandOverReason::BusinessContext.into(),
        note: "is this data needed?".into(),
    };
    let refused = noc.alerts().hand_over_alert(hand_over("internl-it")).await.unwrap_err();
    assert_eq!(refused.message(), "the matrix has no team `internl-it`");
    let handed = noc.alerts().hand_over_alert(hand_over("internal-it")).await.unwrap();
    let handed = handed.into_inner().alert.unwrap();
    let whose = handed.responsibility.unwrap();
    assert_eq!((whose.responsible.as_str(), whose.party()), ("internal-it", v1::Party::Internal));
    assert_eq!(handed.state, i32::from(AlertState::Open), "whoever gets it must take it on");
    let page = site.inbox.message("internal-it", "assigned").await;
    assert_eq!(page.field("alert_id"), alert_id);

    let refused = acknowledge(&noc, &alert).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    acknowledge(&internal, &alert).await.unwrap();
    let judge = |note: &str| SetAlertDispositionRequest {
        alert_id: alert_id.clone(),
        disposition: v1::Disposition::KnownIssue.into(),
        note: note.into(),
        ..Default::default()
    };
    let refused = internal.alerts().set_alert_disposition(judge("")).await.unwrap_err();
    assert_eq!(refused.message(), "this disposition needs a note that says why");
    internal.alerts().set_alert_disposition(judge("archive grows")).await.unwrap();

    resolve(&internal, &alert).await.unwrap();
    let refused = resolve(&internal, &alert).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(refused.message(), format!("alert {alert_id} is already resolved"));
    let alert = site.admin.alert(&alert_id).await;
    assert_eq!(
        (alert.state(), alert.disposition()),
        (AlertState::Resolved, v1::Disposition::KnownIssue)
    );
    let deeds: Vec<(AlertEventKind, &str)> = alert
        .timeline
        .iter()
        .filter(|it| it.actor != "remit")
        .map(|it| (it.kind(), it.detail.split(", ").next().unwrap_or_default()))
        .collect();
    assert_eq!(
        deeds[1..],
        [
            (AlertEventKind::NoteAdded, "month-end runs"),
            (AlertEventKind::HandedOff, "to internal-it"),
            deeds[3],
            (AlertEventKind::DispositionSet, "known_issue: archive grows"),
            (AlertEventKind::Resolved, "made room"),
        ]
    );
}

#[tokio::test]
async fn a_receiver_that_fails_is_told_again_under_the_same_name() {
    let site = Site::start().await;
    let noc = site.noc().await;
    site.inbox.answer("provider-noc", [503, 500]);
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    site.inbox.message("provider-noc", "assigned").await;
    resolve(&noc, &alert).await.unwrap();
    site.inbox.message("provider-noc", "resolved").await;

    let all = site.inbox.received();
    let to_noc: Vec<_> = all.iter().filter(|it| it.webhook == "provider-noc").collect();
    let answers: Vec<u16> = to_noc.iter().map(|it| it.answered).collect();
    assert_eq!(answers, [503, 500, 200, 200], "the all-clear waits for its turn");
    assert!(to_noc[..3].iter().all(|it| it.is_genuine && it.id == to_noc[0].id));
    assert_ne!(to_noc[3].id, to_noc[0].id);

    let alert = site
        .admin
        .alert_where(&alert.alert_id, "the message is known to be delivered", |it| {
            it.notices[0].state() == v1::NoticeState::Delivered
        })
        .await;
    assert_eq!(
        (alert.notices[0].attempts, alert.notices[0].channel.as_str()),
        (3, "webhook:provider-noc")
    );
    let failed =
        alert.timeline.iter().find(|it| it.kind() == AlertEventKind::DeliveryFailed).unwrap();
    let detail = "provider-noc by webhook:provider-noc, will be tried again: \
                  `webhook:provider-noc` could not be reached: HTTP 503 Service Unavailable";
    assert_eq!(failed.detail, detail);
}

#[tokio::test]
async fn a_message_that_a_power_cut_interrupted_is_sent_after_all() {
    let mut site = Site::start().await;
    site.inbox.answer("provider-noc", [503; 100]);
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    fill_disk(&site, &mut agent, &mut session).await;
    let failed = eventually(SOON, "an attempt has failed", async || {
        site.inbox.received().into_iter().find(|it| it.answered == 503)
    })
    .await;
    site.cut_power().await;
    site.inbox.recover();
    site.restart().await;
    let page = site.inbox.message("provider-noc", "assigned").await;
    assert_eq!(page.id, failed.id);
}

#[tokio::test]
async fn what_no_alert_is_called_is_not_found() {
    let site = Site::start().await;
    let alert_id = "alr_00000000-0000-4000-8000-000000000000".to_owned();
    let asked = v1::GetAlertRequest { alert_id: alert_id.clone() };
    let refused = site.admin.alerts().get_alert(asked).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Code::NotFound, &*format!("there is no alert {alert_id}"))
    );
}
