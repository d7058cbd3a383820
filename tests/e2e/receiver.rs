//! Other systems tell Remit what they see.

use remit_proto::v1::{self, AlertState};
use tests::{Outcome, SOON, Site, eventually, finish, post};
use tokio::process::Command;

const ALERTS: &str = "/api/v2/alerts";

/// `amtool`, set up to speak with the site as a source.
async fn amtool(site: &Site, token: &str, words: &[&str]) -> Outcome {
    let settings = site.folder().join("amtool.yml");
    let text = format!(
        "authorization:\n  credentials: {token}\ntls_config:\n  ca_file: {}\n",
        site.root().display()
    );
    std::fs::write(&settings, text).expect("the test's folder can be written");
    let mut amtool = Command::new("amtool");
    amtool.arg(format!("--alertmanager.url=https://{}", site.receiver()));
    amtool.arg("--http.config.file").arg(settings).args(words);
    finish(amtool).await
}

/// The one alert of a check that is in a state.
async fn one(site: &Site, check: &str, state: AlertState) -> v1::Alert {
    let what = format!("one alert of {check} is {state:?}");
    eventually(SOON, &what, async || {
        let all = site.admin.all_alerts().await;
        let mut found = all.into_iter().filter(|it| it.check == check);
        found.next().filter(|it| it.state() == state && found.next().is_none())
    })
    .await
}

#[tokio::test]
async fn what_amtool_posts_gets_an_owner_and_what_it_resolves_is_over() {
    let mut site = Site::start().await;
    let token = site.source("ops", "alertmanager", None).await;
    let agent = site.agent("db-7").await;
    let labels = ["alert", "add", "alertname=Raid", "instance=db-7:9100", "severity=high"];
    for _ in 0..2 {
        let added = amtool(&site, &token, &labels).await;
        assert_eq!(added.code, Some(0), "{}", added.stderr);
    }
    let alert = one(&site, "ops:Raid", AlertState::Open).await;
    assert_eq!(alert.endpoint_id, agent.id);
    assert_eq!(alert.severity(), v1::Severity::High);
    assert_eq!(alert.responsibility.as_ref().unwrap().responsible, "provider-noc");
    assert_eq!(alert.occurrences, 1, "posting again is a repeat");
    let page = site.inbox.message("provider-noc", "assigned").await;
    assert_eq!(page.field("alert_id"), alert.alert_id);
    assert_eq!(page.body["alerts"][0]["owner"]["party"], "provider");

    let listed = amtool(&site, &token, &["alert", "query"]).await;
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains("Raid"), "{}", listed.stdout);
    let over = [&labels[..], &["--end=2026-01-01T00:00:00Z", "--start=2025-12-31T00:00:00Z"]];
    let ended = amtool(&site, &token, &over.concat()).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    one(&site, "ops:Raid", AlertState::Resolved).await;
    site.inbox.message("provider-noc", "resolved").await;
}

#[tokio::test]
async fn what_was_answered_with_200_survives_a_power_cut() {
    let mut site = Site::start().await;
    let token = site.source("ops", "alertmanager", None).await;
    let body = r#"[{"labels": {"alertname": "Fire", "severity": "critical"}}]"#;
    let (status, said) = post(site.receiver(), &site.root(), &token, ALERTS, body).await;
    assert_eq!((status, said.as_str()), (200, "{}"));
    site.cut_power().await;
    site.restart().await;
    let alert = one(&site, "ops:Fire", AlertState::Open).await;
    assert_eq!(alert.hostname, "ops", "it names no endpoint, so it is about the source");
    let (status, _) = post(site.receiver(), &site.root(), &token, ALERTS, body).await;
    assert_eq!(status, 200);
    assert_eq!(one(&site, "ops:Fire", AlertState::Open).await.alert_id, alert.alert_id);
}

#[tokio::test]
async fn an_event_in_other_words_is_an_alert_like_any_other() {
    let mapping = r#"
        id = "/incident"
        summary = "/title"
        check = "=malware"
        host = "/device"
        function = "security_tooling"
        [severity]
        at = "/level"
        map = { "10" = "critical" }
        [status]
        at = "/state"
        cleared = ["closed"]
    "#;
    let mut site = Site::start().await;
    let token = site.source("edr", "events", Some(mapping)).await;
    let agent = site.agent("db-7").await;
    let event = |state: &str| {
        format!(
            r#"{{"incident": 17, "title": "malware was found", "device": "DB-7.acme.example",
                "level": 10, "state": "{state}"}}"#
        )
    };
    let tell = async |body: &str| {
        post(site.receiver(), &site.root(), &token, "/api/v1/events/edr", body).await
    };
    assert_eq!(tell(&event("new")).await.0, 200);
    let alert = one(&site, "edr:malware", AlertState::Open).await;
    assert_eq!(
        (alert.endpoint_id.as_str(), alert.function.as_str()),
        (&*agent.id, "security_tooling")
    );
    assert_eq!(alert.severity(), v1::Severity::Critical);
    assert_eq!(tell(&event("closed")).await.0, 200);
    one(&site, "edr:malware", AlertState::Resolved).await;

    let (status, said) = tell("{}").await;
    assert_eq!((status, said.contains("there is no text at `/incident`")), (400, true), "{said}");
    let (status, _) = post(site.receiver(), &site.root(), "src_1.2", ALERTS, "[]").await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_source_that_is_made_over_the_network_is_heard_at_once_and_no_more_once_revoked() {
    let site = Site::start().await;
    let wanted = v1::CreateSourceRequest {
        tenant: "acme".into(),
        site: "hq".into(),
        name: "ops".into(),
        kind: v1::SourceKind::Alertmanager.into(),
        ..Default::default()
    };
    let noc = site.noc().await;
    let refused = noc.sources().create_source(wanted.clone()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    let made = site.admin.sources().create_source(wanted.clone()).await.unwrap().into_inner();
    assert_eq!(made.path, ALERTS);
    let body = r#"[{"labels": {"alertname": "Fire", "severity": "critical"}}]"#;
    let tell = async || post(site.receiver(), &site.root(), &made.token, ALERTS, body).await.0;
    assert_eq!(tell().await, 200);
    one(&site, "ops:Fire", AlertState::Open).await;
    let again = site.admin.sources().create_source(wanted).await.unwrap_err();
    assert_eq!(again.code(), tonic::Code::FailedPrecondition);

    let source_id = made.source.unwrap().source_id;
    let asked = v1::RevokeSourceRequest { source_id };
    let revoked = site.admin.sources().revoke_source(asked).await.unwrap().into_inner();
    assert!(revoked.source.unwrap().revoked_at.is_some());
    assert_eq!(tell().await, 401);
    let listed = site.admin.sources().list_sources(v1::ListSourcesRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().sources, []);
}
