//! The agent at the end of links that are long, bad, filtered or gone.

use std::{collections::BTreeSet, fs, net::SocketAddr, time::Duration};

use jiff::SignedDuration;
use remit_proto::v1::{self, Presence};
use tests::{Network, Program, RealAgent, Relay, SOON, Site, eventually, starter};
use tokio::process::Command;

/// Which of the collector's addresses the agent speaks with now.
async fn speaks_with(agent: &RealAgent) -> Option<String> {
    let status = agent.status().await?;
    (status["connected"] == true).then(|| status["collector"].as_str().map(str::to_owned))?
}

async fn comes_to(agent: &RealAgent, address: SocketAddr) {
    let what = format!("the agent speaks with {address}");
    let address = address.to_string();
    eventually(SOON * 2, &what, async || {
        (speaks_with(agent).await.as_deref() == Some(&address)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_agent_fails_over_to_the_second_address_and_goes_back_to_the_first() {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    let listen = async |at| Relay::listen(at, site.agents(), Duration::ZERO).await;
    let relay = listen((site.address(), 0).into()).await.expect("there is a free port");
    let first = relay.address();
    let settings =
        format!("addresses = [\"{first}\", \"{}\"]\nreturn_after = \"1s\"", site.agents());
    agent.configure(&settings);
    agent.start();
    comes_to(&agent, first).await;
    drop(relay);
    comes_to(&agent, site.agents()).await;
    let relay = listen(first).await.expect("nobody has taken the port since");
    comes_to(&agent, first).await;
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    assert_eq!((endpoint.presence(), endpoint.records_lost), (Presence::Online, 0));
    assert_eq!(site.admin.alerts_beside_the_hosts_own().await, []);
    drop(relay);
}

/// A real proxy that wants to know who comes, and lets them through to two ports.
fn proxy(site: &Site, at: SocketAddr) -> Program {
    let path = site.folder().join("tinyproxy.conf");
    let ports = [site.agents().port(), site.agents().port() + 1];
    let settings = format!(
        "Port {}\nListen {}\nTimeout 600\nLogLevel Info\nMaxClients 20\n\
         BasicAuth agents hunter2\nConnectPort {}\nConnectPort {}\n",
        at.port(),
        at.ip(),
        ports[0],
        ports[1]
    );
    fs::write(&path, settings).expect("the test's folder can be written");
    let mut tinyproxy = Command::new("tinyproxy");
    tinyproxy.arg("-d").arg("-c").arg(path);
    Program::start(tinyproxy, &site.folder().join("tinyproxy.log"))
}

#[tokio::test]
async fn an_agent_enrolls_and_reports_through_a_proxy_that_knows_it() {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let at = SocketAddr::from((site.address(), 3128));
    let proxy = proxy(&site, at);
    let credentials = site.folder().join("proxy.credentials");
    let settings =
        format!("proxy = \"http://{at}\"\nproxy_credentials_file = \"{}\"", credentials.display());
    agent.configure(&settings);
    let token = site.token().await;

    fs::write(&credentials, "agents:wrong\n").unwrap();
    eventually(SOON, "the proxy listens", async || tokio::net::TcpStream::connect(at).await.ok())
        .await;
    let refused = agent.enroll(&token).await;
    assert_eq!(refused.code, Some(5), "{}", refused.stderr);
    let why = "the proxy wants other credentials: 40";
    assert!(refused.stderr.contains(why), "{}", refused.stderr);

    fs::write(&credentials, "agents:hunter2\n").unwrap();
    let id = agent.become_endpoint(&token).await;
    agent.start();
    let what = "the agent reports through the proxy";
    site.admin.endpoint_where(&id, what, |it| it.presence() == Presence::Online).await;
    for goal in [site.enrollment(), site.agent_plane()] {
        assert!(proxy.log().contains(&format!("CONNECT {goal}")), "{goal}: {}", proxy.log());
    }
    let examined = tests::finish(agent.command(&["doctor"])).await;
    let said = format!("answers through http://***@{at}, and each side trusts");
    assert!(examined.stdout.contains(&said), "{}", examined.stdout);
}

/// A collector that goes by a clock three times as fast hears an agent at the
/// end of a bad link. Whoever is silent for a minute then is missed.
#[tokio::test]
async fn f12_a_slow_and_lossy_link_is_no_reason_to_call_an_agent_offline() {
    const RECORDS: u64 = 60;
    let site = Site::by_clock(&starter()).await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    let network = Network::behind_a_bad_link(site.agents(), site.folder()).await;
    agent.move_to(&network);
    agent.start();
    let minutes = Duration::from_mins(2);
    let applied = async || site.admin.endpoint(&id).await.unwrap().metrics_applied;
    eventually(minutes, "the first report comes through", async || {
        (applied().await > 0).then_some(())
    })
    .await;
    // Offline is who is silent for three minutes of the collector's time: these,
    // and those that pass meanwhile.
    let (mut passed, longer) = (SignedDuration::ZERO, SignedDuration::from_mins(2));
    let goal = applied().await + RECORDS;
    eventually(minutes, "a minute's reports come through", async || {
        let step = SignedDuration::from_millis(150);
        site.pass(step);
        passed += step;
        (applied().await >= goal && passed > longer).then_some(())
    })
    .await;
    let endpoint = site.admin.endpoint(&id).await.unwrap();
    assert_eq!((endpoint.presence(), endpoint.records_lost), (Presence::Online, 0));
    // Whatever else is the matter with the machine that runs this is its own.
    let of_silence = ["endpoint-offline", "site-unreachable", "collector-connectivity"];
    let alerts = site.admin.all_alerts().await;
    let silent: Vec<_> = alerts.iter().filter(|it| of_silence.contains(&&*it.check)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

async fn jobs(site: &Site) -> BTreeSet<String> {
    let asked = v1::ListBackupJobsRequest { page_size: 1_000, ..Default::default() };
    let listed = site.admin.backups().list_backup_jobs(asked).await;
    let jobs = listed.expect("an administrator sees backups").into_inner().jobs;
    jobs.into_iter().filter_map(|it| Some(it.job?.name)).collect()
}

#[tokio::test]
async fn f34_a_collector_restored_from_an_older_copy_gets_the_days_events_again() {
    let mut site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    agent.start();
    let ping = async |agent: &RealAgent, job: &str| {
        eventually(SOON, "the agent confirms a ping", async || {
            (agent.ping(job).await == Some(200)).then_some(())
        })
        .await;
    };
    let knows = async |site: &Site, job: &str| {
        let what = format!("the collector knows of {job}");
        eventually(SOON * 2, &what, async || jobs(site).await.contains(job).then_some(())).await;
    };
    ping(&agent, "before").await;
    knows(&site, "before").await;
    site.stop().await;
    site.keep_copy().await;
    site.restart().await;
    // Each in a session of its own, so that the token changes, too.
    for job in ["first", "second"] {
        ping(&agent, job).await;
        knows(&site, job).await;
        site.cut_power().await;
        site.restart().await;
    }
    ping(&agent, "third").await;
    knows(&site, "third").await;

    site.stop().await;
    site.restore_copy().await;
    site.restart().await;
    for job in ["before", "first", "second", "third"] {
        knows(&site, job).await;
    }
    ping(&agent, "after").await;
    knows(&site, "after").await;
    // What was measured since stands in the file that is still written to, so it
    // came again as well. Nobody is suspected of anything.
    assert_eq!(site.admin.endpoint(&id).await.unwrap().records_lost, 0);
    assert_eq!(site.admin.alerts_beside_the_hosts_own().await, []);
}

#[tokio::test]
async fn what_the_agent_takes_is_reported_and_what_it_cannot_afford_is_not_asked() {
    let site = Site::start().await;
    let mut agent = site.real_agent("db-7");
    let id = agent.become_endpoint(&site.token().await).await;
    // No agent can do with so little.
    agent.append("\n[budget]\nmemory = \"1MiB\"\n\n[probe.self]\ninterval = \"60s\"\n");
    agent.start();
    let metrics = ["agent_memory", "agent_handles", "agent_queued", "agent_spool"];
    let endpoint = site
        .admin
        .endpoint_where(&id, "the agent measures itself", |it| {
            metrics.iter().all(|name| it.readings.iter().any(|it| it.metric == *name))
        })
        .await;
    let reading = |name: &str| endpoint.readings.iter().find(|it| it.metric == name).unwrap().value;
    assert!(reading("agent_memory") > 1 << 20 && reading("agent_handles") > 3);
    let status = eventually(SOON, "its status says so", async || {
        agent.status().await.filter(|it| it["takes"]["memory_bytes"].as_u64() > Some(1 << 20))
    })
    .await;
    assert_eq!(status["takes"]["shed"], serde_json::json!([]), "it takes two minutes to be sure");
}
