//! `remit known-issue …`

use clap::{Args, Subcommand};
use remit_collector_domain::known_issue::Condition;
use remit_proto::v1;
use remit_runtime::duration::Span;

use super::selector::Selector;
use crate::{at::Around, word};

pub(super) const EXAMPLES: &str = "Examples:
  remit known-issue list --due 14d
  remit known-issue declare --alert alr_7a21c9e0 --title 'archive volume is full' --why 'replaced in March' --expires 60d
  remit known-issue end kni_51d0c7aa --reason 'disk replaced'";

/// What to do with known issues.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List known issues, those that end soonest first.
    #[command(after_help = "Examples:
  remit known-issue list --tenant acme
  remit known-issue list --due 14d
  remit known-issue list --all --json")]
    List {
        /// Expired and ended ones too.
        #[arg(long)]
        all: bool,
        /// Only those to be looked at, or that end, within this time.
        #[arg(long, value_name = "TIME")]
        due: Option<Span>,
    },
    /// Show one, and what it covers.
    #[command(after_help = "Examples:
  remit known-issue show kni_51d0c7aa")]
    Show {
        /// Which one: its id or the first characters of it.
        #[arg(value_name = "KNOWN ISSUE")]
        known_issue: String,
    },
    /// Declare that something is wrong, documented, and need not wake anybody.
    ///
    /// If it hides what the other party owns, it waits for their approval.
    Declare(Box<Declare>),
    /// Give one more time.
    #[command(after_help = "Examples:
  remit known-issue extend kni_51d0c7aa --until 30d --reason 'the part is late'")]
    Extend {
        /// Which one: its id or the first characters of it.
        #[arg(value_name = "KNOWN ISSUE")]
        known_issue: String,
        /// Until when, or how much from now on; at most 90d.
        #[arg(long, value_name = "TIME")]
        until: Around,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// End one: whatever it covered is told from now on.
    #[command(after_help = "Examples:
  remit known-issue end kni_51d0c7aa --reason 'disk replaced'")]
    End {
        /// Which one: its id or the first characters of it.
        #[arg(value_name = "KNOWN ISSUE")]
        known_issue: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

/// `remit known-issue declare`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit known-issue declare --alert alr_7a21c9e0 --title 'archive volume is full' --why 'replaced in March' --expires 60d
  remit known-issue declare --tenant acme --title 'old UPS' --why 'budget in January' --check ups-battery --endpoint ups-1 --expires '2027-02-01 08:00' --breaks-if 'value below 20' --ticket INC-4711")]
pub(crate) struct Declare {
    #[command(flatten)]
    pub(crate) what: KnownIssue,
    /// Takes what it is about from this alert, and disposes of it.
    #[arg(long)]
    pub(crate) alert: Option<String>,
}

/// A known issue as it is typed.
#[derive(Debug, Args)]
#[group(id = "a known issue")]
pub(crate) struct KnownIssue {
    /// What to call it.
    #[arg(long)]
    pub(crate) title: String,
    /// Why it is left as it is.
    #[arg(long)]
    pub(crate) why: String,
    /// When it ends by itself, or in how long; at most 90d.
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) expires: Around,
    /// When somebody looks at it again [default: half way].
    #[arg(long, value_name = "TIME")]
    pub(crate) review: Option<Around>,
    /// Whose it is to put an end to it.
    #[arg(long, value_name = "PARTY", value_parser = word::parser::<v1::Party>())]
    pub(crate) owner: Option<v1::Party>,
    /// Which team's.
    #[arg(long, value_name = "TEAM")]
    pub(crate) owner_team: Option<String>,
    /// Where it is proved; may be repeated.
    #[arg(long, value_name = "URL")]
    pub(crate) evidence: Vec<String>,
    /// Under which number a ticket system knows it.
    #[arg(long)]
    pub(crate) ticket: Option<String>,
    /// Worse alerts are told all the same [default: medium].
    #[arg(long, value_name = "SEVERITY", value_parser = word::parser::<v1::Severity>())]
    pub(crate) up_to: Option<v1::Severity>,
    /// Tell again if this comes true: `severity above high`, `per_day above 5`,
    /// `instances above 3`, `value above 90`, `value below 10`; may be repeated.
    #[arg(long, value_name = "CONDITION")]
    pub(crate) breaks_if: Vec<Condition>,
    /// It is not known and documented, only not to be heard of for a while.
    #[arg(long)]
    pub(crate) silence: bool,
    #[command(flatten)]
    pub(crate) selector: Selector,
}
