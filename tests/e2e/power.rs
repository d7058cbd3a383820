//! Power cuts while many things happen at once.

use std::collections::BTreeMap;

use remit_proto::v1::AlertEventKind;
use tests::{SOON, Story, day_and_night, entries, eventually};

const ALERTS: usize = 20;

/// Waits until so many messages about a topic have reached a team.
async fn reached(story: &Story, team: &str, topic: &str, count: usize) {
    eventually(SOON, &format!("{count} `{topic}` have reached {team}"), async || {
        let came = story.site.inbox.received();
        let of_topic = came.iter().filter(|it| it.webhook == team && it.field("topic") == topic);
        (of_topic.count() >= count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn power_cuts_while_the_hour_changes_move_and_tell_each_alert_once() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("16:50");
    let mut alerts = Vec::new();
    for number in 0..ALERTS {
        alerts.push(story.fails(&format!("job-{number}")).await);
    }
    reached(&story, "internal-it", "assigned", ALERTS).await;
    story.at("17:00");
    for count in [1, ALERTS / 3, ALERTS / 2] {
        reached(&story, "provider-noc", "assigned", count).await;
        story.has_no_power_until("17:00").await;
    }
    let told = ["internal-it assigned", "provider-noc assigned", "internal-it informed"];
    for alert in &alerts {
        story.goes_to(alert, "provider-noc").await;
        story.told(alert, &told).await;
        let alert = story.alert(alert).await;
        assert_eq!(entries(&alert, &[AlertEventKind::Rerouted]).len(), 1);
    }
    // A message that was on its way when the power went comes again by its name.
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for message in story.site.inbox.received() {
        *names.entry(message.id).or_default() += 1;
    }
    assert_eq!(names.len(), ALERTS * told.len(), "{names:?}");
    assert_eq!(story.site.admin.all_alerts().await.len(), ALERTS);
}

#[tokio::test]
async fn a_step_that_a_power_cut_kept_from_being_told_is_told_once_and_as_it_is_now() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.site.inbox.answer("provider-manager", [503; 200]);
    story.at("20:15");
    story.message(&alert, "escalated", 503).await;
    story.has_no_power_until("20:16").await;
    story.nora.resolve(&alert).await.unwrap();
    story.has_no_power_until("20:17").await;
    story.site.inbox.recover();
    let told = [
        "provider-noc assigned",
        "provider-manager escalated",
        "provider-noc resolved",
        "provider-manager resolved",
    ];
    story.told(&alert, &told).await;
    let late = story.message(&alert, "escalated", 200).await;
    assert!(late.field("subject").starts_with("[RESOLVED] "), "{}", late.field("subject"));
    let alert = story.alert(&alert).await;
    assert_eq!(entries(&alert, &[AlertEventKind::Escalated]).len(), 1);
}
