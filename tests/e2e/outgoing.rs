//! Real databases that are told what agents measure.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use remit_shared::Stream;
use rustls_pki_types::CertificateDer;
use serde_json::Value;
use tests::{FakeAgent, ForeignAuthority, Program, Site, eventually, get, get_as};
use tokio::process::Command;

use crate::steps::fill_disk;

/// What a database has to take, store and show something.
const PATIENCE: Duration = Duration::from_secs(60);

/// The value of the only series that an instant query finds, with its labels.
fn only(answer: Option<(u16, String)>) -> Option<(f64, Value)> {
    let answer: Value = serde_json::from_str(&answer?.1).ok()?;
    let [found] = answer["data"]["result"].as_array()?.as_slice() else { return None };
    let value = found["value"][1].as_str()?.parse().ok()?;
    Some((value, found["metric"].clone()))
}

/// A Prometheus that takes what it is sent.
struct Prometheus {
    program: Program,
    address: SocketAddr,
    folder: PathBuf,
}

impl Prometheus {
    fn start(site: &Site) -> Self {
        let (folder, address) = (site.folder().join("prometheus"), (site.address(), 9090).into());
        fs::create_dir_all(&folder).expect("the test's folder can be written");
        fs::write(folder.join("prometheus.yml"), "").expect("the folder can be written");
        let program = Self::program(&folder, address);
        Self { program, address, folder }
    }

    fn program(folder: &Path, address: SocketAddr) -> Program {
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address={address}"));
        command.arg("--web.enable-remote-write-receiver");
        Program::start(command, &folder.join("log"))
    }

    async fn stop(&mut self) {
        self.program.terminate().await;
    }

    fn start_again(&mut self) {
        self.program = Self::program(&self.folder, self.address);
    }

    async fn query(&self, query: &str) -> Option<(u16, String)> {
        get(self.address, &format!("/api/v1/query?query={query}")).await
    }

    /// Waits until a query finds one series, of this value.
    async fn finds(&self, query: &str, value: f64) -> Value {
        let what = format!("{query} is {value}");
        eventually(PATIENCE, &what, async || {
            only(self.query(query).await).filter(|it| it.0 == value)
        })
        .await
        .1
    }
}

/// Says how full the disk is, in thousandths, and waits until that is known.
async fn reports(site: &Site, agent: &mut FakeAgent, permille: i64) {
    agent.disk(permille);
    let _session = agent.deliver().await;
    let newest = agent.last(Stream::Metrics);
    site.admin
        .endpoint_where(&agent.id, "the report is applied", |it| it.metrics_applied == newest)
        .await;
}

#[tokio::test]
async fn a_prometheus_has_what_agents_measure() {
    let mut site = Site::start().await;
    let mut prometheus = Prometheus::start(&site);
    let url = format!("http://{}/api/v1/write", prometheus.address);
    site.configure(&format!(
        "\n[[remote_write]]\nname = \"prometheus\"\nurl = \"{url}\"\nevery = \"1s\"\n\
         labels = {{ cluster = \"test\" }}\n"
    ))
    .await;
    let mut agent = site.agent("db-7").await;
    reports(&site, &mut agent, 971).await;
    let labels = prometheus.finds("remit_disk_used_percent", 97.1).await;
    for (name, value) in [
        ("cluster", "test"),
        ("endpoint", agent.id.as_str()),
        ("host", "db-7"),
        ("instance", "/"),
        ("kind", "server"),
        ("site", "hq"),
        ("tenant", "acme"),
    ] {
        assert_eq!(labels[name], value, "{labels}");
    }
    prometheus.finds("remit_endpoint_up", 1.0).await;
    let mut session = agent.connect().await.unwrap();
    let alert = fill_disk(&site, &mut agent, &mut session).await;
    let labels = prometheus.finds("remit_alerts_open", 1.0).await;
    let owner = alert.responsibility.unwrap().responsible;
    assert_eq!((&labels["responsible"], &labels["tenant"]), (&owner.into(), &"acme".into()));

    // What cannot be sent waits.
    prometheus.stop().await;
    reports(&site, &mut agent, 500).await;
    let waits = "the collector says that samples wait";
    eventually(PATIENCE, waits, async || {
        let log = site_log(&site);
        log.contains("samples wait: they are not taken").then_some(())
    })
    .await;
    prometheus.start_again();
    prometheus.finds("remit_disk_used_percent", 50.0).await;

    // A restart goes on with what is new.
    site.cut_power().await;
    site.restart().await;
    reports(&site, &mut agent, 400).await;
    prometheus.finds("remit_disk_used_percent", 40.0).await;
    let (_, metrics) = site.http("/metrics").await.unwrap();
    assert!(
        metrics.contains("remit_samples_total{to=\"prometheus\",outcome=\"sent\"}"),
        "{metrics}"
    );
    assert!(!metrics.contains("outcome=\"refused\"}"), "{metrics}");

    // Who has left has no values any more, at once and not after five minutes.
    site.admin.revoke(&agent.id, "sold").await.unwrap();
    eventually(PATIENCE, "the series has ended", async || {
        let (code, body) = prometheus.query("remit_disk_used_percent").await?;
        (code == 200 && body.contains("\"result\":[]")).then_some(())
    })
    .await;
    prometheus.finds("remit_alerts_open", 0.0).await;
    let past = prometheus.query("count_over_time(remit_disk_used_percent[1h])").await;
    assert!(only(past).unwrap().0 >= 3.0, "its past stays");
}

fn site_log(site: &Site) -> String {
    fs::read_to_string(site.folder().join("collector.log")).unwrap_or_default()
}

/// A VictoriaMetrics that shows a certificate and wants to know who comes.
struct VictoriaMetrics {
    _program: Program,
    address: SocketAddr,
    root: CertificateDer<'static>,
}

impl VictoriaMetrics {
    const LOGIN: &str = "Basic cmVtaXQ6aHVzaA==";

    fn start(site: &Site) -> Self {
        let (folder, address) =
            (site.folder().join("victoria"), SocketAddr::from((site.address(), 8428)));
        fs::create_dir_all(&folder).expect("the test's folder can be written");
        let authority = ForeignAuthority::new();
        let identity = authority.server(site.address());
        let identity_file = folder.join("server.pem");
        fs::write(&identity_file, identity.to_pem()).expect("the folder can be written");
        let mut command = Command::new("victoria-metrics");
        command.arg(format!("-httpListenAddr={address}"));
        command.arg(format!("-storageDataPath={}", folder.join("data").display()));
        command.args(["-tls", "-httpAuth.username=remit", "-httpAuth.password=hush"]);
        command.arg(format!("-tlsCertFile={}", identity_file.display()));
        command.arg(format!("-tlsKeyFile={}", identity_file.display()));
        command.args(["-search.latencyOffset=1ms", "-search.disableCache"]);
        let program = Program::start(command, &folder.join("log"));
        Self { _program: program, address, root: authority.root() }
    }

    async fn finds(&self, query: &str, value: f64) {
        let path = format!("/api/v1/query?query={query}");
        eventually(PATIENCE, &format!("{query} is {value}"), async || {
            let answer = get_as(self.address, self.root.clone(), Self::LOGIN, &path).await;
            only(answer).filter(|it| it.0 == value)
        })
        .await;
    }
}

#[tokio::test]
async fn a_victoria_metrics_that_asks_who_comes_is_told_of_its_tenant_alone() {
    let mut site = Site::start().await;
    let database = VictoriaMetrics::start(&site);
    let data = site.data();
    fs::write(data.join("root.pem"), remit_runtime::tls::certificates_to_pem(&[&database.root]))
        .unwrap();
    fs::write(data.join("right"), "hush\n").unwrap();
    fs::write(data.join("wrong"), "rush\n").unwrap();
    let write = |name: &str, tenant: &str, password: &str| {
        format!(
            "\n[[remote_write]]\nname = \"{name}\"\nurl = \"https://{}/api/v1/write\"\n\
             every = \"1s\"\ntenants = [\"{tenant}\"]\nusername = \"remit\"\n\
             password_file = \"{password}\"\nca_file = \"root.pem\"\n\
             labels = {{ by = \"{name}\" }}\n",
            database.address
        )
    };
    let settings = [
        write("acme", "acme", "right"),
        write("globex", "globex", "right"),
        write("stranger", "acme", "wrong"),
    ];
    site.configure(&settings.concat()).await;
    let mut agent = site.agent("db-7").await;
    reports(&site, &mut agent, 123).await;
    database.finds("remit_disk_used_percent", 12.3).await;
    database.finds("count(remit_disk_used_percent)", 1.0).await;
    database.finds("count(remit_endpoint_up{by=\"acme\"})", 1.0).await;

    let log = site_log(&site);
    let refused: Vec<&str> = log.lines().filter(|it| it.contains("samples are refused")).collect();
    assert_eq!(refused.len(), 1, "it is said once: {log}");
    assert!(refused[0].contains("stranger") && refused[0].contains("401"), "{refused:?}");
    let (_, metrics) = site.http("/metrics").await.unwrap();
    assert!(metrics.contains("to=\"stranger\",outcome=\"refused\"}"), "{metrics}");
}
