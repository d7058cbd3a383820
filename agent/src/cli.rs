//! The command line.
//!
//! # Exit codes
//!
//! 0 done; 1 failed, or `doctor` found something that fails; 2 a wrong command
//! line, setting or token. `enroll` tells more:
//! [`EnrollError::exit_code`](crate::enroll::EnrollError::exit_code).
//! `backup run` ends as the backup did.

mod args;
mod probe;
mod service;

use std::{
    env,
    error::Error,
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory as _, Parser as _};
use remit_runtime::{clock::SystemClock, config::Effective, random, telemetry};
use remit_shared::{Chain, Clock as _, RunId};
use tokio::runtime;

use self::args::{Backup, Cli, Command, ConfigCommand, Enroll, Options};
use crate::{
    app::{self, VERSION},
    backup_run::{self, Order},
    config::{Config, Flags},
    doctor,
    enroll::{self, EnrollError, Enrolled, Patience, Wish},
    host,
    identity::IdentityFolder,
    platform,
    status::{self, Standing},
};

/// A wrong command line or setting.
const USAGE: u8 = 2;

/// How long a thread that waits for disks stays without work: beyond the next
/// turn of an agent that measures each minute, since a new one costs more.
const STANDBY: Duration = Duration::from_secs(75);

/// What a command that failed has to say.
struct Failure {
    code: u8,
    text: String,
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(err: E) -> Self {
        Self { code: 1, text: Chain(&err).to_string() }
    }
}

/// What can be typed, for whoever describes it.
pub fn command_line() -> clap::Command {
    Cli::command()
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match perform(cli.command) {
        Ok(code) => code,
        Err(Failure { code, text }) => {
            // Nobody is left to tell if this fails.
            let _ = writeln!(io::stderr(), "remit-agent: {text}");
            ExitCode::from(code)
        }
    }
}

fn perform(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(options) => run(&options),
        Command::Enroll(it) => enroll(&it),
        Command::Status { options, json } => show_status(&options, json),
        Command::Doctor { options, json } => examine(&options, json),
        Command::Probe { name, options, json } => {
            let (config, _) = load(&options)?;
            block_on(probe::run(&config, name.as_deref(), json))??;
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigCommand::Check(options)) => {
            let (_, effective) = load(&options)?;
            say(&effective.to_string());
            Ok(ExitCode::SUCCESS)
        }
        Command::Service(it) => service::perform(it),
        #[cfg(windows)]
        Command::WuaScan { json: _, online } => tell(&platform::update_agent::scan(online)),
        #[cfg(windows)]
        Command::TaskScan { json: _, paths } => tell(&platform::task_scheduler::scan(&paths)),
        Command::Backup(Backup::Run { options, job, product, command }) => {
            let (config, _) = load(&options)?;
            let mut command = command.into_iter();
            let program = command.next().unwrap_or_default();
            let order = Order { job, product, program, args: command.collect() };
            let run_id = RunId::from_uuid(random::uuid());
            let inbox = config.inbox();
            let code = block_on(backup_run::run(&order, run_id, &SystemClock, &inbox))?;
            Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, Failure> {
    // Before there is a second thread.
    platform::heap::keep_little();
    let (config, _) = load(options)?;
    telemetry::init(config.log)?;
    block_on(app::run(config))??;
    Ok(ExitCode::SUCCESS)
}

fn enroll(given: &Enroll) -> Result<ExitCode, Failure> {
    let (config, _) = load(&given.options)?;
    let token = match (&given.token, &given.token_file) {
        (_, Some(path)) => read_token(path).map_err(|err| Failure {
            code: USAGE,
            text: format!("failed to read {}: {err}", path.display()),
        })?,
        // Nothing but `-` gets here.
        (Some(_), None) => {
            let mut text = String::new();
            io::stdin().lock().take(64 << 10).read_to_string(&mut text)?;
            text
        }
        (None, None) => {
            let text = "a token is needed: --token-file FILE, or - to read it from standard input";
            return Err(Failure { code: USAGE, text: text.into() });
        }
    };
    platform::make_private_folder(&config.state_dir).map_err(|err| Failure {
        code: 1,
        text: format!("failed to make {}: {err}", config.state_dir.display()),
    })?;
    let folder = IdentityFolder::new(&config.state_dir);
    let host = host::describe(VERSION);
    let patience = given.retry_for.map_or(Patience::USUAL, |it| Patience::of(it.unsigned()));
    let (force, now) = (given.force, SystemClock.now());
    let proxies = &config.proxies;
    let wish = Wish { token: &token, host: &host, force, patience, proxies, now };
    let done = block_on(enroll::enroll(&folder, wish))?;
    let Enrolled { endpoint, waits_because } = done.map_err(|err: EnrollError| Failure {
        code: err.exit_code(),
        text: Chain(&err).to_string(),
    })?;
    say(&format!(
        "enrolled as {} ({} / {}), certificate until {}\n",
        endpoint.endpoint_id, endpoint.tenant, endpoint.site, endpoint.not_after
    ));
    if !waits_because.is_empty() {
        say(&format!(
            "it waits until somebody lets it in with `remit endpoint approve`: {waits_because}\n"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn read_token(path: &Path) -> io::Result<String> {
    if path == Path::new("-") {
        return io::read_to_string(io::stdin().lock());
    }
    fs::read_to_string(path)
}

fn show_status(options: &Options, json: bool) -> Result<ExitCode, Failure> {
    let (config, _) = load(options)?;
    let now = SystemClock.now();
    let (status, code, note) = match status::read(&config.state_dir, now)? {
        Standing::Running(it) => (it, ExitCode::SUCCESS, ""),
        Standing::Stopped(it) => {
            (it, ExitCode::FAILURE, "the agent does not run; this is what it said last\n")
        }
        Standing::Unknown => {
            let text = format!("no agent has ever run on {}", config.state_dir.display());
            return Err(Failure { code: 1, text });
        }
    };
    if json {
        say(&format!("{}\n", serde_json::to_string_pretty(&status)?));
    } else {
        say(&format!("{note}{}", status.to_text(now)));
    }
    Ok(code)
}

fn examine(options: &Options, json: bool) -> Result<ExitCode, Failure> {
    let (config, _) = load(options)?;
    let findings = block_on(doctor::examine(&config, SystemClock.now()))?;
    if json {
        say(&format!("{}\n", serde_json::to_string_pretty(&findings)?));
    } else {
        for it in &findings {
            say(&format!("{it}\n"));
        }
    }
    Ok(if doctor::is_well(&findings) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn load(options: &Options) -> Result<(Config, Effective), Failure> {
    let flags = Flags { config: options.config.clone(), state_dir: options.state_dir.clone() };
    let zone = host::describe(VERSION).zone;
    Config::load(&flags, &|name| env::var(name).ok(), &zone)
        .map_err(|err| Failure { code: USAGE, text: Chain(&err).to_string() })
}

/// One thread does all the work; those that wait for disks come and go.
fn block_on<F: Future>(work: F) -> Result<F::Output, Failure> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .thread_keep_alive(STANDBY)
        .thread_stack_size(1 << 20)
        .build()?;
    let done = runtime.block_on(work);
    // A thread that hangs in the kernel must not keep the process.
    runtime.shutdown_background();
    Ok(done)
}

/// Says what a child was started for. What went wrong is part of it.
#[cfg(windows)]
fn tell(scan: &impl serde::Serialize) -> Result<ExitCode, Failure> {
    say(&format!("{}\n", serde_json::to_string(scan)?));
    Ok(ExitCode::SUCCESS)
}

/// Says it to whoever asked.
fn say(text: &str) {
    // A reader that has left wants to hear no more.
    let _ = io::stdout().write_all(text.as_bytes());
}
