//! Who is told when nobody answers, also if the collector was away.

use std::{collections::BTreeMap, time::Duration};

use remit_proto::v1::{self, AcknowledgeAlertRequest, AlertEventKind};
use remit_runtime::clock::SystemClock;
use remit_shared::Clock as _;
use tests::{Site, eventually, starter};

use crate::steps::fill_disk;

/// The starter matrix in a hurry.
fn impatient() -> String {
    let usual = "steps = [\"15m provider-manager\", \"30m it-manager\"]";
    let text = starter();
    assert!(text.contains(usual), "the policy is still there");
    text.replace(usual, "steps = [\"2s provider-manager\", \"6s it-manager\"]")
}

/// Who was told that nobody acted, and in how many messages.
fn told(site: &Site) -> BTreeMap<String, usize> {
    let mut ids: Vec<(String, String)> = site
        .inbox
        .received()
        .into_iter()
        .filter(|it| it.field("topic") == "escalated")
        .map(|it| (it.webhook, it.id))
        .collect();
    ids.sort();
    // The same message may come twice; a receiver can tell by its name.
    ids.dedup();
    let mut told = BTreeMap::new();
    for (webhook, _) in ids {
        *told.entry(webhook).or_default() += 1;
    }
    told
}

fn rungs(alert: &v1::Alert) -> Vec<&str> {
    let entries = alert.timeline.iter().filter(|it| it.kind() == AlertEventKind::Escalated);
    entries.map(|it| it.detail.as_str()).collect()
}

#[tokio::test]
async fn a_power_cut_neither_skips_nor_repeats_a_rung() {
    let mut site = Site::with_matrix(&impatient()).await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    site.inbox.message("provider-manager", "escalated").await;
    let second_rung = alert.opened_at.unwrap().seconds + 7;
    site.cut_power().await;
    eventually(Duration::from_secs(10), "the second rung is overdue", async || {
        (SystemClock.now().as_second() > second_rung).then_some(())
    })
    .await;
    assert_eq!(told(&site), BTreeMap::from([("provider-manager".to_owned(), 1)]));
    site.restart().await;

    let page = site.inbox.message("it-manager", "escalated").await;
    assert!(
        page.field("subject").starts_with("[ESCALATED HIGH] db-7: "),
        "{}",
        page.field("subject")
    );
    assert!(page.field("text").contains("Nobody has acted in time, so you are told."));
    let once = [("it-manager".to_owned(), 1), ("provider-manager".to_owned(), 1)];
    assert_eq!(told(&site), BTreeMap::from(once));
    let alert = site.admin.alert(&alert.alert_id).await;
    assert_eq!(
        rungs(&alert),
        [
            "to provider-manager: not acknowledged in time",
            "to it-manager: not acknowledged in time",
        ]
    );
}

#[tokio::test]
async fn whoever_takes_it_on_in_time_stops_the_ladder() {
    let site = Site::with_matrix(&impatient()).await;
    let noc = site.noc().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    site.inbox.message("provider-manager", "escalated").await;
    let asked = AcknowledgeAlertRequest { alert_id: alert.alert_id.clone(), ..Default::default() };
    noc.alerts().acknowledge_alert(asked).await.unwrap();
    let second_rung = alert.opened_at.unwrap().seconds + 8;
    eventually(Duration::from_secs(10), "the second rung would have been told", async || {
        (SystemClock.now().as_second() > second_rung).then_some(())
    })
    .await;
    let alert = site.admin.alert(&alert.alert_id).await;
    assert_eq!(rungs(&alert), ["to provider-manager: not acknowledged in time"]);
    assert_eq!(alert.next_escalation_to, "provider-noc", "when the acknowledgement ends");
}
