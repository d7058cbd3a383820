//! `remit operator …`

use std::path::PathBuf;

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use remit_proto::v1;

use crate::word;

pub(super) const EXAMPLES: &str = "Examples:
  remit operator create --name ann --party provider --role operator --team provider-noc --out ann.toml
  remit operator list";

/// What to do with operators.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Let somebody in: makes a key here and a credential file for them.
    Create(Create),
    /// List operators.
    #[command(after_help = "Examples:
  remit operator list")]
    List,
    /// Keep somebody out from now on.
    #[command(after_help = "Examples:
  remit operator revoke opr_0b9e2d17")]
    Revoke {
        /// Which one: an id or the first characters of it.
        operator: String,
    },
}

/// `remit operator create`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit operator create --name ann --party provider --role operator --team provider-noc --out ann.toml
  remit operator create --name console --party internal --role viewer --tenant acme --out console.toml

With --tenant the operator sees these tenants only, otherwise all.")]
pub(crate) struct Create {
    /// What to call them; it stands in every audit entry.
    #[arg(long)]
    pub(crate) name: String,
    /// On which side they are.
    #[arg(long, value_parser = word::parser::<v1::Party>())]
    pub(crate) party: v1::Party,
    /// What they may do.
    #[arg(long, value_parser = roles())]
    pub(crate) role: v1::Role,
    /// A team that they act for; may be repeated.
    #[arg(long, value_name = "TEAM")]
    pub(crate) team: Vec<String>,
    /// Where to write their credential.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Overwrite the file if it is there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// All but the administrator, who is made on the collector's own machine.
fn roles() -> impl clap::builder::TypedValueParser<Value = v1::Role> {
    let words = ["manager", "operator", "auditor", "viewer"];
    PossibleValuesParser::new(words).map(|word| match word.as_str() {
        "manager" => v1::Role::Manager,
        "operator" => v1::Role::Operator,
        "auditor" => v1::Role::Auditor,
        _ => v1::Role::Viewer,
    })
}
