//! What can be typed: the command line, and nothing of what it does.
//!
//! Every command's `--help` ends with examples, and a test types each of them.

pub(crate) mod alert;
pub(crate) mod audit;
pub(crate) mod change;
pub(crate) mod endpoint;
pub(crate) mod fleet;
pub(crate) mod known_issue;
pub(crate) mod matrix;
pub(crate) mod operator;
pub(crate) mod people;
pub(crate) mod report;
pub(crate) mod selector;
pub(crate) mod shift;
pub(crate) mod sla;
pub(crate) mod source;
#[cfg(test)]
mod tests;
pub(crate) mod token;
pub(crate) mod watch;
pub(crate) mod window;

use std::path::PathBuf;

use clap::{ColorChoice, Parser, Subcommand};
use clap_complete::Shell;
use remit_runtime::duration::Span;

/// Whose remit is it? Remote monitoring for co-managed IT.
#[derive(Debug, Parser)]
#[command(
    name = "remit",
    version,
    disable_help_subcommand = true,
    after_help = "Examples:
  remit login ann.credential.toml
  remit alert list --mine
  remit who --endpoint db-7 --function backup_monitoring --at '2026-11-24 22:00'
  remit watch --team provider-noc
  remit shift --tenant acme
  remit change list --mine

Exit codes: 0 done, 1 failed, refused or not well, 2 not understood, 3 not found,
4 not allowed, 5 no collector answers, 6 the matrix has errors."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Who you are and where the collector is [default: ~/.config/remit/credential.toml].
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "REMIT_CREDENTIAL",
        hide_env_values = true
    )]
    pub(crate) credential: Option<PathBuf>,
    /// Only this tenant; where several make sense, may be repeated.
    #[arg(
        long,
        global = true,
        value_name = "TENANT",
        env = "REMIT_TENANT",
        hide_env_values = true
    )]
    pub(crate) tenant: Vec<String>,
    /// Answer with JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours; with `auto`, on a terminal unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// How long to wait for an answer.
    #[arg(long, global = true, value_name = "TIME", default_value = "15s")]
    pub(crate) timeout: Span,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Install a credential file, after trying it.
    #[command(after_help = "Examples:
  remit login ann.credential.toml
  remit login --credential /etc/remit/monitor.toml monitor.credential.toml")]
    Login {
        /// The file that the administrator gave you.
        file: PathBuf,
    },
    /// Show who you are to the collector, and what you may do.
    #[command(after_help = "Examples:
  remit whoami
  remit whoami --json --credential noc.credential.toml")]
    Whoami,
    /// Endpoints, and what is known of them.
    #[command(subcommand, after_help = endpoint::EXAMPLES)]
    Endpoint(endpoint::Command),
    /// Alerts: whose they are, and what is done about them.
    #[command(subcommand, after_help = alert::EXAMPLES)]
    Alert(alert::Command),
    /// Show what happens to alerts, as it happens.
    Watch(watch::Watch),
    /// Promises about alerts, and how they are kept.
    #[command(subcommand, after_help = sla::EXAMPLES)]
    Sla(sla::Command),
    /// The night's alerts, and what is to be said of each.
    Shift(shift::Shift),
    /// What the weekly call should speak about.
    Agenda(shift::Agenda),
    /// Known issues: wrong, documented, and no reason to wake anybody.
    #[command(subcommand, after_help = known_issue::EXAMPLES)]
    KnownIssue(known_issue::Command),
    /// Maintenance windows.
    #[command(subcommand, after_help = window::EXAMPLES)]
    Window(window::Command),
    /// Changes that both parties agree on before they are true.
    #[command(subcommand, after_help = change::EXAMPLES)]
    Change(change::Command),
    /// What a week, a month, a quarter was like.
    #[command(subcommand, after_help = report::EXAMPLES)]
    Report(report::Report),
    /// Which checks wake people for nothing.
    Noise(report::Noise),
    /// Try on what was recorded how a check would be quieter.
    Tune(report::Tune),
    /// Say who owns a function of an endpoint at a time, and why.
    Who(matrix::Who),
    /// The responsibility matrix.
    #[command(subcommand, after_help = matrix::EXAMPLES)]
    Matrix(matrix::Command),
    /// Who picks up now, who next, and when nobody will.
    Oncall(people::OnCall),
    /// Where people and teams are told, and whether that was tried.
    #[command(subcommand, after_help = people::EXAMPLES)]
    Contact(people::Contact),
    /// Updates that are not installed.
    #[command(subcommand, after_help = fleet::PATCH_EXAMPLES)]
    Patch(fleet::Patch),
    /// Backup jobs, and whether they ran.
    #[command(subcommand, after_help = fleet::BACKUP_EXAMPLES)]
    Backup(fleet::Backup),
    /// Tokens that let endpoints in.
    #[command(subcommand, after_help = token::EXAMPLES)]
    Token(token::Command),
    /// Other tools that raise alerts.
    #[command(subcommand, after_help = source::EXAMPLES)]
    Source(source::Command),
    /// Who did what.
    Audit(audit::Audit),
    /// The people and programs that may come in.
    #[command(subcommand, after_help = operator::EXAMPLES)]
    Operator(operator::Command),
    /// Write a script that completes commands in a shell.
    #[command(after_help = "Examples:
  remit completions bash > /etc/bash_completion.d/remit
  remit completions zsh > ~/.zfunc/_remit")]
    Completions {
        /// Which shell.
        shell: Shell,
    },
}
