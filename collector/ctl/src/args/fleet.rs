//! `remit patch …` and `remit backup …`

use clap::{Args, Subcommand};

pub(super) const PATCH_EXAMPLES: &str = "Examples:
  remit patch list --tenant acme";

pub(super) const BACKUP_EXAMPLES: &str = "Examples:
  remit backup list --tenant acme";

/// What to do with updates.
#[derive(Debug, Subcommand)]
pub(crate) enum Patch {
    /// List endpoints by what they lack, worst first.
    #[command(after_help = "Examples:
  remit patch list
  remit patch list --tenant acme --site hq
  remit patch list --endpoint db-7 --items")]
    List {
        #[command(flatten)]
        of: Of,
        /// Each update too.
        #[arg(long)]
        items: bool,
    },
}

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    /// List backup jobs, worst first.
    #[command(after_help = "Examples:
  remit backup list
  remit backup list --tenant acme --endpoint db-7 --json")]
    List {
        #[command(flatten)]
        of: Of,
    },
}

/// Of which machines.
#[derive(Debug, Args)]
pub(crate) struct Of {
    /// Only of this site.
    #[arg(long)]
    pub(crate) site: Option<String>,
    /// Only of this endpoint: its host name or id.
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}
