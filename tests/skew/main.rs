//! An agent of an earlier commit reports to today's collector, and is then
//! replaced by today's agent where it stands.

#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

use remit_proto::v1::{AlertState, Presence};
use tests::{SOON, Site, eventually};

#[tokio::test]
async fn an_earlier_agent_lives_with_todays_collector_and_is_upgraded_in_place() {
    let mut site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    agent.become_earlier();
    let id = agent.become_endpoint(&site.token().await).await;
    agent.start();
    let endpoint = site
        .admin
        .endpoint_where(&id, "the earlier agent reports", |it| {
            it.readings.iter().any(|it| it.metric == "memory_used")
        })
        .await;
    assert_eq!(endpoint.presence(), Presence::Online);

    let failed = agent.back_up("nightly", &[], ["sh", "-c", "exit 3"]).await;
    assert_eq!(failed.code, Some(3), "{}", failed.stderr);
    let alert = site.admin.alerted("backup-failed", AlertState::Open).await;
    assert!(alert.summary.contains("nightly"), "{}", alert.summary);

    site.cut_power().await;
    site.restart().await;
    let before = site.admin.endpoint(&id).await.unwrap().metrics_applied;
    let goes_on = async |site: &Site, from: u64| {
        eventually(SOON * 2, "its reports go on", async || {
            let applied = site.admin.endpoint(&id).await.unwrap().metrics_applied;
            (applied > from).then_some(applied)
        })
        .await
    };
    let before = goes_on(&site, before).await;
    let ended = agent.stop().await;
    assert_eq!(ended.code(), Some(0), "{ended}");
    let what = "the earlier agent has said goodbye";
    site.admin.endpoint_where(&id, what, |it| it.presence() == Presence::ExpectedOff).await;

    // Today's agent goes on with the identity, the spool and its numbers.
    agent.upgrade();
    agent.start();
    goes_on(&site, before).await;
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    assert_eq!((endpoint.presence(), endpoint.records_lost), (Presence::Online, 0));
    let succeeded = agent.back_up("nightly", &[], ["true"]).await;
    assert_eq!(succeeded.code, Some(0), "{}", succeeded.stderr);
    let what = "the backup's alert is over";
    site.admin.alert_where(&alert.alert_id, what, |it| it.state() == AlertState::Resolved).await;
    let alerts = site.admin.alerts_beside_the_hosts_own().await;
    let checks: Vec<_> = alerts.into_iter().map(|it| it.check).collect();
    assert_eq!(checks, ["backup-failed"], "no spool was reset, no record lost");
}
