//! What can be asked of a matrix file without a collector, or of a collector
//! without a file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use remit_proto::v1;
use remit_runtime::duration::Span;
use remit_shared::{CalendarName, EndpointKind, Function, Site, Tag};

use crate::{
    at::{Around, At},
    word,
};

/// A matter that is made up, to see what a matrix says of it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Matter {
    /// The matrix file.
    pub(crate) file: PathBuf,
    /// The kind of work: `backup_monitoring`, `server_patching`, …
    #[arg(long)]
    pub(crate) function: Function,
    /// The machine's host name.
    #[arg(long, default_value = "any-host")]
    pub(crate) host: String,
    /// Where it stands [default: the first site of the matrix].
    #[arg(long)]
    pub(crate) site: Option<Site>,
    /// What it is: `server`, `workstation`, …
    #[arg(long, default_value = "server")]
    pub(crate) kind: EndpointKind,
    /// What it carries; may be repeated.
    #[arg(long)]
    pub(crate) tag: Vec<Tag>,
    /// How severe the alert is.
    #[arg(long, default_value = "high", value_parser = word::parser::<v1::Severity>())]
    pub(crate) severity: v1::Severity,
    /// When: `2026-11-24 22:00` in local time, or with an offset [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<At>,
}

/// `remit matrix coverage`
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// The matrix file [default: ask the collector].
    pub(crate) file: Option<PathBuf>,
    /// A published version [default: the one in force].
    #[arg(long, value_name = "N", conflicts_with = "file")]
    pub(crate) version: Option<u64>,
    /// Only of this machine: its host name or id, which the collector knows.
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// Only this kind of work; may be repeated.
    #[arg(long)]
    pub(crate) function: Vec<Function>,
    /// For alerts of this severity.
    #[arg(long, default_value = "high", value_parser = word::parser::<v1::Severity>())]
    pub(crate) severity: v1::Severity,
    /// In the week of this time [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<At>,
}

/// `remit matrix simulate`
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    #[command(flatten)]
    pub(crate) matter: Matter,
    /// How far to look.
    #[arg(long = "for", value_name = "TIME", default_value = "24h")]
    pub(crate) lasts: Span,
}

/// `remit matrix replay`
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The proposed matrix file.
    pub(crate) file: PathBuf,
    /// Since when the collector is asked for alerts, or how far back.
    #[arg(long, value_name = "TIME", default_value = "30d", conflicts_with = "alerts")]
    pub(crate) since: Around,
    /// The matrix file that was in force [default: ask the collector].
    #[arg(long, value_name = "FILE", requires = "alerts")]
    pub(crate) against: Option<PathBuf>,
    /// Alerts, from `remit alert list --json` [default: ask the collector].
    #[arg(long, value_name = "FILE", requires = "against")]
    pub(crate) alerts: Option<PathBuf>,
    /// What kinds of machines they were about, from `remit endpoint list --json`;
    /// without it, all are servers without tags.
    #[arg(long, value_name = "FILE", requires = "alerts")]
    pub(crate) endpoints: Option<PathBuf>,
}

/// `remit matrix review`
#[derive(Debug, Args)]
pub(crate) struct Review {
    /// The matrix file [default: ask the collector].
    pub(crate) file: Option<PathBuf>,
    /// Since when alerts are counted, or how far back.
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) since: Around,
}

/// What to bring into a matrix file.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Add holidays from an iCalendar file, and keep the file's comments.
    #[command(after_help = "Examples:
  remit matrix import holidays bavaria.ics --calendar office acme.toml")]
    Holidays {
        /// The iCalendar file.
        ics: PathBuf,
        /// The calendar that gets them.
        #[arg(long)]
        calendar: CalendarName,
        /// The matrix file, which is rewritten.
        file: PathBuf,
    },
}
