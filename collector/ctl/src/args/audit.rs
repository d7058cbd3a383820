//! `remit audit`

use std::str::FromStr;

use clap::{Args, Subcommand};

use crate::at::Around;

/// `remit audit`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  remit audit --tenant acme --since 7d
  remit audit verify --tenant acme
  remit audit --object chg_3f0c9a51aa7b4a8e9a550f3b8a2c1d00
  remit audit --action change --denied --limit 0 --json

Managers and auditors see everything, everybody else what they did themselves."
)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// What concerns the installation and no single tenant, whichever is named.
    #[arg(long)]
    pub(crate) installation: bool,
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

/// What else to do with it.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compute the chain anew and say whether anything was changed or left out.
    #[command(after_help = "Examples:
  remit audit verify --tenant acme
  remit audit verify --tenant acme --known 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Note the end that it names: with --known it is proved later that everything up to
there is still what it was. Exit code 1: it is not.")]
    Verify {
        /// What concerns the installation and no single tenant, whichever is named.
        #[arg(long)]
        installation: bool,
        /// An end that was named earlier; may be repeated.
        #[arg(long, value_name = "SEQ:SHA256")]
        known: Vec<Known>,
    },
}

/// An end of the chain that somebody noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) seq: u64,
    pub(crate) sha256: String,
}

impl FromStr for Known {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = text.split_once(':').and_then(|(seq, sha256)| {
            let is_hash = sha256.len() == 64 && sha256.chars().all(|it| it.is_ascii_hexdigit());
            let sha256 = is_hash.then(|| sha256.to_ascii_lowercase())?;
            Some(Self { seq: seq.parse().ok()?, sha256 })
        });
        known.ok_or_else(|| "write it as `remit audit verify` did: `4711:` and 64 digits".into())
    }
}
