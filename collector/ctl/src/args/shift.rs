//! `remit shift …` and `remit agenda`

use clap::{Args, Subcommand};
use jiff::civil::Date;
use remit_proto::v1;

use super::alert::Note;
use crate::word;

/// `remit shift`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  remit shift --tenant acme
  remit shift --day 2026-11-25
  remit shift dispose alr_7a21c9e0 --as resolved
  remit shift dispose --all --check cpu-busy --as joint_review --note 'all at 03:00'

Exit code 1: something is not disposed of."
)]
pub(crate) struct Shift {
    /// The business day that the night ends on [default: the night that is, or was last].
    #[arg(long)]
    pub(crate) day: Option<Date>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do with a shift.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what alerts of the night are, one by one or many at once.
    Dispose(Dispose),
}

/// `remit shift dispose`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit shift dispose alr_7a21c9e0 alr_90b3f1d2 --as resolved
  remit shift dispose alr_7a21c9e0 --as known_issue --known-issue kni_51d0c7aa
  remit shift dispose --all --check cpu-busy --at-most medium --as joint_review --note 'all at 03:00'")]
pub(crate) struct Dispose {
    /// Which ones.
    #[arg(value_name = "ALERT", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) alerts: Vec<String>,
    /// All that are not disposed of and fit what is said below.
    #[arg(long)]
    pub(crate) all: bool,
    /// What they are.
    #[arg(long = "as", value_name = "DISPOSITION", value_parser = word::parser::<v1::Disposition>())]
    pub(crate) disposition: v1::Disposition,
    /// Which known issue, if they are one.
    #[arg(long, value_name = "KNOWN ISSUE")]
    pub(crate) known_issue: Option<String>,
    #[command(flatten)]
    pub(crate) note: Note,
    /// The business day that the night ends on [default: the night that is, or was last].
    #[arg(long)]
    pub(crate) day: Option<Date>,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    /// With --all: of this endpoint.
    #[arg(long, requires = "all")]
    pub(crate) endpoint: Option<String>,
    /// With --all: at this site.
    #[arg(long, requires = "all")]
    pub(crate) site: Option<String>,
    /// With --all: of this check.
    #[arg(long, requires = "all")]
    pub(crate) check: Option<String>,
    /// With --all: of this function.
    #[arg(long, requires = "all")]
    pub(crate) function: Option<String>,
    /// With --all: not worse than this.
    #[arg(long, requires = "all", value_name = "SEVERITY", value_parser = word::parser::<v1::Severity>())]
    pub(crate) at_most: Option<v1::Severity>,
}

/// `remit agenda`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit agenda --tenant acme
  remit agenda --week-of 2026-11-24 --json")]
pub(crate) struct Agenda {
    /// A day of the week that the call is about [default: the last seven days].
    #[arg(long, value_name = "DATE")]
    pub(crate) week_of: Option<Date>,
}
