//! How a machine becomes an endpoint, and how it does not.

use std::collections::BTreeSet;

use remit_proto::{convert::JoinToken, v1};
use remit_runtime::{clock::SystemClock, tls::KeyRequest};
use remit_shared::{Clock as _, Host};
use tests::{Ask, FakeAgent, Impostor, Refused, SOON, Site, ask_to_enroll, eventually};
use tokio::task::JoinSet;
use tonic::Code;

const USED_UP: &str = "the enrollment token is used up (1 of 1): ask for a new one";

fn ask() -> Ask {
    Ask { tenant: "acme".into(), site: "hq".into(), ..Default::default() }
}

fn host() -> Host {
    Host { hostname: "web-1".into(), zone: "UTC".into(), ..Default::default() }
}

fn refusal(refused: Refused) -> (Code, String) {
    match refused {
        Refused::Call(status) => (status.code(), status.message().to_owned()),
        Refused::Connection(err) => panic!("there was no connection: {err}"),
    }
}

async fn list(site: &Site) -> Vec<v1::Token> {
    let asked = v1::ListTokensRequest { include_ended: true, ..Default::default() };
    let listed = site.admin.tokens().list_tokens(asked).await;
    listed.expect("an administrator sees tokens").into_inner().tokens
}

#[tokio::test]
async fn a_token_lets_one_machine_in_and_no_other() {
    let site = Site::start().await;
    let token = site.token().await;
    let agent = FakeAgent::enroll(&token, "web-1").await.unwrap();
    let refused = FakeAgent::enroll(&token, "web-2").await.unwrap_err();
    assert_eq!(refusal(refused), (Code::Unauthenticated, USED_UP.to_owned()));
    let tokens = list(&site).await;
    assert_eq!((tokens.len(), tokens[0].uses), (1, 1));
    assert_eq!(tokens[0].endpoint_ids, [agent.id.as_str()]);
    let endpoint = site.admin.endpoint("web-1").await.unwrap();
    assert_eq!((endpoint.endpoint_id, endpoint.presence), (agent.id, 1));
    assert_eq!((endpoint.tenant, endpoint.site), ("acme".to_owned(), "hq".to_owned()));
}

#[tokio::test]
async fn whoever_lost_the_answer_asks_again_and_spends_nothing() {
    let site = Site::start().await;
    let (token, key) = (site.token().await, KeyRequest::new().unwrap());
    let first = ask_to_enroll(&token, &key, &host()).await.unwrap();
    let again = ask_to_enroll(&token, &key, &host()).await.unwrap();
    assert_eq!(first.endpoint_id, again.endpoint_id);
    assert_eq!(list(&site).await[0].uses, 1);
    let refused = FakeAgent::enroll(&token, "web-2").await.unwrap_err();
    assert_eq!(refused.message(), USED_UP);
}

#[tokio::test]
async fn fifty_machines_at_once_get_one_endpoint_out_of_a_token_for_one() {
    let site = Site::start().await;
    let token = site.token().await;
    let mut race = JoinSet::new();
    for runner in 0..50 {
        let token = token.clone();
        race.spawn(async move { FakeAgent::enroll(&token, &format!("web-{runner}")).await });
    }
    let mut winners = BTreeSet::new();
    for outcome in race.join_all().await {
        match outcome {
            Ok(agent) => assert!(winners.insert(agent.id)),
            Err(refused) => {
                let said = refused.message();
                let slowed_down = said.starts_with("too many refused tokens; try again in ");
                assert!(said == USED_UP || slowed_down, "{said}");
            }
        }
    }
    let listed = site.admin.endpoints().list_endpoints(v1::ListEndpointsRequest::default()).await;
    let endpoints = listed.unwrap().into_inner().endpoints;
    let known: BTreeSet<String> = endpoints.into_iter().map(|it| it.endpoint_id).collect();
    assert_eq!((winners.len(), &winners), (1, &known));
}

#[tokio::test]
async fn a_token_past_its_time_lets_nobody_in() {
    let site = Site::start().await;
    let made = site.ask_token(Ask { ttl_seconds: 1, ..ask() }).await.unwrap();
    let expires = made.token.and_then(|it| it.expires_at).unwrap();
    eventually(SOON, "the token's time is over", async || {
        (SystemClock.now().as_second() > expires.seconds).then_some(())
    })
    .await;
    let (code, said) = refusal(FakeAgent::enroll(&made.text, "web-1").await.unwrap_err());
    assert_eq!(code, Code::Unauthenticated);
    assert!(said.starts_with("the enrollment token expired at 2"), "{said}");
    assert!(said.ends_with("Z: ask for a new one"), "{said}");
}

#[tokio::test]
async fn a_revoked_token_lets_nobody_in() {
    let site = Site::start().await;
    let made = site.ask_token(ask()).await.unwrap();
    let token_id = made.token.unwrap().token_id;
    site.admin.tokens().revoke_token(v1::RevokeTokenRequest { token_id }).await.unwrap();
    let refused = FakeAgent::enroll(&made.text, "web-1").await.unwrap_err();
    let expected = "the enrollment token was revoked: ask for a new one";
    assert_eq!(refusal(refused), (Code::Unauthenticated, expected.to_owned()));
}

#[tokio::test]
async fn a_token_that_was_never_made_is_not_known() {
    let site = Site::start().await;
    let mut token = JoinToken::from_text(&site.token().await).unwrap();
    token.secret[0] ^= 1;
    let refused = FakeAgent::enroll(&token.to_text(), "web-1").await.unwrap_err();
    let expected = "the token is not known here";
    assert_eq!(refusal(refused), (Code::Unauthenticated, expected.to_owned()));
}

#[tokio::test]
async fn a_collector_that_the_token_does_not_name_learns_nothing() {
    let site = Site::start().await;
    let mut impostor = Impostor::listen(site.address()).await;
    let mut token = JoinToken::from_text(&site.token().await).unwrap();
    token.addresses = vec![impostor.address().to_string()];
    let refused = FakeAgent::enroll(&token.to_text(), "web-1").await.unwrap_err();
    let said = refused.message();
    assert!(said.contains("the server is not the one that the token was made for"), "{said}");
    assert!(impostor.heard().await.is_empty(), "nothing was said to the wrong one");
    assert_eq!(list(&site).await[0].uses, 0);
}

#[tokio::test]
async fn without_a_matrix_nobody_is_let_in() {
    let site = Site::without_matrix().await;
    let refused = site.ask_token(ask()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "tenant acme has no matrix yet, so nobody would own its endpoints: \
         publish one first with `remit matrix publish FILE`"
    );
}

#[tokio::test]
async fn a_token_is_made_for_a_site_that_the_matrix_names() {
    let site = Site::start().await;
    let refused = site.ask_token(Ask { site: "moon".into(), ..ask() }).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.message(), "tenant acme has no site moon: its matrix names hq");
    let refused = site.ask_token(Ask { max_uses: 51, ..ask() }).await.unwrap_err();
    assert_eq!(refused.message(), "an enrollment token lets in 1 to 50 endpoints, not 51");
}
