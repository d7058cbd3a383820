//! Machines by the hundred: how they come, come back, and leave.

use std::{collections::BTreeSet, time::Duration};

use remit_proto::v1::{self, propose_change_request::Payload};
use remit_runtime::tls::KeyRequest;
use remit_shared::Host;
use serde_json::Value;
use tests::{Ask, FakeAgent, Operator, SOON, Site, ask_to_enroll, eventually};
use tokio::task::JoinSet;
use tonic::Code;

use crate::steps::fill_disk;

/// How soon somebody must be cut off.
const CUT: Duration = Duration::from_secs(5);

/// A token for many, agreed on by both sides, and who agreed for the provider.
async fn token_for(site: &Site, uses: u32) -> (String, Operator) {
    let petra = site.provider_manager().await;
    let wanted = Ask {
        tenant: "acme".into(),
        site: "hq".into(),
        max_uses: uses,
        ttl_seconds: 4 * 3600,
        ..Default::default()
    };
    let asked = v1::ProposeChangeRequest {
        tenant: "acme".into(),
        title: "roll-out".into(),
        reason: "new machines at hq".into(),
        payload: Some(Payload::Token(wanted)),
        ..Default::default()
    };
    let proposed = site.admin.changes().propose_change(asked).await;
    let proposed = proposed.expect("an administrator may propose").into_inner();
    let change_id = proposed.change.unwrap_or_default().change_id;
    petra.approve(&change_id).await.expect("a manager of the other side may agree");
    let asked = v1::ApplyChangeRequest { change_id };
    let applied = site.admin.changes().apply_change(asked).await;
    (applied.expect("all have agreed").into_inner().token, petra)
}

async fn many(token: &str, count: usize) -> Vec<FakeAgent> {
    let mut agents = Vec::new();
    for number in 0..count {
        let agent = FakeAgent::enroll(token, &format!("pc-{number}")).await;
        agents.push(agent.expect("the token lets so many in"));
    }
    agents
}

/// What the agent plane answers to a hello of somebody who waits.
async fn sent_away(agent: &FakeAgent) -> v1::Reconnect {
    let channel = agent.dial().await.expect("it has a certificate");
    agent.knock(channel, agent.hello()).await.expect("it is not refused")
}

/// Waits until so many of an endpoint's measurements are applied.
async fn applied(site: &Site, id: &str, metrics: u64) {
    let is_so = |it: &v1::Endpoint| it.metrics_applied == metrics;
    site.admin.endpoint_where(id, "its measurements are applied", is_so).await;
}

fn list(it: &Value) -> Vec<&str> {
    let endpoints = it["endpoints"].as_array().expect("endpoints are a list");
    endpoints.iter().filter_map(|it| it["host"]["hostname"].as_str()).collect()
}

#[tokio::test]
async fn machines_of_a_token_for_many_wait_until_they_are_let_in() {
    let site = Site::start().await;
    let (token, _petra) = token_for(&site, 3).await;
    let mut agents = many(&token, 3).await;
    let waiting = site.admin.asks("endpoint list --waiting").await;
    assert_eq!(list(&waiting).len(), 3, "{waiting}");
    assert_eq!(waiting["endpoints"][0]["waiting"]["reason"], "token_for_many");

    let told = sent_away(&agents[0]).await;
    assert!(told.reason.contains("remit endpoint approve"), "{}", told.reason);
    let shown = site.admin.endpoint("pc-0").await.unwrap();
    assert!(
        shown.waiting.as_ref().unwrap().last_heard_at.is_some(),
        "it may show that it is there"
    );
    assert_eq!((shown.metrics_applied, shown.presence()), (0, v1::Presence::NeverSeen));

    let all = site.admin.asks("endpoint approve --site hq --yes").await;
    let outcomes: Vec<_> = all["endpoints"].as_array().unwrap().iter().collect();
    assert!(outcomes.iter().all(|it| it["outcome"] == "let_in"), "{all}");
    for agent in &mut agents {
        agent.disk(100);
        let _session = agent.deliver().await;
        applied(&site, &agent.id, 1).await;
    }
    let none = site.admin.types(["endpoint", "approve", "--site", "hq", "--yes"]).await;
    assert_eq!(none.code, Some(3), "nobody waits any more: {}", none.stderr);
}

#[tokio::test]
async fn whoever_is_turned_away_stays_out() {
    let site = Site::start().await;
    let nora = site.noc().await;
    let (token, _petra) = token_for(&site, 2).await;
    let agent = many(&token, 1).await.remove(0);
    let asked = v1::ApproveEndpointRequest { endpoint: agent.id.clone() };
    let refused = nora.endpoints().approve_endpoint(asked).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "letting in takes a manager");
    site.admin.asks("endpoint reject pc-0 --reason nobody-of-ours --yes").await;
    let refused = agent.clone().connect().await.unwrap_err().message();
    assert!(refused.contains("was revoked at"), "{refused}");
    assert_eq!(list(&site.admin.asks("endpoint list").await), [""; 0]);
}

#[tokio::test]
async fn a_retry_gets_the_very_same_certificate() {
    let site = Site::start().await;
    let (token, _petra) = token_for(&site, 2).await;
    let key = KeyRequest::new().unwrap();
    let host = Host { hostname: "pc-0".into(), machine_id: "m".into(), ..Default::default() };
    let first = ask_to_enroll(&token, &key, &host).await.unwrap();
    let again = ask_to_enroll(&token, &key, &host).await.unwrap();
    assert_eq!(first, again);
    assert!(first.waits_because.contains("lets in many"), "{first:?}");
    let listed = site.admin.tokens().list_tokens(v1::ListTokensRequest::default()).await;
    let tokens = listed.unwrap().into_inner().tokens;
    assert_eq!(tokens[0].uses, 1, "it costs nothing");
}

#[tokio::test]
async fn a_machine_that_is_set_up_again_is_the_endpoint_that_it_was() {
    let site = Site::start().await;
    let mut before = site.agent("db-7").await;
    before.disk(100);
    let mut session = before.deliver().await;
    applied(&site, &before.id, 1).await;

    let mut after = FakeAgent::enroll(&site.token().await, "db-7").await.unwrap();
    assert_eq!(after.id, before.id, "no second db-7");
    let shown = site.admin.endpoint("db-7").await.unwrap();
    assert_eq!(shown.waiting.unwrap().reason(), v1::WaitingReason::NewKey);
    session.report(&before.disk(200)).await;
    applied(&site, &before.id, 2).await;
    sent_away(&after).await;

    site.admin.asks("endpoint approve db-7 --yes").await;
    let ended = session.ends_within(CUT).await.expect("the old key is cut off");
    assert_eq!(ended.code(), Code::Unauthenticated);
    assert!(before.connect().await.is_err(), "and stays out");
    after.disk(300);
    let _session = after.deliver().await;
    applied(&site, &after.id, 1).await;
    let all = site.admin.asks("endpoint list").await;
    assert_eq!(list(&all), ["db-7"]);
    let readings = site.admin.asks("endpoint readings db-7 disk_used --instance /").await;
    let points = readings["points"].as_array().unwrap();
    assert!(points.len() >= 3, "its history goes on: {readings}");
}

#[tokio::test]
async fn one_machine_that_enrolls_many_times_at_once_is_one_endpoint() {
    let site = Site::start().await;
    let mut race = JoinSet::new();
    for _ in 0..8 {
        let token = site.token().await;
        race.spawn(async move { FakeAgent::enroll(&token, "db-7").await.unwrap().id });
    }
    let ids: BTreeSet<_> = race.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(list(&site.admin.asks("endpoint list").await), ["db-7"]);
}

#[tokio::test]
async fn two_machines_of_one_name_are_two_and_somebody_is_asked() {
    let site = Site::start().await;
    let mut first = site.agent("web-1").await;
    let _session = first.connect().await.unwrap();
    let key = KeyRequest::new().unwrap();
    let host = Host { hostname: "web-1".into(), machine_id: "other".into(), ..Default::default() };
    let second = ask_to_enroll(&site.token().await, &key, &host).await.unwrap();
    assert_ne!(second.endpoint_id, first.id);
    let shown = site.admin.endpoint(&second.endpoint_id).await.unwrap();
    let waiting = shown.waiting.unwrap();
    assert_eq!(waiting.reason(), v1::WaitingReason::NameTaken);
    assert_eq!(waiting.other_endpoint_id, first.id);
    let ambiguous = site.admin.endpoint("web-1").await.unwrap_err();
    assert!(ambiguous.message().contains("the name of several endpoints"), "{ambiguous}");
}

#[tokio::test]
async fn a_retired_endpoint_leaves_the_lists_and_keeps_its_history() {
    let site = Site::start().await;
    let mut agent = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    let plan = site.admin.asks("endpoint retire db-7 --dry-run").await;
    assert_eq!(plan["endpoints"][0]["outcome"], "planned");
    assert_eq!(plan["endpoints"][0]["open_alerts"], 1, "{plan}");
    assert!(site.admin.endpoint("db-7").await.unwrap().revoked_at.is_none(), "nothing was done");

    let done = site.admin.asks("endpoint retire db-7 --reason sold --yes").await;
    assert_eq!(done["endpoints"][0]["outcome"], "retired");
    let ended = session.ends_within(CUT).await.expect("the session is cut");
    assert_eq!(ended.code(), Code::Unauthenticated);
    assert_eq!(list(&site.admin.asks("endpoint list").await), [""; 0]);
    assert_eq!(list(&site.admin.asks("endpoint list --retired").await), ["db-7"]);
    let over = site.admin.alert(&alert.alert_id).await;
    assert_eq!(over.state(), v1::AlertState::Resolved);
    let said = &over.timeline.last().unwrap().detail;
    let lines: Vec<_> = over.timeline.iter().map(|it| it.detail.as_str()).collect();
    assert!(lines.iter().any(|it| it.contains("its endpoint was retired: sold")), "{said}");
    let readings = site.admin.asks("endpoint readings db-7 disk_used --instance /").await;
    assert_ne!(readings["points"].as_array().map(Vec::len), Some(0), "{readings}");
}

#[tokio::test]
async fn many_are_retired_only_with_the_other_side() {
    let site = Site::start().await;
    let (token, petra) = token_for(&site, 8).await;
    many(&token, 8).await;
    site.admin.asks("endpoint approve --site hq --yes").await;
    let asked = site.admin.asks("endpoint retire --site hq --reason closed --yes").await;
    assert_eq!(asked["endpoints"][0]["outcome"], "proposed", "{asked}");
    assert_eq!(list(&site.admin.asks("endpoint list").await).len(), 8, "they are still there");

    // One after the other is no way around it.
    for number in 0..5 {
        site.admin.revoke(&format!("pc-{number}"), "closed").await.unwrap();
    }
    let refused = site.admin.revoke("pc-5", "closed").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().contains("remit endpoint retire"), "{refused}");

    let change = asked["change_ids"][0].as_str().unwrap().to_owned();
    petra.approve(&change).await.unwrap();
    eventually(SOON, "all are out once the other side agrees", async || {
        list(&site.admin.asks("endpoint list").await).is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_cannot_wait_is_contained_alone_and_reviewed_afterwards() {
    let site = Site::start().await;
    let nora = site.noc().await;
    let (token, _petra) = token_for(&site, 7).await;
    let agents = many(&token, 7).await;
    site.admin.asks("endpoint approve --site hq --yes").await;
    let mut first = agents.into_iter().next().unwrap();
    let mut session = first.connect().await.unwrap();
    let line = ["--json", "endpoint", "retire", "--site", "hq", "--contain", "stolen", "--yes"];
    let done = site.remit(&nora, line).await;
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let done: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(done["endpoints"][6]["outcome"], "retired", "{done}");
    session.ends_within(CUT).await.expect("they are cut off at once");
    assert_eq!(list(&site.admin.asks("endpoint list").await), [""; 0]);
    let change = site.admin.change(done["change_ids"][0].as_str().unwrap()).await;
    assert!(change.break_glass, "it waits to be reviewed: {change:?}");
    let waiting = site.admin.asks("change list").await;
    assert_eq!(waiting["changes"][0]["change_id"], change.change_id.as_str(), "{waiting}");
}

#[tokio::test]
async fn the_collector_says_which_agents_are_behind() {
    let site = Site::start().await;
    site.agent("new").await;
    let host = Host {
        hostname: "old".into(),
        machine_id: "m".into(),
        agent_version: "0.0.9".into(),
        ..Default::default()
    };
    ask_to_enroll(&site.token().await, &KeyRequest::new().unwrap(), &host).await.unwrap();
    assert_eq!(list(&site.admin.asks("endpoint list --outdated").await), ["old"]);
    let versions = site.admin.asks("endpoint versions").await;
    assert_eq!(versions["outdated"], 1, "{versions}");
    assert_eq!(versions["versions"][0]["agent_version"], "0.0.9", "{versions}");
}
