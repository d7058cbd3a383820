use std::sync::atomic::Ordering;

use remit_proto::v1;
use serde_json::Value;
use tokio::net::TcpListener;
use tonic::Code;

use super::*;
use crate::testing::{Answers, Authority, Collector, Desk, site};

fn alert(number: u8, team: &str, severity: v1::Severity) -> v1::Alert {
    let responsibility = v1::Responsibility { responsible: team.into(), ..Default::default() };
    v1::Alert {
        alert_id: format!("alr_{number:08}000040008000000000000000"),
        severity: severity.into(),
        state: v1::AlertState::Open.into(),
        responsibility: Some(responsibility),
        ..Default::default()
    }
}

fn three_alerts() -> Vec<v1::Alert> {
    vec![
        alert(1, "noc", v1::Severity::Critical),
        alert(2, "it", v1::Severity::High),
        alert(3, "noc", v1::Severity::Low),
    ]
}

fn ids(json: &str) -> Vec<String> {
    let page: Value = serde_json::from_str(json).unwrap();
    let alerts = page["alerts"].as_array().unwrap();
    alerts.iter().map(|it| it["alert_id"].as_str().unwrap()[..12].to_owned()).collect()
}

#[tokio::test]
async fn a_list_is_whole_however_many_pages_it_has() {
    let answers = Answers { alerts: three_alerts(), ..Default::default() };
    let (_collector, desk) = site(&answers);
    let said = desk.type_in("--json alert list").await;
    assert_eq!(ids(&said.stdout), ["alr_00000001", "alr_00000002", "alr_00000003"]);
    assert_eq!(said.exit, Exit::OK);
    assert_eq!(answers.pages.load(Ordering::Relaxed), 2);
    let said = desk.type_in("--json alert list --limit 1").await;
    assert_eq!(ids(&said.stdout), ["alr_00000001"]);
}

#[tokio::test]
async fn mine_is_what_my_teams_have() {
    let teams = vec!["noc".into()];
    let answers = Answers { alerts: three_alerts(), teams, ..Default::default() };
    let (_collector, desk) = site(&answers);
    let said = desk.type_in("--json alert list --mine").await;
    assert_eq!(ids(&said.stdout), ["alr_00000001", "alr_00000003"]);

    let (_collector, desk) = site(&Answers::default());
    let said = desk.type_in("alert list --mine").await;
    assert_eq!((said.exit, said.stderr.as_str()), (Exit(1), "remit: you act for no team\n"));
}

#[tokio::test]
async fn several_alerts_are_taken_at_once_and_one_that_fails_is_named() {
    let answers = Answers { alerts: three_alerts(), ..Default::default() };
    let (_collector, desk) = site(&answers);
    let said = desk.type_in("--json alert ack 00000001 alr_00000003").await;
    assert_eq!(said.exit, Exit::OK);
    assert_eq!(ids(&said.stdout), ["alr_00000001", "alr_00000003"]);

    let said = desk.type_in("--json alert ack 00000001 00000009").await;
    assert_eq!(said.exit, Exit(3));
    assert_eq!(ids(&said.stdout), ["alr_00000001"]);
    let page: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(page["errors"][0]["kind"], "not_found");
}

#[tokio::test]
async fn one_alert_is_answered_with_itself() {
    let answers = Answers { alerts: three_alerts(), ..Default::default() };
    let (_collector, desk) = site(&answers);
    let said = desk.type_in("--json alert ack 00000001").await;
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["state"], "acknowledged");
}

#[tokio::test]
async fn a_refusal_is_one_line_an_object_and_exit_code_4() {
    let refusal = Some((Code::PermissionDenied, "ann may not acknowledge\nalerts of it"));
    let answers = Answers { alerts: three_alerts(), refusal, ..Default::default() };
    let (_collector, desk) = site(&answers);
    let said = desk.type_in("--json alert ack 00000002").await;
    assert_eq!(said.exit, Exit(4));
    let line =
        "remit: ann may not acknowledge; alerts of it; `remit whoami` says what you may do\n";
    assert_eq!(said.stderr, line);
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["error"]["kind"], "not_allowed");
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("ann may not"));
}

#[tokio::test]
async fn a_credential_of_somebody_elses_making_is_not_allowed() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let collector = Collector::start(&ours, &Answers::default());
    let address = collector.address.to_string();
    let mixed = Credential { ca: ours.credential("").ca, ..theirs.credential(&address) };
    let said = Desk::new(&mixed).type_in("whoami").await;
    assert_eq!(said.exit, Exit(4), "{said:?}");
    assert!(said.stderr.contains("install it with `remit login FILE`"), "{said:?}");
}

#[tokio::test]
async fn nobody_there_is_exit_code_5() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let desk = Desk::new(&Authority::new().credential(&address.to_string()));
    for line in ["alert list", "watch", "--json whoami"] {
        let said = desk.type_in(line).await;
        assert_eq!(said.exit, Exit(5), "{said:?}");
        assert!(said.stderr.starts_with(&format!("remit: failed to reach {address}")), "{said:?}");
        assert_eq!(said.stderr.lines().count(), 1, "{said:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_exit_code_3() {
    let (_collector, desk) = site(&Answers::default());
    let said = desk.type_in("endpoint show db-7").await;
    assert_eq!((said.exit, said.stderr.as_str()), (Exit(3), "remit: there is no endpoint db-7\n"));
}

#[tokio::test]
async fn a_new_operator_gets_a_credential_that_nobody_else_can_read() {
    let (collector, desk) = site(&Answers::default());
    let create = "operator create --name bob --party provider --role operator --team noc";
    let said = desk.type_in(&format!("--json {create} --out {{}}/bob.toml")).await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["operator"]["role"], "operator");
    let credential = Credential::read(&desk.path("bob.toml")).unwrap();
    assert_eq!((credential.operator_id.as_str(), credential.name.as_str()), ("opr_2", "bob"));
    assert_eq!(credential.collector, [collector.address.to_string()]);

    let said = desk.type_in(&format!("{create} --out {{}}/bob.toml")).await;
    assert_eq!(said.exit, Exit(2), "{said:?}");
    assert!(said.stderr.contains("is there already"), "{said:?}");
}

#[tokio::test]
async fn login_keeps_what_the_collector_accepts_and_nothing_else() {
    let (_collector, desk) = site(&Answers::default());
    let said = desk.type_in("login {}/credential.toml --credential {}/new/mine.toml").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    assert!(Credential::read(&desk.path("new/mine.toml")).is_ok());

    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let desk = Desk::new(&Authority::new().credential(&nobody.to_string()));
    let said = desk.type_in("login {}/credential.toml --credential {}/new/mine.toml").await;
    assert_eq!(said.exit, Exit(5), "{said:?}");
    assert!(!desk.path("new").exists());
}

#[tokio::test]
async fn a_matrix_is_checked_without_a_collector() {
    let desk = Desk::new(&Authority::new().credential("nobody.invalid:1"));
    let path = desk.path("acme.toml");
    fs::write(&path, remit_matrix_file::STARTER).unwrap();
    let said = desk.type_in("matrix lint {}/acme.toml").await;
    assert_eq!(said.exit, Exit::OK, "{said:?}");
    fs::write(&path, "tenant = 5\n").unwrap();
    let said = desk.type_in("--json matrix lint {}/acme.toml").await;
    assert_eq!(said.exit, Exit::LINT, "{said:?}");
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["findings"][0]["line"], 1);
    // What does not lint is not even sent.
    let said = desk.type_in("matrix publish {}/acme.toml").await;
    assert_eq!(said.exit, Exit::LINT, "{said:?}");
}
