//! `remit alert …`

use clap::{Args, Subcommand};
use remit_proto::v1;
use remit_runtime::duration::Span;

use crate::{at::Around, word};

pub(super) const EXAMPLES: &str = "Examples:
  remit alert list --mine
  remit alert ack alr_7a21c9e0 alr_90b3f1d2 --hold 2h
  remit alert show alr_7a21c9e0";

/// What to do with alerts. An alert is named by its id or the first characters
/// of it.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List alerts: unfinished first, then the worst, then the newest.
    List(List),
    /// Tell the story of one alert.
    #[command(after_help = "Examples:
  remit alert show alr_7a21c9e0
  remit alert show alr_7a21c9e0 --json")]
    Show {
        /// Which one.
        #[arg(value_name = "ALERT")]
        alert: String,
    },
    /// Take alerts on: nobody is paged until the hold ends.
    #[command(after_help = "Examples:
  remit alert ack alr_7a21c9e0
  remit alert ack alr_7a21c9e0 alr_90b3f1d2 --hold 2h --note 'on my way'")]
    Ack {
        #[command(flatten)]
        which: Which,
        /// How long [default: 30m for critical alerts, 4h for others].
        #[arg(long, value_name = "TIME")]
        hold: Option<Span>,
        #[command(flatten)]
        note: Note,
    },
    /// Say that alerts are over.
    #[command(after_help = "Examples:
  remit alert resolve alr_7a21c9e0 --note 'disk replaced'")]
    Resolve {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        note: Note,
    },
    /// Hand an alert over to another team.
    #[command(after_help = "Examples:
  remit alert handover alr_7a21c9e0 --reason needs_on_site
  remit alert handover alr_7a21c9e0 --reason manual --to it-manager --note 'budget needed'")]
    Handover {
        #[command(flatten)]
        which: Which,
        /// Why.
        #[arg(long, value_parser = word::parser::<v1::HandOverReason>())]
        reason: v1::HandOverReason,
        /// To which team [default: the counterpart, by the matrix].
        #[arg(long, value_name = "TEAM")]
        to: Option<String>,
        #[command(flatten)]
        note: Note,
    },
    /// Write a note onto an alert.
    #[command(after_help = "Examples:
  remit alert note alr_7a21c9e0 'the vendor calls back at nine'")]
    Note {
        /// Which one.
        #[arg(value_name = "ALERT")]
        alert: String,
        /// What to write.
        text: String,
    },
    /// Say what the shift thinks of alerts, so that none is left unfinished.
    #[command(after_help = "Examples:
  remit alert dispose alr_7a21c9e0 --as known_issue --note 'replaced in March'
  remit alert dispose alr_7a21c9e0 alr_90b3f1d2 --as joint_review")]
    Dispose {
        #[command(flatten)]
        which: Which,
        /// What it is.
        #[arg(long = "as", value_name = "DISPOSITION", value_parser = word::parser::<v1::Disposition>())]
        disposition: v1::Disposition,
        /// Which known issue, if it is one.
        #[arg(long, value_name = "KNOWN ISSUE")]
        known_issue: Option<String>,
        #[command(flatten)]
        note: Note,
    },
    /// Say that your team cannot go on: in half an hour the counterpart takes over.
    #[command(after_help = "Examples:
  remit alert block alr_7a21c9e0 --reason needs_credential
  remit alert block alr_7a21c9e0 --reason security_suspicion --now --note 'unknown login at 03:12'")]
    Block {
        #[command(flatten)]
        which: Which,
        /// Why.
        #[arg(long, value_parser = word::parser::<v1::HandOverReason>())]
        reason: v1::HandOverReason,
        /// Hand it over at once.
        #[arg(long)]
        now: bool,
        #[command(flatten)]
        note: Note,
    },
    /// Say that your team can go on after all.
    #[command(after_help = "Examples:
  remit alert unblock alr_7a21c9e0 --note 'got the password'")]
    Unblock {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        note: Note,
    },
    /// Stop the contract's clocks, for a reason that the contract allows.
    #[command(after_help = "Examples:
  remit alert pause alr_7a21c9e0 --reason awaiting_customer --note 'asked for the licence key'
  remit alert pause alr_7a21c9e0 --reason awaiting_vendor --until '2026-11-26 09:00'")]
    Pause {
        #[command(flatten)]
        which: Which,
        /// What is waited for.
        #[arg(long, value_parser = word::parser::<v1::PauseReason>())]
        reason: v1::PauseReason,
        /// Until when, or for how long [default: until something is said, at most 5d].
        #[arg(long, value_name = "TIME")]
        until: Option<Around>,
        #[command(flatten)]
        note: Note,
    },
    /// Let the contract's clocks go on.
    #[command(after_help = "Examples:
  remit alert resume alr_7a21c9e0 --note 'the vendor answered'")]
    Resume {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        note: Note,
    },
    /// Say that nobody should have been told; `remit noise` counts it.
    #[command(after_help = "Examples:
  remit alert noise alr_7a21c9e0 --reason not_actionable --note 'clears itself at 03:00'")]
    Noise {
        #[command(flatten)]
        which: Which,
        /// What is wrong with it.
        #[arg(long, value_parser = word::parser::<v1::NoiseReason>())]
        reason: v1::NoiseReason,
        #[command(flatten)]
        note: Note,
    },
}

/// `remit alert list`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit alert list --mine
  remit alert list --tenant acme --team provider-noc --state open
  remit alert list --late
  remit alert list --joint-review --all
  remit alert list --all --endpoint db-7 --at-least high --json")]
pub(crate) struct List {
    /// Only those that your teams are responsible for.
    #[arg(long, conflicts_with = "team")]
    pub(crate) mine: bool,
    /// Only those that this team is responsible for.
    #[arg(long)]
    pub(crate) team: Option<String>,
    /// Only those in this state.
    #[arg(long, value_parser = word::parser::<v1::AlertState>())]
    pub(crate) state: Option<v1::AlertState>,
    /// Resolved ones too.
    #[arg(long, conflicts_with = "state")]
    pub(crate) all: bool,
    /// Only those that matter at least so much.
    #[arg(long, value_name = "SEVERITY", value_parser = word::parser::<v1::Severity>())]
    pub(crate) at_least: Option<v1::Severity>,
    /// Only those of this endpoint: its host name or id.
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// Only those of this function.
    #[arg(long)]
    pub(crate) function: Option<String>,
    /// Only those whose contract is at risk or breached.
    #[arg(long)]
    pub(crate) late: bool,
    /// Only those that wait for both parties.
    #[arg(long)]
    pub(crate) joint_review: bool,
    /// Only those with this disposition.
    #[arg(long, value_parser = word::parser::<v1::Disposition>())]
    pub(crate) disposition: Option<v1::Disposition>,
    /// Only those of which nobody is told.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Only those of which somebody is told.
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) loud: bool,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// Which alerts.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Which ones.
    #[arg(value_name = "ALERT", required = true)]
    pub(crate) alerts: Vec<String>,
}

/// What to say about it.
#[derive(Debug, Args)]
pub(crate) struct Note {
    /// What to say about it, for whoever comes next.
    #[arg(long = "note", value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) text: String,
}
