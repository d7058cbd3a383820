//! `cargo xtask faults`: what happens when things break, one row per fault.
//!
//! The programs are built and `remit-faults` breaks things under them;
//! docs/reliability.md says what each row does and what it found last.

use std::{
    env,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, ensure};

use crate::{
    command::{self, cargo},
    needs::{self, FAKETIME, NETWORK, Need, STRACE},
};

/// What things are broken with.
const NEEDS: &[Need] = &[
    STRACE,
    NETWORK[0],
    NETWORK[1],
    NETWORK[2],
    FAKETIME,
    Need { program: "unshare", package: "util-linux", purpose: "disks of a trial's own" },
];

/// What `cargo xtask faults` is asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Break the programs as they are released, instead of those that the tests run.
    #[arg(long)]
    release: bool,
    /// Faults such as `F3 F8`, and options of remit-faults: `--all`, `--quick`,
    /// `--small`, `--runs 3`, `--json`, `--markdown`. All faults if none is named.
    #[arg(value_name = "FAULT", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// What `cargo xtask soak` is asked.
#[derive(clap::Args)]
pub(crate) struct Soak {
    /// For how long.
    #[arg(long, default_value_t = 30)]
    minutes: u32,
    /// How many agents report.
    #[arg(long, default_value_t = 200)]
    agents: u32,
    /// How many reports they make in a second, all together.
    #[arg(long, default_value_t = 400)]
    rate: u32,
    /// How much the collector's store may keep in memory, as `store.cache_mib`.
    #[arg(long, value_name = "MIB")]
    cache: Option<u32>,
    /// Of the programs as they are released.
    #[arg(long)]
    release: bool,
}

/// Lets agents report evenly for a long while, and looks at the collector's memory.
pub(crate) fn soak(args: &Soak) -> anyhow::Result<ExitCode> {
    let [minutes, agents, rate] = [args.minutes, args.agents, args.rate].map(|it| it.to_string());
    let mut words = vec!["--soak", &minutes, "--agents", &agents, "--rate", &rate];
    let cache = args.cache.map(|it| it.to_string());
    words.extend(cache.as_deref().into_iter().flat_map(|it| ["--cache", it]));
    // Nothing is broken, and only the collector runs.
    let programs = ["-p", "remit-collector", "-p", "tests"];
    let bins = ["--bin", "remit-collector", "--bin", "remit-faults"];
    let done = start(args.release, &[programs, bins].concat(), &words)?;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the programs and breaks things under them.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let wanted = args.args.iter().map(String::as_str).collect::<Vec<_>>();
    let done = attempt(args.release, &wanted)?;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a change must pass: what can be tried in a few minutes.
pub(crate) fn quick() -> anyhow::Result<()> {
    ensure!(attempt(false, &["--quick"])?, "a fault is not borne as it should be");
    Ok(())
}

fn attempt(release: bool, args: &[&str]) -> anyhow::Result<bool> {
    needs::ensure(NEEDS)?;
    // The same programs as the tests build, so that they are built once.
    start(release, &["--workspace", "--bins"], args)
}

fn start(release: bool, what: &[&str], args: &[&str]) -> anyhow::Result<bool> {
    let profile = if release { "release" } else { "debug" };
    let mut build = cargo();
    build.arg("build").args(what);
    if release {
        build.arg("--release");
    }
    command::run(&mut build)?;
    let own = env::current_exe().context("failed to find the folder of the programs")?;
    // We are in `debug`, whatever cargo's target folder is called.
    let target = own.ancestors().nth(2).context("the target folder has no parent")?;
    command::complain(format!("the programs are those of the {profile} profile"));
    let program = target.join(profile).join("remit-faults");
    let status = Command::new(&program).args(args).status();
    Ok(status.with_context(|| format!("failed to start {}", program.display()))?.success())
}
