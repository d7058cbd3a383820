//! What can be typed.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use remit_runtime::duration::Span;

use crate::platform;

/// The agent of Remit: measures this machine, knows its updates and backups,
/// and reports to a collector. It takes no orders.
#[derive(Parser)]
#[command(name = "remit-agent", version, propagate_version = true)]
#[command(after_help = "Examples:
  remit-agent enroll --token-file /root/token
  remit-agent service install
  remit-agent doctor
  remit-agent backup run --job nightly -- restic backup /srv")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make this machine known to a collector.
    Enroll(Enroll),
    /// Measure and report until told to stop.
    Run(Options),
    /// Show how the running agent stands.
    Status {
        #[command(flatten)]
        options: Options,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Find out what keeps the agent from its work, and what to do about it.
    Doctor {
        #[command(flatten)]
        options: Options,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Ask one probe now, and show what it says. Without a name: list them.
    #[command(after_help = "Examples:
  remit-agent probe
  remit-agent probe memory
  remit-agent probe patch-apt --json")]
    Probe {
        /// Which probe.
        name: Option<String>,
        #[command(flatten)]
        options: Options,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Look at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make the service manager start the agent, or not any more.
    #[command(subcommand)]
    Service(Service),
    /// Report what a backup does.
    #[command(subcommand)]
    Backup(Backup),
    /// Ask the Windows Update Agent; what the agent starts to ask it.
    #[cfg(windows)]
    #[command(hide = true)]
    WuaScan {
        /// The only form there is.
        #[arg(long, required = true)]
        json: bool,
        /// Search at the server.
        #[arg(long)]
        online: bool,
    },
    /// Ask the Task Scheduler; what the agent starts to ask it.
    #[cfg(windows)]
    #[command(hide = true)]
    TaskScan {
        /// The only form there is.
        #[arg(long, required = true)]
        json: bool,
        /// The tasks, by their paths.
        paths: Vec<String>,
    },
}

/// Where things are.
#[derive(Args, Clone, Default)]
pub(super) struct Options {
    #[arg(long, value_name = "FILE", help = config_help())]
    pub(super) config: Option<PathBuf>,
    #[arg(long, value_name = "DIR", help = state_dir_help())]
    pub(super) state_dir: Option<PathBuf>,
}

fn config_help() -> String {
    format!("The settings [default: {}, if it exists]", platform::config().display())
}

fn state_dir_help() -> String {
    let usual = platform::state_dir();
    format!("Where the agent keeps what it must remember [default: {}]", usual.display())
}

#[derive(Args, Clone, Default)]
#[command(
    after_help = "A token stands in a file or comes by standard input: on the command line it
would show up in process lists.

Exit codes: 0 enrolled, 2 bad token, 3 not the collector that made the token,
4 refused (expired, used, revoked), 5 out of reach or too busy, 6 already enrolled.

Examples:
  remit-agent enroll --token-file /root/token
  ssh admin remit token create … | remit-agent enroll -"
)]
pub(super) struct Enroll {
    /// `-` reads the token from standard input.
    #[arg(value_parser = ["-"], value_name = "-")]
    pub(super) token: Option<String>,
    /// The file that has the token.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    pub(super) token_file: Option<PathBuf>,
    /// Keep trying for so long, for instance 15m, if the collector is busy or
    /// does not answer [default: 5m if it is busy, not at all if it does not answer]
    #[arg(long, value_name = "TIME")]
    pub(super) retry_for: Option<Span>,
    /// Give up the identity that this machine has.
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) options: Options,
}

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the settings and show each with where it comes from.
    Check(Options),
}

#[derive(Subcommand)]
pub(super) enum Service {
    /// Make the account, the folders and the service, and start the agent.
    Install {
        #[command(flatten)]
        options: Options,
        /// Only write the unit, to this file.
        #[cfg(unix)]
        #[arg(long, value_name = "PATH")]
        unit_only: Option<PathBuf>,
        /// Enroll with this file's token, unless this machine is enrolled.
        #[cfg(windows)]
        #[arg(long, value_name = "FILE")]
        token_file: Option<OsString>,
    },
    /// Stop the agent and take its service away. What it remembers stays.
    Uninstall,
    /// Show how the service stands; 0 if it runs, 1 if not.
    Status,
    /// Start the service.
    Start,
    /// Stop the service.
    Stop,
    /// What the service control manager starts.
    #[cfg(windows)]
    #[command(hide = true)]
    Run(Options),
}

#[derive(Subcommand)]
pub(super) enum Backup {
    /// Run a backup and report how it went; ends as the backup ends.
    #[command(after_help = "Examples:
  remit-agent backup run --job nightly -- restic backup /srv
  remit-agent backup run --job db --product pg_dump -- /usr/local/bin/dump-db")]
    Run {
        #[command(flatten)]
        options: Options,
        /// The job whose run it is, as the settings declare it.
        #[arg(long)]
        job: String,
        /// The product, where the program's name does not tell it.
        #[arg(long)]
        product: Option<String>,
        /// The program and its arguments.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
