//! `cargo quickstart`: the whole product on this machine, tried from outside.
//!
//! Collector, agent and `remit` are built and then driven as a user drives
//! them: commands, exit codes and `--json`. Nothing of ours is linked, so what
//! works here works for whoever reads the README.
//!
//! - Without `--check`, [`demo`] sets up a site in `target/quickstart`, shows
//!   its alerts as they happen and stays until it is told to stop.
//! - With `--check`, [`check`] plays one story in a temporary folder and says
//!   for each promise whether it was seen and after how long.
//!
//! # Invariants
//!
//! - Only processes that were started here are ever ended, and none survives.
//! - Ports are free ones of loopback; a Remit that is installed on this machine
//!   is not disturbed.

mod answers;
mod apt;
mod check;
mod demo;
mod matrix;
mod patience;
mod process;
mod remit;
mod restic;
mod site;
mod stream;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    command::{self, cargo, say},
    needs,
};
use site::Site;

const DEMO_FOLDER: &str = "target/quickstart";
const PACKAGES: &[&str] = &["remit-agent", "remit-collector", "remit-ctl"];

/// What `cargo quickstart` is asked.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Play a story with crashes and say what was seen, instead of staying.
    #[arg(long)]
    check: bool,
    /// Where everything is kept. What an earlier run left there is gone on with.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Keep the folder of a check that went well.
    #[arg(long, requires = "check")]
    keep: bool,
}

impl Args {
    /// The same, wherever the current folder is.
    pub(crate) fn absolute(self) -> anyhow::Result<Self> {
        let dir = self.dir.map(std::path::absolute).transpose()?;
        Ok(Self { dir, ..self })
    }
}

/// Builds the product and tries it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    needs::ensure(&[needs::RESTIC])?;
    build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if args.check { runtime.block_on(checked(args)) } else { runtime.block_on(shown(args)) }
}

/// Builds the three programs beside this one.
fn build() -> anyhow::Result<()> {
    say(format!("building {}", PACKAGES.join(", ")));
    let packages = PACKAGES.iter().flat_map(|name| ["--package", name]);
    command::run(cargo().arg("build").args(packages))
}

/// Where cargo put them: our own folder.
fn programs() -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("failed to find the folder of the programs")?;
    Ok(own.parent().map_or_else(PathBuf::new, Path::to_owned))
}

async fn shown(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = match &args.dir {
        Some(folder) => folder.clone(),
        None => {
            let folder = std::path::absolute(DEMO_FOLDER)?;
            if folder.exists() {
                fs::remove_dir_all(&folder)
                    .with_context(|| format!("failed to clear {}", folder.display()))?;
            }
            folder
        }
    };
    demo::run(Site::open(&folder, programs()?)?).await
}

async fn checked(args: &Args) -> anyhow::Result<ExitCode> {
    let scratch = tempfile::Builder::new().prefix("remit-quickstart-").tempdir()?;
    let folder = args.dir.clone().unwrap_or_else(|| scratch.path().to_owned());
    let result = check::run(Site::open(&folder, programs()?)?).await;
    if let Err(err) = &result {
        command::complain(format!("\nerror: {err:#}"));
        command::complain(process::tails(&folder.join("logs")));
    }
    if args.dir.is_some() || args.keep || result.is_err() {
        say(format!("everything is kept in {}", folder.display()));
        // A named folder is not the scratch one, which goes away as always.
        if args.dir.is_none() {
            let _kept = scratch.keep();
        }
    }
    Ok(if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns once somebody asks us to stop.
async fn asked_to_stop() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
