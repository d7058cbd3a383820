//! Who is believed, and for how long.

use std::time::Duration;

use remit_proto::v1;
use remit_runtime::{dial, tls};
use remit_shared::Stream;
use tests::{FakeAgent, ForeignAuthority, Operator, Refused, Site};
use tonic::Code;

const PATIENCE: Duration = Duration::from_secs(10);

/// Tries to get into a plane with an identity; gives why not.
async fn knock(
    at: &str,
    believing: &FakeAgent,
    identity: Option<&tls::Identity>,
) -> Result<(), Refused> {
    let config = tls::client_config(&believing.roots, identity).expect("the identity is usable");
    dial::connect(at, config, PATIENCE).await.map(drop).map_err(Refused::Connection)
}

/// Asserts that neither plane takes an identity, as early as in the handshake.
async fn assert_unwelcome(site: &Site, agent: &FakeAgent, identity: Option<&tls::Identity>) {
    for plane in [site.operator_plane(), site.agent_plane()] {
        let refused = knock(&plane, agent, identity).await.expect_err("nobody like that gets in");
        assert!(refused.is_untrusted(), "{refused}");
        let expected = format!("failed to establish trust with {plane}: ");
        assert!(refused.message().starts_with(&expected), "{refused}");
    }
}

#[tokio::test]
async fn the_certificate_of_one_plane_opens_nothing_on_the_other() {
    let site = Site::start().await;
    let agent = site.agent("web-1").await;
    let operator = site.admin.credential.identity().unwrap();
    for (plane, own, others) in [
        (site.operator_plane(), &operator, &agent.identity),
        (site.agent_plane(), &agent.identity, &operator),
    ] {
        knock(&plane, &agent, Some(own)).await.unwrap();
        let refused = knock(&plane, &agent, Some(others)).await.unwrap_err();
        assert!(refused.is_untrusted(), "{refused}");
    }
}

#[tokio::test]
async fn whoever_shows_no_certificate_of_ours_gets_nowhere() {
    let site = Site::start().await;
    let agent = site.agent("web-1").await;
    let foreign = ForeignAuthority::new();
    let administrator = format!("remit:operator:{}", site.admin.credential.operator_id);
    for name in [administrator, format!("remit:endpoint:{}", agent.id)] {
        assert_unwelcome(&site, &agent, Some(&foreign.client(&name))).await;
        let own_word = ForeignAuthority::self_signed_client(&name);
        assert_unwelcome(&site, &agent, Some(&own_word)).await;
    }
    assert_unwelcome(&site, &agent, None).await;
}

#[tokio::test]
async fn a_revoked_agent_is_cut_off_at_once_and_stays_out() {
    let site = Site::start().await;
    let mut agent = site.agent("web-1").await;
    agent.disk(100);
    let mut session = agent.deliver().await;
    site.admin.endpoint_where(&agent.id, "a record is applied", |it| it.metrics_applied == 1).await;

    let revoked = site.admin.revoke(&agent.id, "stolen").await.unwrap();
    assert_eq!(revoked.revoked_reason, "stolen");
    session.report(&agent.disk(200)).await;
    let ended = session.ends_within(Duration::from_secs(5)).await.expect("the session is cut");
    assert_eq!(ended.code(), Code::Unauthenticated);
    assert_eq!(ended.message(), "the session was ended: revoked, or replaced by a newer one");

    let refused = agent.connect().await.unwrap_err().message();
    let expected = format!("endpoint {0} is not trusted: the endpoint was revoked at ", agent.id);
    assert!(refused.starts_with(&expected), "{refused}");
    let endpoint = site.admin.endpoint(&agent.id).await.unwrap();
    assert_eq!(endpoint.metrics_applied, 1, "what came after the revocation is not applied");
    assert_eq!(agent.last(Stream::Metrics), 2);
}

#[tokio::test]
async fn an_idle_agent_is_cut_off_too() {
    let site = Site::start().await;
    let mut agent = site.agent("web-1").await;
    let mut session = agent.connect().await.unwrap();
    site.admin.revoke("web-1", "stolen").await.unwrap();
    let ended = session.ends_within(Duration::from_secs(5)).await.expect("the session is cut");
    assert_eq!(ended.message(), "the session was ended: revoked, or replaced by a newer one");
}

#[tokio::test]
async fn a_revocation_says_why() {
    let site = Site::start().await;
    let agent = site.agent("web-1").await;
    let refused = site.admin.revoke(&agent.id, " ").await.unwrap_err();
    assert_eq!(refused.message(), "say why the endpoint is revoked");
}

#[tokio::test]
async fn a_revoked_operator_sees_nothing_more() {
    let site = Site::start().await;
    let noc = site.noc().await;
    let mut watch = noc.watch("").await.unwrap();
    let operator_id = noc.credential.operator_id.clone();
    let asked = v1::RevokeOperatorRequest { operator_id: operator_id.clone() };
    site.admin.operators().revoke_operator(asked).await.unwrap();

    let refused = noc.endpoint("web-1").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let expected = format!("operator {operator_id} was revoked at ");
    assert!(refused.message().starts_with(&expected), "{}", refused.message());
    assert!(refused.message().ends_with(": revoked by admin"), "{}", refused.message());

    let ended = watch.next().await.unwrap_err();
    assert_eq!((ended.code(), ended.message()), (Code::Unauthenticated, refused.message()));
}

#[tokio::test]
async fn nobody_makes_an_administrator_over_the_network() {
    let site = Site::start().await;
    let key = tls::KeyRequest::new().unwrap();
    let asked = |role: v1::Role| v1::CreateOperatorRequest {
        name: "eve".into(),
        role: role.into(),
        party: v1::Party::Provider.into(),
        csr: key.csr.clone(),
        ..Default::default()
    };
    let refused =
        site.admin.operators().create_operator(asked(v1::Role::Administrator)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(
        refused.message(),
        "an administrator is made on the collector's own machine, with remit-collector"
    );
    let noc: Operator = site.noc().await;
    let refused = noc.operators().create_operator(asked(v1::Role::Viewer)).await.unwrap_err();
    assert_eq!(
        refused.message(),
        "to make an operator takes an administrator; this operator's role is operator"
    );
}
