//! Messages that wait for their like, with the collector's clock set by the test.

use std::collections::HashSet;

use jiff::SignedDuration;
use remit_proto::v1::{self, AlertState, NoticeState, Severity};
use tests::{FakeAgent, Received, SOON, Session, Site, eventually, starter};

use crate::steps::fill_disk;

/// How long the first message waits: longer than any test takes to begin.
const WAIT: SignedDuration = SignedDuration::from_mins(10);

/// A site whose messages wait for so long that a test can look meanwhile.
async fn patient() -> Site {
    let mut site = Site::by_clock(&starter()).await;
    site.configure("\n[digests]\nfirst = \"10m\"\n").await;
    site
}

/// Lets the clock show that the wait is over. Nobody is silent for that.
fn wait_over(site: &Site) {
    site.set_clock(site.now() + WAIT);
}

/// Reports a disk that is fairly full until there is an alert about it.
async fn half_fill_disk(site: &Site, agent: &mut FakeAgent, session: &mut Session) -> v1::Alert {
    eventually(SOON, "a fairly full disk is an alert", async || {
        let record = agent.disk(900);
        session.report(&record).await;
        let alerts = site.admin.all_alerts().await;
        alerts
            .into_iter()
            .find(|it| it.endpoint_id == agent.id && it.severity() == Severity::Medium)
    })
    .await
}

/// An agent with a disk that is fairly full, and its alert.
async fn worry(site: &Site, hostname: &str) -> (Session, v1::Alert) {
    let mut agent = site.agent(hostname).await;
    let mut session = agent.connect().await.unwrap();
    let alert = half_fill_disk(site, &mut agent, &mut session).await;
    (session, alert)
}

fn is_final(notice: &v1::Notice) -> bool {
    matches!(notice.state(), NoticeState::Delivered | NoticeState::Failed)
}

/// Waits until nothing of an alert's messages is left to do.
async fn settled(site: &Site, id: &str) -> v1::Alert {
    let what = "every message is settled";
    let is_settled = |it: &v1::Alert| !it.notices.is_empty() && it.notices.iter().all(is_final);
    site.admin.alert_where(id, what, is_settled).await
}

/// What the provider was told, but for the summary that everybody gets when the
/// shifts change, as they may while a test waits.
fn to_the_provider(site: &Site) -> Vec<Received> {
    let mut received = site.inbox.received();
    received.retain(|it| it.webhook == "provider-noc" && it.field("topic") != "shift");
    received
}

#[tokio::test]
async fn three_that_can_wait_are_one_message_and_one_that_cannot_goes_at_once() {
    let site = patient().await;
    let (_one, first) = worry(&site, "db-1").await;
    let (_two, second) = worry(&site, "db-2").await;
    let (_three, third) = worry(&site, "db-3").await;
    let mut agent = site.agent("db-4").await;
    let mut session = agent.connect().await.unwrap();
    let urgent = fill_disk(&site, &mut agent, &mut session).await;
    let page = site.inbox.message("provider-noc", "assigned").await;
    assert_eq!(page.field("alert_id"), urgent.alert_id);
    assert_eq!(to_the_provider(&site).len(), 1, "the others wait");

    wait_over(&site);
    let digest = site.inbox.message("provider-noc", "digest").await;
    assert!(digest.is_genuine && digest.id.starts_with("digest-"), "{digest:?}");
    assert_eq!(digest.field("subject"), "[3 ALERTS] 3 are disk-space at site hq (acme)");
    assert_eq!(digest.field("severity"), "medium");
    let alerts = digest.body["alerts"].as_array().unwrap();
    let mut told: Vec<&str> = alerts.iter().filter_map(|it| it["alert_id"].as_str()).collect();
    told.sort_unstable();
    let mut raised = [&first, &second, &third].map(|it| it.alert_id.as_str());
    raised.sort_unstable();
    assert_eq!(told, raised);
    for id in raised {
        let alert = settled(&site, id).await;
        let delivered = |it: &v1::Notice| it.state() == NoticeState::Delivered && it.attempts == 1;
        assert!(alert.notices.iter().all(delivered), "{:?}", alert.notices);
    }
    assert_eq!(to_the_provider(&site).len(), 2);
}

#[tokio::test]
async fn what_is_over_or_taken_on_before_its_turn_is_not_told() {
    let site = patient().await;
    let noc = site.noc().await;
    let (_one, over) = worry(&site, "db-1").await;
    let (_two, taken) = worry(&site, "db-2").await;
    let asked = v1::ResolveAlertRequest { alert_id: over.alert_id.clone(), note: String::new() };
    noc.alerts().resolve_alert(asked).await.unwrap();
    let alert_id = taken.alert_id.clone();
    let asked = v1::AcknowledgeAlertRequest { alert_id, ..Default::default() };
    noc.alerts().acknowledge_alert(asked).await.unwrap();

    wait_over(&site);
    for (id, why) in
        [(&over.alert_id, "it was over"), (&taken.alert_id, "somebody had taken it on")]
    {
        let alert = settled(&site, id).await;
        let is_kept = |it: &v1::Notice| it.attempts == 0 && it.last_error.contains(why);
        assert!(alert.notices.iter().all(is_kept), "{:?}", alert.notices);
    }
    assert_eq!(site.inbox.received().len(), 0);
    assert_eq!(site.admin.alert(&over.alert_id).await.state(), AlertState::Resolved);
}

#[tokio::test]
async fn what_waits_when_the_power_fails_is_told_once_after_a_restart() {
    let mut site = patient().await;
    let (_one, first) = worry(&site, "db-1").await;
    let (_two, second) = worry(&site, "db-2").await;
    let (first, second) =
        (site.admin.alert(&first.alert_id).await, site.admin.alert(&second.alert_id).await);
    site.cut_power().await;
    site.restart().await;
    let digest = eventually(SOON, "what waited is told", async || {
        // Nobody sees when it begins to wait anew.
        wait_over(&site);
        to_the_provider(&site).into_iter().find(|it| it.field("topic") == "digest")
    })
    .await;
    assert_eq!(digest.body["alerts"].as_array().unwrap().len(), 2);
    for before in [first, second] {
        let delivered = |it: &v1::Alert| {
            let mut owed = it.notices.iter().take(before.notices.len());
            owed.all(|it| it.state() == NoticeState::Delivered)
        };
        site.admin.alert_where(&before.alert_id, "what was owed is delivered", delivered).await;
    }
    let received = to_the_provider(&site);
    let ids: HashSet<&str> = received.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids.len(), received.len(), "nothing is told twice");
}
