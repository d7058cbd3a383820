//! `cargo xtask bench`: how fast and how small, one command per figure.
//!
//! The release programs are built and `remit-bench` drives them from outside;
//! docs/measuring.md says what each figure means.

use std::{
    env,
    process::{Command, ExitCode},
};

use anyhow::Context as _;

use crate::{
    command::{self, cargo},
    needs::{self, Need},
};

/// Counts the bytes of the agent's connection.
const NEEDS: &[Need] = &[Need {
    program: "ss",
    package: "iproute2",
    purpose: "what a connection has sent and received",
}];

/// What `cargo xtask bench` is asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Figures, and options of remit-bench; `-- --help` lists them. All figures
    /// if none is named.
    #[arg(value_name = "NAME", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Builds the programs and measures them.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    needs::ensure(NEEDS)?;
    // Each as it ships.
    command::run(cargo().args(["build", "--profile", "agent", "-p", "remit-agent"]))?;
    let packages = ["build", "--release", "-p", "remit-collector", "-p", "tests"];
    let programs = ["--bin", "remit-collector", "--bin", "remit-bench"];
    command::run(cargo().args(packages).args(programs))?;
    let own = env::current_exe().context("failed to find the folder of the programs")?;
    // We are in `debug`, whatever cargo's target folder is called.
    let target = own.ancestors().nth(2).context("the target folder has no parent")?;
    let program = target.join("release").join("remit-bench");
    let agent = target.join("agent").join("remit-agent");
    let status = Command::new(&program).arg("--agent").arg(agent).args(&args.args).status();
    let status = status.with_context(|| format!("failed to start {}", program.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
