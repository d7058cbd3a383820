//! `remit-faults`: what Remit does when things break, one row per fault.
//!
//! Each row starts the programs beside this one, breaks something under them
//! and prints what it found beside the goal. A row that is tried by tests of
//! the suite runs those and says so; a row that cannot be run says why. It is
//! started by `cargo xtask faults`, which builds what it needs.
//!
//! # Invariants
//!
//! - Nothing is broken but what a row has started itself: processes by their
//!   id, addresses of the loopback, networks and disks of a row's own.
//! - Every row is bounded in time. One that does not end is missed.
//! - `ok` is said only of a row whose figures are all within their goals and
//!   of which nothing was left out.

#![allow(clippy::unwrap_used, reason = "a row says by a panic what went wrong")]

mod fault;
mod found;
mod hook;
mod load;
mod rows;
mod soak;
mod strace;
mod trace;

use std::{
    any::Any,
    collections::BTreeSet,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use tokio::{
    task::{JoinSet, LocalSet},
    time::{self, Instant},
};

use crate::{
    fault::Fault,
    found::{Found, HEADS, Verdict},
    soak::Load,
};

/// Tries what Remit does when things break.
#[derive(Parser)]
#[command(name = "remit-faults")]
struct Args {
    /// Only these, such as `F3 F8`.
    #[arg(value_name = "FAULT")]
    faults: Vec<Fault>,
    /// All of them, which is also what is tried if none is named.
    #[arg(long, conflicts_with_all = ["faults", "quick"])]
    all: bool,
    /// Those that a few minutes are enough for, each in small.
    #[arg(long, conflicts_with = "faults")]
    quick: bool,
    /// Each in small: fewer kills, fewer agents, shorter.
    #[arg(long)]
    small: bool,
    /// How often each is tried: its figures are the medians then, with the lowest and
    /// the highest beside them, and every run must be within the goals.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
    runs: u32,
    /// Instead of breaking anything, report evenly for so many minutes and look at
    /// the collector's memory.
    #[arg(long, value_name = "MINUTES", conflicts_with_all = ["faults", "quick", "all"])]
    soak: Option<u32>,
    /// How many agents report meanwhile.
    #[arg(long, default_value_t = 200, requires = "soak")]
    agents: u32,
    /// How many reports they make in a second, all together.
    #[arg(long, default_value_t = 400, requires = "soak")]
    rate: u32,
    /// How much the collector's store may keep in memory, as `store.cache_mib`: the
    /// less, the sooner it is full, and the sooner memory is flat.
    #[arg(long, value_name = "MIB", requires = "soak")]
    cache: Option<u32>,
    /// Print one line of JSON per row.
    #[arg(long)]
    json: bool,
    /// Print a table for a page.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    small: bool,
}

impl Scope {
    /// One of two amounts: for a selection that must be over soon, or for all.
    pub(crate) fn of<T>(&self, small: T, full: T) -> T {
        if self.small { small } else { full }
    }

    /// What a row may take before it counts as hanging.
    fn patience(&self) -> Duration {
        Duration::from_secs(self.of(120, 1_200))
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    remit_runtime::tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("there is a thread and a clock");
    // One thread does it all, so that what it starts knows who its parent is.
    LocalSet::new().block_on(&runtime, run(&args))
}

async fn run(args: &Args) -> ExitCode {
    if let Some(minutes) = args.soak {
        let load = Load { minutes, agents: args.agents, rate: args.rate, cache: args.cache };
        return if soak::run(load).await { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let scope = Scope { small: args.small || args.quick };
    let wanted: BTreeSet<Fault> = match args.faults.as_slice() {
        [] if args.quick && !args.all => Fault::quick().collect(),
        [] => Fault::all().collect(),
        some => some.iter().copied().collect(),
    };
    if args.markdown {
        say(HEADS);
    }
    let mut found = Vec::new();
    for fault in wanted {
        let mut row: Option<Found> = None;
        for nth in 1..=args.runs {
            complain(&format!("trying {fault}, run {nth} of {}", args.runs));
            let one = attempt(fault, scope).await;
            row = Some(match row {
                Some(before) => before.again(one),
                None => one,
            });
        }
        let Some(row) = row else { continue };
        say(&match (args.json, args.markdown) {
            (true, _) => row.json().to_string(),
            (_, true) => row.markdown(),
            _ => row.to_string(),
        });
        found.push(row);
    }
    let count = |verdict| found.iter().filter(|it| it.verdict() == verdict).count();
    let missed = count(Verdict::Missed);
    complain(&format!(
        "{} rows: {} ok, {} ok as far as tried, {missed} missed, {} not run",
        found.len(),
        count(Verdict::Ok),
        count(Verdict::Partly),
        count(Verdict::NotRun),
    ));
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Tries one; whatever happens in it stays in it.
async fn attempt(fault: Fault, scope: Scope) -> Found {
    let begun = Instant::now();
    let mut task = JoinSet::new();
    task.spawn_local(async move { fault.attempt(&scope).await });
    let mut found = match time::timeout(scope.patience(), task.join_next()).await {
        Err(_) => {
            // What it started ends with it.
            task.shutdown().await;
            Found::broken(fault, format!("it did not end within {:?}", scope.patience()))
        }
        Ok(Some(Ok(found))) => found,
        Ok(Some(Err(err))) if err.is_panic() => Found::broken(fault, words(&*err.into_panic())),
        Ok(other) => Found::broken(fault, format!("it ended with {other:?}")),
    };
    found.took = begun.elapsed().as_secs_f64();
    found
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}

/// Says one line of the result.
pub(crate) fn say(line: &str) {
    // A reader that went away, as in `| head`, is no reason to stop.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Says one line that is not part of the result.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
