//! `remit watch`

use std::path::PathBuf;

use clap::Args;

/// What to watch.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  remit watch
  remit watch --team provider-noc --tenant acme
  remit watch --json --from 0 | jq .event.kind
  remit watch --json --cursor-file /var/lib/ticketing/remit.cursor

Every event comes once and in order; after an interruption the stream goes on
where it was. Ctrl-C ends it.")]
pub(crate) struct Watch {
    /// Only alerts that this team has a part in.
    #[arg(long)]
    pub(crate) team: Option<String>,
    /// Go on after this cursor; 0 is the beginning [default: from now on].
    #[arg(long, value_name = "CURSOR")]
    pub(crate) from: Option<String>,
    /// Keep the cursor in this file, and go on there next time.
    #[arg(long, value_name = "FILE")]
    pub(crate) cursor_file: Option<PathBuf>,
}
