//! Ladders that are climbed, cut short, and begun anew.

use remit_proto::v1::{Alert, AlertEventKind, AlertState, SlaTarget};
use tests::{Story, day_and_night, entries, owner, tuesday};
use tonic::Code;

use crate::steps::promise;

/// The matrix in which the night is some other team's.
fn nights_are(team: &str) -> String {
    let text = day_and_night();
    let (rest, night) = text.split_once("id = \"night\"").expect("the night is somebody's");
    let other = format!("responsible = \"{team}\"");
    format!("{rest}id = \"night\"{}", night.replacen("responsible = \"provider-noc\"", &other, 1))
}

/// The steps of an alert's ladder that were taken.
fn rungs(alert: &Alert) -> Vec<String> {
    entries(alert, &[AlertEventKind::Escalated])
}

#[tokio::test]
async fn e07_resolve_during_escalation() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    let watched = story.fails("hourly").await;
    story.site.inbox.answer("provider-manager", [503; 200]);
    story.at("20:15");
    story.message(&alert, "escalated", 503).await;
    story.at("20:15:00.002");
    story.nora.resolve(&alert).await.unwrap();
    story.site.inbox.recover();
    let messages = [
        "provider-noc assigned",
        "provider-manager escalated",
        "provider-noc resolved",
        "provider-manager resolved",
    ];
    story.told(&alert, &messages).await;
    let late = story.message(&alert, "escalated", 200).await;
    assert!(late.field("subject").starts_with("[RESOLVED] "), "{}", late.field("subject"));
    assert!(late.field("text").contains("resolved by nora at "), "{}", late.field("text"));

    // Half an hour in, the other alert's ladder has gone on and this one's not.
    story.at("20:30");
    let all = ["provider-noc assigned", "provider-manager escalated", "it-manager escalated"];
    story.told(&watched, &all).await;
    let alert = story.alert(&alert).await;
    assert_eq!(rungs(&alert), ["remit: to provider-manager: not acknowledged in time"]);
    assert!(alert.next_escalation_at.is_none());
}

#[tokio::test]
async fn e08_resolve_before_fire() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    let watched = story.fails("hourly").await;
    story.at("20:14:59.999");
    story.nora.resolve(&alert).await.unwrap();
    story.at("20:15");
    story.told(&watched, &["provider-noc assigned", "provider-manager escalated"]).await;
    assert_eq!(rungs(&story.alert(&alert).await), [""; 0]);
    story.told(&alert, &["provider-noc assigned", "provider-noc resolved"]).await;
}

#[tokio::test]
async fn e09_matrix_change_open_unacked() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.at("20:05");
    story.agree_on(&nights_are("it-manager")).await;
    let alert = story.goes_to(&alert, "it-manager").await;
    let told = ["provider-noc assigned", "it-manager assigned", "provider-noc informed"];
    story.told(&alert, &told).await;
    assert_eq!(alert.responsibility.as_ref().unwrap().matrix_version, 2);
    assert_eq!(alert.next_escalation_at.unwrap().seconds, tuesday("20:20").as_second());
    let response = promise(&story.site, &alert, SlaTarget::Response).await;
    assert_eq!(response.elapsed_ms, 5 * 60_000, "what was promised is not begun anew");
}

#[tokio::test]
async fn e10_matrix_change_open_acked() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.at("20:02");
    story.nora.acknowledge(&alert, 60).await.unwrap();
    story.at("20:05");
    story.agree_on(&nights_are("it-manager")).await;
    let what = "the alert says that the matrix names another";
    let differs = |it: &Alert| it.owner_differs == "it-manager";
    let alert = story.site.admin.alert_where(&alert.alert_id, what, differs).await;
    assert_eq!((alert.state(), owner(&alert)), (AlertState::Acknowledged, "provider-noc"));
    assert!(alert.unresolved.contains(&"owner_differs".to_owned()), "{:?}", alert.unresolved);
    story.at("21:02");
    let alert = story.goes_to(&alert, "it-manager").await;
    assert_eq!((alert.state(), &*alert.owner_differs), (AlertState::Open, ""));
}

#[tokio::test]
async fn e11_team_change_mid_ladder() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.at("20:15");
    story.told(&alert, &["provider-noc assigned", "provider-manager escalated"]).await;
    assert_eq!(story.alert(&alert).await.next_escalation_to, "it-manager");

    story.at("20:20");
    story.agree_on(&nights_are("internal-it")).await;
    story.goes_to(&alert, "internal-it").await;
    // Past 20:30, when the old ladder's second step would have been taken.
    story.at("20:35");
    let told = [
        "provider-noc assigned",
        "provider-manager escalated",
        "internal-it assigned",
        "provider-noc informed",
        "provider-manager escalated",
    ];
    story.told(&alert, &told).await;
    let to_manager = "remit: to provider-manager: not acknowledged in time";
    let alert = story.alert(&alert).await;
    assert_eq!(rungs(&alert), [to_manager, to_manager]);
    assert_eq!(alert.next_escalation_at.unwrap().seconds, tuesday("20:50").as_second());
}

#[tokio::test]
async fn e12_new_team_without_ladder() {
    let mut story = Story::begin(&day_and_night()).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.at("20:10");
    let ghost = "[[team]]\nname = \"ghost\"\nparty = \"provider\"\n\n[[site]]";
    let haunted = nights_are("ghost").replacen("[[site]]", ghost, 1);
    let refused = story.site.admin.publish(&haunted).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let words = "counts on team `ghost`, which has no contact and no channel";
    assert!(refused.message().contains(words), "{refused}");

    story.at("20:15");
    story.told(&alert, &["provider-noc assigned", "provider-manager escalated"]).await;
    story.at("20:30");
    let told = ["provider-noc assigned", "provider-manager escalated", "it-manager escalated"];
    story.told(&alert, &told).await;
    assert_eq!(story.alert(&alert).await.responsibility.unwrap().matrix_version, 1);
}

#[tokio::test]
async fn e13_person_leaves() {
    let kim = "[[person]]\nname = \"kim\"\nteams = \"provider-noc\"\n\
               notify = \"webhook:provider-manager\"\n\n\
               [[rota]]\nname = \"nights\"\nzone = \"America/New_York\"\n\n\
               [[rota.layer]]\ntitle = \"weeks\"\npeople = [\"kim\"]\nfrom = \"2025-01-06\"\n\
               turn = \"1w\"\nhandoff = \"08:00\"\n\n[[policy]]";
    let matrix = day_and_night().replacen("[[policy]]", kim, 1);
    let matrix = matrix.replace("15m provider-manager", "15m rota:nights");
    let mut story = Story::begin(&matrix).await;
    story.at("20:00");
    let alert = story.fails("daily").await;
    story.at("20:10");
    story.agree_on(&matrix.replace("name = \"kim\"", "name = \"kim\"\ndisabled = true")).await;
    story.at("20:15");
    // Not at half past: there is no use in waiting for somebody who has left.
    story.told(&alert, &["provider-noc assigned", "it-manager escalated"]).await;
    let alert = story.alert(&alert).await;
    let kinds = [AlertEventKind::Escalated, AlertEventKind::NoRecipient];
    let said = entries(&alert, &kinds);
    assert_eq!(said[0], "remit: to rota:nights: not acknowledged in time");
    let why =
        "remit: rota:nights cannot be told: kim is disabled, and is on call in `nights` until ";
    assert!(said[1].starts_with(why), "{said:?}");
    assert_eq!(said[2..], ["remit: to it-manager: rota:nights cannot be told"]);
}
