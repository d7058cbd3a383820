//! `remit oncall` and `remit contact …`

use clap::{Args, Subcommand};
use remit_runtime::duration::Span;

use crate::at::At;

pub(super) const EXAMPLES: &str = "Examples:
  remit contact list --unverified
  remit contact verify email:kim@acme.example
  remit contact confirm email:kim@acme.example 493817";

/// `remit oncall`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit oncall --tenant acme
  remit oncall --at '2026-12-25 03:00'
  remit oncall --ahead 60d --json

Exit code 1: somewhere nobody is on call.")]
pub(crate) struct OnCall {
    /// When: `2026-11-24 22:00` in local time, or with an offset [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<At>,
    /// How far ahead to look for gaps.
    #[arg(long, value_name = "TIME", default_value = "14d")]
    pub(crate) ahead: Span,
}

/// What to do with contacts. They are changed in the matrix.
#[derive(Debug, Subcommand)]
pub(crate) enum Contact {
    /// List where people and teams are told, and whether that was tried.
    #[command(after_help = "Examples:
  remit contact list --tenant acme
  remit contact list --unverified

Exit code 1: with --unverified, if there are any.")]
    List {
        /// Only those that nobody has verified, or that fail.
        #[arg(long)]
        unverified: bool,
    },
    /// Send a code there.
    #[command(after_help = "Examples:
  remit contact verify email:kim@acme.example --tenant acme")]
    Verify {
        /// Where: `email:kim@acme.example`, `webhook:noc`.
        channel: String,
    },
    /// Say which code arrived.
    #[command(after_help = "Examples:
  remit contact confirm email:kim@acme.example 493817 --tenant acme")]
    Confirm {
        /// Where: `email:kim@acme.example`, `webhook:noc`.
        channel: String,
        /// The code.
        code: String,
    },
}
