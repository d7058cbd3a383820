//! `remit source …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use remit_proto::v1;

use crate::word;

pub(super) const EXAMPLES: &str = "Examples:
  remit source create --tenant acme --site hq --name prometheus --kind alertmanager --out prometheus.token
  remit source list";

/// What to do with sources: other tools that raise alerts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let a tool in. Its token is shown once.
    Create(Create),
    /// List sources, and when they were heard last.
    #[command(after_help = "Examples:
  remit source list --tenant acme
  remit source list --all --json")]
    List {
        /// Revoked ones too.
        #[arg(long)]
        all: bool,
    },
    /// Hear nothing of a tool any more.
    #[command(after_help = "Examples:
  remit source revoke src_51d0c7aa --yes")]
    Revoke {
        /// Which one: its id or the first characters of it.
        source: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Give a tool a new token; the old one is good for another hour.
    #[command(after_help = "Examples:
  remit source rotate src_51d0c7aa --out prometheus.token
  remit source rotate src_51d0c7aa --now")]
    Rotate {
        /// Which one: its id or the first characters of it.
        source: String,
        /// The old one is worthless at once.
        #[arg(long)]
        now: bool,
        /// Write it to a file that only you may read, instead of showing it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// `remit source create`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit source create --tenant acme --site hq --name prometheus --kind alertmanager --out prometheus.token
  remit source create --tenant acme --site hq --name ups --kind events --mapping ups.toml --rate 30")]
pub(crate) struct Create {
    /// What to call it.
    #[arg(long)]
    pub(crate) name: String,
    /// Where things belong that name no endpoint.
    #[arg(long)]
    pub(crate) site: String,
    /// How it speaks.
    #[arg(long, value_parser = word::parser::<v1::SourceKind>())]
    pub(crate) kind: v1::SourceKind,
    /// How its words are read: a TOML file.
    #[arg(long, value_name = "FILE", required_if_eq("kind", "events"))]
    pub(crate) mapping: Option<PathBuf>,
    /// Which kind of work its alerts are, unless they say so themselves.
    #[arg(long)]
    pub(crate) function: Option<String>,
    /// How many events a minute it may send [default: as many as is usual].
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<u32>,
    /// Write its token to a file that only you may read, instead of showing it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
