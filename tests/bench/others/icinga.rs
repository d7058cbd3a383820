//! Icinga, which is given results of checks and tells by a command of each that is
//! critical. It keeps what it knows in memory, and writes it down every few minutes.

use std::{
    env, fmt::Write as _, fs, net::Ipv4Addr, os::unix::fs::PermissionsExt as _, path::Path,
    sync::Arc, time::Duration,
};

use anyhow::{Context as _, ensure};
use remit_runtime::tls;
use rustls::ClientConfig;
use tempfile::TempDir;
use tests::ForeignAuthority;
use tokio::{
    process::Command,
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Other, Peers, START, end_of, folder, loopback,
    telling::{EVERY, TOLD, Told, name},
};
use crate::{Plan, complain, daemon::Daemon, figure::Figure, http::Http, percentile, site};

/// What it is called, and its certificate.
const NODE: &str = "127.0.0.1";

/// Whoever may give it results: the name and the password, both `bench`.
const HEADERS: &str = "authorization: Basic YmVuY2g6YmVuY2g=\r\naccept: application/json\r\n";

const WARM_UP: &str = "warm-up";
const WARM: usize = 40;

/// How it tells of a service: what it starts is a shell that posts a line.
const TELL: &str = r#"#!/bin/bash
exec 3<>"/dev/tcp/127.0.0.1/$2"
body="{\"queue\":\"$1\"}"
printf 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n%s' "${#body}" "$body" >&3
read -r line <&3
"#;

/// One that runs.
struct Icinga {
    daemon: Daemon,
    to: Http,
    _folder: TempDir,
}

/// From the result of a check to the message about it, 40 in a second.
pub(super) async fn webhook(peers: &Peers, plan: &Plan) -> anyhow::Result<Vec<Other>> {
    let (told, mut receiver) = (Told::default(), JoinSet::new());
    let webhook = told.listen(&mut receiver).await?.port();
    let sources: Vec<_> = (0..plan.runs).map(|it| format!("run-{it}")).collect();
    let mut icinga = Icinga::start(peers, &sources, webhook).await?;
    icinga.one_by_one(&told, WARM_UP, WARM).await?;
    let (mut middle, mut slowest) = (Vec::new(), Vec::new());
    for source in &sources {
        let times = icinga.one_by_one(&told, source, TOLD).await?;
        let (p50, p99) = (percentile(&times, 50.0), percentile(&times, 99.0));
        complain(&format!("  Icinga: p50 {p50:.2} ms, p99 {p99:.2} ms"));
        middle.push(p50);
        slowest.push(p99);
    }
    icinga.daemon.stop().await?;
    let setup = format!("{TOLD} results of checks per run, 40/s, over its API, told by a shell");
    let found = |figure, runs| Other {
        figure,
        name: "Icinga",
        setup: setup.clone(),
        runs,
        lacks: "wait for the disk, measure, owners by hours",
    };
    Ok(vec![found(Figure::WebhookP50, middle), found(Figure::WebhookP99, slowest)])
}

impl Icinga {
    /// Starts one that knows as many services as there will be results, all of one host.
    async fn start(peers: &Peers, sources: &[String], webhook: u16) -> anyhow::Result<Self> {
        let folder = folder()?;
        let [port] = site::free_ports()?;
        let authority = ForeignAuthority::new();
        let certificates = folder.path().join("data/certs");
        fs::create_dir_all(&certificates)?;
        for more in ["log", "cache", "spool", "run", "etc"] {
            fs::create_dir(folder.path().join(more))?;
        }
        let own = authority.server(Ipv4Addr::LOCALHOST).to_pem();
        for file in [format!("{NODE}.crt"), format!("{NODE}.key")] {
            fs::write(certificates.join(file), &own)?;
        }
        let root = tls::certificates_to_pem(&[authority.root()]);
        fs::write(certificates.join("ca.crt"), root)?;
        let tell = folder.path().join("tell");
        fs::write(&tell, TELL)?;
        fs::set_permissions(&tell, fs::Permissions::from_mode(0o755))?;
        let settings = folder.path().join("icinga2.conf");
        fs::write(&settings, text(sources, port, &tell, webhook))?;

        let mut command = command(peers, folder.path(), &settings).await?;
        let log = folder.path().join("said");
        let mut daemon = Daemon::start(&mut command, &log)?;
        let mut config: ClientConfig =
            tls::client_config(&[authority.root()], None)?.as_ref().clone();
        config.alpn_protocols.clear();
        let config = Arc::new(config);
        let began = Instant::now();
        let to = loop {
            daemon.must_run().with_context(|| end_of(&log))?;
            match Http::tls(loopback(port), NODE, Arc::clone(&config)).await {
                Ok(to) => break to,
                Err(_) if began.elapsed() < START => time::sleep(Duration::from_millis(50)).await,
                Err(err) => return Err(err.context(end_of(&log))),
            }
        };
        Ok(Self { daemon, to, _folder: folder })
    }

    /// Gives it results one by one; gives how long each message took, in milliseconds.
    async fn one_by_one(
        &mut self,
        told: &Told,
        source: &str,
        count: usize,
    ) -> anyhow::Result<Vec<f64>> {
        let before = told.count();
        let mut due = time::interval(EVERY);
        let mut sent = Vec::new();
        for number in 0..count {
            due.tick().await;
            let service = name(source, number);
            let path = format!("/v1/actions/process-check-result?service=bench%21{service}");
            let body = br#"{"exit_status":2,"plugin_output":"the backup has failed"}"#;
            sent.push(Instant::now());
            let answer = self.to.post(&path, HEADERS, body).await?;
            ensure!(answer.status == 200, "the answer was {}: {}", answer.status, answer.body);
        }
        told.wait(before + count).await?;
        told.delays(source, &sent)
    }
}

async fn command(peers: &Peers, folder: &Path, settings: &Path) -> anyhow::Result<Command> {
    let program = format!("usr/lib/{}-linux-gnu/icinga2/sbin/icinga2", env::consts::ARCH);
    let mut command = peers.command(&program)?;
    command.args(["daemon", "--log-level", "warning", "--config"]).arg(settings);
    command.arg("--include").arg(peers.file("usr/share/icinga2/include"));
    let places = [
        ("DataDir", "data"),
        ("LogDir", "log"),
        ("CacheDir", "cache"),
        ("SpoolDir", "spool"),
        ("InitRunDir", "run"),
        ("ConfigDir", "etc"),
    ];
    for (constant, place) in places {
        command.arg("--define").arg(format!("{constant}={}", folder.join(place).display()));
    }
    // It would run as a user of its own, whom its package makes.
    for (constant, asked) in [("RunAsUser", "-un"), ("RunAsGroup", "-gn")] {
        let said = Command::new("id").arg(asked).output().await?;
        let own = String::from_utf8(said.stdout)?;
        command.arg("--define").arg(format!("{constant}={}", own.trim()));
    }
    Ok(command)
}

fn text(sources: &[String], port: u16, tell: &Path, webhook: u16) -> String {
    let mut text = format!(
        r#"const NodeName = "{NODE}"
const ZoneName = NodeName
include <itl>
object Endpoint NodeName {{}}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object NotificationComponent "notification" {{}}
object ApiListener "api" {{ bind_host = "127.0.0.1"; bind_port = {port} }}
object ApiUser "bench" {{ password = "bench"; permissions = [ "actions/*" ] }}
object Host "bench" {{ check_command = "passive"; enable_active_checks = false }}
template Service "job" {{
  host_name = "bench"
  check_command = "passive"
  enable_active_checks = false
  max_check_attempts = 1
}}
object User "noc" {{}}
object NotificationCommand "tell" {{
  command = [ "{}", "$service.name$", "{webhook}" ]
}}
apply Notification "tell" to Service {{
  command = "tell"
  users = [ "noc" ]
  interval = 0
  types = [ Problem ]
  assign where true
}}
"#,
        tell.display()
    );
    let each = sources.iter().map(|it| (it.as_str(), TOLD)).chain([(WARM_UP, WARM)]);
    for (source, count) in each {
        for number in 0..count {
            let service = name(source, number);
            // A text takes all that is written to it.
            let _ = writeln!(text, "object Service \"{service}\" {{ import \"job\" }}");
        }
    }
    text
}
