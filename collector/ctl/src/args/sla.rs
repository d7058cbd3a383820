//! `remit sla …`

use clap::Subcommand;

pub(super) const EXAMPLES: &str = "Examples:
  remit sla show alr_7a21c9e0
  remit alert list --late";

/// What to do with promises.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show every clock of an alert as a ledger: what counted, and against whom.
    #[command(after_help = "Examples:
  remit sla show alr_7a21c9e0
  remit sla show alr_7a21c9e0 --json

Times are local; hours are open in the tenant's zone, which is named.")]
    Show {
        /// Which alert: its id or the first characters of it.
        alert: String,
    },
}
