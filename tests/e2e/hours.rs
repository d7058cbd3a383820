//! What the hours of the day do to alerts, with the collector's clock set by the
//! test.

use remit_proto::{
    convert::Wire as _,
    v1::{self, AlertEventKind, AlertState, Disposition},
};
use tests::{Ask, FakeAgent, SOON, Site, eventually, starter, tuesday};

use crate::steps::fill_disk;

/// A server that a business application runs on: internal IT's while the
/// office is open, the provider's afterwards.
async fn application_server(site: &Site) -> FakeAgent {
    let ask = Ask {
        tenant: "acme".into(),
        site: "hq".into(),
        tags: vec!["lob".into()],
        ..Default::default()
    };
    let token = site.ask_token(ask).await.expect("an administrator may make tokens").text;
    FakeAgent::enroll(&token, "erp-1").await.expect("a new token lets one in")
}

#[tokio::test]
async fn e03_unacked_at_1700() {
    let site = Site::by_clock(&starter()).await;
    let mut agent = application_server(&site).await;
    let mut session = agent.connect().await.unwrap();
    site.set_clock(tuesday("16:50"));
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    assert_eq!(alert.responsibility.as_ref().unwrap().responsible, "internal-it");

    site.set_clock(tuesday("17:00"));
    site.inbox.message("provider-noc", "assigned").await;
    let alert = site.admin.alert(&alert.alert_id).await;
    assert_eq!(alert.state(), AlertState::Open);
    assert_eq!(alert.responsibility.as_ref().unwrap().responsible, "provider-noc");
    let rerouted = |it: &&_| matches!(it, AlertEventKind::Rerouted);
    let kinds: Vec<AlertEventKind> = alert.timeline.iter().map(|it| it.kind()).collect();
    assert_eq!(kinds.iter().filter(rerouted).count(), 1, "{kinds:?}");
}

/// Lets the collector wake in the night before Tuesday's office hours.
async fn wake_at_night(site: &mut Site) {
    site.stop().await;
    site.set_clock(tuesday("02:00"));
    site.restart().await;
}

/// Tuesday's night once it is finished.
async fn finished_night(site: &Site) -> v1::Shift {
    let day = tuesday("12:00").strftime("%F").to_string();
    eventually(SOON, "the night is finished", async || {
        let asked = v1::GetShiftRequest { tenant: "acme".into(), day: day.clone() };
        let got = site.admin.shifts().get_shift(asked).await.ok()?.into_inner();
        got.shift.filter(|it| it.closed_at.is_some())
    })
    .await
}

/// Waits until the collector itself has put an alert down for both teams.
async fn put_down(site: &Site, id: &str) -> v1::Alert {
    let what = "the alert is put down for both teams";
    let is_so = |it: &v1::Alert| it.disposition() == Disposition::JointReview;
    let alert = site.admin.alert_where(id, what, is_so).await;
    assert!(alert.disposition_auto);
    alert
}

fn times_disposed(alert: &v1::Alert) -> usize {
    let kinds = alert.timeline.iter().map(|it| it.kind());
    kinds.filter(|it| *it == AlertEventKind::DispositionSet).count()
}

#[tokio::test]
async fn e06_0800_disposition() {
    let mut site = Site::by_clock(&starter()).await;
    let noc = site.noc().await;
    let mut agents = Vec::new();
    for name in ["db-1", "db-2", "db-3"] {
        agents.push(site.agent(name).await);
    }
    wake_at_night(&mut site).await;
    let noc = noc.again().await;
    let mut alerts = Vec::new();
    for agent in &mut agents {
        let mut session = agent.connect().await.unwrap();
        alerts.push(fill_disk(&site, agent, &mut session).await.alert_id);
    }
    let note = || "the archive moves on Friday".to_owned();
    let resolve = v1::ResolveAlertRequest { alert_id: alerts[0].clone(), note: note() };
    noc.alerts().resolve_alert(resolve).await.unwrap();
    let known = v1::DisposeShiftAlertsRequest {
        tenant: "acme".into(),
        alert_ids: vec![alerts[1].clone()],
        disposition: Disposition::KnownIssue.into(),
        note: note(),
        ..Default::default()
    };
    let done = noc.shifts().dispose_shift_alerts(known).await.unwrap().into_inner();
    assert_eq!(done.outcomes[0].error, "");
    assert_eq!(site.admin.alert(&alerts[2]).await.disposition(), Disposition::None);

    site.set_clock(tuesday("08:00"));
    let untouched = put_down(&site, &alerts[2]).await;
    assert_eq!(times_disposed(&untouched), 1);
    let shift = finished_night(&site).await;
    assert_eq!((shift.by_human, shift.open), (2, 0), "{shift:?}");
    assert!(shift.auto >= 1 && shift.late_by_seconds < 60, "{shift:?}");
    assert_eq!(site.admin.alert(&alerts[0]).await.disposition(), Disposition::Resolved);
    let known = site.admin.alert(&alerts[1]).await;
    assert_eq!((known.disposition(), known.disposition_auto), (Disposition::KnownIssue, false));
}

#[tokio::test]
async fn what_was_known_at_night_and_is_no_more_is_put_down_at_eight() {
    let mut site = Site::by_clock(&starter()).await;
    let noc = site.noc().await;
    let mut agent = site.agent("db-1").await;
    for number in 0..10 {
        site.agent(&format!("web-{number}")).await;
    }
    wake_at_night(&mut site).await;
    let noc = noc.again().await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await.alert_id;
    let spec = v1::KnownIssueSpec {
        tenant: "acme".into(),
        title: "the archive is full".into(),
        why: "it moves on Friday".into(),
        expires_at: Some(tuesday("12:00").to_wire()),
        ..Default::default()
    };
    let known = v1::DeclareKnownIssueRequest { spec: Some(spec), alert_id: alert.clone() };
    let known = noc.known_issues().declare_known_issue(known).await.unwrap().into_inner();
    let known_issue_id = known.known_issue.unwrap().known_issue_id;
    let night = async || {
        let asked = v1::GetShiftRequest { tenant: "acme".into(), ..Default::default() };
        let shift = noc.shifts().get_shift(asked).await.unwrap().into_inner().shift.unwrap();
        let mut alerts = shift.alerts.iter();
        let said = alerts.find(|it| it.alert_id == alert).map(|it| it.disposition());
        (said, shift.by_human)
    };
    assert_eq!(night().await, (Some(Disposition::KnownIssue), 1));

    let ended = v1::EndKnownIssueRequest { known_issue_id, reason: "it moved".into() };
    noc.known_issues().end_known_issue(ended).await.unwrap();
    assert_eq!(night().await, (Some(Disposition::None), 0), "somebody must say again");
    site.set_clock(tuesday("08:00"));
    assert_eq!(times_disposed(&put_down(&site, &alert).await), 2);
    let asked = v1::GetAgendaRequest { tenant: "acme".into(), ..Default::default() };
    site.set_clock(tuesday("09:00"));
    let agenda = noc.shifts().get_agenda(asked).await.unwrap().into_inner();
    let items = agenda.sections.iter().flat_map(|it| &it.items);
    assert!(items.map(|it| &it.reference).any(|it| *it == alert), "both teams speak of it");
}

#[tokio::test]
async fn e29_collector_down_over_0800() {
    let mut site = Site::by_clock(&starter()).await;
    let mut agent = site.agent("db-1").await;
    wake_at_night(&mut site).await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;

    site.cut_power().await;
    site.set_clock(tuesday("09:30"));
    site.restart().await;
    put_down(&site, &alert.alert_id).await;
    let late = finished_night(&site).await;
    assert!((5_400..5_500).contains(&late.late_by_seconds), "{late:?}");

    site.cut_power().await;
    site.restart().await;
    assert_eq!(finished_night(&site).await.closed_at, late.closed_at, "it is finished once");
    assert_eq!(times_disposed(&put_down(&site, &alert.alert_id).await), 1);
}
