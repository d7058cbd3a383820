//! What was over and comes back.

use remit_proto::v1::{Alert, AlertEventKind, AlertState};
use remit_shared::RunResult;
use tests::{Story, day_and_night, entries};

/// What fails and succeeds by turns is told once as such, and then no more until
/// it has been well for an hour; the numbers behind it are the domain's.
#[tokio::test]
async fn e20_flap_vectors() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.at("20:05");
    story.succeeds("daily").await;
    story.at("20:10");
    story.fails("daily").await;
    story.at("20:15");
    story.ends("daily", RunResult::Success).await;
    let what = "the alert flaps";
    let flaps = story.site.admin.alert_where(&alert.alert_id, what, |it| it.flapping).await;
    assert_eq!(flaps.state(), AlertState::Open, "it is not over: it will be back");
    let told = [
        "provider-noc assigned",
        "provider-noc resolved",
        "provider-noc assigned",
        "provider-noc flapping",
    ];
    story.told(&alert, &told).await;

    story.nora.acknowledge(&alert, 240).await.unwrap();
    for (minute, result) in [(16, RunResult::Failed), (17, RunResult::Success)] {
        story.at(&format!("20:{minute}"));
        story.ends("daily", result).await;
    }
    story.at("21:17");
    let what = "the alert is over";
    let is_over = |it: &Alert| it.state() == AlertState::Resolved;
    let over = story.site.admin.alert_where(&alert.alert_id, what, is_over).await;
    assert!(!over.flapping);
    story.told(&alert, &[&told[..], &["provider-noc resolved"]].concat()).await;
    assert_eq!(entries(&over, &[AlertEventKind::Reopened]).len(), 1, "the rest was muted");
}

#[tokio::test]
async fn e22_reopen_29_31_min() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let (first, second) = (story.fails("daily").await, story.fails("hourly").await);
    story.at("20:05");
    story.succeeds("daily").await;
    story.succeeds("hourly").await;

    story.at("20:34");
    let again = story.fails("daily").await;
    assert_eq!((again.alert_id, again.reopened), (first.alert_id, 1));
    story.at("20:36");
    let other = story.fails("hourly").await;
    assert_ne!(other.alert_id, second.alert_id);
    assert_eq!((other.follows_alert_id, other.reopened), (second.alert_id, 0));
}
