//! `remit-bench`: how fast and how small, one command per figure.
//!
//! It runs the release programs on loopback, drives them from outside, and
//! prints one line per figure with the goal and what others need for the same
//! work. A figure is the median of its runs; how much they spread is shown.
//! What each figure means and leaves out is in docs/measuring.md.

mod agent;
mod alerts;
mod backlog;
mod connections;
mod daemon;
mod enroll;
mod figure;
mod fleet;
mod matrices;
mod meter;
mod operator;
mod page;
mod peers;
mod poster;
mod reports;
mod session;
mod site;
mod webhook;
mod workload;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser;
use remit_runtime::tls;

use crate::figure::Figure;

/// Measures Remit.
#[derive(Parser)]
#[command(name = "remit-bench")]
struct Args {
    /// Only these; all if none is named.
    #[arg(value_name = "NAME")]
    figures: Vec<Figure>,
    /// Where remit-agent and remit-collector are [default: beside this program]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Which remit-agent is measured [default: the one among the programs]
    #[arg(long, value_name = "FILE")]
    agent: Option<PathBuf>,
    /// Write what was found there, too, as a page in Markdown.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// How often each figure is measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9))]
    runs: u32,
    /// How many agents are connected at once for the figures about many.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(50..=15000))]
    agents: u32,
    /// How many reports arrive in a second for the figure about reports.
    #[arg(long, default_value_t = 4000)]
    rate: u32,
    /// How many alerts are open for the figures about alerts.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=200_000))]
    alerts: u32,
    /// How many endpoints are known for the figures about the matrix.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    endpoints: u32,
}

/// What all measurements are told.
struct Plan {
    programs: PathBuf,
    agent: PathBuf,
    runs: usize,
    agents: usize,
    rate: u32,
    alerts: usize,
    endpoints: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Into::into).and_then(|it| it.block_on(measure(args)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            complain(&format!("remit-bench: {err:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn measure(args: Args) -> anyhow::Result<()> {
    let programs = match args.programs {
        Some(folder) => folder,
        None => std::env::current_exe()?.with_file_name(""),
    };
    let plan = Plan {
        agent: args.agent.unwrap_or_else(|| programs.join("remit-agent")),
        programs,
        runs: args.runs as usize,
        agents: args.agents as usize,
        rate: args.rate,
        alerts: args.alerts as usize,
        endpoints: args.endpoints as usize,
    };
    let wanted: BTreeSet<Figure> = match args.figures.as_slice() {
        [] => Figure::all().collect(),
        some => some.iter().copied().collect(),
    };
    let mut table = Vec::new();
    // Several figures come of one measurement; it is made once.
    for measurement in wanted.iter().map(|it| it.measurement()).collect::<BTreeSet<_>>() {
        complain(&format!("measuring: {measurement}"));
        let found = match measurement.run(&plan).await {
            Ok(found) => found,
            Err(err) => {
                complain(&format!("{measurement} could not be measured: {err:#}"));
                continue;
            }
        };
        for found in found.into_iter().filter(|it| wanted.contains(&it.figure)) {
            say(&found.to_string());
            table.push(found);
        }
    }
    say(&format!("\n{}", page::goals(&table)));
    say(&format!("\n{}", page::peers(&table)));
    if let Some(path) = args.page {
        let page = page::page(&table, plan.runs, &meter::today(), &meter::machine());
        fs::write(&path, page).with_context(|| format!("failed to write {}", path.display()))?;
    }
    anyhow::ensure!(table.len() == wanted.len(), "some figures are missing");
    Ok(())
}

fn say(line: &str) {
    // A reader that went away, as in `| head`, is no reason to stop.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// The middle one of some values.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// The value below which so many hundredths of the values are.
fn percentile(values: &[f64], hundredths: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() as f64 * hundredths / 100.0).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
