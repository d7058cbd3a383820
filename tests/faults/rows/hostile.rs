//! Who is not believed any more, and who never should be: F28 and F30.

use std::{collections::BTreeMap, net::SocketAddr, thread};

use remit_proto::v1::{self, connect_request};
use remit_runtime::clock::SystemClock;
use remit_shared::{Clock as _, Stream};
use tests::{FakeAgent, Session, Site};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::oneshot,
    task::{JoinSet, LocalSet},
    time::{self, Duration, Instant},
};

use crate::{
    Scope,
    fault::Fault,
    found::Found,
    load::{Talker, moment, percentile, run},
    rows::disk::resident,
};

/// More than so many within an hour take somebody of the other side.
const ALONE: usize = 5;

/// F28.
pub(crate) async fn revoked(fault: Fault, scope: &Scope) -> Found {
    let sites = scope.of(2, 20);
    let (mut waits, mut later, mut back) = (Vec::new(), 0, 0);
    for _ in 0..sites {
        let site = Site::start().await;
        let talkers = Talker::many(&site, ALONE).await;
        let ids: Vec<String> = talkers.iter().map(|it| it.agent.id.clone()).collect();
        let mut cuts = JoinSet::new();
        for mut talker in talkers {
            cuts.spawn_local(async move {
                talker.talk(100_000).await;
                (talker, SystemClock.now())
            });
        }
        let mut revoked = BTreeMap::new();
        for id in &ids {
            time::sleep(moment(200)).await;
            site.admin.revoke(id, "stolen").await.expect("an administrator may");
            let applied = site.admin.endpoint(id).await.unwrap().metrics_applied;
            revoked.insert(id.clone(), (SystemClock.now(), applied));
        }
        while let Some(done) = cuts.join_next().await {
            let (mut talker, ended) = done.unwrap();
            let (at, applied) = revoked[&talker.agent.id];
            waits.push(ended.duration_since(at).as_secs_f64().max(0.0));
            back += u64::from(talker.agent.connect().await.is_ok());
            let now = site.admin.endpoint(&talker.agent.id).await.unwrap().metrics_applied;
            later += now - applied;
        }
    }
    let most = waits.iter().copied().fold(0.0, f64::max);
    let count = waits.len();
    Found::of(fault, format!("{count} agents report without a pause and are revoked"))
        .at_most("cut off p99", percentile(&mut waits, 99.0), " s", 2.0)
        .at_most("at most", most, " s", 5.0)
        .is("records applied afterwards", later, 0)
        .is("let in again", back, 0)
}

/// How long acknowledgements take for an agent that does no harm.
async fn waits(agent: &mut FakeAgent, session: &mut Session, length: Duration) -> Vec<f64> {
    let until = Instant::now() + length;
    let mut waits = Vec::new();
    while Instant::now() < until {
        let record = run(agent, "nightly", remit_shared::RunResult::Success);
        let begun = Instant::now();
        session.report(&record).await;
        session.acknowledged(Stream::Events, record.seq).await.expect("it does no harm");
        waits.push(begun.elapsed().as_secs_f64() * 1000.0);
        time::sleep(Duration::from_millis(20)).await;
    }
    waits
}

/// F30.
pub(crate) async fn attacks(fault: Fault, scope: &Scope) -> Found {
    let mut site = Site::start().await;
    let mut agent = site.agent("web-1").await;
    let hostile = site.agent("db-7").await;
    let mut session = agent.connect().await.unwrap();
    let length = Duration::from_secs(scope.of(5, 60));
    let mut before = waits(&mut agent, &mut session, length).await;
    let usual = percentile(&mut before, 99.0);
    let pid = site.collector().pid();
    let planes = [site.agents(), (site.address(), 7444).into(), (site.address(), 7445).into()];
    // On a thread of its own: whoever attacks does not slow down who measures.
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = thread::spawn(move || attack(planes, &hostile, stopped));
    let mut during = waits(&mut agent, &mut session, length).await;
    let attacked = percentile(&mut during, 99.0);
    let memory = resident(pid);
    drop(stop);
    thread.join().expect("an attack does not fail");
    let alive = u64::from(site.collector().ended().is_none());
    let listens = u64::from(site.agent("new").await.connect().await.is_ok());
    Found::of(
        fault,
        "broken and dripping handshakes on three planes, messages of 2 MiB, sessions that come \
         and go",
    )
    .shows("p99 before", usual, " ms")
    .shows("p99 under attack", attacked, " ms")
    .at_most("ratio", attacked / usual, "", 2.0)
    .at_most("resident", memory, " MiB", 512.0)
    .is("collector alive", alive, 1)
    .is("lets others in", listens, 1)
    .but_not("no compression bombs, which the listeners do not unpack, and no 10⁶ labels")
}

/// Attacks in every way until told to stop.
fn attack(planes: [SocketAddr; 3], hostile: &FakeAgent, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let work = async {
        let mut attacks = JoinSet::new();
        for plane in planes {
            attacks.spawn_local(nonsense_for_handshakes(plane));
            attacks.spawn_local(drips(plane));
        }
        attacks.spawn_local(huge_messages(hostile.clone()));
        attacks.spawn_local(comes_and_goes(hostile.clone()));
        // Whoever drops the other end says it, too.
        let _ = stopped.await;
    };
    LocalSet::new().block_on(&runtime.expect("there is a thread and a clock"), work);
}

/// Ten thousand handshakes would take longer; these do not end before the row.
async fn nonsense_for_handshakes(plane: SocketAddr) {
    loop {
        if let Ok(mut stream) = TcpStream::connect(plane).await {
            let noise = remit_runtime::random::bytes::<512>();
            // Whoever hangs up first is fine.
            let _ = stream.write_all(&noise).await;
            let _ = time::timeout(Duration::from_millis(200), stream.read_u8()).await;
        }
        time::sleep(Duration::from_millis(2)).await;
    }
}

/// Connections that begin a handshake and then say one byte now and then.
async fn drips(plane: SocketAddr) {
    let mut open = Vec::new();
    loop {
        if open.len() < 200
            && let Ok(mut stream) = TcpStream::connect(plane).await
        {
            // The head of a TLS record that never comes.
            let _ = stream.write_all(&[22, 3, 1, 2, 0]).await;
            open.push(stream);
        }
        let mut left = Vec::new();
        for mut stream in open.drain(..) {
            if stream.write_all(&[1]).await.is_ok() {
                left.push(stream);
            }
        }
        open = left;
        time::sleep(Duration::from_millis(50)).await;
    }
}

async fn huge_messages(agent: FakeAgent) {
    let gap = v1::Gap { from: 1, reason: "x".repeat(2 << 20) };
    let report = v1::Report {
        stream: v1::Stream::Metrics.into(),
        seq: 1,
        gap: Some(gap),
        ..Default::default()
    };
    loop {
        if let Ok(channel) = agent.dial().await
            && let Ok(mut session) = agent.greet(channel, agent.hello()).await
        {
            session.send(connect_request::Message::Report(report.clone())).await;
            session.end().await;
        }
        time::sleep(Duration::from_millis(5)).await;
    }
}

async fn comes_and_goes(mut agent: FakeAgent) {
    agent.start_over();
    loop {
        drop(agent.connect().await);
        time::sleep(Duration::from_millis(5)).await;
    }
}
