//! Matrices that the collector takes, and those that it does not.

use remit_proto::{
    convert::Wire as _,
    v1::{ExplainResponsibilityRequest, Severity},
};
use tests::{Ask, FakeAgent, Site, day_and_night, starter, tuesday};
use tonic::Code;

/// A row for the applications at night, or whenever nobody says.
fn row(id: &str, function: &str, when: &str, team: &str) -> String {
    format!(
        "\n[[row]]\nid = \"{id}\"\nfunction = \"{function}\"\n{when}responsible = \"{team}\"\n\
         accountable = \"provider-manager\"\npolicy = \"standard\"\n"
    )
}

/// The text of a matrix without one of its rows.
fn without(text: &str, id: &str) -> String {
    let named = format!("[[row]]\nid = \"{id}\"");
    let (before, after) = text.split_once(&named).expect("the row is there");
    let next = after.find("\n[[").expect("it is not the last");
    format!("{before}{}", &after[next + 1..])
}

#[tokio::test]
async fn e01_seed_clash() {
    let site = Site::without_matrix().await;
    let refused = site.admin.publish(&without(&starter(), "application-nights")).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("error[clash]"), "{refused}");
    for words in ["`after-hours` makes provider-noc", "`applications` makes internal-it"] {
        assert!(refused.message().contains(words), "{refused}");
    }
    assert!(refused.message().contains("add a row for what both are about"), "{refused}");

    assert_eq!(site.admin.publish(&starter()).await.unwrap().version.unwrap().version, 1);
    let token = site.ask_token(Ask { tenant: "acme".into(), site: "hq".into(), ..Ask::default() });
    let agent = FakeAgent::enroll(&token.await.unwrap().text, "erp-1").await.unwrap();
    let asked = ExplainResponsibilityRequest {
        endpoint: agent.id,
        function: "lob_application".into(),
        at: Some(tuesday("22:00").to_wire()),
        severity: Severity::High.into(),
    };
    let said = site.admin.matrix().explain_responsibility(asked).await.unwrap().into_inner();
    let whose = said.responsibility.unwrap();
    assert_eq!((&*whose.row, &*whose.responsible), ("application-nights", "provider-noc"));
}

#[tokio::test]
async fn e27_two_rules_same_owner() {
    let site = Site::without_matrix().await;
    // Neither is narrower than the night's row in everything, and nobody cares.
    let apps = row("apps", "lob_application", "", "provider-noc");
    let day = row("app-days", "lob_application", "when = \"during office\"\n", "internal-it");
    site.admin.publish(&(day_and_night() + &apps + &day)).await.unwrap();
    let clash = apps.replace("responsible = \"provider-noc\"", "responsible = \"internal-it\"");
    let refused = site.admin.publish(&(day_and_night() + &clash + &day)).await.unwrap_err();
    assert!(refused.message().contains("error[clash]"), "{refused}");
}

#[tokio::test]
async fn e28_gap_only_on_dst_day() {
    let site = Site::without_matrix().await;
    let split = "[[calendar]]\nname = \"split\"\nzone = \"America/New_York\"\n\
                 hours = [\"daily 00:00-02:00\", \"daily 03:00-24:00\"]\n\n[[policy]]";
    let text = without(&without(&day_and_night(), "day"), "night");
    let text = text.replacen("[[policy]]", split, 1);
    let rest = row("split", "*", "when = \"during split\"\n", "provider-noc");
    let refused = site.admin.publish(&(text + &rest)).await.unwrap_err();
    assert!(refused.message().contains("error[hole]"), "{refused}");
    // Two of 400 days are the ones on which that hour does not exist, if a
    // spring is among them twice; one otherwise.
    let holes = ["; 398 such holes in 400 days", "; 399 such holes in 400 days"];
    assert!(holes.iter().any(|it| refused.message().contains(it)), "{refused}");
}
