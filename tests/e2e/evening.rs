//! What 17:00 does to alerts: it is the provider's night from then on.

use remit_proto::v1::{AlertEventKind, AlertState};
use tests::{Story, day_and_night, entries, owner, tuesday};
use tonic::Code;

#[tokio::test]
async fn e02_boundary_1700() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("16:59:59.999");
    assert_eq!(owner(&story.fails("daily").await), "internal-it");
    story.at("17:00:00.000");
    assert_eq!(owner(&story.fails("hourly").await), "provider-noc");
}

#[tokio::test]
async fn e04_acked_at_1700() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("16:50");
    let alert = story.fails("daily").await;
    let left = story.fails("hourly").await;
    story.at("16:55");
    story.ines.acknowledge(&alert, 30).await.unwrap();

    story.at("17:00");
    // Whatever the hour has to do, it has done: what nobody took has gone.
    story.goes_to(&left, "provider-noc").await;
    let what = "the matrix names another";
    let kept = story
        .site
        .admin
        .alert_where(&alert.alert_id, what, |it| it.owner_differs == "provider-noc");
    let kept = kept.await;
    assert_eq!((kept.state(), owner(&kept)), (AlertState::Acknowledged, "internal-it"));

    story.at("17:25");
    let gone = story.goes_to(&alert, "provider-noc").await;
    assert_eq!(gone.state(), AlertState::Open);
    story
        .told(&alert, &["internal-it assigned", "provider-noc assigned", "internal-it informed"])
        .await;
}

#[tokio::test]
async fn e05_ack_race_1700() {
    const ALERTS: usize = 8;
    let mut story = Story::begin(&day_and_night()).await;
    story.at("16:50");
    let mut alerts = Vec::new();
    for number in 0..ALERTS {
        alerts.push(story.fails(&format!("job-{number}")).await);
    }
    story.at("17:00:00.000");
    for alert in &alerts {
        let asked = story.ines.acknowledge(alert, 30).await;
        let moved = story.goes_to(alert, "provider-noc").await;
        let kinds = [AlertEventKind::Rerouted, AlertEventKind::Acknowledged];
        let happened = entries(&moved, &kinds);
        let by_night = "remit: to provider-noc: ";
        assert!(happened[0].starts_with(by_night), "the night is first: {happened:?}");
        match asked {
            Ok(taken) => {
                assert_eq!(
                    (taken.state(), owner(&taken)),
                    (AlertState::Acknowledged, "provider-noc")
                );
                assert_eq!(happened.len(), 2, "{happened:?}");
                assert!(happened[1].starts_with("ines (internal-it): until "), "{happened:?}");
            }
            Err(refused) => {
                assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
                assert_eq!((moved.state(), happened.len()), (AlertState::Open, 1), "{happened:?}");
            }
        }
    }
}

#[tokio::test]
async fn e30_down_over_handoff() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("16:50");
    let alert = story.fails("daily").await;
    story.told(&alert, &["internal-it assigned"]).await;

    story.at("16:55");
    story.has_no_power_until("17:05").await;
    let moved = story.goes_to(&alert, "provider-noc").await;
    story
        .told(&alert, &["internal-it assigned", "provider-noc assigned", "internal-it informed"])
        .await;
    assert_eq!(entries(&moved, &[AlertEventKind::Rerouted]).len(), 1, "one hand-over");
    assert_eq!(entries(&moved, &[AlertEventKind::Escalated]), [""; 0], "the ladder is new");
    assert_eq!(moved.next_escalation_at.unwrap().seconds, tuesday("17:20").as_second());

    story.has_no_power_until("17:05").await;
    let again = story.alert(&alert).await;
    assert_eq!(entries(&again, &[AlertEventKind::Rerouted]).len(), 1, "it is not done again");
}
