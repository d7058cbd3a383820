//! `remit who` and `remit matrix …`

pub(crate) mod offline;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use remit_proto::v1;

use crate::{at::At, word};

pub(super) const EXAMPLES: &str = "Examples:
  remit matrix lint acme.toml
  remit matrix coverage acme.toml
  remit matrix diff 3 acme.toml --tenant acme
  remit matrix publish acme.toml --note 'nights go to the provider'";

/// `remit who`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit who --endpoint db-7 --function backup_monitoring
  remit who --endpoint db-7 --function server_patching --at '2026-11-24 22:00'
  remit who --endpoint db-7 --function infra_monitoring --severity critical --json")]
pub(crate) struct Who {
    /// Of which machine: its host name or id.
    #[arg(long)]
    pub(crate) endpoint: String,
    /// For which function: `backup_monitoring`, `server_patching`, …
    #[arg(long)]
    pub(crate) function: String,
    /// When: `2026-11-24 22:00` in local time, or with an offset [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<At>,
    /// For alerts of this severity [default: high].
    #[arg(long, value_parser = word::parser::<v1::Severity>())]
    pub(crate) severity: Option<v1::Severity>,
}

/// What to do with matrices.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a matrix file; needs no collector, unless it is asked, too.
    #[command(after_help = "Examples:
  remit matrix lint acme.toml
  remit matrix lint acme.toml --online
  remit matrix lint acme.toml --json || echo 'do not publish'")]
    Lint {
        /// The file.
        file: PathBuf,
        /// Ask the collector, too: it knows which channels are set up and which
        /// of them somebody has verified.
        #[arg(long)]
        online: bool,
    },
    /// Show who owns what in each hour of a week; needs no collector for a file.
    #[command(after_help = "Examples:
  remit matrix coverage --tenant acme
  remit matrix coverage --tenant acme --endpoint db-7
  remit matrix coverage acme.toml --function backup_monitoring --severity critical
  remit matrix coverage acme.toml --at '2026-12-24 12:00' --json")]
    Coverage(offline::Coverage),
    /// Say who a file makes responsible; needs no collector.
    #[command(after_help = "Examples:
  remit matrix who acme.toml --function lob_application --at '2026-11-24 22:00'
  remit matrix who acme.toml --function infra_monitoring --tag lob --site hq")]
    Who(offline::Matter),
    /// Say who a file makes responsible, and all that follows; needs no collector.
    #[command(after_help = "Examples:
  remit matrix explain acme.toml --function lob_application --at '2026-11-24 22:00'")]
    Explain(offline::Matter),
    /// Show who would be told when if nobody acknowledged; needs no collector.
    #[command(after_help = "Examples:
  remit matrix simulate acme.toml --function lob_application --at '2026-11-24 16:50'
  remit matrix simulate acme.toml --function infra_monitoring --severity critical --for 8h")]
    Simulate(offline::Simulate),
    /// Say which past alerts would go to somebody else.
    #[command(after_help = "Examples:
  remit matrix replay new.toml
  remit matrix replay new.toml --since 7d --json
  remit matrix replay new.toml --against old.toml --alerts alerts.json
  remit matrix replay new.toml --against old.toml --alerts alerts.json --endpoints endpoints.json

Needs no collector if both files are there.")]
    Replay(offline::Replay),
    /// Say which rows both parties should read again; needs no collector for a file.
    #[command(after_help = "Examples:
  remit matrix review --tenant acme
  remit matrix review --tenant acme --since 120d --json
  remit matrix review acme.toml")]
    Review(offline::Review),
    /// Bring something into a matrix file; needs no collector.
    #[command(
        subcommand,
        after_help = "Examples:
  remit matrix import holidays bavaria.ics --calendar office acme.toml"
    )]
    Import(offline::Import),
    /// Publish a matrix file as the next version.
    #[command(after_help = "Examples:
  remit matrix publish acme.toml --note 'nights go to the provider'
  remit matrix publish acme.toml --follows 3")]
    Publish {
        /// The file.
        file: PathBuf,
        /// Why; kept with the version.
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
        /// Only if this is still the newest version.
        #[arg(long, value_name = "VERSION")]
        follows: Option<u64>,
    },
    /// Show a matrix as it was published.
    #[command(after_help = "Examples:
  remit matrix show --tenant acme
  remit matrix show --tenant acme --version 3 > acme-3.toml")]
    Show {
        /// Which version [default: the one in force].
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
    /// Write a matrix to a file, to the byte as it was published.
    #[command(after_help = "Examples:
  remit matrix export acme.toml --tenant acme
  remit matrix export acme-3.toml --tenant acme --version 3")]
    Export {
        /// The file; must not exist yet.
        file: PathBuf,
        /// Which version [default: the one in force].
        #[arg(long, value_name = "N")]
        version: Option<u64>,
    },
    /// Say what differs; needs no collector for two files.
    #[command(after_help = "Examples:
  remit matrix diff 3 4 --tenant acme
  remit matrix diff 3 acme.toml --tenant acme
  remit matrix diff old.toml new.toml")]
    Diff {
        /// A file or a version.
        old: String,
        /// A file or a version.
        new: String,
    },
    /// List the published versions, newest first.
    #[command(after_help = "Examples:
  remit matrix versions --tenant acme")]
    Versions,
}
