use std::{fs, time::Duration};

use remit_runtime::{
    dial,
    listen::{ConnectInfo, Listener},
    tls::{
        KeyRequest, client_config, install_provider, is_certificate_refused, pinned_client_config,
        server_config,
    },
};
use remit_shared::Chain;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio_stream::StreamExt as _;
use tonic::transport::server::Connected as _;
use uuid::Uuid;

use super::*;

fn now() -> Timestamp {
    // Handshakes look at the real clock.
    use remit_shared::Clock as _;
    remit_runtime::clock::SystemClock.now()
}

fn names() -> Vec<String> {
    vec!["localhost".into(), "127.0.0.1".into()]
}

fn created() -> (TempDir, Authority) {
    install_provider();
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(&dir.path().join("pki"), &names(), now()).unwrap();
    (dir, authority)
}

fn endpoint() -> EndpointId {
    EndpointId::from_uuid(Uuid::from_u128(7))
}

fn operator() -> OperatorId {
    OperatorId::from_uuid(Uuid::from_u128(8))
}

fn with(issued: Issued, key: PrivateKeyDer<'static>) -> Identity {
    Identity { chain: issued.chain, key }
}

fn agent(authority: &Authority) -> (Issued, Identity) {
    let request = KeyRequest::new().unwrap();
    let issued = authority.issue_agent(endpoint(), &request.csr, now()).unwrap();
    (issued.clone(), with(issued, request.key))
}

fn an_operator(authority: &Authority) -> Identity {
    let request = KeyRequest::new().unwrap();
    let issued = authority.issue_operator(operator(), &request.csr, now()).unwrap();
    with(issued, request.key)
}

/// What a listener for `clients` learns of whoever shows `identity`.
async fn visit(
    authority: &Authority,
    clients: Clients,
    identity: Option<&Identity>,
) -> Result<ConnectInfo, dial::DialError> {
    let config = server_config(&authority.server_identity().unwrap(), clients).unwrap();
    let mut listener = Listener::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    let config = client_config(authority.roots(), identity).unwrap();
    let visitor = dial::connect(&address, config, Duration::from_secs(20));
    let host = async {
        let mut connection = listener.next().await.unwrap().unwrap();
        let info = connection.connect_info();
        // The first word, which tells the visitor that it is welcome.
        tokio::io::AsyncWriteExt::write_all(&mut connection, &[0; 9]).await.unwrap();
        (info, connection)
    };
    tokio::pin!(visitor);
    tokio::select! {
        (info, _connection) = host => Ok(info),
        refused = &mut visitor => Err(refused.unwrap_err()),
    }
}

#[tokio::test]
async fn each_plane_lets_in_its_own_kind_and_nobody_else() {
    let (_dir, ours) = created();
    let (_other_dir, theirs) = created();
    let (issued, agent) = agent(&ours);
    let person = an_operator(&ours);

    let info = visit(&ours, ours.agents(), Some(&agent)).await.unwrap();
    let expected = peer::PeerIdentity {
        peer: peer::Peer::Endpoint(endpoint()),
        serial: issued.serial,
        not_after: Timestamp::from_second(issued.not_after.as_second()).unwrap(),
    };
    assert_eq!(peer::identify(&info.certificates[0]).unwrap(), expected);
    let info = visit(&ours, ours.operators(), Some(&person)).await.unwrap();
    let known = peer::identify(&info.certificates[0]).unwrap();
    assert_eq!(known.peer, peer::Peer::Operator(operator()));

    let server = ours.server_identity().unwrap();
    for (plane, visitor) in [
        (ours.agents(), Some(&person)),
        (ours.agents(), Some(&server)),
        (ours.agents(), None),
        (ours.operators(), Some(&agent)),
        (ours.operators(), Some(&server)),
        (theirs.agents(), Some(&agent)),
    ] {
        let err = visit(&ours, plane, visitor).await.unwrap_err();
        assert!(is_certificate_refused(&err), "{}", Chain(&err));
    }
}

#[tokio::test]
async fn the_pin_in_a_token_is_enough_to_find_the_collector() {
    let (_dir, ours) = created();
    let config = server_config(&ours.server_identity().unwrap(), Clients::Nobody).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    let server = tonic::transport::Server::builder()
        .add_routes(tonic::service::Routes::default())
        .serve_with_incoming(listener);
    let visit = async {
        let config = pinned_client_config(ours.pin()).unwrap();
        dial::connect(&address, config, Duration::from_secs(20)).await
    };
    tokio::select! {
        served = server => panic!("{served:?}"),
        channel = visit => drop(channel.unwrap()),
    }
}

#[test]
fn it_opens_again_without_the_roots_key() {
    let (_dir, ours) = created();
    let dir = ours.folder.path().to_owned();
    fs::remove_file(ours.root_key().unwrap()).unwrap();
    let again = Authority::open(&dir).unwrap();
    assert_eq!(again.pin(), ours.pin());
    assert_eq!(again.root_key(), None);
    agent(&again);
}

#[test]
fn another_authority_is_never_made_over_the_first() {
    let (_dir, ours) = created();
    let err = Authority::create(ours.folder.path(), &names(), now()).unwrap_err();
    assert!(matches!(err, PkiError::Exists { .. }), "{err}");
    let again = Authority::open(ours.folder.path()).unwrap();
    assert_eq!(again.pin(), ours.pin());
}

#[test]
fn what_an_interrupted_attempt_left_behind_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let pki = dir.path().join("pki");
    let err = Authority::create(&pki, &["no name".into()], now()).unwrap_err();
    assert_eq!(err.to_string(), "`no name` is neither a host name nor an IP address");
    let err = Authority::create(&pki, &[], now()).unwrap_err();
    assert!(matches!(err, PkiError::NoNames), "{err}");
    let err = Authority::open(&pki).unwrap_err();
    assert!(err.to_string().ends_with("run `remit-collector init` first"), "{err}");
    Authority::create(&pki, &names(), now()).unwrap();
}

#[test]
fn a_damaged_file_is_named() {
    for (file, content) in [
        ("root.pem", ""),
        ("agents.pem", "hello"),
        ("operators.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        let (_dir, ours) = created();
        let path = ours.folder.path().join(file);
        fs::write(&path, content).unwrap();
        let err = Authority::open(ours.folder.path()).unwrap_err();
        let text = Chain(&err).to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
    }
    let (_dir, ours) = created();
    let read = |name: &str| fs::read_to_string(ours.folder.path().join(name)).unwrap();
    let (agents, operators) = (read("agents.pem"), read("operators.pem"));
    let key_of = |text: &str| text.find("-----BEGIN PRIVATE").unwrap();
    let mixed = agents[..key_of(&agents)].to_owned() + &operators[key_of(&operators)..];
    fs::write(ours.folder.path().join("agents.pem"), mixed).unwrap();
    let err = Authority::open(ours.folder.path()).unwrap_err();
    assert!(matches!(err, PkiError::Mismatch { .. }), "{err}");
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_at_a_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_dir, ours) = created();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(ours.folder.path()), 0o700);
    for entry in fs::read_dir(ours.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let expected = if path.ends_with("root.pem") { 0o644 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
}

#[test]
fn the_server_certificate_is_renewed_late_in_its_life_and_keeps_its_names() {
    let (_dir, ours) = created();
    let days = |count: i64| now() + SignedDuration::from_hours(24 * count);
    assert!(ours.renew_server_if_needed(days(200)).unwrap().is_none());
    let renewed = ours.renew_server_if_needed(days(300)).unwrap().unwrap();
    assert_eq!(renewed.chain, ours.server_identity().unwrap().chain);
    assert_eq!(renewed.chain.len(), 3);
    assert!(ours.renew_server_if_needed(days(301)).unwrap().is_none());
    assert_eq!(ours.folder.server_names().unwrap().0, names());
    ours.issue_server(&["c.example".into(), "2001:db8::1".into()], now()).unwrap();
    assert_eq!(ours.folder.server_names().unwrap().0, ["c.example", "2001:db8::1"]);
}

#[test]
fn nothing_outlives_its_issuer() {
    let (_dir, ours) = created();
    let csr = KeyRequest::new().unwrap().csr;
    let years = |count: i64| now() + SignedDuration::from_hours(24 * 365 * count);
    let late = ours.issue_operator(operator(), &csr, years(5) - AGENT_LIFETIME).unwrap();
    assert_eq!(late.not_after, ours.operators.not_after);
    let err = ours.issue_agent(endpoint(), &csr, years(6)).unwrap_err();
    assert!(matches!(err, IssueError::Expired { .. }), "{err}");
}

#[test]
fn a_lifetime_and_a_serial_number_are_of_the_promised_size() {
    let (_dir, ours) = created();
    let start = now();
    let request = KeyRequest::new().unwrap();
    let usual = ours.issue_agent(endpoint(), &request.csr, start).unwrap();
    assert_eq!(usual.not_after, start + AGENT_LIFETIME);
    let hour = SignedDuration::from_hours(1);
    let short = ours.with_agent_lifetime(hour);
    let short = short.issue_agent(endpoint(), &request.csr, start).unwrap();
    assert_eq!(short.not_after, start + hour);
    assert_ne!(short.serial, usual.serial);
    for issued in [usual, short] {
        assert_eq!(issued.serial.len(), 32);
        assert_eq!(peer::identify(&issued.chain[0]).unwrap().serial, issued.serial);
    }
}
