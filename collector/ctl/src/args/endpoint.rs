//! `remit endpoint …`

use clap::{Args, Subcommand};
use remit_proto::v1;
use remit_runtime::duration::Span;

use crate::{at::At, word};

pub(super) const EXAMPLES: &str = "Examples:
  remit endpoint list --at-least warn
  remit endpoint show db-7";

/// What to do with endpoints.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List endpoints, worst first.
    List(List),
    /// Show one: presence, checks, probes, readings.
    #[command(after_help = "Examples:
  remit endpoint show db-7
  remit endpoint show end_3f0c9a51 --json")]
    Show {
        /// Its host name or id; the first characters of an id will do.
        endpoint: String,
    },
    /// End an endpoint's trust: it is cut off at once and cannot come back.
    #[command(after_help = "Examples:
  remit endpoint revoke old-laptop --reason 'sold'
  remit endpoint revoke end_3f0c9a51 --reason 'key may be stolen'")]
    Revoke {
        /// Its host name or id.
        endpoint: String,
        /// Why; kept for the auditor.
        #[arg(long)]
        reason: String,
    },
    /// Show the history of one reading.
    Readings(Readings),
}

/// `remit endpoint list`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit endpoint list
  remit endpoint list --tenant acme --site hq --presence offline
  remit endpoint list --at-least crit --json")]
pub(crate) struct List {
    /// Only of this site.
    #[arg(long)]
    pub(crate) site: Option<String>,
    /// Only those that are heard so.
    #[arg(long, value_parser = word::parser::<v1::Presence>())]
    pub(crate) presence: Option<v1::Presence>,
    /// Only those whose worst check is at least this bad.
    #[arg(long, value_name = "STATUS", value_parser = word::parser::<v1::CheckStatus>())]
    pub(crate) at_least: Option<v1::CheckStatus>,
    /// Only those with this in their host name.
    #[arg(long, value_name = "PART")]
    pub(crate) host: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// `remit endpoint readings`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit endpoint readings db-7 disk_used --instance /var --last 7d
  remit endpoint readings db-7 cpu_busy --from '2026-11-24 22:00' --to '2026-11-25 06:00'")]
pub(crate) struct Readings {
    /// Its host name or id.
    pub(crate) endpoint: String,
    /// Which reading; `remit endpoint show` lists them.
    pub(crate) metric: String,
    /// Of which disk, link, …
    #[arg(long, default_value = "")]
    pub(crate) instance: String,
    /// How far back.
    #[arg(long, value_name = "TIME", default_value = "24h", conflicts_with = "from")]
    pub(crate) last: Span,
    /// From when.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<At>,
    /// Until when [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<At>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}
