//! `remit`: what a NOC or an internal IT person types at two in the morning.
//!
//! [`args`] is what can be typed, [`command`] what is then asked of the
//! collector, [`view`] what the answer looks like, [`failure`] what is said if
//! there is none. [`watch`] is the one command that stays.
//!
//! # Invariants
//!
//! - All that is written goes through [`out::Out`].
//! - One line on standard error per failure, with what to do about it, and an
//!   exit code that says what sort of failure it was.

mod args;
mod at;
mod client;
mod command;
mod failure;
mod find;
mod offline;
mod out;
mod sign;
#[cfg(test)]
mod testing;
mod view;
mod watch;
mod word;

use std::{
    env,
    io::{self, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
};

use clap::{ColorChoice, CommandFactory as _, Parser as _, error::ErrorKind};
use jiff::tz::TimeZone;
use remit_runtime::clock::SystemClock;
use tokio::runtime::Builder;

use crate::{
    args::Args,
    failure::{Exit, Failure},
    out::Out,
};

/// What can be typed, for whoever describes it.
pub fn command_line() -> clap::Command {
    Args::command()
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(err) => return not_understood(&err),
    };
    let (mut stdout, mut stderr, mut stdin) = (io::stdout(), io::stderr(), io::stdin().lock());
    let somebody: Option<&mut dyn io::BufRead> =
        if stdin.is_terminal() { Some(&mut stdin) } else { None };
    let is_terminal = stdout.is_terminal();
    let mut out = Out {
        is_terminal,
        json: args.global.json,
        color: wants_color(args.global.color, is_terminal),
        width: width(),
        zone: TimeZone::system(),
        clock: Arc::new(SystemClock),
        stdin: somebody,
        stdout: &mut stdout,
        stderr: &mut stderr,
    };
    let ended = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|err| Failure::broken(&err))
        .and_then(|runtime| runtime.block_on(command::run(args, &mut out)));
    ended.unwrap_or_else(|failure| out.fail(&failure)).into()
}

/// Says what cannot be typed like this, or what `--help` and `--version` ask.
fn not_understood(err: &clap::Error) -> ExitCode {
    let is_help = err.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_help || !err.use_stderr() {
        // If that cannot be written, nothing else can.
        let _ = err.print();
        return if is_help { Failure::usage("").exit() } else { Exit::OK }.into();
    }
    let json = env::args_os().any(|it| it == "--json");
    let failure = Failure::usage(one_line(&err.render().to_string()));
    out::fail(&mut io::stdout(), &mut io::stderr(), json, &failure).into()
}

/// What the parser says over several lines.
fn one_line(said: &str) -> String {
    let lines = said.lines().map(str::trim).filter(|it| !it.is_empty());
    let mut lines: Vec<_> = lines.take_while(|it| !it.starts_with("For more")).collect();
    if let Some(first) = lines.first_mut() {
        *first = first.strip_prefix("error: ").unwrap_or(first);
    }
    lines.join("; ").replace(":; ", ": ")
}

fn wants_color(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let refused = env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
            is_terminal && !refused && env::var_os("TERM").is_none_or(|it| it != "dumb")
        }
    }
}

/// As wide as the terminal; where there is none, what any terminal can show.
fn width() -> u16 {
    const USUAL: u16 = 100;
    comfy_table::Table::new().width().unwrap_or(USUAL).max(40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_typed_is_said_in_one_line() {
        let line = |typed: &[&str]| one_line(&Args::try_parse_from(typed).unwrap_err().to_string());
        assert_eq!(
            line(&["remit", "alert", "lst"]),
            "unrecognized subcommand 'lst'; tip: a similar subcommand exists: 'list'; \
             Usage: remit alert [OPTIONS] <COMMAND>"
        );
        assert_eq!(
            line(&["remit", "endpoint", "revoke", "db-7"]),
            "the following required arguments were not provided: --reason <REASON>; \
             Usage: remit endpoint revoke --reason <REASON> <ENDPOINT>"
        );
    }
}
