//! `remit endpoint …`

use std::str::FromStr;

use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use remit_proto::v1;
use remit_runtime::duration::Span;

use crate::{
    at::{Around, At},
    word::{self, Word as _},
};

pub(super) const EXAMPLES: &str = "Examples:
  remit endpoint list --at-least warn
  remit endpoint show db-7
  remit endpoint history db-7 cpu_busy --from 7d";

/// What to do with endpoints.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List endpoints, worst first.
    List(List),
    /// Show one: presence, checks, probes, readings.
    #[command(after_help = "Examples:
  remit endpoint show db-7
  remit endpoint show end_3f0c9a51 --json")]
    Show {
        /// Its host name or id; the first characters of an id will do.
        endpoint: String,
    },
    /// Let in endpoints that wait for it.
    #[command(after_help = "Examples:
  remit endpoint list --waiting
  remit endpoint approve --token tok_51d0c7aa
  remit endpoint approve --site hq --yes
  remit endpoint approve db-7")]
    Approve {
        #[command(flatten)]
        which: Which,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Turn away endpoints that wait to be let in.
    #[command(after_help = "Examples:
  remit endpoint reject db-7 --reason 'nobody of ours'
  remit endpoint reject --token tok_51d0c7aa --reason 'the token was lost'")]
    Reject {
        #[command(flatten)]
        which: Which,
        /// Why; kept for the auditor.
        #[arg(long)]
        reason: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Take endpoints out of service: trust ends, history stays.
    ///
    /// They are cut off at once, their alerts are over, and they leave lists,
    /// reports and checks. More than five of a tenant are proposed as a change,
    /// for the other side to agree to.
    Retire(Retire),
    /// Count the agents' versions, and say which are behind the collector's.
    #[command(after_help = "Examples:
  remit endpoint versions
  remit endpoint list --outdated")]
    Versions,
    /// End an endpoint's trust: it is cut off at once and cannot come back.
    #[command(after_help = "Examples:
  remit endpoint revoke old-laptop --reason 'sold'
  remit endpoint revoke end_3f0c9a51 --reason 'key may be stolen'")]
    Revoke {
        /// Its host name or id.
        endpoint: String,
        /// Why; kept for the auditor.
        #[arg(long)]
        reason: String,
    },
    /// Show how one reading changed, value by value.
    Readings(Readings),
    /// Show what readings were like: least, mean, greatest, and their shape.
    ///
    /// Readings are kept as they came for a while, and by the hour for months.
    /// Where nothing was heard there is a gap. A mean weighs each value with the
    /// time that it held. Without a reading, those that are known are listed.
    History(History),
}

/// Which endpoints: all that fit everything that is said.
#[derive(Debug, Args)]
#[group(id = "which endpoints", required = true, multiple = true)]
pub(crate) struct Which {
    /// Host names, or ids; the first characters of an id will do.
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoints: Vec<String>,
    /// Those of this site.
    #[arg(long)]
    pub(crate) site: Option<String>,
    /// Those that this token let in.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// Those that were not heard for so long.
    #[arg(long, value_name = "TIME")]
    pub(crate) stale: Option<Span>,
}

/// `remit endpoint retire`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit endpoint retire old-laptop --reason 'sold'
  remit endpoint retire --stale 90d --dry-run
  remit endpoint retire --site branch-7 --reason 'the branch is closed'
  remit endpoint retire --token tok_51d0c7aa --contain 'the token is on the internet'")]
pub(crate) struct Retire {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Why; kept for the auditor.
    #[arg(long, required_unless_present_any = ["contain", "dry_run"], conflicts_with = "contain")]
    pub(crate) reason: Option<String>,
    /// Do it now and alone, because it cannot wait, and why. Managers of both
    /// sides are paged, and the other side reviews it within 24 hours.
    #[arg(long, value_name = "REASON")]
    pub(crate) contain: Option<String>,
    /// Show which ones, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// `remit endpoint list`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit endpoint list
  remit endpoint list --waiting
  remit endpoint list --outdated --site hq
  remit endpoint list --tenant acme --site hq --presence offline
  remit endpoint list --at-least crit --json")]
pub(crate) struct List {
    /// Only of this site.
    #[arg(long)]
    pub(crate) site: Option<String>,
    /// Only those that are heard so.
    #[arg(long, value_parser = word::parser::<v1::Presence>())]
    pub(crate) presence: Option<v1::Presence>,
    /// Only those whose worst check is at least this bad.
    #[arg(long, value_name = "STATUS", value_parser = word::parser::<v1::CheckStatus>())]
    pub(crate) at_least: Option<v1::CheckStatus>,
    /// Only those with this in their host name.
    #[arg(long, value_name = "PART")]
    pub(crate) host: Option<String>,
    /// Only those at which a key waits to be let in.
    #[arg(long, conflicts_with = "retired")]
    pub(crate) waiting: bool,
    /// Only those that have left.
    #[arg(long)]
    pub(crate) retired: bool,
    /// Only those whose agent is older than the collector.
    #[arg(long)]
    pub(crate) outdated: bool,
    /// Only those that were not heard for so long.
    #[arg(long, value_name = "TIME")]
    pub(crate) stale: Option<Span>,
    /// Only those that this token let in.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// `remit endpoint readings`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit endpoint readings db-7 disk_used --instance /var --last 7d
  remit endpoint readings db-7 cpu_busy --from '2026-11-24 22:00' --to '2026-11-25 06:00'")]
pub(crate) struct Readings {
    /// Its host name or id.
    pub(crate) endpoint: String,
    /// Which reading; `remit endpoint show` lists them.
    pub(crate) metric: String,
    /// Of which disk, link, …
    #[arg(long, default_value = "")]
    pub(crate) instance: String,
    /// How far back.
    #[arg(long, value_name = "TIME", default_value = "24h", conflicts_with = "from")]
    pub(crate) last: Span,
    /// From when.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<At>,
    /// Until when [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<At>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// `remit endpoint history`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit endpoint history db-7
  remit endpoint history db-7 cpu_busy memory_used
  remit endpoint history db-7 'disk_used[/var]' --from 90d
  remit endpoint history db-7 cpu_busy --from '2026-11-24 22:00' --to '2026-11-25 06:00' --step 5m
  remit endpoint history db-7 disk_used --from 30d --step 1d --csv > disks.csv")]
pub(crate) struct History {
    /// Its host name or id.
    pub(crate) endpoint: String,
    /// Which readings: `disk_used` for those of every disk, or `disk_used[/var]`.
    #[arg(value_name = "SERIES")]
    pub(crate) series: Vec<SeriesName>,
    /// From when, or how far back.
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(crate) from: Around,
    /// Until when, or until how long ago [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Around>,
    /// How finely: as it fits the time, as they came, or by this step. Days are
    /// those of UTC.
    #[arg(long, value_name = "STEP", default_value = "auto", value_parser = step())]
    pub(crate) step: v1::HistoryStep,
    /// For a spreadsheet; times are those of UTC.
    #[arg(long, conflicts_with = "json", requires = "series")]
    pub(crate) csv: bool,
}

/// The steps, and the one that fits.
fn step() -> impl TypedValueParser<Value = v1::HistoryStep> {
    const AUTO: &str = "auto";
    let steps = v1::HistoryStep::ALL;
    let words = [AUTO].into_iter().chain(steps.iter().map(|it| it.0));
    PossibleValuesParser::new(words).map(|typed| {
        let step = steps.iter().find(|it| it.0 == typed);
        step.map_or(v1::HistoryStep::Unspecified, |it| it.1)
    })
}

/// A series as people type it: `disk_used[/var]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeriesName {
    pub(crate) metric: String,
    /// `None` for all that there are.
    pub(crate) instance: Option<String>,
}

impl FromStr for SeriesName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('[') {
            None if !text.is_empty() => Ok(Self { metric: text.into(), instance: None }),
            Some((metric, rest)) if !metric.is_empty() && rest.ends_with(']') => {
                let instance = Some(rest[..rest.len() - 1].into());
                Ok(Self { metric: metric.into(), instance })
            }
            None | Some(_) => Err("write it like `disk_used` or `disk_used[/var]`".into()),
        }
    }
}
