//! What is there twice: F22 and F23.

use std::path::{Path, PathBuf};

use remit_shared::Stream;
use tests::{RealAgent, SOON, Site, eventually};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::Command,
    time::{self, Duration, Instant},
};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{Talker, alerts, complaints},
    rows::crash::Confirmed,
};

async fn copy(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).expect("nobody uses it");
    }
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from).arg(to);
    let copied = copy.status().await.expect("cp is installed");
    assert!(copied.success(), "{} is copied", from.display());
}

fn kept(agent: &RealAgent) -> PathBuf {
    agent.state_dir().with_extension("kept")
}

async fn suspected(site: &Site) -> f64 {
    let begun = Instant::now();
    eventually(SOON * 4, "somebody is told", async || {
        let seen = alerts(site).await;
        let of_copies = |it: &str| matches!(it, "spool-reset" | "agent-cloned" | "clone");
        seen.iter().any(|it| of_copies(&it.check)).then_some(())
    })
    .await;
    begun.elapsed().as_secs_f64()
}

/// F22.
pub(crate) async fn restored_and_cloned(fault: Fault, _scope: &Scope) -> Found {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    let mut confirmed = Confirmed::default();
    agent.start();
    confirmed.ping_until_confirmed(&mut agent).await;
    confirmed.lost(&site.admin).await;
    agent.stop().await;
    copy(&agent.state_dir(), &kept(&agent)).await;
    agent.start();
    for _ in 0..10 {
        confirmed.ping_until_confirmed(&mut agent).await;
    }
    let mut lost = confirmed.lost(&site.admin).await;
    agent.cut_power().await;
    // The disk of an hour ago; what it says from now on is not swallowed as known.
    copy(&kept(&agent), &agent.state_dir()).await;
    agent.start();
    let after_restore = suspected(&site).await;
    for _ in 0..3 {
        confirmed.ping_until_confirmed(&mut agent).await;
    }
    lost += confirmed.lost(&site.admin).await;
    let declared = site.admin.endpoint(&id).await.unwrap().records_lost;

    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    agent.become_endpoint(&site.token().await).await;
    agent.start();
    let mut confirmed = Confirmed::default();
    confirmed.ping_until_confirmed(&mut agent).await;
    confirmed.lost(&site.admin).await;
    agent.stop().await;
    let mut clone = site.real_agent("clone");
    copy(&agent.state_dir(), &clone.state_dir()).await;
    agent.start();
    confirmed.ping_until_confirmed(&mut agent).await;
    confirmed.lost(&site.admin).await;
    // On a machine of its own nobody would have the port.
    let settings = clone.state_dir().with_file_name("agent.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace(":7447", ":7449")).unwrap();
    clone.start();
    let after_clone = suspected(&site).await;
    Found::of(fault, "a real agent whose state folder is set back; two with one state folder")
        .is("confirmed and lost in silence", lost, 0)
        .shows("declared lost", declared as f64, "")
        .at_most("restored: told after", after_restore, " s", 60.0)
        .at_most("cloned: told after", after_clone, " s", 60.0)
}

/// Carries a connection, keeps what the client said, and spoils it: pieces are
/// sent twice, or in another order.
async fn spoil(listener: TcpListener, to: std::net::SocketAddr) -> Vec<u8> {
    let (client, _) = listener.accept().await.expect("somebody comes");
    let server = TcpStream::connect(to).await.expect("the collector listens");
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = async move {
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = from_server.read(&mut piece).await {
            if to_client.write_all(&piece[..count]).await.is_err() {
                break;
            }
        }
    };
    let there = async move {
        let (mut heard, mut piece, mut pieces) = (Vec::new(), [0; 4096], 0);
        while let Ok(count @ 1..) = from_client.read(&mut piece).await {
            heard.extend_from_slice(&piece[..count]);
            pieces += 1;
            // The handshake goes through; what is said later comes twice.
            let times = if pieces > 8 { 2 } else { 1 };
            for _ in 0..times {
                if to_server.write_all(&piece[..count]).await.is_err() {
                    return heard;
                }
            }
        }
        heard
    };
    tokio::join!(there, back).0
}

/// F23.
pub(crate) async fn repeated(fault: Fault, scope: &Scope) -> Found {
    let site = Site::start().await;
    let mut talker = Talker::new(&site, "web-1").await;
    let usual = talker.agent.address.clone();
    let (rounds, mut replays) = (scope.of(3, 20), 0);
    for _ in 0..rounds {
        let listener = TcpListener::bind((site.address(), 0)).await.unwrap();
        talker.agent.address = listener.local_addr().unwrap().to_string();
        let (gone, heard) = tokio::join!(
            async {
                let gone = talker.talk(40).await;
                time::sleep(Duration::from_millis(50)).await;
                gone
            },
            spoil(listener, site.agents())
        );
        assert_eq!(gone, 0, "what was acknowledged is there");
        // A replay of all that was said, on a connection of its own.
        let mut again = TcpStream::connect(site.agents()).await.unwrap();
        let _ = again.write_all(&heard).await;
        let mut answer = Vec::new();
        let _ = time::timeout(Duration::from_secs(5), again.read_to_end(&mut answer)).await;
        replays += 1;
        talker.agent.address.clone_from(&usual);
        talker.talk(8).await;
    }
    // Each record twice, and all of them once more.
    let mut session = talker.agent.connect().await.unwrap();
    for record in &talker.agent.records {
        session.report(record).await;
    }
    for _ in 0..8 {
        let record = talker.measure().await;
        session.report(&record).await;
        session.report(&record).await;
    }
    let last = talker.measured();
    session.acknowledged(Stream::Metrics, last - 3).await.unwrap();
    let kept = talker.settle(&site).await;
    Found::of(
        fault,
        format!("TLS pieces sent twice, and replayed later × {rounds}; records sent twice"),
    )
    .shows("replays", f64::from(replays), "")
    .is("missing in the end", kept.missing, 0)
    .is("there twice", kept.double, 0)
    .is("alerts of loss or copies", complaints(&site).await, 0)
    .but_not(
        "not in another order: what comes before its turn is refused, as the test \
         a_hole_is_refused_with_the_number_that_was_due sees",
    )
}
