use std::fs;

use super::*;
use crate::testing::TestCollector;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn folder() -> (tempfile::TempDir, IdentityFolder) {
    let state = tempfile::tempdir().unwrap();
    let folder = IdentityFolder::new(state.path());
    (state, folder)
}

async fn enroll_with(folder: &IdentityFolder, token: &JoinToken) -> Result<Endpoint, EnrollError> {
    enroll_by(folder, &token.to_text()).await
}

async fn enroll_by(folder: &IdentityFolder, token: &str) -> Result<Endpoint, EnrollError> {
    let (host, patience, proxies) = (&Host::default(), Patience::USUAL, &Proxies::default());
    let wish = Wish { token, host, force: false, patience, proxies, now: NOW };
    enroll(folder, wish).await.map(|it| it.endpoint)
}

#[tokio::test]
async fn a_token_makes_a_machine_known() {
    let collector = TestCollector::start();
    let (_state, folder) = folder();
    let endpoint = enroll_with(&folder, &collector.token).await.unwrap();
    assert_eq!((endpoint.tenant.as_str(), endpoint.site.as_str()), ("acme", "hq"));
    let credentials = folder.load().unwrap();
    assert_eq!((credentials.identity.chain.len(), credentials.roots.len()), (2, 1));
    let again = enroll_with(&folder, &collector.token).await.unwrap_err();
    assert_eq!(again.exit_code(), 6, "{again}");
    assert_eq!(collector.seen().requests.len(), 1);
}

#[tokio::test]
async fn the_wrong_collector_hears_no_secret() {
    let collector = TestCollector::start();
    let (_state, folder) = folder();
    let token = JoinToken { ca_pin: [9; 32], ..collector.token.clone() };
    let err = enroll_with(&folder, &token).await.unwrap_err();
    assert_eq!(err.exit_code(), 3, "{err}");
    assert!(collector.seen().requests.is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
    let collector = TestCollector::start();
    let (_state, folder) = folder();
    collector.seen().refusal = Some(Status::unavailable("busy"));
    let err = enroll_with(&folder, &collector.token).await.unwrap_err();
    assert_eq!(err.exit_code(), 5, "{err}");
    enroll_with(&folder, &collector.token).await.unwrap();
    let seen = collector.seen();
    let key = |index: usize| {
        let csr = seen.requests[index].csr.as_slice().into();
        rcgen::CertificateSigningRequestParams::from_der(&csr).unwrap().public_key
    };
    assert!(rcgen::PublicKeyData::der_bytes(&key(0)) == rcgen::PublicKeyData::der_bytes(&key(1)));
}

#[tokio::test]
async fn a_busy_collector_is_asked_again_when_it_says() {
    let collector = TestCollector::start();
    let (_state, folder) = folder();
    let mut busy = Status::resource_exhausted("too many enroll at once");
    busy.metadata_mut().insert("grpc-retry-pushback-ms", "1".parse().unwrap());
    collector.seen().refusal = Some(busy);
    enroll_with(&folder, &collector.token).await.unwrap();
    assert_eq!(collector.seen().requests.len(), 2);
}

#[tokio::test]
async fn a_refusal_says_what_the_collector_said() {
    let collector = TestCollector::start();
    let (_state, folder) = folder();
    collector.seen().refusal = Some(Status::failed_precondition("token has expired"));
    let err = enroll_with(&folder, &collector.token).await.unwrap_err();
    assert_eq!(err.exit_code(), 4);
    let expected = "the collector refused to enroll this machine: token has expired";
    assert_eq!(err.to_string(), expected);
    assert!(folder.current().unwrap().is_none());
}

#[tokio::test]
async fn nobody_at_any_address_is_told_with_all_of_them() {
    tls::install_provider();
    let (_state, folder) = folder();
    let addresses = vec!["127.0.0.1:1".into(), "localhost:1".into()];
    let token = JoinToken { secret: [7; 20], ca_pin: [9; 32], addresses };
    let err = enroll_with(&folder, &token).await.unwrap_err();
    assert_eq!(err.exit_code(), 5);
    let expected = "failed to reach the collector at 127.0.0.1:1, localhost:1";
    assert_eq!(err.to_string(), expected);
}

#[tokio::test]
async fn what_is_no_token_is_refused_before_anything_is_written() {
    let (state, folder) = folder();
    let err = enroll_by(&folder, "hunter2").await.unwrap_err();
    assert_eq!(err.exit_code(), 2);
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
}
