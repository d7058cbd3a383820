//! Machines that were away for longer than their certificate lasts.

use jiff::SignedDuration;
use remit_proto::v1::{self, agent_service_client::AgentServiceClient};
use remit_runtime::{
    clock::SystemClock,
    tls::{Identity, KeyRequest},
};
use remit_shared::Clock as _;
use rustls_pki_types::CertificateDer;
use tests::{FakeAgent, ForeignAuthority, SOON, Site, eventually, starter};
use tonic::{Code, Status};

/// How long a certificate lasts.
const LIFETIME: i64 = 30;

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// A site whose collector is as far in the past as it takes for what it issues
/// to have ended so many days ago.
async fn site(ended_for: i64) -> Site {
    let site = Site::by_clock(&starter()).await;
    site.set_clock(SystemClock.now() - days(LIFETIME + ended_for));
    site
}

/// An agent that was heard once, in that past; then it is today.
async fn away(site: &Site, name: &str, ended_for: i64) -> FakeAgent {
    let mut agent = site.agent(name).await;
    agent.ahead = -days(LIFETIME + ended_for);
    agent.disk(100);
    let session = agent.deliver().await;
    site.admin.endpoint_where(&agent.id, "it was heard", |it| it.metrics_applied == 1).await;
    drop(session);
    site.set_clock(SystemClock.now());
    agent.ahead = SignedDuration::ZERO;
    agent
}

/// Asks for a certificate for a new key, by the certificate that has ended.
async fn renew(agent: &FakeAgent) -> Result<(KeyRequest, v1::RenewResponse), Status> {
    let key = KeyRequest::new().expect("there is randomness");
    let channel = agent.dial().await.expect("a certificate that has ended opens a connection");
    let mut client = AgentServiceClient::new(channel);
    let answer = client.renew(v1::RenewRequest { csr: key.csr.clone() }).await?;
    Ok((key, answer.into_inner()))
}

/// Comes back: from now on with another key.
async fn come_back(agent: &mut FakeAgent) {
    let (key, answer) = renew(agent).await.expect("it is not too late");
    let chain = answer.certificate_chain.into_iter().map(CertificateDer::from).collect();
    agent.identity = Identity { chain, key: key.key };
}

async fn refused(agent: &mut FakeAgent) -> String {
    let session = agent.connect().await.map_err(|it| it.message());
    session.map(drop).expect_err("its certificate has ended")
}

#[tokio::test]
async fn who_comes_back_within_sixty_days_is_the_same_once_somebody_agrees() {
    let site = site(59).await;
    let mut agent = away(&site, "laptop", 59).await;
    assert!(refused(&mut agent).await.contains("is not trusted: the certificate expired at"));

    come_back(&mut agent).await;
    agent.disk(200);
    let told = agent.knock(agent.dial().await.unwrap(), agent.hello()).await.unwrap();
    assert!(told.reason.contains("remit endpoint approve"), "{}", told.reason);
    let waiting = site.admin.asks("endpoint list --waiting").await;
    assert_eq!(waiting["endpoints"][0]["endpoint_id"], agent.id.as_str(), "{waiting}");
    assert_eq!(waiting["endpoints"][0]["waiting"]["reason"], "expired", "{waiting}");
    let shown = site.admin.endpoint("laptop").await.unwrap();
    assert_eq!(shown.metrics_applied, 1, "nothing of what it says is applied");

    site.admin.asks("endpoint approve laptop --yes").await;
    let _session = agent.deliver().await;
    let all = |it: &v1::Endpoint| it.metrics_applied == 2;
    let shown = site.admin.endpoint_where(&agent.id, "its spool is applied", all).await;
    assert!(shown.waiting.is_none());
    let listed = site.admin.endpoints().list_endpoints(v1::ListEndpointsRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().endpoints.len(), 1, "it is no second endpoint");
}

#[tokio::test]
async fn who_comes_back_too_late_is_told_to_enroll() {
    let site = site(61).await;
    let mut agent = away(&site, "laptop", 61).await;
    let advice = "more than 60 days ago: enroll the machine again with a new token";
    let said = refused(&mut agent).await;
    assert!(said.ends_with(advice), "{said}");
    let status = renew(&agent).await.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().ends_with(advice), "{}", status.message());
    assert!(site.admin.endpoint("laptop").await.unwrap().waiting.is_none());
}

#[tokio::test]
async fn who_was_revoked_does_not_come_back() {
    let site = site(10).await;
    let agent = away(&site, "laptop", 10).await;
    site.admin.revoke("laptop", "stolen").await.unwrap();
    let status = renew(&agent).await.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().contains("the endpoint was revoked at "), "{}", status.message());
}

#[tokio::test]
async fn nobody_comes_back_by_another_key() {
    let site = site(10).await;
    let mut agent = away(&site, "laptop", 10).await;
    let (own, name) = (agent.identity.clone(), format!("remit:endpoint:{}", agent.id));
    let foreign = ForeignAuthority::new();
    for identity in [foreign.client(&name), ForeignAuthority::self_signed_client(&name)] {
        agent.identity = identity;
        let refused = agent.dial().await.map(drop).unwrap_err();
        assert!(refused.is_untrusted(), "{refused}");
    }
    assert!(site.admin.endpoint("laptop").await.unwrap().waiting.is_none());

    // Its own key comes back, once in a while; who is turned away stays out.
    agent.identity = own;
    renew(&agent).await.map(drop).unwrap();
    let again = renew(&agent).await.map(drop).unwrap_err();
    assert_eq!(again.code(), Code::ResourceExhausted);
    assert!(again.message().starts_with("the endpoint came back a moment ago"), "{again}");
    site.admin.asks("endpoint reject laptop --reason lost --yes").await;
    assert!(refused(&mut agent).await.contains("the certificate expired at"));
}

#[tokio::test]
async fn the_agent_comes_back_by_itself() {
    let site = site(10).await;
    let mut agent = site.real_agent("laptop");
    let id = agent.become_endpoint(&site.token().await).await;
    site.set_clock(SystemClock.now());
    agent.start();
    let waits = |it: &v1::Endpoint| it.waiting.is_some();
    let shown = site.admin.endpoint_where(&id, "it waits", waits).await;
    assert_eq!(shown.waiting.unwrap().reason(), v1::WaitingReason::Expired);
    eventually(SOON, "it measures while it waits", async || {
        agent.status().await.filter(|it| it["queued"].as_u64().is_some_and(|it| it > 0)).map(drop)
    })
    .await;

    site.admin.asks(&format!("endpoint approve {id} --yes")).await;
    let online =
        |it: &v1::Endpoint| it.presence() == v1::Presence::Online && it.metrics_applied > 0;
    site.admin.endpoint_where(&id, "it is back", online).await;
    assert!(agent.stop().await.success());
}
