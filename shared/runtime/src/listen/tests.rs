use std::{
    convert::Infallible,
    io::Write as _,
    net::{Shutdown, TcpStream as StdTcpStream},
};

use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
use rustls::{ClientConfig, pki_types::CertificateDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tonic::{
    body::Body,
    codegen::http::{Request, Response},
    server::NamedService,
    transport::{Channel, Server},
};
use tower::{Service, ServiceExt as _};

use super::*;
use crate::{
    dial::{self, DialError},
    tls::{
        Clients, Identity, client_config, install_provider, is_certificate_refused,
        is_found_expired, is_pin_mismatch, pinned_client_config, server_config, server_ended,
        spki_pin,
        testing::{Authority, Flaw, self_signed},
    },
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Answers with the number of certificates that the client showed.
#[derive(Clone)]
struct Count;

impl NamedService for Count {
    const NAME: &'static str = "test.Count";
}

impl Service<Request<Body>> for Count {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let info = request.extensions().get::<ConnectInfo>().unwrap();
        assert!(info.peer.ip().is_loopback());
        let response = Response::builder().header("count", info.certificates.len());
        std::future::ready(Ok(response.body(Body::empty()).unwrap()))
    }
}

async fn ask(mut channel: Channel) -> String {
    let request = Request::post("http://localhost/test.Count/Count").body(Body::empty()).unwrap();
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    response.headers()["count"].to_str().unwrap().into()
}

/// Serves until the test's runtime ends.
struct Site {
    address: String,
    configuration: Configuration,
    _tasks: JoinSet<()>,
}

fn serve(identity: &Identity, clients: Clients) -> Site {
    install_provider();
    let config = server_config(identity, clients).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    let configuration = listener.configuration();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let server = Server::builder().add_service(Count);
        server.serve_with_incoming(listener).await.unwrap();
    });
    Site { address, configuration, _tasks: tasks }
}

impl Site {
    async fn dial(&self, config: Arc<ClientConfig>) -> Result<Channel, DialError> {
        dial::connect(&self.address, config, TIMEOUT).await
    }
}

fn issued_by(authority: &Authority) -> Clients {
    Clients::IssuedBy(vec![authority.intermediate.clone()])
}

fn trusting(root: &CertificateDer<'static>, identity: Option<&Identity>) -> Arc<ClientConfig> {
    client_config(std::slice::from_ref(root), identity).unwrap()
}

#[tokio::test]
async fn both_sides_prove_themselves_and_the_call_knows_who_it_was() {
    let (ours, agents) = (Authority::new("ours"), Authority::new("agents"));
    let site = serve(&ours.server(), issued_by(&agents));
    let channel = site.dial(trusting(&ours.root, Some(&agents.client()))).await.unwrap();
    assert_eq!(ask(channel).await, "3");
}

#[tokio::test]
async fn a_client_that_is_not_wanted_learns_so_at_once() {
    let (ours, agents) = (Authority::new("ours"), Authority::new("agents"));
    let site = serve(&ours.server(), issued_by(&agents));
    let stranger = Authority::new("agents").client();
    for (why, identity) in [
        ("none", None),
        ("another issuer", Some(stranger)),
        ("self-signed", Some(self_signed(ClientAuth))),
        ("expired", Some(agents.issue(ClientAuth, Flaw::Expired))),
        ("not yet valid", Some(agents.issue(ClientAuth, Flaw::NotYetValid))),
        ("for servers", Some(agents.issue(ServerAuth, Flaw::None))),
    ] {
        let err = site.dial(trusting(&ours.root, identity.as_ref())).await.unwrap_err();
        assert!(is_certificate_refused(&err), "{why}: {}", Chain(&err));
        assert!(!is_pin_mismatch(&err), "{why}");
    }
}

#[tokio::test]
async fn where_it_is_asked_for_a_certificate_that_has_ended_is_a_proof_still() {
    let (ours, agents) = (Authority::new("ours"), Authority::new("agents"));
    let once = Clients::OnceIssuedBy(vec![agents.intermediate.clone()]);
    let site = serve(&ours.server(), once);
    for identity in [agents.client(), agents.issue(ClientAuth, Flaw::Expired)] {
        let channel = site.dial(trusting(&ours.root, Some(&identity))).await.unwrap();
        assert_eq!(ask(channel).await, "3");
    }
    let stranger = Authority::new("agents");
    for (why, identity) in [
        ("none", None),
        ("another issuer, and expired", Some(stranger.issue(ClientAuth, Flaw::Expired))),
        ("not yet valid", Some(agents.issue(ClientAuth, Flaw::NotYetValid))),
        ("for servers, and expired", Some(agents.issue(ServerAuth, Flaw::Expired))),
    ] {
        let err = site.dial(trusting(&ours.root, identity.as_ref())).await.unwrap_err();
        assert!(is_certificate_refused(&err), "{why}: {}", Chain(&err));
    }
}

#[tokio::test]
async fn a_server_that_is_not_the_one_is_not_spoken_to() {
    let ours = Authority::new("ours");
    for (why, identity) in [
        ("another issuer", Authority::new("ours").server()),
        ("self-signed", self_signed(ServerAuth)),
        ("expired", ours.issue(ServerAuth, Flaw::Expired)),
        ("not yet valid", ours.issue(ServerAuth, Flaw::NotYetValid)),
        ("for clients", ours.issue(ClientAuth, Flaw::None)),
        ("for another name", ours.issue(ServerAuth, Flaw::AnotherName)),
    ] {
        let site = serve(&identity, Clients::Nobody);
        let err = site.dial(trusting(&ours.root, None)).await.unwrap_err();
        assert!(matches!(err, DialError::Distrust { .. }), "{why}: {}", Chain(&err));
        assert!(!is_certificate_refused(&err), "{why}: {}", Chain(&err));

        let pinned = pinned_client_config(spki_pin(&ours.root).unwrap()).unwrap();
        let err = site.dial(pinned).await.unwrap_err();
        let stranger = ["another issuer", "self-signed"].contains(&why);
        assert_eq!(is_pin_mismatch(&err), stranger, "{why}: {}", Chain(&err));
    }
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_told_apart_on_both_sides() {
    let (ours, agents) = (Authority::new("ours"), Authority::new("agents"));
    let shake = async |identity: Identity| {
        let clients = Clients::IssuedBy(vec![agents.intermediate.clone()]);
        let acceptor = TlsAcceptor::from(server_config(&identity, clients).unwrap());
        let connector = TlsConnector::from(trusting(&ours.root, Some(&agents.client())));
        let (here, there) = tokio::io::duplex(64 << 10);
        let name = "localhost".try_into().unwrap();
        let (server, client) = tokio::join!(acceptor.accept(there), connector.connect(name, here));
        let found = server.err().is_some_and(|it| is_found_expired(&it));
        (client.err().and_then(|it| server_ended(&it)), found)
    };
    let ended = shake(ours.issue(ServerAuth, Flaw::Expired)).await;
    assert_eq!(ended, (Some("2000-01-01T00:00:00Z".parse().unwrap()), true));
    for fine in [ours.server(), ours.issue(ServerAuth, Flaw::AnotherName), agents.server()] {
        assert_eq!(shake(fine).await, (None, false));
    }
}

#[tokio::test]
async fn the_pin_alone_is_enough_to_trust_the_right_server() {
    let ours = Authority::new("ours");
    let site = serve(&ours.server(), Clients::Nobody);
    let pinned = pinned_client_config(spki_pin(&ours.root).unwrap()).unwrap();
    assert_eq!(ask(site.dial(Arc::clone(&pinned)).await.unwrap()).await, "0");

    let err = site.dial(pinned_client_config([7; 32]).unwrap()).await.unwrap_err();
    assert!(is_pin_mismatch(&err), "{}", Chain(&err));
    let text = Chain(&err).to_string();
    assert!(text.contains("not the one that the token was made for"), "{text}");
}

#[tokio::test]
async fn the_pin_does_not_make_a_leaf_an_anchor() {
    let itself = self_signed(ServerAuth);
    let site = serve(&itself, Clients::Nobody);
    let pinned = pinned_client_config(spki_pin(&itself.chain[0]).unwrap()).unwrap();
    let err = site.dial(pinned).await.unwrap_err();
    assert!(is_pin_mismatch(&err), "{}", Chain(&err));
}

#[tokio::test]
async fn a_replaced_certificate_is_shown_to_the_next_caller() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let site = serve(&old.server(), Clients::Nobody);
    let before = site.dial(trusting(&old.root, None)).await.unwrap();
    site.configuration.replace(server_config(&new.server(), Clients::Nobody).unwrap());
    assert!(site.dial(trusting(&old.root, None)).await.is_err());
    assert_eq!(ask(site.dial(trusting(&new.root, None)).await.unwrap()).await, "0");
    assert_eq!(ask(before).await, "0");
}

/// What a client says that knows TLS 1.2 at best.
fn older_hello() -> Vec<u8> {
    let extensions: &[u8] = &[
        0, 10, 0, 4, 0, 2, 0, 29, // groups: x25519
        0, 13, 0, 4, 0, 2, 4, 3, // signatures: ECDSA on P-256 with SHA-256
        0, 11, 0, 2, 1, 0, // points: uncompressed
    ];
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2b, 1, 0, 0, extensions.len() as u8]);
    body.extend(extensions);
    let mut hello = vec![22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8];
    hello.extend(body);
    hello
}

#[tokio::test]
async fn an_older_tls_is_refused() {
    let ours = Authority::new("ours");
    let site = serve(&ours.server(), Clients::Nobody);
    let mut stream = TcpStream::connect(&site.address).await.unwrap();
    stream.write_all(&older_hello()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    // A fatal alert: protocol version.
    assert_eq!(answer, [21, 3, 3, 0, 2, 2, 70]);
}

#[tokio::test]
async fn a_thousand_bad_handshakes_leave_the_listener_alive() {
    let ours = Authority::new("ours");
    let site = serve(&ours.server(), Clients::Nobody);
    let address = site.address.replace("localhost", "127.0.0.1");
    let attack = move || {
        for round in 0..1000 {
            let mut stream = StdTcpStream::connect(&address).unwrap();
            match round % 3 {
                0 => drop(stream.write_all(b"GET / HTTP/1.1\r\n\r\n")),
                1 => drop(stream.write_all(&[0x16, 3, 1, 0xff, 0xff, 1, 2, 3])),
                _ => {}
            }
            let _ = stream.shutdown(Shutdown::Both);
        }
    };
    tokio::task::spawn_blocking(attack).await.unwrap();
    assert_eq!(ask(site.dial(trusting(&ours.root, None)).await.unwrap()).await, "0");
}

#[tokio::test]
async fn an_address_with_too_many_silent_callers_waits_until_they_are_gone() {
    let ours = Authority::new("ours");
    let site = serve(&ours.server(), Clients::Nobody);
    let mut silent = Vec::new();
    for _ in 0..LIMITS.active_per_address {
        silent.push(TcpStream::connect(&site.address).await.unwrap());
    }
    let channel = site.dial(trusting(&ours.root, None));
    let hang_up = async { drop(silent) };
    let (channel, ()) = tokio::join!(channel, hang_up);
    assert_eq!(ask(channel.unwrap()).await, "0");
}

#[tokio::test]
async fn whoever_says_nothing_before_or_after_the_handshake_is_hung_up_on() {
    let ours = Authority::new("ours");
    let site = serve(&ours.server(), Clients::Nobody);
    let mut before = TcpStream::connect(&site.address).await.unwrap();
    let connector = TlsConnector::from(trusting(&ours.root, None));
    let tcp = TcpStream::connect(&site.address).await.unwrap();
    let mut after = connector.connect("localhost".try_into().unwrap(), tcp).await.unwrap();

    // From here on, time passes as soon as everybody waits.
    time::pause();
    let start = Instant::now();
    assert_eq!(before.read(&mut [0; 9]).await.unwrap(), 0);
    // The settings frame is all there is.
    let mut rest = Vec::new();
    let _ = after.read_to_end(&mut rest).await;
    assert!(start.elapsed() < PATIENCE * 3);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let ours = Authority::new("ours");
    install_provider();
    let config = server_config(&ours.server(), Clients::Nobody).unwrap();
    let first = Listener::bind("127.0.0.1:0".parse().unwrap(), Arc::clone(&config)).unwrap();
    let address = first.local_addr().unwrap();
    let err = Listener::bind(address, config).unwrap_err();
    assert_eq!(err.to_string(), format!("failed to listen on {address}: address already in use"));
}

#[tokio::test]
async fn nobody_at_home_is_an_error_and_not_a_refusal() {
    let ours = Authority::new("ours");
    install_provider();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let err = dial::connect(&address, trusting(&ours.root, None), TIMEOUT).await.unwrap_err();
    assert!(matches!(err, DialError::Unreachable { .. }), "{}", Chain(&err));
    assert!(!is_certificate_refused(&err));
}
