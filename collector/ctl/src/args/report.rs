//! `remit report …`, `remit noise` and `remit tune`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use remit_proto::v1;

use super::selector::Selector;
use crate::{at::Around, word};

pub(super) const EXAMPLES: &str = "Examples:
  remit report weekly --tenant acme
  remit report monthly --tenant acme --format html -o november.html
  remit report quarterly --tenant acme --period 2026-Q3 --format csv > q3.csv";

/// What to report on.
#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// A week, for the weekly call.
    #[command(after_help = "Examples:
  remit report weekly --tenant acme
  remit report weekly --tenant acme --period 2026-W47 --format html -o w47.html")]
    Weekly(Asked),
    /// A month, for whoever pays.
    #[command(after_help = "Examples:
  remit report monthly --tenant acme --period 2026-11 --format html -o november.html")]
    Monthly(Asked),
    /// A quarter, for the review of the whole arrangement.
    #[command(after_help = "Examples:
  remit report quarterly --tenant acme --period 2026-Q4 --format json")]
    Quarterly(Asked),
}

/// Which report, and how.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// `2026-W47`, `2026-11` or `2026-Q4` [default: the last whole one].
    #[arg(long)]
    pub(crate) period: Option<String>,
    /// What to write [default: md; json with --json].
    #[arg(long, value_parser = word::parser::<v1::ReportFormat>())]
    pub(crate) format: Option<v1::ReportFormat>,
    /// Where to [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `remit noise`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit noise --tenant acme
  remit noise --since 7d --check cpu-busy --json")]
pub(crate) struct Noise {
    /// Since when, or how far back.
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(crate) since: Around,
    /// Until when [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Around>,
    /// Only this check.
    #[arg(long)]
    pub(crate) check: Option<String>,
}

/// `remit tune`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit tune cpu-busy --tenant acme
  remit tune disk-space --what threshold --to '95 %' --tag archive --since 14d
  remit tune cpu-busy --tenant acme -o acme.toml

Changes nothing: `remit change propose tuning` asks for it, and it is true once both
sides agree.")]
pub(crate) struct Tune {
    /// Which check.
    #[arg(id = "tuned", value_name = "CHECK")]
    pub(crate) check: String,
    /// What is tried [default: whatever seems to help].
    #[arg(long, value_parser = word::parser::<v1::TuningKind>())]
    pub(crate) what: Option<v1::TuningKind>,
    /// The value that is tried [default: one that seems to help].
    #[arg(long, value_name = "VALUE", requires = "what")]
    pub(crate) to: Option<String>,
    /// How much of what was recorded is tried again.
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(crate) since: Around,
    /// Where to write the matrix's text with the first proposal that changes it.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) selector: Selector,
}
