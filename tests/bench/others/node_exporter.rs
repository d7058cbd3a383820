//! node_exporter, which is asked: over a connection that is kept, with
//! certificates on both sides.

use std::{fs, net::Ipv4Addr, process, sync::Arc, time::Duration};

use remit_runtime::tls;
use rustls::ClientConfig;
use tests::ForeignAuthority;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Peers, folder,
    guest::{Guest, Heard},
    loopback,
};
use crate::{daemon::Daemon, http::Http, meter, site};

pub(super) const PROGRAM: &str = "usr/bin/prometheus-node-exporter";

/// How long it may take to serve.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts one, and asks it.
pub(super) async fn start(peers: &Peers, every: Duration) -> anyhow::Result<Guest> {
    let folder = folder()?;
    let [port] = site::free_ports()?;
    let authority = ForeignAuthority::new();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("root.pem"), tls::certificates_to_pem(&[authority.root()]))?;
    fs::write(file("server.pem"), authority.server(Ipv4Addr::LOCALHOST).to_pem())?;
    let settings = format!(
        "tls_server_config:\n  cert_file: {0}\n  key_file: {0}\n  client_ca_file: {1}\n  \
         client_auth_type: RequireAndVerifyClientCert\n",
        file("server.pem").display(),
        file("root.pem").display()
    );
    fs::write(file("web.yml"), settings)?;
    let mut config: ClientConfig =
        tls::client_config(&[authority.root()], Some(&authority.client("remit:bench:scraper")))?
            .as_ref()
            .clone();
    config.alpn_protocols.clear();
    let mut command = peers.command(PROGRAM)?;
    command.arg(format!("--web.listen-address={}", loopback(port)));
    command.arg(format!("--web.config.file={}", file("web.yml").display()));
    let daemon = Daemon::start(&mut command, &file("log"))?;
    let heard = Heard::default();
    let mut tasks = JoinSet::new();
    tasks.spawn({
        let (heard, config) = (heard.clone(), Arc::new(config));
        async move { ask(port, config, every, &heard).await }
    });
    Ok(Guest { daemon, heard, _tasks: tasks, folder })
}

/// Asks at fixed times as long as there are answers.
async fn ask(port: u16, config: Arc<ClientConfig>, every: Duration, heard: &Heard) {
    let began = Instant::now();
    let mut to = loop {
        match Http::tls(loopback(port), "127.0.0.1", Arc::clone(&config)).await {
            Ok(to) => break to,
            Err(_) if began.elapsed() < PATIENCE => time::sleep(Duration::from_millis(1)).await,
            Err(_) => return,
        }
    };
    let mut due = time::interval(every);
    loop {
        due.tick().await;
        let answered = to.get("/metrics").await.is_ok_and(|it| it.status == 200);
        let Ok(bytes) = meter::wire_bytes(process::id(), port) else { return };
        if !answered {
            return;
        }
        heard.carried(bytes);
    }
}
