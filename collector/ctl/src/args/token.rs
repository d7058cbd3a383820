//! `remit token …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use remit_proto::v1;
use remit_runtime::duration::Span;

use crate::word;

pub(super) const EXAMPLES: &str = "Examples:
  remit token create --tenant acme --site hq --ttl 2h --out acme.token
  remit token list";

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a token. It is shown once.
    Create(Create),
    /// List tokens that still let somebody in.
    #[command(after_help = "Examples:
  remit token list
  remit token list --all --tenant acme")]
    List {
        /// Spent, expired and revoked ones too.
        #[arg(long)]
        all: bool,
    },
    /// Let nobody in with this token any more.
    #[command(after_help = "Examples:
  remit token revoke tok_51d0c7aa")]
    Revoke {
        /// Which one: its id or the first characters of it.
        token: String,
    },
}

/// `remit token create`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit token create --tenant acme --site hq
  remit token create --tenant acme --site hq --kind server --tag db --ttl 2h --out acme.token
  remit token create --tenant acme --site hq --uses 50 --ttl 8h --reason 'roll-out at hq'
  remit token create --tenant acme --site hq | ssh db-7 remit-agent enroll --token-file /dev/stdin")]
pub(crate) struct Create {
    #[command(flatten)]
    pub(crate) token: Token,
    /// Why it is wanted: a token for more than one is proposed as a change, for
    /// the other side to agree to.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Write it to a file that only you may read, instead of showing it.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// A token as it is typed.
#[derive(Debug, Args)]
#[group(id = "a token")]
pub(crate) struct Token {
    /// Into which site of the tenant.
    #[arg(long)]
    pub(crate) site: String,
    /// What the endpoints are [default: what they take themselves for].
    #[arg(long, value_parser = word::parser::<v1::EndpointKind>())]
    pub(crate) kind: Option<v1::EndpointKind>,
    /// A tag that the endpoints get; may be repeated.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// How many endpoints it lets in, at most 50.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) uses: u32,
    /// How long it is good for, at most 1d.
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub(crate) ttl: Span,
}
