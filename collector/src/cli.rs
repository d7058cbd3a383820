//! The command line of the collector's own machine. What can be done over the
//! network is `remit`'s business; making an administrator is not among it.

mod init;
mod notify;
mod owner;
mod source;

use std::{
    io::Write as _,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use remit_runtime::{config::ConfigError, files::WriteError, telemetry};
use remit_shared::{Chain, SteadyClock};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    adapters::{
        catalogue::{self, CatalogueFileError},
        sealed::Sealed,
    },
    app,
    config::{self, AGENT_PORT, ENROLLMENT_PORT, Flags, HTTP_PORT, OPERATOR_PORT, RECEIVER_PORT},
};

/// The collector of Remit: gathers what agents report, decides whose remit it
/// is, and tells them.
#[derive(Parser)]
#[command(name = "remit-collector", version, propagate_version = true)]
#[command(after_help = "Examples:
  remit-collector init --name collector.example.org
  remit-collector serve
  remit-collector config check --data-dir /srv/remit")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a data folder: certificate authority, settings, first administrator.
    Init(Init),
    /// Run until told to stop.
    Serve(Folder),
    /// Make another administrator, while the collector is stopped.
    Administrator(NewAdministrator),
    /// Make the code that lets one person act alone in an emergency, once.
    SealedCode(NewCode),
    /// Look at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Try the ways to tell somebody.
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// Make, list and end systems whose alerts are taken in, while the
    /// collector is stopped.
    #[command(subcommand)]
    Source(source::Command),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check the settings and show each with where it comes from.
    Check(Folder),
}

#[derive(Subcommand)]
enum NotifyCommand {
    /// Send a test message, and show what the other side answered.
    Test(NotifyTest),
}

#[derive(Args)]
struct NotifyTest {
    #[command(flatten)]
    folder: Folder,
    /// As a matrix names it: slack:noc, email:noc@example.org
    #[arg(value_name = "CHANNEL")]
    channel: String,
}

#[derive(Args)]
struct Folder {
    /// Where everything is kept [default: /var/lib/remit-collector]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Settings file [default: DIR/collector.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Folder {
    fn flags(self) -> Flags {
        Flags { data_dir: self.data_dir, config: self.config }
    }
}

#[derive(Args)]
#[command(after_help = "Example:
  remit-collector init --name collector.example.org --name 192.0.2.10

The administrator's credential is written to DIR/admin.credential.toml, readable
by its owner only, and never leaves this machine by itself. Keep DIR/pki/root.key
somewhere safe and offline: the collector runs without it.")]
struct Init {
    /// Where everything will be kept
    #[arg(long, value_name = "DIR", default_value = "/var/lib/remit-collector")]
    data_dir: PathBuf,
    /// A host name or address under which agents and operators reach the
    /// collector; may be given several times
    #[arg(long = "name", value_name = "HOST", required = true)]
    names: Vec<String>,
    /// What the first administrator is called
    #[arg(long, value_name = "NAME", default_value = "admin")]
    administrator: String,
    /// Where agents connect
    #[arg(long, value_name = "ADDRESS", default_value_t = everywhere(AGENT_PORT))]
    agent_listen: SocketAddr,
    /// Where agents enroll
    #[arg(long, value_name = "ADDRESS", default_value_t = everywhere(ENROLLMENT_PORT))]
    enroll_listen: SocketAddr,
    /// Where operators connect
    #[arg(long, value_name = "ADDRESS", default_value_t = everywhere(OPERATOR_PORT))]
    operator_listen: SocketAddr,
    /// Where metrics and readiness are served, in the clear
    #[arg(long, value_name = "ADDRESS", default_value_t = loopback(HTTP_PORT))]
    http_listen: SocketAddr,
    /// Where other systems post their alerts [default: where agents connect, port 7448]
    #[arg(long, value_name = "ADDRESS")]
    receiver_listen: Option<SocketAddr>,
}

#[derive(Args)]
struct NewAdministrator {
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "/var/lib/remit-collector")]
    data_dir: PathBuf,
    /// What the administrator is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where the credential is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
#[command(after_help = "Example:
  remit-collector sealed-code --out /media/usb/sealed-code

Print it, seal it in an envelope, and remove the file. The code opens once:
`remit change propose … --break-glass FILE`. Then make another, which also makes
any older one worthless.")]
struct NewCode {
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "/var/lib/remit-collector")]
    data_dir: PathBuf,
    /// Where the code is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn everywhere(port: u16) -> SocketAddr {
    (IpAddr::from([0, 0, 0, 0]), port).into()
}

fn loopback(port: u16) -> SocketAddr {
    (IpAddr::from([127, 0, 0, 1]), port).into()
}

/// What went wrong, for the one line on stderr.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Owner(#[from] owner::OwnerError),
    #[error(transparent)]
    Init(#[from] init::InitError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueFileError),
    #[error(transparent)]
    Notify(#[from] notify::NotifyFailure),
    #[error(transparent)]
    Source(#[from] source::SourceFailure),
    #[error(transparent)]
    Code(#[from] WriteError),
    #[error(transparent)]
    Telemetry(#[from] telemetry::TelemetryError),
    #[error(transparent)]
    Run(#[from] app::RunError),
    #[error("failed to start the runtime")]
    Runtime(#[source] std::io::Error),
    #[error("failed to write to standard output")]
    Output(#[source] std::io::Error),
}

/// What can be typed, for whoever describes it.
pub fn command_line() -> clap::Command {
    Cli::command()
}

/// Runs what the command line says, by a given clock. Exit 0: done; 1: failed;
/// 2: misused.
pub fn main<C: SteadyClock>(clock: C) -> ExitCode {
    let done = match Cli::parse().command {
        Command::Init(asked) => init(asked),
        Command::Serve(folder) => serve(&folder.flags(), clock),
        Command::Administrator(asked) => administrator(&asked),
        Command::SealedCode(asked) => sealed_code(&asked),
        Command::Config(ConfigCommand::Check(folder)) => check(&folder.flags()),
        Command::Notify(NotifyCommand::Test(asked)) => notify(asked),
        Command::Source(asked) => source(asked),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            let line = format!("remit-collector: {}\n", Chain(&err));
            // There is nowhere left to complain to.
            let _ = std::io::stderr().write_all(line.as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> Result<(), Failure> {
    std::io::stdout().write_all(text.as_bytes()).map_err(Failure::Output)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("remit")
        .build()
        .map_err(Failure::Runtime)
}

fn init(asked: Init) -> Result<(), Failure> {
    owner::check(&asked.data_dir)?;
    let wanted = init::Wanted {
        data_dir: asked.data_dir,
        names: asked.names,
        administrator: asked.administrator,
        agents: asked.agent_listen,
        enrollment: asked.enroll_listen,
        operators: asked.operator_listen,
        http: asked.http_listen,
        receiver: asked
            .receiver_listen
            .unwrap_or_else(|| (asked.agent_listen.ip(), RECEIVER_PORT).into()),
    };
    let made = runtime()?.block_on(init::init(&wanted))?;
    say(&made)
}

fn administrator(asked: &NewAdministrator) -> Result<(), Failure> {
    let flags = Flags { data_dir: Some(asked.data_dir.clone()), config: None };
    let (config, _) = config::load(&flags)?;
    owner::check(&config.data_dir)?;
    runtime()?.block_on(init::administrator(&config, &asked.name, &asked.out))?;
    say(&format!("The credential of {} is in {}\n", asked.name, asked.out.display()))
}

fn sealed_code(asked: &NewCode) -> Result<(), Failure> {
    let flags = Flags { data_dir: Some(asked.data_dir.clone()), config: None };
    let (config, _) = config::load(&flags)?;
    owner::check(&config.data_dir)?;
    Sealed::of(&config.data_dir).renew(&asked.out)?;
    say(&format!("The sealed code is in {}\n", asked.out.display()))
}

fn notify(asked: NotifyTest) -> Result<(), Failure> {
    let (config, _) = config::load(&asked.folder.flags())?;
    let said = runtime()?.block_on(notify::test(config, &asked.channel))?;
    say(&said)
}

fn source(asked: source::Command) -> Result<(), Failure> {
    let (config, _) = config::load(&asked.flags())?;
    owner::check(&config.data_dir)?;
    let said = runtime()?.block_on(source::run(asked, &config))?;
    say(&said)
}

fn check(flags: &Flags) -> Result<(), Failure> {
    let (config, table) = config::load(flags)?;
    say(&table.to_string())?;
    let Some(path) = config.known_exploited else { return Ok(()) };
    let catalogue = catalogue::read(&path)?;
    say(&format!("\n{} exploited vulnerabilities: {}\n", catalogue.count(), catalogue.source()))
}

fn serve(flags: &Flags, clock: impl SteadyClock) -> Result<(), Failure> {
    let (config, _) = config::load(flags)?;
    owner::check(&config.data_dir)?;
    telemetry::init(config.log)?;
    runtime()?.block_on(async {
        let stop = CancellationToken::new();
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
        let serving = app::serve(config, clock, stop.clone());
        tokio::pin!(serving);
        tokio::select! {
            served = &mut serving => return Ok(served?),
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stop.cancel();
        Ok(serving.await?)
    })
}
