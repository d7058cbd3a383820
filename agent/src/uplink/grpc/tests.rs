use jiff::Timestamp;
use remit_shared::{Departure, Entry, Host, Record, Stream};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    enroll::{Patience, Wish, enroll},
    spool::conformance::draft,
    testing::TestCollector,
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

async fn enrolled(collector: &TestCollector) -> (tempfile::TempDir, IdentityFolder) {
    let state = tempfile::tempdir().unwrap();
    let folder = IdentityFolder::new(state.path());
    let token = collector.token.to_text();
    let (host, patience, proxies) = (&Host::default(), Patience::USUAL, &Proxies::default());
    let wish = Wish { token: &token, host, force: false, patience, proxies, now: NOW };
    enroll(&folder, wish).await.unwrap();
    (state, folder)
}

fn hello() -> Hello {
    let (host, last) = (Host::default(), Marks { events: 1, metrics: 2 });
    Hello { host, now: NOW, epoch: 5, resume_token: vec![9], earlier: vec![], last }
}

fn record(seq: u64) -> Record {
    let it = draft(Stream::Metrics, i64::try_from(seq).unwrap());
    Record { stream: it.stream, seq, at: it.at, entry: Entry::Answers(it.answers) }
}

#[tokio::test]
async fn a_session_says_hello_reports_and_says_goodbye() {
    let collector = TestCollector::start();
    let (_state, folder) = enrolled(&collector).await;
    let mut link = GrpcUplink::new(folder, vec![]).open(hello()).await.unwrap();
    let Incoming::Welcome(welcome, _) = link.receive().await.unwrap() else { panic!("welcome") };
    assert_eq!((welcome.through, welcome.resume_token), (Marks::default(), vec![1; 16]));
    assert!(welcome.takes_previews);
    for seq in 1..=3 {
        // Neither counts from what the other said.
        link.send(Outgoing::Preview(record(seq + 100))).unwrap();
        link.send(Outgoing::Report(record(seq))).unwrap();
    }
    let mut through = 0;
    while through < 3 {
        let Incoming::Acknowledged(marks) = link.receive().await.unwrap() else { panic!("ack") };
        through = marks.metrics;
    }
    link.send(Outgoing::Goodbye(Departure::ServiceStop)).unwrap();
    link.finish().await;
    let seen = collector.seen();
    assert_eq!(seen.records, [record(1), record(2), record(3)]);
    assert_eq!(seen.previews, [record(101), record(102), record(103)]);
    assert_eq!((seen.hellos[0].epoch, seen.hellos[0].last_metrics_seq, seen.goodbyes), (5, 2, 1));
}

#[tokio::test]
async fn a_certificate_that_the_collector_did_not_issue_is_refused_for_what_it_is() {
    let (ours, theirs) = (TestCollector::start(), TestCollector::start());
    let (_state, folder) = enrolled(&theirs).await;
    let (_other, genuine) = enrolled(&ours).await;
    // The agent knows the collector, and the collector does not know the agent.
    let (from, to) = (genuine.current().unwrap().unwrap(), folder.current().unwrap().unwrap());
    for file in ["roots.pem", "endpoint.json"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let err = GrpcUplink::new(folder, vec![]).open(hello()).await.unwrap_err();
    assert!(matches!(err, UplinkError::Refused(_)), "{}", Chain(&err));
    assert!(ours.seen().hellos.is_empty());
}

#[tokio::test]
async fn a_collector_that_is_away_is_no_refusal() {
    let collector = TestCollector::start();
    let (_state, folder) = enrolled(&collector).await;
    let uplink = GrpcUplink::new(folder, vec!["127.0.0.1:1".into()]);
    let err = uplink.open(hello()).await.unwrap_err();
    assert!(matches!(err, UplinkError::Network { .. }), "{}", Chain(&err));
}

#[tokio::test]
async fn a_renewed_certificate_opens_the_next_session() {
    let collector = TestCollector::start();
    let (_state, folder) = enrolled(&collector).await;
    let uplink = Arc::new(GrpcUplink::new(folder.clone(), vec![]));
    let before = folder.load().unwrap().identity.chain;
    let (clock, stop) = (remit_runtime::clock::SystemClock, CancellationToken::new());
    // Enrolled in 1970: renewal is due at the first look.
    let renewing = crate::renew::run(folder.clone(), Arc::clone(&uplink), clock, stop.clone());
    tokio::select! {
        () = renewing => {}
        () = async {
            while folder.load().unwrap().identity.chain == before {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    let mut link = uplink.open(hello()).await.unwrap();
    assert!(matches!(link.receive().await, Ok(Incoming::Welcome(..))));
}

/// Takes `CONNECT` and carries on, as a proxy does.
async fn proxy() -> (std::net::SocketAddr, tokio::task::JoinSet<Vec<String>>) {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        let mut client = BufReader::new(client);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            client.read_line(&mut line).await.unwrap();
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let target = lines[0].split(' ').nth(1).unwrap().to_owned();
        let mut server = tokio::net::TcpStream::connect(target).await.unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        lines
    });
    (at, tasks)
}

#[tokio::test]
async fn a_session_goes_through_a_proxy_with_what_the_file_says() {
    let collector = TestCollector::start();
    let (state, folder) = enrolled(&collector).await;
    let (at, mut tasks) = proxy().await;
    let credentials = state.path().join("credentials");
    std::fs::write(&credentials, "user:secret\n").unwrap();
    let to: dial::Proxy = format!("http://{at}").parse().unwrap();
    let to = to.with_credentials_file(credentials);
    let proxies = Proxies::new(to, dial::Exceptions::default());
    let mut link = GrpcUplink::new(folder, vec![]).through(proxies).open(hello()).await.unwrap();
    assert!(matches!(link.receive().await.unwrap(), Incoming::Welcome(..)));
    let address = link.address().to_string();
    drop(link);
    let lines = tasks.join_next().await.unwrap().unwrap();
    assert_eq!(lines[0], format!("CONNECT {address} HTTP/1.1"));
    assert!(lines.contains(&"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn when_the_first_address_answers_again_the_agent_is_told() {
    let collector = TestCollector::start();
    let (_state, folder) = enrolled(&collector).await;
    let second = folder.endpoint().unwrap().agent_addresses[0].clone();
    // Nobody listens at the first yet.
    let first = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = first.local_addr().unwrap();
    drop(first);
    let addresses = vec![format!("localhost:{}", at.port()), second.clone()];
    let uplink = GrpcUplink::new(folder, addresses).returning_after(Duration::from_millis(20));
    let mut link = uplink.open(hello()).await.unwrap();
    assert_eq!(**link.address(), *second);
    assert!(matches!(link.receive().await.unwrap(), Incoming::Welcome(..)));
    // It only carries, so that it is the same collector.
    let listener = tokio::net::TcpListener::bind(at).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let mut carried = tokio::task::JoinSet::new();
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = tokio::net::TcpStream::connect(&second).await.unwrap();
            carried.spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    assert_eq!(link.receive().await.unwrap(), Incoming::FirstAnswers);
    let again = uplink.open(hello()).await.unwrap();
    assert_eq!(**again.address(), *format!("localhost:{}", at.port()));
}
