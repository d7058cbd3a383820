//! What a window, a known issue or a tuning is about.

use clap::Args;
use remit_proto::v1;

use crate::word;

/// What it is about; everything that is given must fit.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What it is about")]
pub(crate) struct Selector {
    /// This endpoint, by host name or id; may be repeated.
    #[arg(long = "endpoint", value_name = "ENDPOINT")]
    pub(crate) endpoints: Vec<String>,
    /// Everything at this site; may be repeated.
    #[arg(long = "site", value_name = "SITE")]
    pub(crate) sites: Vec<String>,
    /// Everything with this tag; repeated, with all of them.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Everything of this kind.
    #[arg(long, value_parser = word::parser::<v1::EndpointKind>())]
    pub(crate) kind: Option<v1::EndpointKind>,
    /// This function only; may be repeated.
    #[arg(long = "function", value_name = "FUNCTION")]
    pub(crate) functions: Vec<String>,
    /// This check only; may be repeated.
    #[arg(long = "check", value_name = "CHECK")]
    pub(crate) checks: Vec<String>,
    /// This instance of the check only: a volume, a job.
    #[arg(long)]
    pub(crate) instance: Option<String>,
}

impl Selector {
    /// Whether it would take in everything there is.
    pub(crate) fn is_empty(&self) -> bool {
        v1::Selector::from(self.clone()) == v1::Selector::default()
    }
}

impl From<Selector> for v1::Selector {
    fn from(it: Selector) -> Self {
        Self {
            endpoints: it.endpoints,
            sites: it.sites,
            tags: it.tags,
            kind: it.kind.unwrap_or_default().into(),
            functions: it.functions,
            checks: it.checks,
            instance: it.instance.unwrap_or_default(),
        }
    }
}
