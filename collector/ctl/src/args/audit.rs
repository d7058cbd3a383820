//! `remit audit`

use clap::Args;

use crate::at::Around;

/// `remit audit`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit audit --tenant acme --since 7d
  remit audit --object chg_3f0c9a51aa7b4a8e9a550f3b8a2c1d00
  remit audit --action change --denied --limit 0 --json

Managers see everything, everybody else what they did themselves.")]
pub(crate) struct Audit {
    /// Since when, or how far back.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Around>,
    /// Until when.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Around>,
    /// Only what this operator did.
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Only this: `change.approve`, or all of `change`.
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Only what was done to this: the whole id.
    #[arg(long, value_name = "ID")]
    pub(crate) object: Option<String>,
    /// Only what was not allowed.
    #[arg(long)]
    pub(crate) denied: bool,
    /// At most so many; 0 for all.
    #[arg(long, value_name = "N", default_value = "50")]
    pub(crate) limit: usize,
}
