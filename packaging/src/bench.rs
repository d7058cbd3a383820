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
    needs::{self, FAKETIME, Need},
    peers,
};

/// Counts the bytes of the agent's connection.
const NEEDS: &[Need] = &[Need {
    program: "ss",
    package: "iproute2",
    purpose: "what a connection has sent and received",
}];

/// The option that asks for other people's programs.
const WITH_PEERS: &str = "--with-peers";

/// What is measured with more and more of something, history among it.
const SCALE: &str = "scale";

/// What `cargo xtask bench` is asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Figures, and options of remit-bench; `-- --help` lists them. All figures
    /// if none is named. With `-- --with-peers` others are measured, too.
    #[arg(value_name = "NAME", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Builds the programs and measures them.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    needs::ensure(NEEDS)?;
    if args.args.iter().any(|it| it == SCALE) {
        needs::ensure(&[FAKETIME])?;
    }
    // Whoever is missing is said before minutes have passed.
    let with_peers = args.args.iter().any(|it| it == WITH_PEERS);
    let peers = with_peers.then(peers::unpacked).transpose()?;
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
    let mut bench = Command::new(&program);
    // Between names and options of another program people write two dashes.
    let asked = args.args.iter().filter(|it| *it != "--");
    bench.arg("--agent").arg(agent).args(asked);
    if let Some(folder) = peers {
        bench.arg("--peers").arg(folder);
    }
    let status = bench.status();
    let status = status.with_context(|| format!("failed to start {}", program.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
