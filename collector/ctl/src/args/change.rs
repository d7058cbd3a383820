//! `remit change …`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use remit_proto::v1;
use remit_runtime::duration::Span;

use super::{known_issue::KnownIssue, selector::Selector, token::Token, window::Window};
use crate::{at::At, word};

pub(super) const EXAMPLES: &str = "Examples:
  remit change list --mine
  remit change show chg_3f0c9a51
  remit change approve chg_3f0c9a51 --note 'agreed on the phone'
  remit change propose matrix acme.toml --reason 'nights go to the provider'";

/// What to do with changes.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Propose a change, for both parties to agree on.
    #[command(
        subcommand,
        after_help = "Examples:
  remit change propose matrix acme.toml --reason 'nights go to the provider'
  remit change propose role ann --role manager --party internal --reason 'new head of IT'"
    )]
    Propose(Box<Propose>),
    /// List changes: those that wait for you first.
    #[command(after_help = "Examples:
  remit change list --mine
  remit change list --all --tenant acme --json")]
    List {
        /// Only those that you may approve and have not.
        #[arg(long)]
        mine: bool,
        /// Only those in this state.
        #[arg(long, value_parser = word::parser::<v1::ChangeState>())]
        state: Option<v1::ChangeState>,
        /// Applied, rejected, withdrawn and expired ones too.
        #[arg(long, conflicts_with = "state")]
        all: bool,
    },
    /// Show a change: what differs, who must agree, what it collides with.
    #[command(after_help = "Examples:
  remit change show chg_3f0c9a51
  remit change show chg_3f0c9a51 --text > proposed.toml")]
    Show {
        /// Which one: its id or the first characters of it.
        change: String,
        /// Write the exact text that is approved, and nothing else.
        #[arg(long)]
        text: bool,
    },
    /// Agree to a change, after looking at it.
    ///
    /// Shows the change and asks. What is sent is the hash of the text that was
    /// shown, signed with your own key: if anything changes in between, the
    /// approval is void.
    #[command(after_help = "Examples:
  remit change approve chg_3f0c9a51
  remit change approve chg_3f0c9a51 --yes --sha256 9f86d081 --note 'agreed on the phone'")]
    Approve {
        /// Which one: its id or the first characters of it.
        change: String,
        /// What to say about it.
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
        /// Only if its hash begins like this.
        #[arg(long, value_name = "HASH")]
        sha256: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Say no to a change.
    #[command(after_help = "Examples:
  remit change reject chg_3f0c9a51 --reason 'not before the audit'")]
    Reject {
        /// Which one: its id or the first characters of it.
        change: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Take back a change that you proposed.
    #[command(after_help = "Examples:
  remit change withdraw chg_3f0c9a51 --reason 'wrong file'")]
    Withdraw {
        /// Which one: its id or the first characters of it.
        change: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Make an approved change true.
    #[command(after_help = "Examples:
  remit change apply chg_3f0c9a51
  remit change apply chg_3f0c9a51 --yes --out hq.token")]
    Apply {
        /// Which one: its id or the first characters of it.
        change: String,
        /// Write the token that it makes to a file that only you may read,
        /// instead of showing it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// What to propose.
#[derive(Debug, Subcommand)]
pub(crate) enum Propose {
    /// A matrix: responsibility, escalation, contacts, calendars, promises.
    #[command(after_help = "Examples:
  remit change propose matrix acme.toml --reason 'nights go to the provider'
  remit change propose matrix acme.toml --follows 3 --from '2026-12-01 00:00' --reason 'new contract'
  remit change propose matrix --back-to 3 --reason 'version 4 was too quiet'")]
    Matrix {
        /// The file.
        #[arg(required_unless_present = "back_to")]
        file: Option<PathBuf>,
        /// What an older version says, instead of a file.
        #[arg(long, value_name = "VERSION", conflicts_with = "file")]
        back_to: Option<u64>,
        /// Only if this is still the newest version.
        #[arg(long, value_name = "VERSION")]
        follows: Option<u64>,
        #[command(flatten)]
        why: Why,
    },
    /// A maintenance window.
    #[command(after_help = "Examples:
  remit change propose window --title 'core switch' --why 'firmware' --start '2026-11-28 22:00' --for 6h --site hq --reason 'agreed in the weekly call'")]
    Window {
        #[command(flatten)]
        window: Window,
        #[command(flatten)]
        reason: Reason,
    },
    /// A known issue.
    #[command(after_help = "Examples:
  remit change propose known-issue --title 'old UPS' --why 'budget in January' --check ups-battery --reason 'agreed in the weekly call'")]
    KnownIssue {
        #[command(flatten)]
        known_issue: KnownIssue,
        #[command(flatten)]
        reason: Reason,
    },
    /// What an operator may do.
    #[command(after_help = "Examples:
  remit change propose role ann --role manager --party internal --reason 'new head of IT'
  remit change propose role bob --tenant acme --role operator --party provider --team provider-noc --reason 'joins the night shift'")]
    Role {
        /// Who: a name or an id.
        operator: String,
        /// What they may do.
        #[arg(long, value_parser = word::parser::<v1::Role>())]
        role: v1::Role,
        /// On which side they are.
        #[arg(long, value_parser = word::parser::<v1::Party>())]
        party: v1::Party,
        /// A team that they act for; may be repeated.
        #[arg(long, value_name = "TEAM")]
        team: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// A token that lets many endpoints in; it is shown once the change is applied.
    #[command(after_help = "Examples:
  remit change propose token --tenant acme --site plant --uses 40 --ttl 8h --reason 'new line of machines'")]
    Token {
        #[command(flatten)]
        token: Token,
        #[command(flatten)]
        why: Why,
    },
    /// How long records are kept.
    #[command(after_help = "Examples:
  remit change propose retention audit --keep 365d --tenant acme --reason 'asked by the auditor'")]
    Retention {
        /// Which records.
        records: String,
        /// How long.
        #[arg(long, value_name = "TIME")]
        keep: Span,
        #[command(flatten)]
        why: Why,
    },
    /// Shut many endpoints out together.
    #[command(after_help = "Examples:
  remit change propose revocation pos-1 pos-2 pos-3 --tenant acme --reason 'branch is sold'")]
    Revocation {
        /// Which ones: host names or ids.
        #[arg(value_name = "ENDPOINT", required = true)]
        endpoints: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// When a check alerts, or whether it does; `remit tune` says what it would
    /// have meant.
    ///
    /// The threshold, the hold time and the severity are written into the matrix in
    /// force, with the reason and what the recorded readings say beside them. A
    /// suppression is a known issue, and ends: after the time that is given, or 90
    /// days.
    #[command(after_help = "Examples:
  remit change propose tuning disk-space --what threshold --to '95 %' --tag archive --reason 'archives are meant to be full'
  remit change propose tuning cpu-busy --what suppression --to 30d --endpoint db-7 --reason 'replaced in January'")]
    Tuning {
        /// Which check.
        #[arg(id = "tuned", value_name = "CHECK")]
        check: String,
        /// What of it.
        #[arg(long, value_parser = word::parser::<v1::TuningKind>())]
        what: v1::TuningKind,
        /// To what; for how long, if it is to be suppressed.
        #[arg(
            long,
            value_name = "VALUE",
            required_if_eq_any([("what", "threshold"), ("what", "hold"), ("what", "severity")])
        )]
        to: Option<String>,
        #[command(flatten)]
        selector: Selector,
        #[command(flatten)]
        why: Why,
    },
    /// Work on machines, told in advance because both teams write to them.
    #[command(after_help = "Examples:
  remit change propose work --title 'core switch' --why 'firmware 9.3' --who 'the vendor' --quiet --start '2026-11-28 22:00' --for 3h --site hq --reason 'CVE-2026-1'")]
    Work {
        #[command(flatten)]
        window: Window,
        /// Who does it [default: you].
        #[arg(long, default_value = "", hide_default_value = true)]
        who: String,
        /// A window is scheduled for it once it is approved.
        #[arg(long)]
        quiet: bool,
        #[command(flatten)]
        reason: Reason,
    },
}

/// What to call a change, and why it is wanted.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// What to call it [default: what it is].
    #[arg(long)]
    pub(crate) title: Option<String>,
    #[command(flatten)]
    pub(crate) reason: Reason,
}

/// Why a change is wanted, and from when on; whether it cannot wait.
#[derive(Debug, Args)]
pub(crate) struct Reason {
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    /// Not true before then [default: as soon as it is applied].
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<At>,
    /// Make it true at once and alone, for four hours; both managers are paged.
    /// The sealed code is read from this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) break_glass: Option<PathBuf>,
    /// Do not ask before breaking the glass.
    #[arg(long, requires = "break_glass")]
    pub(crate) yes: bool,
}
