//! `cargo xtask`: everything that is not the product.
//!
//! It runs on the Linux machine of whoever works on Remit. It builds, checks
//! and tries the product from outside and links none of it, so that it still
//! runs when the product does not compile.

mod bench;
mod ci;
mod codegen;
mod command;
mod dist;
mod faults;
mod needs;
mod peers;
mod quickstart;
mod roots;
mod skew;
mod suite;
mod tidy;
mod tools;
mod tree;
mod windows;

use std::{env, path::Path, process::ExitCode};

use anyhow::Context as _;
use clap::Parser;

/// Builds, checks and packages Remit.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Measures how fast and how small it is.
    Bench(bench::Args),
    /// Runs what a change must pass: all steps in order, or those named.
    Ci(ci::Args),
    /// Writes the Rust code for proto/remit/v1, or checks that it is fresh.
    Codegen {
        /// Change nothing; fail if the committed code is stale.
        #[arg(long)]
        check: bool,
    },
    /// Makes every package, into target/dist.
    Dist(dist::Args),
    /// Breaks things and shows what Remit does about it.
    Faults(faults::Args),
    /// Builds the Windows agent and packs it as an MSI into target/dist.
    Msi,
    /// Tries the whole product on this machine.
    Quickstart(quickstart::Args),
    /// Makes a fresh Debian system to install packages into, and says where it is.
    Root {
        /// Which: bookworm, bullseye.
        suite: String,
    },
    /// Lets agents report for a long while and shows how the collector's memory fares.
    Soak(faults::Soak),
    /// Runs every test.
    Test {
        /// Passed on to the test runner.
        #[arg(last = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    run(Task::parse()).unwrap_or_else(|err| {
        command::complain(format!("error: {err:#}"));
        if err.is::<needs::Missing>() { ExitCode::from(2) } else { ExitCode::FAILURE }
    })
}

fn run(task: Task) -> anyhow::Result<ExitCode> {
    // A folder on the command line is meant from where the caller stands.
    let task = match task {
        Task::Quickstart(args) => Task::Quickstart(args.absolute()?),
        Task::Dist(args) => Task::Dist(args.absolute()?),
        Task::Bench(_)
        | Task::Ci(_)
        | Task::Codegen { .. }
        | Task::Faults(_)
        | Task::Msi
        | Task::Root { .. }
        | Task::Soak(_)
        | Task::Test { .. } => task,
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("packaging has no parent")?;
    env::set_current_dir(root).with_context(|| format!("failed to enter {}", root.display()))?;
    match task {
        Task::Bench(args) => bench::run(&args),
        Task::Ci(args) => ci::run(&args),
        Task::Codegen { check } => codegen::run(check).map(|()| ExitCode::SUCCESS),
        Task::Dist(args) => dist::run(&args),
        Task::Faults(args) => faults::run(&args),
        Task::Msi => windows::msi::run(),
        Task::Quickstart(args) => quickstart::run(&args),
        Task::Root { suite } => roots::show(&suite).map(|()| ExitCode::SUCCESS),
        Task::Soak(args) => faults::soak(&args),
        Task::Test { args } => suite::run(&args),
    }
}
