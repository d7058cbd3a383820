//! `remit window …`

use clap::{Args, Subcommand};
use jiff::civil::DateTime;
use remit_runtime::duration::Span;

use super::selector::Selector;

pub(super) const EXAMPLES: &str = "Examples:
  remit window list
  remit window schedule --title 'core switch' --why 'firmware' --start '2026-11-28 22:00' --for 3h --site hq
  remit window end win_90b3f1d2 --reason 'done early'";

/// What to do with maintenance windows.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List windows: open ones first, then by their next start.
    #[command(after_help = "Examples:
  remit window list --tenant acme
  remit window list --endpoint db-7
  remit window list --all --json")]
    List {
        /// Ended and cancelled ones too.
        #[arg(long)]
        all: bool,
        /// Only those that cover this endpoint: its host name or id.
        #[arg(long)]
        endpoint: Option<String>,
    },
    /// Show one: what it kept quiet, and what was found when it ended.
    #[command(after_help = "Examples:
  remit window show win_90b3f1d2")]
    Show {
        /// Which one: its id or the first characters of it.
        window: String,
    },
    /// Schedule maintenance, once or again and again.
    ///
    /// If it is long or wide, or hides what the other party owns, it waits for
    /// their approval.
    #[command(after_help = "Examples:
  remit window schedule --title 'core switch' --why 'firmware' --start '2026-11-28 22:00' --for 3h --site hq
  remit window schedule --tenant acme --title 'year end' --why 'books are closed' --start '2026-12-28 00:00' --for 96h --site hq --blackout --loud
  remit window schedule --tenant acme --for-patching --title patches --why 'second Saturday' --start '2026-12-12 22:00' --for 4h --rrule 'FREQ=MONTHLY;BYDAY=2SA' --tag db")]
    Schedule(Window),
    /// Take one off the calendar; if it is open, it ends.
    #[command(after_help = "Examples:
  remit window cancel win_90b3f1d2 --reason 'vendor did not come' --yes")]
    Cancel {
        /// Which one: its id or the first characters of it.
        window: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// End an open one early; later occurrences stay.
    #[command(after_help = "Examples:
  remit window end win_90b3f1d2 --reason 'done early'")]
    End {
        /// Which one: its id or the first characters of it.
        window: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Show when a window would be open and over what. Changes nothing.
    #[command(after_help = "Examples:
  remit window preview win_90b3f1d2 --count 5
  remit window preview --tenant acme --start '2026-12-12 22:00' --for 4h --rrule 'FREQ=MONTHLY;BYDAY=2SA' --tag db")]
    Preview {
        /// One that is there; otherwise say below what is thought of.
        #[arg(conflicts_with_all = ["start", "length"], required_unless_present = "start")]
        window: Option<String>,
        #[command(flatten)]
        when: Option<When>,
        #[command(flatten)]
        selector: Selector,
        /// How many occurrences.
        #[arg(long, value_name = "N", default_value = "10")]
        count: u32,
    },
}

/// A window as it is typed.
#[derive(Debug, Args)]
#[group(id = "a window")]
pub(crate) struct Window {
    /// What to call it.
    #[arg(long)]
    pub(crate) title: String,
    /// What is done, and why then.
    #[arg(long)]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) when: When,
    /// Problems from before it starts are quiet too.
    #[arg(long)]
    pub(crate) covers_open: bool,
    /// Nothing may be patched meanwhile.
    #[arg(long)]
    pub(crate) blackout: bool,
    /// People are told as ever.
    #[arg(long)]
    pub(crate) loud: bool,
    /// It is for installing patches; refused in a blackout.
    #[arg(long, conflicts_with = "blackout")]
    pub(crate) for_patching: bool,
    /// How long after the end something may still come up.
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) grace: Span,
    #[command(flatten)]
    pub(crate) selector: Selector,
}

/// When a window is open.
#[derive(Clone, Debug, Args)]
pub(crate) struct When {
    /// Local time of the first start, in the window's zone.
    #[arg(long, value_name = "TIME", requires = "length")]
    pub(crate) start: DateTime,
    /// How long it lasts, whatever clocks do meanwhile.
    #[arg(id = "length", long = "for", value_name = "TIME", requires = "start")]
    pub(crate) length: Span,
    /// IANA zone [default: the tenant's].
    #[arg(long)]
    pub(crate) zone: Option<String>,
    /// Again and again, as calendars write it: `FREQ=WEEKLY;BYDAY=SA`.
    #[arg(long, value_name = "RULE")]
    pub(crate) rrule: Option<String>,
}
