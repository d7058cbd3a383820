//! A collector with a published matrix and people of both parties.

use std::{
    ffi::OsStr,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, ExitStatus},
    sync::atomic::{AtomicU8, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use remit_proto::v1;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    FakeAgent, Inbox, Operator, Outcome, Program, RealAgent, SOON, clock::SetClock, command, disk,
    eventually, http::get, inbox::SECRET, program::finish, run, starter,
};

/// The ports that ship, the agent's for pings and that for other systems' alerts
/// last; every site has them at an address of its own.
const PORTS: [u16; 6] = [7443, 7444, 7445, 7446, 7447, 7448];

/// The teams of the starter matrix, each of which has a webhook.
const TEAMS: [&str; 4] = ["internal-it", "it-manager", "provider-noc", "provider-manager"];

/// A running collector and its surroundings. Ends when it is dropped.
#[derive(Debug)]
pub struct Site {
    /// The administrator.
    pub admin: Operator,
    /// Where the collector's webhooks lead.
    pub inbox: Inbox,
    collector: Program,
    address: Ipv4Addr,
    clock: Option<SetClock>,
    folder: TempDir,
}

/// What a token is asked for with; the rest is as it ships.
pub type Ask = v1::CreateTokenRequest;

impl Site {
    /// A site with the starter matrix.
    pub async fn start() -> Self {
        Self::with_matrix(&starter()).await
    }

    /// A site with a matrix of the test's own.
    pub async fn with_matrix(toml: &str) -> Self {
        let site = Self::without_matrix().await;
        site.admin.publish(toml).await.expect("the test's matrix lints clean");
        site
    }

    /// A site whose people have not agreed on anything yet.
    pub async fn without_matrix() -> Self {
        Self::found(false).await
    }

    /// A site whose collector goes by a clock that the test sets, with a matrix
    /// of the test's own. The clock begins right: whoever is to have a certificate
    /// must have it before the clock is set, because TLS goes by the machine's.
    pub async fn by_clock(toml: &str) -> Self {
        let site = Self::found(true).await;
        site.admin.publish(toml).await.expect("the test's matrix lints clean");
        site
    }

    async fn found(by_clock: bool) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let address = own_address();
        let inbox = Inbox::open(address).await;
        let data = folder.path().join("data");
        init(&data, address).await;
        add_webhooks(&data, &inbox);
        let clock = by_clock.then(|| SetClock::begin(folder.path().join("clock")));
        let serve = serve(&data, clock.as_ref());
        let mut collector = Program::start(serve, &folder.path().join("collector.log"));
        wait_until_ready(&mut collector, (address, PORTS[3]).into()).await;
        let admin = Operator::read(&data.join("admin.credential.toml")).await;
        Self { admin, inbox, collector, address, clock, folder }
    }

    /// Lets the collector's clock jump to an instant; it runs on from there.
    pub fn set_clock(&self, now: Timestamp) {
        self.clock.as_ref().expect("the site goes by a clock of its own").set(now);
    }

    /// Lets so much time pass for the collector, all at once.
    pub fn pass(&self, length: SignedDuration) {
        self.clock.as_ref().expect("the site goes by a clock of its own").pass(length);
    }

    /// What the collector's clock shows.
    pub fn now(&self) -> Timestamp {
        self.clock.as_ref().expect("the site goes by a clock of its own").now()
    }

    /// Lets the collector's clock jump to an instant and stand still there.
    pub fn stop_clock(&self, at: Timestamp) {
        self.clock.as_ref().expect("the site goes by a clock of its own").stop(at);
    }

    /// The folder that belongs to this test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The collector's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The address that everything of this site is at.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Where agents connect.
    pub fn agent_plane(&self) -> String {
        format!("{}:{}", self.address, PORTS[0])
    }

    /// Where agents connect, as an address.
    pub fn agents(&self) -> SocketAddr {
        (self.address, PORTS[0]).into()
    }

    /// Keeps a copy of all that the collector knows, as of now: it must be stopped.
    pub async fn keep_copy(&self) {
        copy(&self.data(), &self.folder.path().join("copy")).await;
    }

    /// Lets the collector, which must be stopped, be as it was in the copy.
    pub async fn restore_copy(&self) {
        fs::remove_dir_all(self.data()).expect("nobody uses it");
        copy(&self.folder.path().join("copy"), &self.data()).await;
    }

    /// Where agents enroll.
    pub fn enrollment(&self) -> String {
        format!("{}:{}", self.address, PORTS[1])
    }

    /// Where operators connect.
    pub fn operator_plane(&self) -> String {
        format!("{}:{}", self.address, PORTS[2])
    }

    /// Where other systems post their alerts.
    pub fn receiver(&self) -> SocketAddr {
        (self.address, PORTS[5]).into()
    }

    /// What vouches for the collector, as other systems need it: PEM.
    pub fn root(&self) -> PathBuf {
        self.data().join("pki/root.pem")
    }

    /// Makes a source, and gives its token. Sources are made here while nobody
    /// serves, so the collector is started again.
    pub async fn source(&mut self, name: &str, kind: &str, mapping: Option<&str>) -> String {
        self.stop().await;
        let (data, token) = (self.data(), self.folder.path().join(format!("{name}.token")));
        let mut create = command("remit-collector");
        create.args(["source", "create", "--tenant", "acme", "--site", "hq"]);
        create.args(["--name", name, "--kind", kind, "--data-dir"]).arg(data);
        create.arg("--token-file").arg(&token);
        if let Some(mapping) = mapping {
            let file = self.folder.path().join(format!("{name}.toml"));
            fs::write(&file, mapping).expect("the test's folder can be written");
            create.arg("--mapping").arg(file);
        }
        let made = finish(create).await;
        assert_eq!(made.code, Some(0), "no source: {}", made.stderr);
        self.restart().await;
        fs::read_to_string(&token).expect("the token was written")
    }

    /// Adds to the collector's settings, and starts it with them.
    pub async fn configure(&mut self, settings: &str) {
        self.with_settings(|before| before + settings).await;
    }

    /// Writes something else into the collector's settings, and starts it with
    /// them.
    pub async fn reconfigure(&mut self, from: &str, to: &str) {
        self.with_settings(|before| {
            assert!(before.contains(from), "there is no `{from}` in {before}");
            before.replacen(from, to, 1)
        })
        .await;
    }

    async fn with_settings(&mut self, change: impl FnOnce(String) -> String) {
        self.stop().await;
        let path = self.data().join("collector.toml");
        let before = fs::read_to_string(&path).expect("init wrote settings");
        fs::write(&path, change(before)).expect("the test's folder can be written");
        self.restart().await;
    }

    /// The running collector.
    pub fn collector(&mut self) -> &mut Program {
        &mut self.collector
    }

    /// Ends the collector as a power cut would.
    pub async fn cut_power(&mut self) {
        self.collector.kill().await;
    }

    /// Asks the collector to end, and waits until it has.
    pub async fn stop(&mut self) -> ExitStatus {
        self.collector.terminate().await
    }

    /// Starts the collector again, once it has ended.
    pub async fn restart(&mut self) {
        self.start_again(serve(&self.data(), self.clock.as_ref())).await;
    }

    /// The same, where the environment says something of its own.
    pub async fn restart_where(&mut self, environment: &[(&str, &OsStr)]) {
        let mut serve = serve(&self.data(), self.clock.as_ref());
        serve.envs(environment.iter().copied());
        self.start_again(serve).await;
    }

    /// The same, with the data folder on a disk of so many MiB of its own, which
    /// only the collector sees; [`Program::folder`] leads there.
    pub async fn restart_on_small_disk(&mut self, mebibytes: u32) {
        let data = self.data();
        self.restart_as(|serve| disk::on_its_own(serve, &data, mebibytes)).await;
    }

    /// Starts the collector again, as the end of another command.
    pub async fn restart_as(&mut self, changed: impl FnOnce(&Command) -> Command) {
        self.start_again(changed(&serve(&self.data(), self.clock.as_ref()))).await;
    }

    /// The same, whether or not it comes as far as being ready.
    pub fn launch_as(&mut self, changed: impl FnOnce(&Command) -> Command) {
        let serve = changed(&serve(&self.data(), self.clock.as_ref()));
        self.collector = Program::start(serve, &self.folder.path().join("collector.log"));
    }

    async fn start_again(&mut self, serve: Command) {
        self.collector = Program::start(serve, &self.folder.path().join("collector.log"));
        wait_until_ready(&mut self.collector, (self.address, PORTS[3]).into()).await;
        self.admin = self.admin.again().await;
    }

    /// What the collector says of itself under a path: the status line's code
    /// and the body.
    pub async fn http(&self, path: &str) -> Option<(u16, String)> {
        get((self.address, PORTS[3]).into(), path).await
    }

    /// Somebody at the provider's operations centre.
    pub async fn noc(&self) -> Operator {
        let (role, party) = (v1::Role::Operator, v1::Party::Provider);
        self.admin.create("nora", role, party, &["provider-noc"]).await
    }

    /// Somebody in internal IT.
    pub async fn internal_it(&self) -> Operator {
        let (role, party) = (v1::Role::Operator, v1::Party::Internal);
        self.admin.create("ines", role, party, &["internal-it"]).await
    }

    /// A manager of the provider's, without whom nothing that both sides share
    /// is changed from then on.
    pub async fn provider_manager(&self) -> Operator {
        let (role, party) = (v1::Role::Manager, v1::Party::Provider);
        self.admin.create("petra", role, party, &["provider-manager"]).await
    }

    /// A manager of the internal side's: to be made before the provider's.
    pub async fn it_manager(&self) -> Operator {
        let (role, party) = (v1::Role::Manager, v1::Party::Internal);
        self.admin.create("imke", role, party, &["it-manager"]).await
    }

    /// What `remit` says to an operator who types this.
    pub async fn remit<'a>(
        &self,
        operator: &Operator,
        args: impl IntoIterator<Item = &'a str>,
    ) -> Outcome {
        let path = self.folder.path().join(format!("{}.toml", operator.credential.operator_id));
        operator.credential.write(&path).expect("the test's folder can be written");
        let mut remit = command("remit");
        remit.arg("--credential").arg(path).args(["--tenant", "acme"]).args(args);
        finish(remit).await
    }

    /// A code that opens the way to act alone, in a file.
    pub async fn sealed_code(&self) -> PathBuf {
        let code = self.folder.path().join("sealed-code");
        let mut make = command("remit-collector");
        make.args(["sealed-code", "--data-dir"]).arg(self.data()).arg("--out").arg(&code);
        let made = finish(make).await;
        assert_eq!(made.code, Some(0), "no sealed code: {}", made.stderr);
        code
    }

    /// Asks for an enrollment token.
    pub async fn ask_token(&self, ask: Ask) -> Result<v1::CreateTokenResponse, tonic::Status> {
        Ok(self.admin.tokens().create_token(ask).await?.into_inner())
    }

    /// A token that lets one server in.
    pub async fn token(&self) -> String {
        let ask = Ask { tenant: "acme".into(), site: "hq".into(), ..Default::default() };
        self.ask_token(ask).await.expect("an administrator may make tokens").text
    }

    /// An agent as it ships, with a folder of its own; not enrolled yet.
    pub fn real_agent(&self, name: &str) -> RealAgent {
        RealAgent::new(&self.folder.path().join(name), (self.address, PORTS[4]).into())
    }

    /// An agent that is enrolled and has not said anything yet.
    pub async fn agent(&self, hostname: &str) -> FakeAgent {
        FakeAgent::enroll(&self.token().await, hostname).await.expect("a new token lets one in")
    }
}

/// An address on the loopback that no other test uses. Ports at `127.0.0.1` would
/// not do: until the collector has them, any outgoing connection may take them.
fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let [_, _, high, low] = process::id().to_be_bytes();
    loop {
        let address = Ipv4Addr::new(127, high, low, NEXT.fetch_add(1, Ordering::Relaxed));
        if PORTS.iter().all(|port| TcpListener::bind((address, *port)).is_ok()) {
            return address;
        }
    }
}

async fn copy(from: &Path, to: &Path) {
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from).arg(to);
    let copied = finish(copy).await;
    assert_eq!(copied.code, Some(0), "{}", copied.stderr);
}

async fn init(data: &Path, address: Ipv4Addr) {
    let [agents, enrollment, operators, http, ..] = PORTS.map(|port| format!("{address}:{port}"));
    let name = address.to_string();
    let args: [&OsStr; 13] = [
        "init".as_ref(),
        "--data-dir".as_ref(),
        data.as_ref(),
        "--name".as_ref(),
        name.as_ref(),
        "--agent-listen".as_ref(),
        agents.as_ref(),
        "--enroll-listen".as_ref(),
        enrollment.as_ref(),
        "--operator-listen".as_ref(),
        operators.as_ref(),
        "--http-listen".as_ref(),
        http.as_ref(),
    ];
    let made = run("remit-collector", args).await;
    assert_eq!(made.code, Some(0), "init failed: {}", made.stderr);
}

fn add_webhooks(data: &Path, inbox: &Inbox) {
    fs::write(data.join("webhook.secret"), SECRET).expect("the test's folder can be written");
    let path = data.join("collector.toml");
    let mut settings = fs::read_to_string(&path).expect("init wrote settings");
    for team in TEAMS {
        let url = inbox.url(team);
        settings += &format!(
            "\n[[webhook]]\nname = \"{team}\"\nurl = \"{url}\"\nsecret_file = \"webhook.secret\"\n"
        );
    }
    fs::write(&path, settings).expect("the test's folder can be written");
}

fn serve(data: &Path, clock: Option<&SetClock>) -> Command {
    let mut serve = match clock {
        None => command("remit-collector"),
        Some(clock) => {
            let mut serve = command("remit-collector-by-clock");
            serve.env("REMIT_TEST_CLOCK", clock.file());
            serve
        }
    };
    serve.args(["serve".as_ref(), "--data-dir".as_ref(), data.as_os_str()]);
    serve
}

async fn wait_until_ready(collector: &mut Program, http: SocketAddr) {
    eventually(SOON, "the collector is ready", async || {
        let ended = collector.ended();
        assert!(ended.is_none(), "the collector ended with {ended:?}: {}", collector.log());
        get(http, "/readyz").await.filter(|it| it.0 == 200)
    })
    .await;
}
