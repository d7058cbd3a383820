//! `remit-bench`: how fast and how small, one command per figure.
//!
//! It runs the release programs on loopback, drives them from outside, and
//! prints one line per figure with the goal and what others need for the same
//! work. A figure is the median of its runs; how much they spread is shown.
//! What each figure means and leaves out is in docs/measuring.md.

mod agent;
mod alerts;
mod arrival;
mod backlog;
mod connections;
mod daemon;
mod enroll;
mod figure;
mod fleet;
mod http;
mod load;
mod matrices;
mod meter;
mod operator;
mod others;
mod page;
mod peers;
mod poster;
mod queries;
mod reports;
mod scale;
mod session;
mod site;
mod webhook;
mod workload;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Parser;
use remit_runtime::tls;
use tokio::signal::{self, unix::SignalKind};

use crate::{figure::Figure, others::Peers};

/// Measures Remit.
#[derive(Parser)]
#[command(name = "remit-bench", subcommand_precedence_over_arg = true)]
struct Args {
    #[command(subcommand)]
    other: Option<Other>,
    /// Only these; all if none is named.
    #[arg(value_name = "NAME")]
    figures: Vec<Figure>,
    /// Where remit-agent and remit-collector are [default: beside this program]
    #[arg(long, value_name = "DIR", global = true)]
    programs: Option<PathBuf>,
    /// Which remit-agent is measured [default: the one among the programs]
    #[arg(long, value_name = "FILE", global = true)]
    agent: Option<PathBuf>,
    /// Write what was found there, too, as a page in Markdown.
    #[arg(long, value_name = "FILE", global = true)]
    page: Option<PathBuf>,
    /// Measure other people's programs, too, beside ours.
    #[arg(long)]
    with_peers: bool,
    /// Where they were unpacked [default: those that are installed]
    #[arg(long, value_name = "DIR", requires = "with_peers")]
    peers: Option<PathBuf>,
    /// How often each figure is measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9))]
    runs: u32,
    /// How many agents are connected at once for the figures about many.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(50..=15000))]
    agents: u32,
    /// How many reports arrive in a second for the figure about reports.
    #[arg(long, default_value_t = 4000, global = true)]
    rate: u32,
    /// How many alerts are open for the figures about alerts.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=200_000))]
    alerts: u32,
    /// How many endpoints are known for the figures about the matrix.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    endpoints: u32,
    /// How many endpoints are known for the figures about questions.
    #[arg(long, default_value_t = 15_000, value_parser = clap::value_parser!(u32).range(1..=15_000))]
    listed: u32,
}

/// What is measured instead of figures.
#[derive(clap::Subcommand)]
enum Other {
    /// Whether what one agent, alert or day costs grows with their number.
    Scale(scale::Sizes),
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
    listed: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Into::into).and_then(|it| it.block_on(until_told_to_stop(args)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            complain(&format!("remit-bench: {err:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whatever runs is dropped, and ends, if somebody has enough of it.
async fn until_told_to_stop(args: Args) -> anyhow::Result<()> {
    let mut terminate = signal::unix::signal(SignalKind::terminate())?;
    tokio::select! {
        done = measure(args) => done,
        _ = signal::ctrl_c() => bail!("interrupted"),
        _ = terminate.recv() => bail!("told to stop"),
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
        listed: args.listed as usize,
    };
    if let Some(Other::Scale(sizes)) = &args.other {
        let tables = scale::measure(&plan, sizes).await?;
        return write(args.page.as_deref(), None, Some(&tables));
    }
    let wanted: BTreeSet<Figure> = match args.figures.as_slice() {
        [] => Figure::all().collect(),
        some => some.iter().copied().collect(),
    };
    let peers = args.with_peers.then(|| Peers::new(args.peers.unwrap_or_else(|| "/".into())));
    let (mut table, mut others) = (Vec::new(), Vec::new());
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
        if let Some(peers) = &peers {
            others.extend(peers.beside(measurement, &plan).await);
        }
    }
    say(&format!("\n{}", page::goals(&table)));
    say(&format!("\n{}", page::peers(&table, &others)));
    let figures = page::page(&table, &others, plan.runs, &meter::today(), &meter::machine());
    write(args.page.as_deref(), Some(&figures), None)?;
    anyhow::ensure!(table.len() == wanted.len(), "some figures are missing");
    Ok(())
}

/// Writes a part of the page; the other stays as it was.
fn write(page: Option<&Path>, figures: Option<&str>, scale: Option<&str>) -> anyhow::Result<()> {
    let Some(path) = page else { return Ok(()) };
    let before = fs::read_to_string(path).unwrap_or_default();
    let after = page::joined(&before, figures, scale);
    fs::write(path, after).with_context(|| format!("failed to write {}", path.display()))
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
